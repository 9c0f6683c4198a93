"""The certificate a client sent, read off the wire of a handshake that failed.

When a chain is not believed OpenSSL stops at its upper end, and forgets the client's own
certificate with the rest. In TLS 1.2 and older, which is what phones speak, it travels in the
clear: record layer and handshake messages of RFC 5246, sections 6.2.1, 7.4 and 7.4.2. What TLS 1.3
sends is encrypted, and nothing is found.
"""

from collections.abc import Iterator
from typing import Final

_HANDSHAKE: Final = 22
_CERTIFICATE: Final = 11


def leaf(flight: bytes) -> bytes | None:
    """DER of the first certificate in what a client sent; None when there is none to be seen."""
    for kind, body in _messages(_handshake(flight)):
        if kind == _CERTIFICATE:
            size = int.from_bytes(body[3:6], "big")
            found = body[6 : 6 + size]
            return found if size and len(found) == size else None
    return None


def _handshake(flight: bytes) -> bytes:
    """The handshake messages in a row of records, up to the first of another kind."""
    parts: list[bytes] = []
    at = 0
    while flight[at : at + 1] == bytes((_HANDSHAKE,)):
        size = int.from_bytes(flight[at + 3 : at + 5], "big")
        parts.append(flight[at + 5 : at + 5 + size])
        at += 5 + size
    return b"".join(parts)


def _messages(stream: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 4 <= len(stream):
        size = int.from_bytes(stream[at + 1 : at + 4], "big")
        yield stream[at], stream[at + 4 : at + 4 + size]
        at += 4 + size
