"""The heading of a table of devices: what each column is, by any usual name, in any order.

Names are compared without case, accents, blanks and punctuation. A column of a line carries the
line's number before or behind its name (``line1_user``, ``Line 2 Password``, ``User_ID_1_``,
``ext1``); without a number it is about the row's line: the one that a column ``line`` names (the
*long form*, a row for each line), else line 1.

A name nobody knows refuses the file, with the nearest name that is known: it nearly always is a
slip of the pen, and a site that is silently left out is found out much later. Whoever means it
says so: ``var.NAME`` as the heading makes it a variable, and options take all the others as
variables or leave them out by name. Making them variables unasked was rejected, because every
column of a sheet that somebody keeps for himself would then be told to expressions for ever.
"""

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final, Self
from unicodedata import combining, normalize

from ringback.errors import MalformedError, Place
from ringback.provisioning.facts import RESERVED
from ringback.provisioning.line import MOST_LINES
from ringback.provisioning.spreadsheet import DELIMITERS, Dialect, Row, split

_WORDS: Final[Mapping[str, str]] = {
    "mac": "mac macaddress macaddr macadresse macid hwaddr hardwareaddress ethernetaddress"
           " ethaddr deviceid physicaladdress",
    "model": "model modell phonemodel devicemodel devicetype phonetype type product productname"
             " pn psn geraet",
    "serial": "serial serialnumber serialno sn seriennummer serialnum",
    "site": "site location standort office branch filiale building",
    "group": "group gruppe department dept abteilung team devicegroup",
    "tags": "tags tag labels label",
    "line": "line lineno linenumber lineindex linenum leitung account accountno accountnumber",
}  # fmt: skip
_LINE_WORDS: Final[Mapping[str, str]] = {
    "user": "user extension ext userid username sipuser sipusername sipid number phonenumber"
            " nebenstelle durchwahl dn benutzer",
    "password": "password pass pwd secret sippassword passwort kennwort authpassword sipsecret"
                " userpassword",
    "display_name": "displayname name callername fullname anzeigename display callerid",
    "proxy": "proxy server sipserver sipproxy registrar domain sipdomain proxyserver",
    "auth_id": "authid authname authuser authusername authenticationid authenticationname",
}  # fmt: skip
_KNOWN: Final = {each: what for what, names in _WORDS.items() for each in names.split()}
_OF_LINE: Final = {each: what for what, names in _LINE_WORDS.items() for each in names.split()}
_VARIABLE: Final = re.compile(
    r"(?:line[ _.]*(\d{1,3})[ _.]*|(line)[ _.]+)?var(?:iable)?[.: ]+(\S+)", re.IGNORECASE
)
_BEFORE: Final = re.compile(r"(?:line|ext|extension|account|acct|leitung)?(\d{1,3})([a-z].*)")
_BEHIND: Final = re.compile(r"(.*[a-z])(\d{1,3})")
_INSIDE: Final = re.compile(r"[^0-9a-z]+")
MOST_COLUMNS: Final = 2000
DEVICE_WIDE: Final = frozenset({"model", "serial", "site", "group", "tags"})


@dataclass(frozen=True, slots=True)
class Column:
    """What one column holds."""

    name: str
    """As it is headed."""
    what: str
    """``mac``, a field of a device or of a line, ``line``, ``variable``; "" for left out."""
    number: int | None = None
    """Of the line it is about; 0 for the row's line, None for the device itself."""
    variable: str = ""


@dataclass(frozen=True, slots=True)
class Heading:
    """All columns, in their order."""

    columns: tuple[Column, ...]

    @property
    def long(self) -> bool:
        """Whether each row is about one line."""
        return any(each.what == "line" for each in self.columns)

    @property
    def mac(self) -> int:
        """Where the MAC stands, from 0."""
        return next(at for at, each in enumerate(self.columns) if each.what == "mac")

    @property
    def left_out(self) -> tuple[str, ...]:
        """Names of columns that are not read."""
        return tuple(each.name for each in self.columns if not each.what)

    @classmethod
    def parse(
        cls, cells: Sequence[str], *, ignore: Iterable[str] = (), variables: bool = False
    ) -> Self:
        """Read a heading.

        Args:
            cells: the cells of the first row.
            ignore: names of columns that are left out; ``*`` for all that are not known.
            variables: whether columns that are not known are variables.

        Raises:
            MalformedError: no MAC, a column that is not known, two that mean the same.
        """
        if len(cells) > MOST_COLUMNS:
            raise MalformedError(f"more than {MOST_COLUMNS} columns", place=Place("", 1))
        left_out = {_bare(each) or each for each in ignore}
        columns = tuple(
            _column(cell.strip(), at, left_out, variables=variables)
            for at, cell in enumerate(cells)
        )
        _refuse_twice(columns)
        if not any(each.what == "mac" for each in columns):
            shown = ", ".join(each.name for each in columns[:8]) or "nothing"
            remedy = "the first row names the columns; one of them is mac"
            raise MalformedError(
                f"no column mac among {shown[:200]}", place=Place("", 1), remedy=remedy
            )
        return cls(columns)


