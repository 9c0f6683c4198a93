"""How a device is typed: the words for its lines, tags, variables and pin, and what they mean."""

import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from sqlalchemy import Connection

from ringback.cli.arguments import pair
from ringback.cli.whisper import STDIN, whispered
from ringback.errors import MalformedError, UsageError
from ringback.provisioning.cell import check_controls
from ringback.provisioning.device import Device
from ringback.provisioning.line import Line
from ringback.store import search
from ringback.store.devices import Devices
from ringback.store.releases import Releases
from ringback.store.seal import Seal

LINE = (
    "NUMBER.FIELD=VALUE, such as 1.user=200; fields: user, password, name, proxy, auth; "
    "1.password=- reads it from standard input"
)
_FIELDS = {
    "user": "user",
    "password": "password",
    "name": "display_name",
    "proxy": "proxy",
    "auth": "auth_id",
}
"""What a line's fields are called on the command line."""


def meant(connection: Connection, seal: Seal, text: str, *, aloud: bool = False) -> Device:
    """The device that is typed: by its MAC, or by any fragment that fits no other.

    ``aloud``: one that was not named by its MAC is named, for something will happen to it.
    """
    mac = search.which(connection, text)
    device = Devices(connection, seal).get(mac)
    assert device is not None
    if aloud and not by_mac(text, device):
        print(f"ringback: {text} is {described(device)}", file=sys.stderr)
    return device


def by_mac(text: str, device: Device) -> bool:
    """Whether a device was named by its MAC."""
    return search.as_mac(text) == device.mac


def described(device: Device) -> str:
    """A device in a few words: its MAC, its model and who uses it."""
    users = [line.user for line in device.lines if line.user]
    return f"{device.mac} ({' '.join((device.model, *users))})"


def note_return(device: Device) -> None:
    """Say of a device that was given away before what is different now."""
    if device.first_key == 1:
        return
    lock = f"; it is locked, as it was: ringback device unlock {device.mac}"
    told = f"{device.mac} was given away before: its old keys, tokens and passwords open nothing"
    print(f"ringback: {told}{lock if device.locked else ''}", file=sys.stderr)


def plain(device: Device) -> Device:
    """A device of which every field can be held: the rule that tables are read by, too.

    Raises:
        UsageError: a control character somewhere.
    """
    said = {name: getattr(device, name) for name in ("serial", "site", "group")}
    said |= device.variables
    for line in device.lines:
        said |= {
            f"--line {line.number}.{word}": getattr(line, name) for word, name in _FIELDS.items()
        }
    for name, text in said.items():
        try:
            check_controls(text)
        except MalformedError as error:
            raise UsageError(f"{name}: {error.what}", remedy=error.remedy) from error
    return device


def pinned(text: str, releases: Releases) -> int | None:
    """The release of ``--pin NUMBER``; None for ``--pin no``."""
    if text.lower() == "no":
        return None
    if not text.isdigit():
        raise UsageError(f"--pin {text!r}", remedy="a release's number, or no")
    return releases.get(int(text)).number


def tags_of(words: Iterable[str]) -> frozenset[str]:
    """Tags, each one word.

    Raises:
        UsageError: for a word with blanks, or none.
    """
    tags = frozenset(words)
    wrong = [each for each in tags if not each or each.split() != [each]]
    if wrong:
        raise UsageError(f"not a tag: {wrong[0]!r}", remedy="one word, without blanks")
    return tags


class LineWord(NamedTuple):
    """What is said of one field of a line."""

    number: int
    field: str
    value: str


def line_words(words: Iterable[str]) -> tuple[LineWord, ...]:
    """Words for lines, read; what is to be whispered is asked for now.

    So nobody who is asked at a prompt keeps a store from others meanwhile: it is opened afterwards.

    Raises:
        UsageError: for words that name no field of a line.
    """
    return tuple(map(_line_word, words))


def _line_word(word: str) -> LineWord:
    where, value = pair(word)
    number, _, field = where.partition(".")
    if field not in _FIELDS or not number.isdigit():
        raise UsageError(f"cannot read --line {word!r}", remedy=LINE)
    if field == "password" and value == STDIN:
        value = whispered(f"password of line {number}")
    return LineWord(int(number), _FIELDS[field], value)


def lines_with(old: Iterable[Line], words: Iterable[LineWord]) -> tuple[Line, ...]:
    """Lines with these words said of them; those of which nothing is left go."""
    found: dict[int, Line] = {each.number: each for each in old}
    for number, field, value in words:
        line = found.get(number) or Line(number)
        changed: Mapping[str, Any] = {field: value}
        found[number] = replace(line, **changed)
    kept = (each for each in found.values() if each != Line(each.number))
    return tuple(sorted(kept, key=lambda each: each.number))
