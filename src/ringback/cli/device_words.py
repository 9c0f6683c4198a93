"""How a device is typed: the words for its lines, tags, variables and pin, and what they mean."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from ringback.cli.arguments import pair
from ringback.errors import UsageError
from ringback.provisioning.line import Line
from ringback.store.releases import Releases

LINE = "NUMBER.FIELD=VALUE, such as 1.user=200; fields: user, password, name, proxy, auth"
_FIELDS = {
    "user": "user",
    "password": "password",
    "name": "display_name",
    "proxy": "proxy",
    "auth": "auth_id",
}
"""What a line's fields are called on the command line."""


def pinned(text: str, releases: Releases) -> int | None:
    """The release of ``--pin NUMBER``; None for ``--pin no``."""
    if text.lower() in ("no", ""):
        return None
    if not text.isdigit():
        raise UsageError(f"--pin {text}", remedy="a release's number, or no")
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


def lines_with(old: Iterable[Line], words: Iterable[str]) -> tuple[Line, ...]:
    """Lines with these words said of them; those of which nothing is left go.

    Raises:
        UsageError: for words that name no field of a line.
    """
    found: dict[int, Line] = {each.number: each for each in old}
    for word in words:
        where, value = pair(word)
        number, _, field = where.partition(".")
        if field not in _FIELDS or not number.isdigit():
            raise UsageError(f"cannot read --line {word!r}", remedy=LINE)
        line = found.get(int(number)) or Line(int(number))
        changed: Mapping[str, Any] = {_FIELDS[field]: value}
        found[line.number] = replace(line, **changed)
    kept = (each for each in found.values() if each != Line(each.number))
    return tuple(sorted(kept, key=lambda each: each.number))
