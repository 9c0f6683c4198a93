"""Options: what a client asks for, what a server takes, what holds then (RFC 2347 to 2349, 7440).

Two sides of one agreement. ``agree`` is the server's: given what was asked it says which values
hold and what to write in the OACK. ``adopt`` is the client's: it checks an OACK against what was
asked. Names compare without case; an option asked twice counts once, the first time; one we do not
know, or whose value makes no sense, is left out of the OACK, which is how RFC 2347 says no.

The OACK repeats a name as the client spelled it, since some clients compare with case. ``tsize``
is left out for an empty file: curl 7.88 takes "tsize 0" for a failure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from ringback.errors import PacketError
from ringback.tftp.packet import Code, OptionPairs

SMALLEST_BLOCK, LARGEST_BLOCK = 8, 65464
LONGEST_TIMEOUT = 255
LARGEST_WINDOW = 65535
LARGEST_FILE = (1 << 48) - 1
MOST_DIGITS = 15

_RANGES = {
    "blksize": (SMALLEST_BLOCK, LARGEST_BLOCK),
    "timeout": (1, LONGEST_TIMEOUT),
    "tsize": (0, LARGEST_FILE),
    "windowsize": (1, LARGEST_WINDOW),
}

_CAPPED = frozenset({"blksize", "windowsize"})
"""Where a server may answer with less than was asked; ``timeout`` is taken as it is or left out."""


@dataclass(frozen=True, slots=True)
class Options:
    """What holds in a transfer; the defaults are those of RFC 1350.

    ``timeout`` is in seconds, ``tsize`` in octets as they travel; None means not agreed.
    """

    blksize: int = 512
    timeout: int | None = None
    tsize: int | None = None
    windowsize: int = 1


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The most a server agrees to. Blocks above 1468 octets travel in fragments on Ethernet."""

    blksize: int = LARGEST_BLOCK
    windowsize: int = 64


PLAIN = Options()


def agree(asked: OptionPairs, *, size: int | None, ceiling: Ceiling) -> tuple[Options, OptionPairs]:
    """The server's side: what holds, and the pairs to answer in an OACK (none: send no OACK).

    ``size`` is the file's length as it travels; None when the client writes, so that its own
    ``tsize`` is repeated.
    """
    if not asked:
        return PLAIN, ()
    agreed, answered = _agree(asked, ceiling)
    tsize = agreed.tsize if size is None else size
    if agreed.tsize is None or tsize is None:
        return agreed, answered
    if not tsize:
        return replace(agreed, tsize=None), _without(answered, "tsize")
    return replace(agreed, tsize=tsize), tuple(
        (name, str(tsize) if name.lower() == "tsize" else value) for name, value in answered
    )


@lru_cache(maxsize=256)
def _agree(asked: OptionPairs, ceiling: Ceiling) -> tuple[Options, OptionPairs]:
    """All but the size: phones of one model ask alike, so the last answers are kept."""
    values: dict[str, int] = {}
    answered: list[tuple[str, str]] = []
    for spelled, text in asked:
        name = spelled.lower()
        value = _value(name, text)
        if value is None or name in values:
            continue
        values[name] = _capped(name, value, ceiling)
        answered.append((spelled, str(values[name])))
    return Options(**values), tuple(answered)


def adopt(asked: OptionPairs, answered: OptionPairs) -> Options:
    """The client's side: what holds after the server's OACK.

    Raises:
        PacketError: code 8, when the server answers what was not asked, or more than was asked.
    """
    wanted = _read(asked)
    for name, text in answered:
        _check(name.lower(), text, wanted)
    return Options(**_read(answered))


def _check(name: str, text: str, wanted: Mapping[str, int]) -> None:
    value = _value(name, text)
    if name not in wanted:
        raise PacketError(f"the server answers option {name!r}, unasked", code=Code.OPTION)
    if value is None:
        raise PacketError(f"the server answers {name}={text[:20]!r}", code=Code.OPTION)
    most = value if name == "tsize" else wanted[name]
    if value > most or (name == "timeout" and value != most):
        raise PacketError(f"the server answers {name}={value} to {most}", code=Code.OPTION)


def _read(pairs: Iterable[tuple[str, str]]) -> dict[str, int]:
    values: dict[str, int] = {}
    for name, text in pairs:
        value = _value(name.lower(), text)
        if value is not None:
            values.setdefault(name.lower(), value)
    return values


def _value(name: str, text: str) -> int | None:
    """The number in ``text`` if ``name`` is an option of ours that may have it."""
    if name not in _RANGES or not (text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS):
        return None
    low, high = _RANGES[name]
    value = int(text)
    if value > high and name in _CAPPED:
        return high
    return value if low <= value <= high else None


def _capped(name: str, value: int, ceiling: Ceiling) -> int:
    most: int = getattr(ceiling, name) if name in _CAPPED else value
    return min(value, most)


def _without(pairs: OptionPairs, gone: str) -> OptionPairs:
    return tuple(pair for pair in pairs if pair[0].lower() != gone)
