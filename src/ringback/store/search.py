"""Find devices: ``field=value`` for every field, or any fragment of what is known of them.

Sites, groups and tags are names: the whole of one is meant, or a pattern with ``*``. Everything
else (MAC in any spelling, model, serial, a line's user, name or proxy) is found by any part. Words
without ``=`` are looked for everywhere. All conditions must hold. Case does not matter.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, func, literal, select, true

from ringback.errors import NotFoundError, RefusedError, UsageError
from ringback.files.nearest import Index
from ringback.mac import Mac
from ringback.store.changes import pieces
from ringback.store.tables import devices, lines

_ESCAPE: Final = "\\"
_SEPARATED: Final = re.compile(r"[0-9a-f]{1,4}([:. -][0-9a-f]{1,4})+[:. -]?")
"""A MAC, or a part of one, as people and labels spell it."""
_NAMED: Final = 5
"""So many are named where several fit."""
_NEAREST: Final = 3
_YES: Final = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


@dataclass(frozen=True, slots=True)
class Found:
    """A device as lists show it."""

    mac: str
    model: str
    serial: str
    site: str
    group: str
    tags: tuple[str, ...]
    users: tuple[str, ...]
    """Of its lines, in their order."""
    locked: bool
    pinned: int | None


def _like(text: str) -> str:
    """Text inside a LIKE pattern."""
    return re.sub(r"([\\%_])", r"\\\1", text)


def _part(column: ColumnElement[str]) -> Callable[[str], ColumnElement[bool]]:
    return lambda text: func.lower(column).like(f"%{_like(text.lower())}%", escape=_ESCAPE)


def _whole(column: ColumnElement[str]) -> Callable[[str], ColumnElement[bool]]:
    def condition(text: str) -> ColumnElement[bool]:
        pattern = "%".join(map(_like, text.lower().split("*")))
        return func.lower(column).like(pattern, escape=_ESCAPE)

    return condition


def _tag(text: str) -> ColumnElement[bool]:
    pattern = "%".join(map(_like, text.lower().split("*")))
    return func.lower(devices.c.tags).like(f"% {pattern} %", escape=_ESCAPE)


def _mac(text: str) -> ColumnElement[bool]:
    return devices.c.mac.like(f"%{_like(re.sub('[:. -]', '', text.lower()))}%", escape=_ESCAPE)


def _of_line(column: ColumnElement[str]) -> Callable[[str], ColumnElement[bool]]:
    return lambda text: devices.c.mac.in_(select(lines.c.mac).where(_part(column)(text)))


def _truth(column: ColumnElement[bool]) -> Callable[[str], ColumnElement[bool]]:
    def condition(text: str) -> ColumnElement[bool]:
        if text.lower() not in _YES:
            raise UsageError(f"{column.name}={text}", remedy="yes or no")
        return column.is_(_YES[text.lower()])

    return condition


def _pinned(text: str) -> ColumnElement[bool]:
    if text.lower() in _YES and not text.isdigit():
        pinned = devices.c.pinned.is_not(None)
        return pinned if _YES[text.lower()] else devices.c.pinned.is_(None)
    if not text.isdigit():
        raise UsageError(f"pinned={text}", remedy="a release's number, yes or no")
    return devices.c.pinned == int(text)


_FIELDS: Final[Mapping[str, Callable[[str], ColumnElement[bool]]]] = {
    "mac": _mac,
    "model": _part(devices.c.model),
    "serial": _part(devices.c.serial),
    "site": _whole(devices.c.site),
    "group": _whole(devices.c.group),
    "tag": _tag,
    "user": _of_line(lines.c.user),
    "name": _of_line(lines.c.display_name),
    "proxy": _of_line(lines.c.proxy),
    "locked": _truth(devices.c.locked),
    "pinned": _pinned,
}


def condition(words: Iterable[str]) -> ColumnElement[bool]:
    """What devices must be.

    Raises:
        UsageError: for a field there is not.
    """
    return and_(true(), *map(_condition, words))


def _condition(word: str) -> ColumnElement[bool]:
    name, given, value = word.partition("=")
    if given:
        if name.lower() not in _FIELDS:
            raise UsageError(f"no device has a {name!r}", remedy=f"fields: {', '.join(_FIELDS)}")
        return _FIELDS[name.lower()](value)
    text = word.lower()
    anywhere = devices.c.words.like(f"%{_like(text)}%", escape=_ESCAPE)
    return anywhere | _mac(text) if _SEPARATED.fullmatch(text) else anywhere


def as_mac(text: str) -> Mac | None:
    """The MAC that is typed; None when it is something else."""
    try:
        return Mac.parse(text)
    except UsageError:
        return None


def which(connection: Connection, text: str) -> Mac:
    """The one device that is meant: by its MAC, or by any fragment that fits no other.

    What is a device's whole serial number, or a line's whole user, means that device although it
    is a part of others.

    Raises:
        NotFoundError: none fits.
        RefusedError: several do.
        UsageError: nothing was said, which fits all.
    """
    if not text.strip():
        raise UsageError("no device was named", remedy="its MAC, or a fragment that fits it alone")
    exact = as_mac(text)
    named = devices.c.mac == str(exact)
    if exact and connection.scalar(select(devices.c.mac).where(named)) is not None:
        return exact
    found, count = find(connection, condition([text]), most=_NAMED)
    if count > 1:
        whole, alone = find(connection, and_(condition([text]), _wholly(text)), most=1)
        found, count = (whole, 1) if alone == 1 else (found, count)
    if not found:
        raise _unknown(connection, text)
    if count > 1:
        told = ", ".join(map(_in_words, found))
        more = f" and {count - len(found)} more" if count > len(found) else ""
        what = f"{count} devices fit {text!r}: {told}{more}"
        raise RefusedError(what, remedy="name one of them by its MAC")
    return Mac(found[0].mac)


def _in_words(found: Found) -> str:
    return f"{found.mac} ({' '.join((found.model, *found.users))})"


def _unknown(connection: Connection, text: str) -> NotFoundError:
    """That no device fits, and which come nearest."""
    exact, remedy = as_mac(text), "ringback device list finds it"
    what = f"there is no device {exact}" if exact else f"no device fits {text!r}"
    said = {word for words in connection.scalars(select(devices.c.words)) for word in words.split()}
    nearest = Index(said).nearest(text)
    if not nearest:
        return NotFoundError(what, remedy=remedy)
    found, whole = find(connection, condition([nearest]), most=_NEAREST)
    named = ", ".join(map(_in_words, found))
    more = f" and {whole - len(found)} more" if whole > len(found) else ""
    told = f"{what}; {nearest!r} would: {named}{more}"
    return NotFoundError(told, nearest=nearest, remedy=remedy)


def _wholly(text: str) -> ColumnElement[bool]:
    """Devices of which one thing is exactly that, of whatever field."""
    text = text.partition("=")[2] or text
    words = literal("\n") + devices.c.words + "\n"
    return words.like(f"%\n{_like(text.lower())}\n%", escape=_ESCAPE)


def find(
    connection: Connection, wanted: ColumnElement[bool], *, most: int = 0
) -> tuple[list[Found], int]:
    """Devices by MAC, at most so many (0 for all), and how many fit.

    One pass over the table as it lies finds the MACs; putting them in order here is quicker than
    having the database walk an index and look up each row.
    """
    macs = sorted(connection.scalars(select(devices.c.mac).where(wanted)))
    shown = macs[:most] if most else macs
    users = _users(connection, shown)
    return [_found(row, users) for row in _rows(connection, shown)], len(macs)


def _rows(connection: Connection, macs: list[str]) -> Iterator[Any]:
    query = select(*(devices.c[name] for name in _SHOWN)).order_by(devices.c.mac)
    if len(macs) < _FEW:
        for piece in pieces(macs):
            yield from connection.execute(query.where(devices.c.mac.in_(piece)))
        return
    chosen = set(macs)
    yield from (row for row in connection.execute(query) if row.mac in chosen)


def _found(row: Any, users: Mapping[str, list[str]]) -> Found:
    mac, model, serial, site, group, tags, locked, pinned = row
    told = tuple(users.get(mac, ()))
    return Found(mac, model, serial, site, group, tuple(tags.split()), told, locked, pinned)


_SHOWN: Final = ("mac", "model", "serial", "site", "group", "tags", "locked", "pinned")
_FEW: Final = 20_000
"""Beyond so many devices all lines are read at once, which is quicker than asking for them."""


def _users(connection: Connection, macs: list[str]) -> dict[str, list[str]]:
    query = select(lines.c.mac, lines.c.user).order_by(lines.c.mac, lines.c.number)
    users: dict[str, list[str]] = {}
    chosen: Iterable[Any] = [query]
    if len(macs) < _FEW:
        chosen = (query.where(lines.c.mac.in_(piece)) for piece in pieces(macs))
    for each in chosen:
        for mac, user in connection.execute(each):
            users.setdefault(mac, []).append(user)
    return users
