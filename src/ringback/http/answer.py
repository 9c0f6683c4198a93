"""What is answered, and its first lines as they go over the wire.

``answer`` functions give an ``Answer`` that holds a whole file; what the client gets of it (all,
nothing because it has it already, a part of it, the head alone) is worked out here, so that no
one else has to think of HEAD, 304, 206, 412 and 416.
"""

from http import HTTPStatus
from typing import Final, NamedTuple

from ringback.http.conditional import CONDITIONS, http_date, range_holds, verdict
from ringback.http.ranges import Span
from ringback.http.request import Request

TEXT: Final = "text/plain; charset=utf-8"
SERVER: Final = "Ringback"
_PHRASES: Final = {status.value: status.phrase for status in HTTPStatus}
_WITHOUT_BODY: Final = frozenset((204, 304))


class Answer(NamedTuple):
    """What to send. ``etag`` (quoted) and ``modified`` (POSIX seconds) let a client ask less."""

    status: int = 200
    body: bytes | memoryview = b""
    content_type: str = TEXT
    headers: tuple[tuple[str, str], ...] = ()
    etag: str = ""
    modified: float = 0.0
    why: str = ""
    """For the log only: why this is not what the client hoped for."""


class Access(NamedTuple):
    """One request and what became of it: what a log line is made from."""

    request: Request
    status: int
    sent: int
    """Bytes of the body handed to the network."""
    complete: bool = True
    """False when the client went away, or stalled, before it had everything."""
    why: str = ""
    error: Exception | None = None
    """What went wrong inside the house, for status 500."""


def plain(status: int, *, why: str = "", headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    """The one fixed answer for a status: nothing in it depends on what was asked."""
    return Answer(status, f"{_PHRASES[status]}\n".encode(), TEXT, headers, why=why)


NOT_FOUND: Final = plain(404)
"""The uniform refusal: not there, not yours and not served look alike, byte by byte."""


def select(request: Request, answer: Answer) -> Answer:
    """What this client gets of a file: everything, a part, or only that it has it already."""
    if answer.status != 200 or CONDITIONS.isdisjoint(request.headers):
        return answer
    status = verdict(request.header, answer.etag, answer.modified)
    if status == 304:
        return answer._replace(status=304, body=b"")
    if status == 412:
        return plain(412)
    if request.method != "GET" or not range_holds(request.header, answer.etag, answer.modified):
        return answer
    return _part(answer, request.header("range"))


def _part(answer: Answer, line: str) -> Answer:
    span = Span.parse(line, len(answer.body))
    if span is None:
        return answer
    where = ("Content-Range", str(span))
    if not span:
        return plain(416, headers=(where,))
    return answer._replace(
        status=206,
        body=memoryview(answer.body)[span.first : span.end],
        headers=(*answer.headers, where),
    )


def head(answer: Answer, *, date: str, keep: bool) -> bytes:
    """Status line and headers, with the empty line that ends them."""
    status = answer.status
    entity = "" if status in _WITHOUT_BODY else (
        f"Content-Type: {answer.content_type}\r\nContent-Length: {len(answer.body)}\r\n"
    )  # fmt: skip
    if answer.etag:
        entity += (
            f"ETag: {answer.etag}\r\nLast-Modified: {http_date(int(answer.modified))}\r\n"
            "Accept-Ranges: bytes\r\n"
        )
    for name, value in answer.headers:
        entity += _field(name, value)
    return (
        f"HTTP/1.1 {status} {_PHRASES.get(status, '')}\r\nServer: {SERVER}\r\nDate: {date}\r\n"
        f"{entity}Connection: {'keep-alive' if keep else 'close'}\r\n\r\n"
    ).encode("latin-1")


def _field(name: str, value: str) -> str:
    """One header line. A line break in it would let its author write the rest of the answer."""
    if not (name + value).isprintable():
        raise ValueError(f"control character in the header {name!r}")
    return f"{name}: {value}\r\n"
