"""Import devices from a table: a verdict for every row first, then all of it, or nothing.

The file is read as often as it takes (survey, look, write) and never held: 10⁶ rows cost their
MACs, eight bytes each, and the rows of devices that are not complete yet. ``look`` says what each
row would do and writes nothing; ``carry_out`` finds it all again in the transaction that writes,
and if a single verdict differs from those a person has seen, nothing is written.

What is written is noted first (``store/undo``), so that ``undo`` can put the exact state back,
unless somebody has changed one of these devices since.
"""

import hashlib
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import islice, pairwise
from typing import BinaryIO, Final

from sqlalchemy import Connection

from ringback.errors import MalformedError, RefusedError
from ringback.mac import Mac
from ringback.provisioning import cell, heading, spreadsheet
from ringback.provisioning.device import Device
from ringback.provisioning.enrolment import Enrolment, applied, merged, read
from ringback.provisioning.heading import Heading
from ringback.provisioning.spreadsheet import Dialect, Row
from ringback.store import body
from ringback.store.changes import DEVICE, PIECE, SECRET
from ringback.store.database import Store
from ringback.store.devices import Devices
from ringback.store.seal import Seal
from ringback.store.secrets import Secrets
from ringback.store.undo import Before, Undo, mark_of

Open = Callable[[], BinaryIO]
"""Opens the file anew."""
Progress = Callable[[int, int], None]
_READ: Final = 1 << 20
_NAMED: Final = 5
_SHOWN_CHANGES: Final = 200


class Verdict(StrEnum):
    """What becomes of a device."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Finding:
    """The verdict on a row, or on the rows of one device."""

    row: int
    verdict: Verdict
    mac: str = ""
    column: str = ""
    what: str = ""
    """What changes, or what is wrong. Never a password."""
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What whoever imports has said."""

    model: str = ""
    """For new devices of which the table names none."""
    clear: bool = False
    """An empty cell takes away what is there."""
    ignore: tuple[str, ...] = ()
    variables: bool = False
    """Columns that are not known are variables."""
    encoding: str = ""
    skip_bad: bool = False
    """Take the good rows and leave the others."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file, surveyed: how it is written, and which MACs stand in several rows."""

    open: Open
    dialect: Dialect
    heading: Heading
    wishes: Wishes
    rows: int
    """Below the heading, without blank ones."""
    several: Mapping[int, tuple[int, ...]] = field(repr=False)
    """A MAC that stands in several rows: how many they are, and the first of them."""


@dataclass(slots=True)
class Outcome:
    """What a look has found."""

    counts: dict[Verdict, int] = field(default_factory=lambda: dict.fromkeys(Verdict, 0))
    shown: dict[Verdict, list[Finding]] = field(
        default_factory=lambda: {each: [] for each in Verdict}
    )
    digest: str = ""
    """Of all findings in their order: whether it would still be the same."""

    @property
    def good(self) -> int:
        """How many devices would be written."""
        return self.counts[Verdict.NEW] + self.counts[Verdict.CHANGED]


@dataclass(frozen=True, slots=True)
class Examined:
    """A finding, and what is to be written when it is good."""

    finding: Finding
    device: Device | None = None
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    old: Device | None = None
    old_secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


# ---- reading -----------------------------------------------------------------------------------


def survey(file: Open, wishes: Wishes) -> Sheet:
    """Find out how a file is written, and read its MACs.

    Raises:
        MalformedError: no heading, or one that cannot be read.
    """
    encoding = wishes.encoding or _encoding(file)
    with file() as data, spreadsheet.open_text(data, encoding) as text:
        first = spreadsheet.first_line(text)
    dialect = heading.find_dialect(encoding, first)
    rows = _rows(file, dialect)
    top = next(rows, None)
    if top is None:
        raise MalformedError("an empty file", remedy="the first row names the columns")
    columns = heading.of_rows(top, ignore=wishes.ignore, variables=wishes.variables)
    count, several = _repeated(rows, columns.mac)
    return Sheet(file, dialect, columns, wishes, count, several)


def _encoding(file: Open) -> str:
    with file() as data:
        return spreadsheet.find_encoding(iter(lambda: data.read(_READ), b""))


def _rows(file: Open, dialect: Dialect) -> Iterator[Row]:
    with file() as data, spreadsheet.open_text(data, dialect.encoding) as text:
        yield from spreadsheet.rows(text, dialect)


def _repeated(rows: Iterable[Row], at: int) -> tuple[int, dict[int, tuple[int, ...]]]:
    """How many rows there are; and of each MAC that stands in several, how many and where."""
    macs, numbers = array("Q"), array("L")
    for row in rows:
        try:
            found = int(cell.mac(row.cells[at]).digits, 16) if len(row.cells) > at else 0
        except MalformedError:
            found = 0
        macs.append(found)
        numbers.append(row.number)
    several: dict[int, tuple[int, ...]] = {
        one: (0,) for one, other in pairwise(sorted(macs)) if one == other and one
    }
    if several:
        for mac, number in zip(macs, numbers, strict=True):
            known = several.get(mac)
            if known is not None:
                more = (number,) if len(known) <= _NAMED else ()
                several[mac] = (known[0] + 1, *known[1:], *more)
    return len(macs), several