def find_dialect(encoding: str, line: str) -> Dialect:
    """The delimiter and the quotation mark with which the first line names most known columns."""
    first = line.partition("\n")[0].lstrip("\ufeff")
    best, most = Dialect(encoding), (-1, -1)
    for delimiter in DELIMITERS:
        for quote in ('"', "'"):
            try:
                cells = split(first, delimiter, quote) or ()
            except csv.Error:
                continue
            bare = (cell for cell in cells if not cell.strip().startswith(("'", '"')))
            known = sum(meaning(cell) is not None for cell in bare)
            if (known, len(cells)) > most:
                best, most = Dialect(encoding, delimiter, quote), (known, len(cells))
    return best


def of_rows(first: Row, *, ignore: Iterable[str], variables: bool) -> Heading:
    """The heading from the first row of a file.

    Raises:
        MalformedError: it cannot be read, or as ``Heading.parse``.
    """
    if first.fault:
        raise MalformedError(first.fault, place=Place("", first.number))
    return Heading.parse(first.cells, ignore=ignore, variables=variables)


def meaning(name: str) -> tuple[str, int | None, str] | None:
    """What a heading means: the field, the line's number, the variable; None when not known."""
    found = _VARIABLE.fullmatch(name.strip())
    if found:
        number = int(found[1]) if found[1] else 0 if found[2] else None
        return "variable", number, found[3]
    bare = _bare(name)
    if bare in _KNOWN:
        return _KNOWN[bare], None, ""
    if bare in _OF_LINE:
        return _OF_LINE[bare], 0, ""
    numbered = _BEFORE.fullmatch(bare)
    if numbered and numbered[2] in _OF_LINE:
        return _OF_LINE[numbered[2]], int(numbered[1]), ""
    numbered = _BEHIND.fullmatch(bare)
    if numbered and numbered[1] in {**_OF_LINE, "line": ""}:
        return _OF_LINE.get(numbered[1], "user"), int(numbered[2]), ""
    return None


def _bare(name: str) -> str:
    """A name without case, accents, blanks and punctuation."""
    plain = "".join(each for each in normalize("NFKD", name[:200]) if not combining(each))
    return _INSIDE.sub("", plain.casefold())


def _column(name: str, at: int, left_out: set[str], *, variables: bool) -> Column:
    place = Place(f"column {at + 1}", 1)
    if not name or (_bare(name) or name) in left_out:
        return Column(name or f"column {at + 1}", "")
    found = meaning(name)
    if found is None and variables:
        found = "variable", None, re.sub(r"\W+", "_", name).strip("_").lower()
    if found is None:
        if "*" in left_out:
            return Column(name, "")
        close = get_close_matches(_bare(name), [*_KNOWN, *_OF_LINE], n=1, cutoff=0.7)
        did = f"did you mean {close[0]}? else " if close else ""
        remedy = f"{did}--ignore {name[:60]!r}, or head it var.NAME to make it a variable"
        raise MalformedError(f"column {name[:60]!r} is not known", place=place, remedy=remedy)
    what, number, variable = found
    if number is not None and number > MOST_LINES:
        raise MalformedError(f"column {name[:60]!r}: no phone has a line {number}", place=place)
    if what == "variable" and (not variable.isidentifier() or variable in RESERVED):
        remedy = "letters, digits and _, and none of the facts of devices"
        raise MalformedError(
            f"column {name[:60]!r} cannot name a variable", place=place, remedy=remedy
        )
    return Column(name, what, number, variable)


def _refuse_twice(columns: Sequence[Column]) -> None:
    seen: dict[tuple[str, int | None, str], str] = {}
    long = any(each.what == "line" for each in columns)
    for each in columns:
        number = 1 if each.number == 0 and not long else each.number
        key = (each.what, number, each.variable)
        if each.what and key in seen:
            what = f"columns {seen[key][:60]!r} and {each.name[:60]!r} mean the same"
            same = _bare(seen[key]) == _bare(each.name)
            remedy = "rename one of them, or take it out of the table"
            remedy = remedy if same else f"--ignore {each.name[:60]!r}"
            raise MalformedError(what, place=Place("", 1), remedy=remedy)
        seen[key] = each.name
