"""The packets of TFTP: six values, each with its bytes (RFC 1350 §5, RFC 2347).

``parse`` turns a datagram into one of them or raises ``PacketError`` with the error code that
RFC 1350 wants answered; ``bytes(packet)`` turns it back. Nothing else is ever raised, whatever
the datagram holds.

How forgiving we are, and why:

* Octets after the last option, or an option name without a value, are ignored: some boot ROMs pad
  their requests. A name or mode that no NUL ends is refused, for it may be cut off.
* RFC 2347 limits a request to 512 octets. Phones ask for long names with macros expanded in them,
  so ``LONGEST_REQUEST`` is larger; beyond it the request is refused.
* A name that is not UTF-8 cannot be the name of any file of ours: error 1, not error 4.
* Acknowledgements may be longer than four octets, error texts may lack their NUL.

The engines do not come here for DATA and ACK, the two packets that repeat; they read the four
octets in place, as that is what a busy server does most.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from functools import lru_cache
from struct import Struct
from typing import ClassVar, NamedTuple

from ringback.errors import PacketError, UsageError

LONGEST_REQUEST = 1024
LONGEST_MESSAGE = 256

TWO_NUMBERS = Struct(">HH")
"""Opcode and block number (or error code): how DATA, ACK and ERROR begin."""

OptionPairs = tuple[tuple[str, str], ...]


class Opcode(IntEnum):
    """The first two octets."""

    RRQ = 1
    WRQ = 2
    DATA = 3
    ACK = 4
    ERROR = 5
    OACK = 6


class Code(IntEnum):
    """The error codes of RFC 1350 and, for 8, RFC 2347."""

    UNDEFINED = 0
    NOT_FOUND = 1
    ACCESS = 2
    FULL = 3
    ILLEGAL = 4
    STRANGER = 5
    EXISTS = 6
    NO_USER = 7
    OPTION = 8


class Mode(StrEnum):
    """How the octets of a file travel. The mode ``mail`` has been obsolete since 1992."""

    OCTET = "octet"
    NETASCII = "netascii"


class Request(NamedTuple):
    """A read (RRQ) or write (WRQ) request. ``options`` keep their order, spelling and repeats.

    A named tuple, as a server makes one for each transfer and a frozen dataclass takes thrice as
    long to make.
    """

    opcode: int
    name: str
    mode: Mode = Mode.OCTET
    options: OptionPairs = ()

    def __bytes__(self) -> bytes:
        pairs = [text for pair in self.options for text in pair]
        return TWO_NUMBERS.pack(0, self.opcode)[2:] + _strings(self.name, self.mode, *pairs)


@dataclass(frozen=True, slots=True)
class Data:
    """One block of the file; ``block`` counts from 1 and rolls over from 65535 to 0."""

    block: int
    payload: bytes

    def __bytes__(self) -> bytes:
        return TWO_NUMBERS.pack(Opcode.DATA, self.block) + self.payload


@dataclass(frozen=True, slots=True)
class Ack:
    """Everything up to and with ``block`` has arrived."""

    block: int

    def __bytes__(self) -> bytes:
        return TWO_NUMBERS.pack(Opcode.ACK, self.block)


@dataclass(frozen=True, slots=True)
class Error:
    """The transfer is over; ``code`` is usually a ``Code`` but strangers send what they like."""

    code: int
    message: str

    def __bytes__(self) -> bytes:
        return TWO_NUMBERS.pack(Opcode.ERROR, self.code) + _strings(self.message)

    def __str__(self) -> str:
        return f"error {self.code}: {self.message}" if self.message else f"error {self.code}"


@dataclass(frozen=True, slots=True)
class Oack:
    """Which options the server takes, and with which values (RFC 2347)."""

    options: OptionPairs

    OPCODE: ClassVar[bytes] = TWO_NUMBERS.pack(0, Opcode.OACK)[2:]

    def __bytes__(self) -> bytes:
        return self.OPCODE + _strings(*(text for pair in self.options for text in pair))


Packet = Request | Data | Ack | Error | Oack


def parse(datagram: bytes) -> Packet:
    """The packet that ``datagram`` holds.

    Raises:
        PacketError: it holds none; ``code`` is what to answer.
    """
    if len(datagram) < 4:
        raise PacketError(f"a packet of {len(datagram)} octets; the shortest has 4")
    opcode = datagram[0] << 8 | datagram[1]
    reader = _READERS.get(opcode)
    if reader is None:
        raise PacketError(f"opcode {opcode} is not 1 to 6")
    return reader(datagram)


def parse_request(datagram: bytes) -> Request:
    """The request that ``datagram`` holds.

    Raises:
        PacketError: it is none, or names no file, or asks for a mode we do not have.
    """
    opcode = datagram[1] if len(datagram) > 1 and datagram[0] == 0 else 0
    if opcode not in (Opcode.RRQ, Opcode.WRQ):
        raise PacketError("not a request; a transfer begins with RRQ or WRQ")
    if len(datagram) > LONGEST_REQUEST:
        raise PacketError(f"a request of more than {LONGEST_REQUEST} octets")
    name, separator, rest = datagram[2:].partition(b"\0")
    if not separator:
        raise PacketError("no NUL ends the file name")
    if not name:
        raise PacketError("the request names no file")
    return Request(opcode, _file_name(name), *_mode_and_options(rest))


def _read_data(datagram: bytes) -> Data:
    return Data(datagram[2] << 8 | datagram[3], datagram[4:])


def _read_ack(datagram: bytes) -> Ack:
    return Ack(datagram[2] << 8 | datagram[3])


def _read_error(datagram: bytes) -> Error:
    text = datagram[4 : 4 + LONGEST_MESSAGE].partition(b"\0")[0]
    return Error(datagram[2] << 8 | datagram[3], text.decode("utf-8", "replace"))


def _read_oack(datagram: bytes) -> Oack:
    return Oack(_pairs(datagram[2 : 2 + LONGEST_REQUEST]))


_READERS: dict[int, Callable[[bytes], Packet]] = {
    Opcode.RRQ: parse_request,
    Opcode.WRQ: parse_request,
    Opcode.DATA: _read_data,
    Opcode.ACK: _read_ack,
    Opcode.ERROR: _read_error,
    Opcode.OACK: _read_oack,
}

_MODES = {mode.encode(): mode for mode in Mode}


@lru_cache(maxsize=256)
def _mode_and_options(octets: bytes) -> tuple[Mode, OptionPairs]:
    """What follows the name; it is the same for all phones of a model, so it is remembered."""
    mode, terminator, rest = octets.partition(b"\0")
    if not terminator:
        raise PacketError("no NUL ends the mode")
    return _mode(mode), _pairs(rest)


def _mode(octets: bytes) -> Mode:
    mode = _MODES.get(octets) or _MODES.get(octets.lower())
    if mode is None:
        shown = octets[:20].decode("ascii", "backslashreplace")
        raise PacketError(f"mode {shown!r} is neither octet nor netascii")
    return mode


def _file_name(octets: bytes) -> str:
    try:
        return octets.decode()
    except UnicodeDecodeError as error:
        raise PacketError("the file name is not UTF-8", code=Code.NOT_FOUND) from error


def _pairs(octets: bytes) -> OptionPairs:
    """Name and value by turns, each ended by NUL, until an empty name or the end."""
    texts = octets.decode("utf-8", "replace").split("\0")[:-1]
    pairs = tuple(zip(texts[::2], texts[1::2], strict=False))
    empty = next((at for at, (name, _) in enumerate(pairs) if not name), None)
    return pairs[:empty]


def _strings(*texts: str) -> bytes:
    if any("\0" in text for text in texts):
        raise UsageError("a TFTP string holds a NUL", remedy="leave it out: NUL ends a string")
    return "".join(text + "\0" for text in texts).encode()