# ---- verdicts ----------------------------------------------------------------------------------


def examine(connection: Connection, seal: Seal, sheet: Sheet) -> Iterator[list[Examined]]:
    """Every verdict, some at a time, in the order in which devices are complete."""
    devices, secrets = Devices(connection, seal), Secrets(connection, seal)
    said = _said(sheet)
    while piece := list(islice(said, PIECE)):
        good = [each for each in piece if isinstance(each, Enrolment)]
        there = {each.mac: each for each in devices.several([str(each.mac) for each in good])}
        made = [_made(each, there, sheet) for each in piece]
        names = [name for each in made for name in each.secrets]
        known = secrets.several(names) if names else {}
        yield [_judged(each, known) for each in made]


def _said(sheet: Sheet) -> Iterator[Enrolment | Finding]:
    """What each device is said to be; a finding for rows that cannot be taken."""
    rows = _rows(sheet.open, sheet.dialect)
    next(rows, None)
    open_parts: dict[int, list[Enrolment | Finding]] = {}
    for row in rows:
        said = _one(row, sheet)
        key = _mac_of(row, sheet)
        known = sheet.several.get(key)
        if known is None:
            yield said
        elif not sheet.heading.long:
            yield _twice(row.number, Mac(f"{key:012x}"), known)
        else:
            parts = open_parts.setdefault(key, [])
            parts.append(said)
            if len(parts) == known[0]:
                yield from _joined(open_parts.pop(key), sheet)
    for parts in open_parts.values():  # the file has become shorter since it was surveyed
        yield from _joined(parts, sheet)


def _mac_of(row: Row, sheet: Sheet) -> int:
    at = sheet.heading.mac
    if not sheet.several or len(row.cells) <= at:
        return 0
    try:
        return int(cell.mac(row.cells[at]).digits, 16)
    except MalformedError:
        return 0


def _one(row: Row, sheet: Sheet) -> Enrolment | Finding:
    try:
        return read(row, sheet.heading, clear=sheet.wishes.clear)
    except MalformedError as error:
        return _refused(error, row.number, _readable_mac(row, sheet))


def _readable_mac(row: Row, sheet: Sheet) -> str:
    try:
        return str(cell.mac(row.cells[sheet.heading.mac]))
    except (MalformedError, IndexError):
        return ""


def _refused(error: MalformedError, row: int, mac: str = "") -> Finding:
    place = error.place
    return Finding(
        place.line or row, Verdict.REFUSED, mac, place.name[:60], error.what, error.remedy
    )


def _twice(row: int, mac: Mac, known: tuple[int, ...]) -> Finding:
    others = [str(each) for each in known[1:] if each != row][: _NAMED - 1]
    more = known[0] - 1 - len(others)
    named = f"{'rows' if len(others) > 1 else 'row'} {', '.join(others)}"
    what = f"{named}{f' and {more} more' if more > 0 else ''} has this MAC too"
    remedy = "keep one; for several lines of a phone add a column line"
    return Finding(row, Verdict.REFUSED, str(mac), "mac", what, remedy)


def _joined(parts: Sequence[Enrolment | Finding], sheet: Sheet) -> Iterator[Enrolment | Finding]:
    """The rows of one device as one; if one is bad, all are."""
    good = [each for each in parts if isinstance(each, Enrolment)]
    bad = [each for each in parts if isinstance(each, Finding)]
    if not bad:
        try:
            yield merged(good, sheet.heading)
        except MalformedError as error:
            bad = [_refused(error, good[0].rows[0], str(good[0].mac))]
    yield from bad
    if bad:
        for each in good:
            if each.rows[0] != bad[0].row:
                what = f"row {bad[0].row} of the same device is refused"
                yield Finding(
                    each.rows[0], Verdict.REFUSED, str(each.mac), "", what, "mend that row"
                )


def _made(said: Enrolment | Finding, there: Mapping[Mac, Device], sheet: Sheet) -> Examined:
    if isinstance(said, Finding):
        return Examined(said)
    old = there.get(said.mac)
    try:
        device, secrets = applied(said, old, model=sheet.wishes.model)
    except MalformedError as error:
        return Examined(_refused(error, said.rows[0], str(said.mac)))
    verdict = Verdict.CHANGED if old else Verdict.NEW
    return Examined(Finding(said.rows[0], verdict, str(said.mac)), device, secrets, old)


def _judged(made: Examined, known: Mapping[str, str]) -> Examined:
    """With what changes, now that the old secrets are known."""
    if made.device is None:
        return made
    old_secrets = {name: known[name] for name in made.secrets if name in known}
    finding = made.finding
    if made.old is not None:
        changed = list(_changes(made.old, made.device))
        for name, value in made.secrets.items():
            words = f"password of line {name.rpartition('/')[2]}"
            if old_secrets.get(name) != value and words not in changed:
                changed.append(words)
        verdict = Verdict.CHANGED if changed else Verdict.UNCHANGED
        finding = replace(finding, verdict=verdict, what="; ".join(changed)[:_SHOWN_CHANGES])
    return replace(made, finding=finding, old_secrets=old_secrets)


