"""Which rows a list shows: ``field=value`` for every field it has, or any fragment.

The words are those of ``ringback device list``, which has the database look; the other lists are
short enough to be sifted here. A number and a yes or no must be what was said, any other text need
only hold it, and ``*`` stands for any run of characters in the whole of it. Case does not matter,
and nothing after ``=`` means what is empty.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from ringback.errors import UsageError
from ringback.mac import Mac

Row = Mapping[str, Any]


def sift(rows: Iterable[Row], words: Sequence[str], fields: Sequence[str]) -> list[Row]:
    """The rows that all the words fit, in their order.

    Raises:
        UsageError: for a field there is not, even where there is no row.
    """
    tests = [_test(each, fields) for each in words]
    return [row for row in rows if all(test(row) for test in tests)]


def _test(word: str, fields: Sequence[str]) -> Callable[[Row], bool]:
    name, given, value = word.partition("=")
    if not given:
        fragment = _spelled(word)
        return lambda row: any(fragment in text for each in row.values() for text in _texts(each))
    if name.lower() not in fields:
        raise UsageError(f"there is no {name!r} here", remedy=f"fields: {', '.join(fields)}")
    said = _spelled(value)
    return lambda row: _fits(row[name.lower()], said)


def _spelled(text: str) -> str:
    """A MAC as lists have it, however it was typed; any other text without its case."""
    try:
        return str(Mac.parse(text))
    except UsageError:
        return text.casefold()


def _texts(held: Any) -> Iterator[str]:
    """What a fragment may be found in; one item of a list, and nothing that is yes or no."""
    if isinstance(held, list | tuple):
        for each in held:
            yield from _texts(each)
    elif held is not None and not isinstance(held, bool):
        yield str(held).casefold()


def _fits(held: Any, said: str) -> bool:
    if isinstance(held, bool):
        return said in (("yes", "true") if held else ("no", "false"))
    texts = list(_texts(held)) or [""]
    if isinstance(held, int) or not said:
        return said in texts
    if "*" in said:
        pattern = re.compile(".*".join(map(re.escape, said.split("*"))), re.DOTALL)
        return any(map(pattern.fullmatch, texts))
    return any(said in text for text in texts)
