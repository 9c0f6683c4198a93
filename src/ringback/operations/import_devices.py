"""Import devices from a table: a verdict for every row first, then all of it, or nothing.

``survey`` reads the file. ``look`` says what each row would do and writes nothing; ``carry_out``
finds it all again in the transaction that writes, and if a single verdict differs from those a
person has seen, nothing is written. So neither holds the table in memory.

What is written is noted first (``store/undo``), so that ``undo`` can put the exact state back,
unless somebody has changed one of these devices since.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Final

from sqlalchemy import Connection

from ringback.errors import MalformedError, RefusedError
from ringback.mac import Mac
from ringback.operations.survey import Finding, Sheet, Verdict, refused, said
from ringback.provisioning.device import Device
from ringback.provisioning.enrolment import Enrolment, applied
from ringback.store import body
from ringback.store.changes import DEVICE, PIECE, SECRET
from ringback.store.database import Store
from ringback.store.departed import Departed, Left
from ringback.store.devices import Devices
from ringback.store.seal import Seal
from ringback.store.secrets import Secrets
from ringback.store.undo import Before, Undo, mark_of

Progress = Callable[[int, int], None]
_SHOWN_CHANGES: Final = 200


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
    told: Enrolment | None = field(default=None, repr=False)


# ---- verdicts ----------------------------------------------------------------------------------


def examine(connection: Connection, seal: Seal, sheet: Sheet) -> Iterator[list[Examined]]:
    """Every verdict, some at a time, in the order in which devices are complete."""
    devices, secrets = Devices(connection, seal), Secrets(connection, seal)
    every = said(sheet)
    while piece := list(islice(every, PIECE)):
        macs = [str(each.mac) for each in piece if isinstance(each, Enrolment)]
        there = {each.mac: each for each in devices.several(macs)}
        left = Departed(connection, seal).several(macs)
        made = [_made(each, there, left, sheet) for each in piece]
        names = [name for each in made for name in each.secrets]
        known = secrets.several(names) if names else {}
        yield [_judged(each, known) for each in made]


def _made(
    told: Enrolment | Finding, there: Mapping[Mac, Device], left: Mapping[str, Left], sheet: Sheet
) -> Examined:
    if isinstance(told, Finding):
        return Examined(told)
    old = there.get(told.mac)
    try:
        device, secrets = applied(told, old, model=sheet.wishes.model)
    except MalformedError as error:
        return Examined(refused(error, told.rows[0], str(told.mac)))
    verdict, what = Verdict.CHANGED if old else Verdict.NEW, ""
    if old is None and (was := left.get(str(told.mac))) is not None:
        what = f"given away before{', and locked' if was.locked else ''}"
    finding = Finding(told.rows[0], verdict, str(told.mac), what=what)
    return Examined(finding, device, secrets, old, told=told)


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
        if each.told is not None and finding.verdict is not Verdict.UNCHANGED:
            told = each.told  # what a row says and what was there make what is written
            digest.update(repr((told.facts, told.lines, told.variables)).encode())
            digest.update(body.dump(each.old) if each.old else b"")


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
        told = "1 row is" if bad == 1 else f"{bad} rows are"
        raise RefusedError(f"nothing was imported: {told} refused", remedy=remedy)
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
