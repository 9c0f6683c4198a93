r"""The PROXY protocol: whom a proxy speaks for, said once, before the client's first byte.

Sans I/O. The sender puts one header in front of the connection and nothing after it, so it must
be taken off exactly: what follows may be a TLS ClientHello. ``wants`` says how many bytes are
still sure to belong to the header; who reads no more than that reads none of the client's.

Version 2 is binary (``\r\n\r\n\0\r\nQUIT\n``) and may carry what the proxy learnt from TLS.
Version 1 is one line of text; it is read as well, because it is all that nginx's stream module
sends. Both come from trusted proxies only, so the older is no weaker.

``LOCAL`` is the proxy speaking for itself (a health check): the addresses are its own. Unix
sockets, datagrams and families unknown have no address we could use, and count the same, as in
HAProxy. proxy-protocol.txt, 2020 and later.
"""

import re
import struct
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final

from ringback.errors import MessageError
from ringback.http import tlv
from ringback.http.networks import plain_address
from ringback.http.tlv import Tls

SIGNATURE: Final = b"\r\n\r\n\0\r\nQUIT\n"
LARGEST: Final = 8 * 1024
"""Bytes after the fixed part: addresses, and a certificate at most. The protocol asks for 536."""
LONGEST_LINE: Final = 107
_FIXED: Final = struct.Struct("!12sBBH")
_LEAST: Final = {
    b"PROXY TCP4 ": len(b"PROXY TCP4 1.1.1.1 1.1.1.1 1 1\r\n"),
    b"PROXY TCP6 ": len(b"PROXY TCP6 :: :: 1 1\r\n"),
    b"": len(b"PROXY UNKNOWN\r\n"),
}
"""The length of the shortest line that begins so."""
_LINE = re.compile(rb"PROXY (TCP4|TCP6) ([0-9A-Fa-f.:]{2,39}) ([0-9A-Fa-f.:]{2,39})"
                   rb" (0|[1-9]\d{0,4}) (0|[1-9]\d{0,4})\r\n", re.ASCII)  # fmt: skip
_UNKNOWN = re.compile(rb"PROXY UNKNOWN(?: [^\r\n]*)?\r\n")
_LOCAL, _PROXY = 0x20, 0x21
_SIZES: Final = {0x11: 4, 0x21: 16}
"""Bytes of an address by family and transport: TCP over IPv4, TCP over IPv6."""
_OTHERS: Final = {0x00: 0, 0x12: 12, 0x22: 36, 0x31: 216, 0x32: 216}
"""Bytes of addresses we cannot use: unspecified, datagrams, Unix sockets."""

Endpoint = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Introduction:
    """Whom the proxy speaks for; ``source`` None when for itself, or it does not know."""

    source: Endpoint | None = None
    destination: Endpoint | None = None
    tls: Tls | None = None
    version: int = 2


class Introducing:
    """Reads one header: ``feed`` until it gives an introduction."""

    def __init__(self) -> None:
        self._held = b""
        self.rest = b""
        """What was fed behind the end of the header."""

    @property
    def wants(self) -> int:
        """Bytes that are sure to come; who reads no more than these never reads too far."""
        held = self._held
        if held.startswith(SIGNATURE[:1]):
            return self._announced() - len(held)
        least = next((least for start, least in _LEAST.items() if held.startswith(start)), 0)
        return max(least - len(held), 1 if held.endswith(b"\r") else 2)

    def feed(self, data: bytes) -> Introduction | None:
        """Take what has arrived; None when more must come.

        Raises:
            MessageError: when this is no header. The connection is good for nothing then.
        """
        self._held += data
        if not self._held:
            return None
        if self._held.startswith(SIGNATURE[:1]):
            return self._feed_binary()
        return self._feed_line()

    def _announced(self) -> int:
        """Length of a binary header as far as it is known."""
        if len(self._held) < _FIXED.size:
            return _FIXED.size
        return _FIXED.size + int.from_bytes(self._held[14:16], "big")

    def _feed_binary(self) -> Introduction | None:
        held = self._held
        if not SIGNATURE.startswith(held[:12]):
            raise MessageError("no PROXY header")
        if len(held) < _FIXED.size:
            return None
        end = self._announced()
        if end > _FIXED.size + LARGEST:
            raise MessageError(f"a PROXY header of {end} bytes")
        if held[12] not in (_LOCAL, _PROXY):
            raise MessageError(f"PROXY version and command 0x{held[12]:02x}")
        if len(held) < end:
            return None
        self.rest = held[end:]
        return read_binary(held[:end])

    def _feed_line(self) -> Introduction | None:
        held = self._held
        if held[:6] != b"PROXY "[: len(held)]:
            raise MessageError("no PROXY header")
        line, ended, self.rest = held[: LONGEST_LINE + 1].partition(b"\r\n")
        if ended and len(line) + 2 <= LONGEST_LINE:
            self.rest = held[len(line) + 2 :]
            return read_line(line + ended)
        if len(held) >= LONGEST_LINE:
            raise MessageError("a PROXY line that does not end")
        self.rest = b""
        return None


def read_binary(header: bytes) -> Introduction:
    """Read a whole header of version 2.

    Raises:
        MessageError: when a length in it is wrong, or the family is none of the protocol's.
    """
    _, command, family, length = _FIXED.unpack_from(header)
    if command == _LOCAL:
        return Introduction()
    if family in _OTHERS:
        _room(length, _OTHERS[family])
        return Introduction()
    if family not in _SIZES:
        raise MessageError(f"PROXY address family 0x{family:02x}")
    size = _SIZES[family]
    start = _FIXED.size + 2 * size + 4
    _room(length, 2 * size + 4)
    source, destination, *ports = struct.unpack_from(f"!{size}s{size}sHH", header, _FIXED.size)
    return Introduction(
        (_spell(source), ports[0]),
        (_spell(destination), ports[1]),
        tlv.read(header[start:], header, start),
    )


def read_line(line: bytes) -> Introduction:
    """Read a whole header of version 1, with its line end.

    Raises:
        MessageError: when it is not exactly what the protocol prints.
    """
    if _UNKNOWN.fullmatch(line):
        return Introduction(version=1)
    found = _LINE.fullmatch(line)
    if found is None:
        raise MessageError("a PROXY line that cannot be read")
    kind, source, destination, from_port, to_port = (
        each.decode("ascii") for each in found.groups()
    )
    of = IPv4Address if kind == "TCP4" else IPv6Address
    try:
        addresses = [_plain(str(of(each))) for each in (source, destination)]
    except AddressValueError as error:
        raise MessageError(f"no {kind} address in the PROXY line") from error
    ports = [int(each) for each in (from_port, to_port)]
    if max(ports) > 65535:
        raise MessageError(f"port {max(ports)} in the PROXY line")
    return Introduction((addresses[0], ports[0]), (addresses[1], ports[1]), version=1)


def _room(length: int, needed: int) -> None:
    if length < needed:
        raise MessageError(f"PROXY addresses in {length} bytes, not {needed}")


def _spell(packed: bytes) -> str:
    address = IPv4Address(packed) if len(packed) == 4 else IPv6Address(packed)
    return _plain(str(address))


def _plain(text: str) -> str:
    """The usual spelling: an IPv4 address inside an IPv6 one is the IPv4 address."""
    return plain_address(text) or text
