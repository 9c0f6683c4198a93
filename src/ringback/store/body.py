"""Whole things as bytes, to be sealed and kept, and back: devices, layers, documents.

JSON with sorted names and no blanks: the same thing is always the same bytes, so that writing it
again can be told from changing it. A field that holds its default is left out, so that a new field
changes nothing that was kept before it existed.
"""

import json
from collections.abc import Callable, Hashable, Mapping
from dataclasses import MISSING, Field, fields
from enum import Enum
from functools import cache
from typing import Any, cast

from ringback.cisco.parameter import Access
from ringback.errors import StorageError
from ringback.mac import Mac
from ringback.provisioning.device import Device
from ringback.provisioning.document import Document, Envelope, Level, Rules, Selection
from ringback.provisioning.layer import Layer, Scope, Setting
from ringback.provisioning.line import Line

Thing = Device | Layer | Document | Mapping[str, str]

UNVERSIONED = ("locked", "pinned", "key", "next_key", "first_key")
"""What is a column, not part of the body: it holds at once, and no release brings it back."""


def dump(thing: Thing) -> bytes:
    """A thing as bytes; equal things give equal bytes."""
    plain = _plain(thing)
    if isinstance(thing, Device):
        plain = {name: value for name, value in plain.items() if name not in UNVERSIONED}
    return json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def device(data: bytes, **columns: Any) -> Device:
    """A device from its body and the columns beside it."""
    read = _read(data)
    return Device(
        mac=Mac(read.pop("mac")),
        tags=frozenset(read.pop("tags", ())),
        lines=tuple(Line(**each) for each in read.pop("lines", ())),
        **read,
        **columns,
    )


def layer(data: bytes) -> Layer:
    """A layer from its body."""
    read = _read(data)
    settings = tuple(map(_setting, read.pop("settings", ())))
    return Layer(Scope(read.pop("scope")), read.pop("name"), settings, **read)


def document(data: bytes) -> Document:
    """A document from its body."""
    read = _read(data)
    made: dict[str, Callable[[Any], Any]] = {
        "patterns": tuple,
        "selection": _selection,
        "envelope": Envelope,
        "level": Level,
        "rules": Rules,
    }
    return Document(
        **{name: made[name](value) if name in made else value for name, value in read.items()}
    )


def variables(data: bytes) -> dict[str, str]:
    """The fleet's variables."""
    return {str(name): str(value) for name, value in _read(data).items()}


def _setting(read: dict[str, Any]) -> Setting:
    access = read.pop("access", None)
    return Setting(read.pop("name"), read.pop("value"), Access(access) if access else None, **read)


def _selection(read: dict[str, Any]) -> Selection:
    given: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in read.items()
    }
    return Selection(**given)


def _read(data: bytes) -> dict[str, Any]:
    try:
        read = json.loads(data)
    except ValueError as error:
        raise StorageError("a body in the store is not JSON", remedy="restore a backup") from error
    assert isinstance(read, dict)
    return read


def _plain(value: Any) -> Any:
    """Dataclasses, enumerations and sets as JSON knows them."""
    if type(value) is str:  # most are, and asking first makes it half as long
        return value
    match value:
        case Mac():
            return str(value)
        case Enum():
            return value.value
        case frozenset():
            return sorted(value)
        case tuple():
            return [_plain(each) for each in value]
        case Mapping():
            return dict(value)
        case None | bool() | int() | str():
            return value
    return {
        each.name: _plain(held)
        for each in _fields(cast("Hashable", type(value)))
        if (held := getattr(value, each.name)) != _default(each)
    }


@cache
def _fields(kind: Hashable) -> tuple[Field[Any], ...]:
    return fields(cast("type", kind))


def _default(each: Field[Any]) -> Any:
    if each.default is not MISSING:
        return each.default
    return each.default_factory() if each.default_factory is not MISSING else MISSING
