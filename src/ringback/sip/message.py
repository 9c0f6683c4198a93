"""SIP messages: from bytes and to bytes (RFC 3261 sections 7 and 25).

A message is a value: a start line, header lines in their order, a body. Reading is strict about
what would let two readers see two messages (bare line ends, the size) and lenient about the rest,
because a request that is wrong must still be answered 400 by somebody who can find its Via; what
is wrong is judged in ``validity``. Folded lines are unfolded, compact names are spelt out.

Text is bytes decoded as Latin-1, as in HTTP: nothing is lost, and what is copied into a response
goes back byte for byte. Addresses and Via are taken apart in ``field``, on sipmessage.

Rejected: sipmessage's own ``Message.parse``. It knows no folding and no limits, it refuses every
message whose Request-URI it cannot read (which would leave nobody to answer 400), and its typed
accessors would hand authentication headers to a regular expression that takes exponential time.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Self

from ringback.errors import MessageError

LONGEST_HEAD = 32 * 1024
"""Bytes of the start line and all header lines."""
LONGEST_BODY = 64 * 1024
LONGEST_LINE = 8 * 1024
MOST_LINES = 128
VERSION = "SIP/2.0"

Header = tuple[str, str]

COMPACT = {
    "a": "Accept-Contact", "b": "Referred-By", "c": "Content-Type", "d": "Request-Disposition",
    "e": "Content-Encoding", "f": "From", "i": "Call-ID", "j": "Reject-Contact", "k": "Supported",
    "l": "Content-Length", "m": "Contact", "o": "Event", "r": "Refer-To", "s": "Subject",
    "t": "To", "u": "Allow-Events", "v": "Via", "x": "Session-Expires", "y": "Identity",
}  # fmt: skip
"""Short names of header fields and their long ones (IANA's registry)."""

_NAMES = {
    name.lower(): name
    for name in (
        *COMPACT.values(),
        "Accept", "Accept-Encoding", "Allow", "Authorization", "CSeq", "Expires", "Max-Forwards",
        "Min-Expires", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Require", "Record-Route",
        "Require", "Route", "Server", "Unsupported", "User-Agent", "Warning", "WWW-Authenticate",
    )
} | COMPACT  # fmt: skip
"""Header names as we write them, by how others may: without regard to capitals, or in short."""

PHRASES = {
    100: "Trying", 180: "Ringing", 200: "OK", 202: "Accepted", 302: "Moved Temporarily",
    400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
    405: "Method Not Allowed", 407: "Proxy Authentication Required", 408: "Request Timeout",
    413: "Request Entity Too Large", 415: "Unsupported Media Type",
    416: "Unsupported URI Scheme", 420: "Bad Extension", 423: "Interval Too Brief",
    480: "Temporarily Unavailable", 481: "Call/Transaction Does Not Exist", 486: "Busy Here",
    489: "Bad Event", 500: "Server Internal Error", 501: "Not Implemented",
    503: "Service Unavailable", 505: "Version Not Supported", 513: "Message Too Large",
}  # fmt: skip

_END = b"\r\n\r\n"
_STATUS = re.compile(r"SIP/2\.0 ([1-6][0-9]{2})(?: (.*))?", re.DOTALL)
_UNFIT = re.compile(r"[\r\n]")


@dataclass(frozen=True, slots=True)
class Message:
    """What requests and responses have in common. Names of headers we know are as in RFC 3261."""

    headers: tuple[Header, ...]
    body: bytes = b""

    def get(self, name: str) -> str:
        """The first value of a header, or nothing."""
        return next((value for each, value in self.headers if each == name), "")

    def all(self, name: str) -> list[str]:
        """Every value of a header, line by line."""
        return [value for each, value in self.headers if each == name]

    def having(self, *headers: Header) -> Self:
        """This message with these in place of its own of the same names, at the end."""
        names = {name for name, _ in headers}
        kept = (each for each in self.headers if each[0] not in names)
        return replace(self, headers=(*kept, *headers))

    def _printed(self, start: str) -> bytes:
        """The bytes, with a Content-Length that is true."""
        lines = [start]
        lines += [f"{name}: {value}" for name, value in self.headers if name != "Content-Length"]
        lines.append(f"Content-Length: {len(self.body)}")
        if any(map(_UNFIT.search, lines)):
            raise MessageError("a line end cannot stand in a SIP header")
        return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + self.body


@dataclass(frozen=True, slots=True)
class Request(Message):
    """A request. ``uri`` and ``version`` are as they came, whatever they are."""

    method: str = ""
    uri: str = ""
    version: str = VERSION

    def __bytes__(self) -> bytes:
        return self._printed(f"{self.method} {self.uri} {self.version}")


@dataclass(frozen=True, slots=True)
class Response(Message):
    """A response; ``phrase`` is for people."""

    code: int = 200
    phrase: str = ""

    @property
    def final(self) -> bool:
        """Whether nothing comes after it."""
        return self.code >= 200

    def __bytes__(self) -> bytes:
        phrase = self.phrase or PHRASES.get(self.code, "")
        return self._printed(f"{VERSION} {self.code} {phrase}")

    def __str__(self) -> str:
        """For people: code and phrase, whatever a stranger wrote there, on one line."""
        said = f"{self.code} {self.phrase or PHRASES.get(self.code, '')}".rstrip()
        return "".join(each if each.isprintable() else "?" for each in said)


def parse(data: bytes) -> Request | Response:
    """Read a whole message; the body is everything after the empty line.

    A line without a colon becomes a header without a name, which ``validity`` refuses.

    Raises:
        MessageError: this is no SIP message, or one beyond the limits.
    """
    head, end, body = data.lstrip(b"\r\n").partition(_END)
    if not end:
        raise MessageError("no empty line ends the header")
    return assemble(head, body)


def assemble(head: bytes, body: bytes) -> Request | Response:
    """A message whose header lines (without the empty one) and body are apart already.

    Raises:
        MessageError: as ``parse`` does.
    """
    if len(head) > LONGEST_HEAD or len(body) > LONGEST_BODY:
        raise MessageError(f"{len(head)} bytes of header, {len(body)} of body are too many")
    lines = _unfolded(head.decode("latin-1").split("\r\n"))
    if len(lines) > MOST_LINES:
        raise MessageError(f"{len(lines)} header lines are too many")
    if any(len(line) > LONGEST_LINE or _UNFIT.search(line) for line in lines):
        raise MessageError("a header line is too long, or a line end is half a line end")
    headers = tuple(map(_header, lines[1:]))
    if lines[0].startswith("SIP/"):
        return _response(lines[0], headers, body)
    method, _, rest = lines[0].partition(" ")
    uri, _, version = rest.rpartition(" ")
    if not method or not rest:
        raise MessageError("the first line is neither a request's nor a status line")
    return Request(headers, body, method, uri, version)


def _response(line: str, headers: tuple[Header, ...], body: bytes) -> Response:
    found = _STATUS.fullmatch(line)
    if found is None:
        raise MessageError("this status line cannot be read")
    return Response(headers, body, int(found[1]), found[2] or "")


def _unfolded(lines: Iterable[str]) -> list[str]:
    whole: list[list[str]] = []
    for line in lines:
        if whole and line[:1] in (" ", "\t"):
            whole[-1].append(line.strip(" \t"))
        else:
            whole.append([line])
    return [" ".join(parts) for parts in whole]


def _header(line: str) -> Header:
    name, colon, value = line.partition(":")
    name = name.rstrip(" \t")
    if not colon:
        return "", line
    return _NAMES.get(name.lower(), name), value.strip(" \t")
