"""What a table says of one device: read from its row or rows, and laid over the device there is.

An empty cell says nothing: what is there stays. With ``clear`` it takes away what is there, but
never a password, because tables that are handed around leave those out. Tags and lines that the
table does not speak of stay as well; a line of which nothing is left goes.

A password is no part of the device: the line refers to a secret by a name made of MAC and line,
and the secret is kept apart. So a fleet that is written to a repository holds none.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Final

from ringback.cisco.model import Model, find_model
from ringback.errors import MalformedError, NotFoundError, Place
from ringback.mac import Mac
from ringback.provisioning.cell import clean, phone_mac
from ringback.provisioning.concealment import reference, secret_name
from ringback.provisioning.device import Device
from ringback.provisioning.heading import DEVICE_WIDE, Column, Heading
from ringback.provisioning.line import MOST_LINES, Line
from ringback.provisioning.spreadsheet import Row

_LONGEST: Final = {"serial": 64, "site": 128, "group": 128, "user": 128, "tags": 1000}
_LONGEST_ELSE: Final = 256
_NOT_HERE: Final = frozenset({"", "mac", "line"})
_NEVER_CLEARED: Final = frozenset({"password", "model"})
_BETWEEN_TAGS: Final = re.compile(r"[\s,;|]+")
_WHOLE: Final = re.compile(r"([0-9]{1,3})(?:[.,]0+)?")


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What is said of one device; "" takes away, what is not there stays."""

    mac: Mac
    rows: tuple[int, ...]
    """Where it is said."""
    facts: Mapping[str, str] = field(default_factory=dict)
    lines: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    """Fields of lines; ``var NAME`` for a line's variable."""
    variables: Mapping[str, str] = field(default_factory=dict)


def read(row: Row, heading: Heading, *, clear: bool = False) -> Enrolment:
    """What a row says.

    Raises:
        MalformedError: at its first bad cell; the place is column and row.
    """
    if row.fault:
        raise MalformedError(row.fault, place=Place("", row.number), remedy="mend the row")
    columns, cells = heading.columns, row.cells
    if len(cells) > len(columns) and any(map(str.strip, cells[len(columns) :])):
        what = f"{len(cells)} cells under {len(columns)} columns"
        remedy = "put a cell that holds the delimiter in quotes"
        raise MalformedError(what, place=Place("", row.number), remedy=remedy)
    mac = _mac(row, heading)
    number = _line_number(heading, row)
    facts, variables = dict[str, str](), dict[str, str]()
    lines: dict[int, dict[str, str]] = {}
    for column, cell in zip(columns, cells, strict=False):
        what = column.what
        if what in _NOT_HERE or (not cell and not clear):
            continue
        text = _text(cell, column, row)
        if not text and (not clear or what in _NEVER_CLEARED):
            continue
        if column.number is None:
            target, name = (variables, column.variable) if what == "variable" else (facts, what)
        else:
            target = lines.setdefault(column.number or number, {})
            name = f"var {column.variable}" if what == "variable" else what
        target[name] = text
    return Enrolment(mac, (row.number,), facts, lines, variables)


def _mac(row: Row, heading: Heading) -> Mac:
    at = heading.mac
    try:
        return phone_mac(row.cells[at] if len(row.cells) > at else "")
    except MalformedError as error:
        place = Place(heading.columns[at].name, row.number)
        raise MalformedError(error.what, place=place, remedy=error.remedy) from error


def _line_number(heading: Heading, row: Row) -> int:
    for column, cell in zip(heading.columns, row.cells, strict=False):
        if column.what == "line":
            found = _WHOLE.fullmatch(cell.strip())
            if not found or not 1 <= int(found[1]) <= MOST_LINES:
                what = f"not the number of a line: {cell.strip()[:40]!r}"
                place = Place(column.name, row.number)
                raise MalformedError(what, place=place, remedy="1, 2, 3 …")
            return int(found[1])
    return 1


def _text(cell: str, column: Column, row: Row) -> str:
    try:
        text = clean(cell, password=column.what == "password")
    except MalformedError as error:
        place = Place(column.name, row.number)
        raise MalformedError(error.what, place=place, remedy=error.remedy) from error
    most = _LONGEST.get(column.what, _LONGEST_ELSE)
    if len(text) > most:
        place = Place(column.name, row.number)
        raise MalformedError(f"longer than {most} characters", place=place, remedy="shorten it")
    return text