def _changes(old: Device, new: Device) -> Iterator[str]:
    """What differs between two states of a device, in words."""
    for name in ("model", "serial", "site", "group"):
        yield from _changed(name, getattr(old, name), getattr(new, name))
    yield from _changed("tags", " ".join(sorted(old.tags)), " ".join(sorted(new.tags)))
    before = {each.number: each for each in old.lines}
    after = {each.number: each for each in new.lines}
    for number in sorted({*before, *after}):
        one, other = before.get(number), after.get(number)
        if one is None or other is None:
            yield f"line {number} is {'added' if other else 'taken away'}"
            continue
        for name in ("user", "display_name", "proxy", "auth_id"):
            yield from _changed(f"line {number} {name}", getattr(one, name), getattr(other, name))
        if one.password != other.password:
            yield f"password of line {number}"
        if one.variables != other.variables:
            yield f"variables of line {number}"
    for name in sorted({*old.variables, *new.variables}):
        if old.variables.get(name) != new.variables.get(name):
            yield f"variable {name}"


def _changed(name: str, old: str, new: str) -> Iterator[str]:
    if old != new:
        yield f"{name}: {old or '-'} -> {new or '-'}"


# ---- what is done ------------------------------------------------------------------------------


def look(
    store: Store, sheet: Sheet, *, most: int = 0, progress: Progress = lambda _done, _all: None
) -> Outcome:
    """Every verdict, nothing written. At most ``most`` findings of a kind are kept; 0 for all."""
    with store.fleet.reading() as connection:
        outcome, digest = Outcome(), hashlib.sha256()
        done = 0
        for piece in examine(connection, store.seal, sheet):
            _count(outcome, digest, piece, most)
            done += len(piece)
            progress(min(done, sheet.rows), sheet.rows)
        outcome.digest = digest.hexdigest()
        return outcome


def _count(outcome: Outcome, digest: "hashlib._Hash", piece: Iterable[Examined], most: int) -> None:
    for each in piece:
        finding = each.finding
        outcome.counts[finding.verdict] += 1
        kept = outcome.shown[finding.verdict]
        if not most or len(kept) < most:
            kept.append(finding)
        digest.update(repr(finding).encode())
        if each.device is not None and finding.verdict is not Verdict.UNCHANGED:
            digest.update(body.dump(each.device) + repr(sorted(each.secrets.items())).encode())


def carry_out(
    store: Store,
    sheet: Sheet,
    seen: Outcome,
    now: float,
    *,
    name: str,
    progress: Progress = lambda _done, _all: None,
) -> int:
    """Write what was seen; says how many devices were. All of it, or nothing.

    Raises:
        RefusedError: rows are bad and were not to be skipped, or something has changed since.
    """
    bad = seen.counts[Verdict.REFUSED]
    if bad and not sheet.wishes.skip_bad:
        remedy = "mend them, or --skip-bad takes the others"
        raise RefusedError(f"nothing was imported: {bad} rows are refused", remedy=remedy)
    with store.fleet.writing() as connection:
        writing = _Writing.of(connection, store.seal, now)
        outcome, digest = Outcome(), hashlib.sha256()
        done = 0
        for piece in examine(connection, store.seal, sheet):
            _count(outcome, digest, piece, 1)
            writing.write(piece)
            done += len(piece)
            progress(min(done, sheet.rows), sheet.rows)
        if digest.hexdigest() != seen.digest:
            what = "nothing was imported: the fleet or the file was changed meanwhile"
            raise RefusedError(what, remedy="look again")
        writing.undo.end(name, now)
        return outcome.good


@dataclass(frozen=True, slots=True)
class _Writing:
    """Writes pieces, and notes what was there."""

    devices: Devices
    secrets: Secrets
    undo: Undo
    now: float

    @classmethod
    def of(cls, connection: Connection, seal: Seal, now: float) -> "_Writing":
        """Begin."""
        undo = Undo(connection, seal)
        undo.begin()
        return cls(Devices(connection, seal), Secrets(connection, seal), undo, now)

    def write(self, piece: Iterable[Examined]) -> None:
        good = [
            each
            for each in piece
            if each.device and each.finding.verdict in {Verdict.NEW, Verdict.CHANGED}
        ]
        secrets = {name: value for each in good for name, value in each.secrets.items()}
        self.undo.note(before for each in good for before in _before(each))
        self.devices.keep(each.device for each in good if each.device)
        if secrets:
            self.secrets.keep(secrets, self.now)


def _before(each: Examined) -> Iterator[Before]:
    """How a device and its secrets were."""
    if each.device is not None and each.device != each.old:
        old = body.dump(each.old).decode() if each.old else None
        yield Before(DEVICE, str(each.device.mac), old, mark_of(body.dump(each.device)))
    for name, value in each.secrets.items():
        was = each.old_secrets.get(name)
        if was != value:
            yield Before(SECRET, name, was, mark_of(value.encode()))
