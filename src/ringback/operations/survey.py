"""Survey a table of devices: how it is written, whose rows it has, and what each device is told.

The file is opened as often as it takes and never held. Of 10⁶ rows there stay their MACs, eight
bytes each, and the rows of devices that are not complete yet; of a MAC that stands in several rows
it is known from the start how many they are, so that a device is complete at its last row,
wherever that is.
"""

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from typing import BinaryIO, Final

from ringback.errors import MalformedError
from ringback.mac import Mac
from ringback.provisioning import cell, heading, spreadsheet
from ringback.provisioning.enrolment import Enrolment, merged, read
from ringback.provisioning.heading import Heading
from ringback.provisioning.spreadsheet import Dialect, Row

Open = Callable[[], BinaryIO]
"""Opens the file anew."""
_READ: Final = 1 << 20
_NAMED: Final = 5


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


def said(sheet: Sheet) -> Iterator[Enrolment | Finding]:
    """What each device is said to be; a finding for rows that cannot be taken."""
    rows = _rows(sheet.open, sheet.dialect)
    next(rows, None)
    name = sheet.heading.columns[sheet.heading.mac].name
    open_parts: dict[int, list[Enrolment | Finding]] = {}
    for row in rows:
        said = _one(row, sheet)
        key = _mac_of(row, sheet)
        known = sheet.several.get(key)
        if known is None:
            yield said
        elif not sheet.heading.long:
            yield _twice(row.number, name, Mac(f"{key:012x}"), known)
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
        return refused(error, row.number, _readable_mac(row, sheet))


def _readable_mac(row: Row, sheet: Sheet) -> str:
    try:
        return str(cell.mac(row.cells[sheet.heading.mac]))
    except (MalformedError, IndexError):
        return ""


def refused(error: MalformedError, row: int, mac: str = "") -> Finding:
    """The verdict on a row, or on the rows of one device, that cannot be taken."""
    place = error.place
    return Finding(
        place.line or row, Verdict.REFUSED, mac, place.name[:60], error.what, error.remedy
    )


def _twice(row: int, column: str, mac: Mac, known: tuple[int, ...]) -> Finding:
    others = [str(each) for each in known[1:] if each != row][: _NAMED - 1]
    more = known[0] - 1 - len(others)
    named = f"{'rows' if known[0] > 2 else 'row'} {', '.join(others)}"
    rest = f" and {more} more have" if more > 0 else " have" if known[0] > 2 else " has"
    what = f"{named}{rest} this MAC too"
    remedy = "keep one; for several lines of a phone add a column line"
    return Finding(row, Verdict.REFUSED, str(mac), column, what, remedy)


def _joined(parts: Sequence[Enrolment | Finding], sheet: Sheet) -> Iterator[Enrolment | Finding]:
    """The rows of one device as one; if one is bad, all are."""
    good = [each for each in parts if isinstance(each, Enrolment)]
    bad = [each for each in parts if isinstance(each, Finding)]
    if not bad:
        try:
            yield merged(good, sheet.heading)
        except MalformedError as error:
            bad = [refused(error, good[0].rows[0], str(good[0].mac))]
    yield from bad
    if bad:
        for each in good:
            if each.rows[0] != bad[0].row:
                what = f"row {bad[0].row} of the same device is refused"
                yield Finding(
                    each.rows[0], Verdict.REFUSED, str(each.mac), "", what, "mend that row"
                )