def merged(parts: Sequence[Enrolment], heading: Heading) -> Enrolment:
    """One device from several rows, each about a line of its own.

    Raises:
        MalformedError: two rows about one line, or that say different things; both are named.
    """
    first, facts, variables = parts[0], dict(parts[0].facts), dict(parts[0].variables)
    lines, told = dict(parts[0].lines), dict.fromkeys(parts[0].lines, parts[0].rows[0])
    for part in parts[1:]:
        row = part.rows[0]
        for number, said in part.lines.items():
            if number in told:
                what = f"row {told[number]} has line {number} of this device too"
                raise MalformedError(what, place=Place("", row), remedy="keep one of the rows")
            lines[number], told[number] = said, row
        for kept, more in ((facts, part.facts), (variables, part.variables)):
            for name, text in more.items():
                if kept.setdefault(name, text) != text:
                    what = f"{name} is {text[:40]!r} here and {kept[name][:40]!r} before"
                    place = Place(_named(name, heading), row)
                    raise MalformedError(what, place=place, remedy="say the same in every row")
    rows = tuple(each.rows[0] for each in parts)
    return Enrolment(first.mac, rows, facts, lines, variables)


def _named(name: str, heading: Heading) -> str:
    found = (each.name for each in heading.columns if name in {each.what, each.variable})
    return next(found, name)


def applied(
    said: Enrolment, old: Device | None, *, model: str = ""
) -> tuple[Device, dict[str, str]]:
    """The device with what is said of it, and its secrets by name.

    Args:
        said: what is said.
        old: the device there is.
        model: for a device that is new and of which the table names none.

    Raises:
        MalformedError: no model or one that is not known, a line that the model lacks.
    """
    facts: dict[str, Any] = {name: said.facts[name] for name in said.facts if name in DEVICE_WIDE}
    kind = _model(facts.get("model") or (old.model if old else "") or model, said)
    facts["model"] = kind.name
    if "tags" in facts:
        facts["tags"] = _tags(facts["tags"])
    lines, secrets = _lines(said, old, kind)
    variables = {**(old.variables if old else {}), **said.variables}
    facts["lines"] = lines
    facts["variables"] = {name: text for name, text in variables.items() if text}
    return replace(old, **facts) if old else Device(said.mac, **facts), secrets


def _model(text: str, said: Enrolment) -> Model:
    place = Place("model", said.rows[0])
    if not text:
        remedy = "name it in a column model, or with --model"
        raise MalformedError("a new device without a model", place=place, remedy=remedy)
    found = _found_model(text)
    if isinstance(found, Model):
        return found
    raise MalformedError(found[0], place=place, remedy=found[1])


@lru_cache(maxsize=4096)
def _found_model(text: str) -> Model | tuple[str, str]:
    """The model of that name, or what is wrong and what to do; a table says few names often."""
    try:
        return find_model(text)
    except NotFoundError as error:
        return error.what, error.remedy


def _tags(text: str) -> frozenset[str]:
    return frozenset(each for each in _BETWEEN_TAGS.split(text) if each)


def _lines(
    said: Enrolment, old: Device | None, kind: Model
) -> tuple[tuple[Line, ...], dict[str, str]]:
    lines = {each.number: each for each in old.lines} if old else {}
    secrets = dict[str, str]()
    for number, fields in said.lines.items():
        if number > kind.lines:
            if not any(fields.values()):
                continue
            what = f"a line {number}: {kind.name} has {kind.lines}"
            place = Place(next(iter(fields)), said.rows[0])
            raise MalformedError(what, place=place, remedy="leave it out, or check the model")
        line = lines.get(number) or Line(number)
        changed: dict[str, Any] = {}
        variables = dict(line.variables)
        for name, text in fields.items():
            if name == "password":
                secret = secret_name(said.mac, number)
                secrets[secret], text = text, reference(secret)  # noqa: PLW2901
            if name.startswith("var "):
                variables[name[4:]] = text
            else:
                changed[name] = text
        kept = {name: text for name, text in variables.items() if text}
        lines[number] = replace(line, variables=kept, **changed)
    found = (each for each in lines.values() if each != Line(each.number))
    return tuple(sorted(found, key=lambda each: each.number)), secrets
