"""Options: what a client asks for, what a server takes, what holds then (RFC 2347 to 2349, 7440).

Two sides of one agreement. ``agree`` is the server's: given what was asked it says which values
hold and what the OACK is. ``adopt`` is the client's: it checks an OACK against what was
asked. Names compare without case; an option asked twice counts once, the first time; one we do not
know, or whose value makes no sense, is left out of the OACK, which is how RFC 2347 says no.

The OACK repeats a name as the client spelled it, since some clients compare with case. ``tsize``
is left out for an empty file: curl 7.88 takes "tsize 0" for a failure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ringback.errors import PacketError
from ringback.tftp.packet import Code, Oack, OptionPairs

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


@dataclass(frozen=True, slots=True)
class Agreement:
    """The server's side: what holds, and how to say so.

    The OACK is kept as the octets before and after the file's size, for phones of one model ask
    alike and only the size differs.
    """

    options: Options
    before: bytes
    after: bytes

    def oack(self, size: int | None) -> bytes:
        """The OACK for a file of ``size`` octets as it travels; empty when there is none to send.

        When the client writes, ``size`` is what it announced.
        """
        if self.options.tsize is None:
            return self.before
        if size:
            return b"%b%d%b" % (self.before, size, self.after)
        return self._without_tsize()

    def _without_tsize(self) -> bytes:
        rest = self.before[: -len("tsize\0")] + self.after[1:]
        return rest if len(rest) > len(Oack.OPCODE) else b""


NOTHING_ASKED = Agreement(PLAIN, b"", b"")


def agree(asked: OptionPairs, ceiling: Ceiling) -> Agreement:
    """What a server takes of what a client asks.

    Nothing taken is no OACK, as RFC 2347 wants it.
    """
    values: dict[str, int] = {}
    parts: dict[str, bytes] = {}
    for spelled, text in asked:
        name = spelled.lower()
        value = _value(name, text)
        if value is None or name in values:
            continue
        values[name] = _capped(name, value, ceiling)
        parts[name] = bytes(Oack(((spelled, str(values[name])),)))[2:]
    if not parts:
        return NOTHING_ASKED
    return _agreement(Options(**values), parts)


def _agreement(agreed: Options, parts: Mapping[str, bytes]) -> Agreement:
    """Cut the OACK where the file's size goes: after ``tsize`` and its NUL, before the next NUL."""
    names = list(parts)
    at = names.index("tsize") if "tsize" in parts else len(names)
    before = Oack.OPCODE + b"".join(parts[name] for name in names[:at])
    if at == len(names):
        return Agreement(agreed, before, b"")
    after = b"\0" + b"".join(parts[name] for name in names[at + 1 :])
    return Agreement(agreed, before + parts["tsize"][: len("tsize\0")], after)


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
