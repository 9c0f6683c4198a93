"""What stands behind the addresses in a PROXY v2 header: type, length, value; again and again.

Only what says something of the client is kept: the TLS the proxy ended, and the certificate the
client showed it. HAProxy sends the common name (``send-proxy-v2-ssl-cn``), newer proxies the
whole certificate (sub-type 0x28). proxy-protocol.txt sections 2.2 to 2.2.7.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import Final

from ringback.errors import MessageError
from ringback.http.checksum import crc32c

_LONGEST_TEXT: Final = 256
_HEAD: Final = struct.Struct("!BH")
_SSL: Final = struct.Struct("!BI")


class Type(IntEnum):
    """The types we look at, and the sub-types of ``SSL``."""

    CRC32C = 0x03
    SSL = 0x20
    SSL_VERSION = 0x21
    SSL_CN = 0x22
    SSL_CERTIFICATE = 0x28


class Client(IntFlag):
    """How the client spoke to the proxy."""

    TLS = 0x01
    CERTIFICATE = 0x02
    """It showed a certificate on this connection."""
    CERTIFICATE_BEFORE = 0x04
    """It showed one on an earlier connection of the same TLS session."""


@dataclass(frozen=True, slots=True)
class Tls:
    """The TLS that a trusted proxy ended for its client."""

    version: str = ""
    common_name: str = ""
    """CN of the certificate's subject, as the proxy wrote it."""
    certificate: bytes | None = None
    """DER of the whole certificate, from proxies that send it."""
    verified: bool = False
    """The client showed a certificate and the proxy found nothing wrong with it."""


def read(block: bytes, whole: bytes, start: int) -> Tls | None:
    """Read the TLVs of a header; what they say of TLS, if anything.

    ``whole`` is the header with the block in it from ``start`` on: the checksum covers all of it.

    Raises:
        MessageError: when a length points beyond the end, the checksum is wrong, or one is
            there twice.
    """
    found: dict[int, tuple[int, bytes]] = {}
    for kind, offset, value in _walk(block):
        if kind in (Type.CRC32C, Type.SSL) and kind in found:
            raise MessageError(f"TLV 0x{kind:02x} twice")
        found[kind] = (offset, value)
    if Type.CRC32C in found:
        offset, value = found[Type.CRC32C]
        _check(whole, start + offset, value)
    return _tls(found[Type.SSL][1]) if Type.SSL in found else None


def _walk(block: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Type, where its value begins, and the value."""
    position = 0
    while position < len(block):
        if len(block) - position < _HEAD.size:
            raise MessageError(f"{len(block) - position} bytes after the last TLV")
        kind, length = _HEAD.unpack_from(block, position)
        position += _HEAD.size
        if length > len(block) - position:
            raise MessageError(f"TLV 0x{kind:02x} of {length} bytes in {len(block) - position}")
        yield kind, position, block[position : position + length]
        position += length


def _check(whole: bytes, where: int, value: bytes) -> None:
    """The checksum is made with zeros in its own place."""
    if len(value) != 4:
        raise MessageError(f"a checksum of {len(value)} bytes")
    blank = whole[:where] + bytes(4) + whole[where + 4 :]
    if crc32c(blank) != int.from_bytes(value, "big"):
        raise MessageError("the checksum is wrong")


def _tls(value: bytes) -> Tls | None:
    if len(value) < _SSL.size:
        raise MessageError(f"an SSL TLV of {len(value)} bytes")
    flags, verify = _SSL.unpack_from(value)
    client = Client(flags & 0x07)
    if Client.TLS not in client:
        return None
    inner: dict[int, bytes] = {}
    for kind, _, text in _walk(value[_SSL.size :]):
        if kind in inner:
            raise MessageError(f"sub-TLV 0x{kind:02x} twice")
        inner[kind] = text
    shown = bool(client & (Client.CERTIFICATE | Client.CERTIFICATE_BEFORE))
    return Tls(
        version=_text(inner.get(Type.SSL_VERSION, b"")),
        common_name=_text(inner.get(Type.SSL_CN, b"")) if shown else "",
        certificate=(inner.get(Type.SSL_CERTIFICATE) or None) if shown else None,
        verified=shown and verify == 0,
    )


def _text(value: bytes) -> str:
    """UTF-8 that may stand in a log line.

    Raises:
        MessageError: when it is too long or holds a control character: ``good`` and then a NUL
            would be one name for us and another for who reads it next.
    """
    text = value.decode("utf-8", "replace")
    if len(value) > _LONGEST_TEXT or not text.isprintable():
        raise MessageError("a text in the SSL TLV that no log could show")
    return text
