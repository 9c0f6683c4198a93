"""The first record of a TLS handshake, read for the log: what the client offers, whom it wants.

Only OpenSSL decides anything. This tells why a handshake failed before a version was agreed on
("offers TLSv1 at most"), and the name the client asked for. RFC 5246 section 7.4.1.2, RFC 8446
section 4.1.2, RFC 6066 section 3.
"""

from dataclasses import dataclass
from typing import Final, Self

RECORD: Final = 5
"""Bytes in front of a record."""
LARGEST: Final = (1 << 14) + 256
"""Bytes a record may have that is not encrypted yet; some implementations add a little."""
_HANDSHAKE, _CLIENT_HELLO = 0x16, 0x01
_OF_HANDSHAKES: Final = frozenset((0x14, 0x16))
"""Records of a handshake: ChangeCipherSpec and the messages themselves."""
_SERVER_NAME, _SUPPORTED_VERSIONS = 0, 43
_VERSIONS: Final = {
    0x0300: "SSLv3",
    0x0301: "TLSv1",
    0x0302: "TLSv1.1",
    0x0303: "TLSv1.2",
    0x0304: "TLSv1.3",
}
_LONGEST_NAME: Final = 255


@dataclass(frozen=True, slots=True)
class Hello:
    """What a ClientHello says of the client; empty where it does not, or cannot be read."""

    version: str = ""
    """The highest version of TLS it offers."""
    host: str = ""
    """The host name it asks for."""

    @classmethod
    def parse(cls, record: bytes) -> Self:
        """Read one record. Never fails: what is missing stays empty."""
        try:
            return cls._read(record)
        except (IndexError, ValueError):
            return cls()

    @classmethod
    def _read(cls, record: bytes) -> Self:
        if record[0] != _HANDSHAKE or record[RECORD] != _CLIENT_HELLO:
            return cls()
        version = int.from_bytes(record[9:11], "big")
        at = 11 + 32
        at += 1 + record[at]  # session id
        at += 2 + int.from_bytes(record[at : at + 2], "big")  # suites
        at += 1 + record[at] + 2  # compression; length of the extensions
        extensions = _extensions(record, at)
        offered = [version, *_offered(extensions.get(_SUPPORTED_VERSIONS, b""))]
        known = [each for each in offered if each in _VERSIONS]
        name = _name(extensions.get(_SERVER_NAME, b""))
        return cls(_VERSIONS[max(known)] if known else "", name)


def whole_record(data: bytes | bytearray) -> bool:
    """Whether ``data`` holds a whole first record; a length no record has counts as whole."""
    if len(data) < RECORD:
        return False
    size = int.from_bytes(data[3:RECORD], "big")
    return len(data) >= RECORD + size or size > LARGEST


def only_handshake(data: bytes) -> bool:
    """Whether these are whole records without a word of the application among them.

    So it ends in TLS 1.2 nearly always: the client waits before it asks. In TLS 1.3 every record
    looks like the application's, and the answer is no.
    """
    at, size = 0, len(data)
    while at + RECORD <= size and data[at] in _OF_HANDSHAKES:
        at += RECORD + (data[at + 3] << 8 | data[at + 4])
    return at == size


def _extensions(record: bytes, at: int) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    while at + 4 <= len(record):
        kind = int.from_bytes(record[at : at + 2], "big")
        size = int.from_bytes(record[at + 2 : at + 4], "big")
        found.setdefault(kind, record[at + 4 : at + 4 + size])
        at += 4 + size
    return found


def _offered(body: bytes) -> list[int]:
    return [int.from_bytes(body[at : at + 2], "big") for at in range(1, len(body) - 1, 2)]


def _name(body: bytes) -> str:
    """The one DNS name in a server_name extension, when it is printable."""
    size = int.from_bytes(body[3:5], "big")
    name = body[5 : 5 + min(size, _LONGEST_NAME)]
    if body[2:3] != b"\0" or not name.isascii():
        return ""
    text = name.decode("ascii")
    return text if text.isprintable() and " " not in text else ""
