"""One request of a client, as the device listener understood it, and how a request-target is read.

Framing (where a message ends) is the parser's and the server's affair; here is what a request
says. RFC 9110, RFC 9112.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple
from urllib.parse import unquote_to_bytes

from ringback.errors import MessageError

NONE: Final[Mapping[bytes, bytes]] = MappingProxyType({})
_AUTHORITY = re.compile(rb"https?://[^/?#\x00-\x20]*", re.IGNORECASE)
_ENCODING, _ERRORS = "utf-8", "surrogateescape"  # as file names are: any byte survives


class Request(NamedTuple):
    """What was asked, by whom. Texts from the client are data: escape them wherever they go.

    A named tuple, as ``Answer`` and ``Access`` are: one of each is made for every request, and
    a frozen dataclass takes four times as long to make.
    """

    method: str
    path: str
    """Percent-decoded once, without the query."""
    raw_path: str
    """As it was sent."""
    query: str = ""
    """As it was sent, without the question mark."""
    headers: Mapping[bytes, bytes] = NONE
    """Names in lower case, values as sent; those of repeated ones joined by a comma."""
    body: bytes = b""
    address: str = ""
    port: int = 0
    scheme: str = "http"
    agent: str = ""
    """The User-Agent line, empty when none was sent."""
    tls: object | None = None
    """What the TLS layer knows of the client; None on a plain listener."""

    def header(self, name: str) -> str:
        """The value of one header, empty when it was not sent; ``name`` in any case."""
        return self.headers.get(name.lower().encode("latin-1"), b"").strip(b" \t").decode("latin-1")

    @property
    def target(self) -> str:
        """Path and query as they were sent."""
        return f"{self.raw_path}?{self.query}" if self.query else self.raw_path


def read_target(target: bytes) -> tuple[str, str, str]:
    """Split a request-target into path (decoded once), path as sent, query as sent.

    Both the origin form (``/spa.cfg?x``) and the absolute form that proxies are sent are read
    (RFC 9112 section 3.2). A fragment should never arrive; it is cut off, as it is by nginx.

    Raises:
        MessageError: for any other form.
    """
    if not target.startswith(b"/"):
        target = _without_authority(target)
    if b"%" not in target and b"#" not in target and target.isascii():
        path, _, query = target.decode("ascii").partition("?")
        return path, path, query
    text = target.partition(b"#")[0].decode(_ENCODING, _ERRORS)
    sent, _, query = text.partition("?")
    path = unquote_to_bytes(sent.encode(_ENCODING, _ERRORS)).decode(_ENCODING, _ERRORS)
    return path, sent, query


def _without_authority(target: bytes) -> bytes:
    found = _AUTHORITY.match(target)
    if not found:
        raise MessageError("the request-target is neither a path nor an http URL")
    rest = target[found.end() :]
    return rest if rest.startswith(b"/") else b"/" + rest
