"""One request and its response, without the wire: bytes out, bytes in, bounded (RFC 9112 by h11).

h11 reads the protocol; this adds what a client that talks to strangers needs: HTTP/1 only, few
interim responses, a body no larger than the limit, and one error of ours for every way to fail.
Only a 2xx brings a file: of every other answer the head says all, so its body is not awaited.
"""

from dataclasses import dataclass, replace

import h11

from ringback.errors import Failure, TransferError

LONGEST_HEAD = 32 * 1024
"""Bytes of status line and headers, or of one chunk header, before we give up."""
_MOST_INTERIM = 8
_GREETING = b"HTTP/"


@dataclass(frozen=True, slots=True)
class Request:
    """What to send. Header values that are not Latin-1 go out as UTF-8."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Response:
    """What came back. ``headers`` have lower-case names; ``address`` is who answered."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    address: str = ""
    reason: str = ""

    def header(self, name: str) -> str:
        """The first value of a header, or nothing."""
        return next(iter(self.values(name)), "")

    def values(self, name: str) -> tuple[str, ...]:
        """Every value of a header that may occur several times."""
        return tuple(value for each, value in self.headers if each == name.lower())

    def __str__(self) -> str:
        return f"{self.status} {self.reason}".strip()


class Exchange:
    """Send ``outgoing``, then call :meth:`receive` until :attr:`response` is there."""

    def __init__(self, request: Request, *, limit: int) -> None:
        """``limit`` is the largest body taken, in bytes.

        Raises:
            TransferError: failure BAD_URL when HTTP cannot express the request.
        """
        self._connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=LONGEST_HEAD)
        self._limit = limit
        self._greeting = b""
        self._interim = 0
        self._head: Response | None = None
        self._body = bytearray()
        self.answered = False
        """Whether the server has said anything at all."""
        self.response: Response | None = None
        self.outgoing = self._written(request)

    def _written(self, request: Request) -> bytes:
        try:
            headers = [(name.encode("ascii"), _encode(value)) for name, value in request.headers]
            events = (
                h11.Request(method=request.method, target=_encode(request.target), headers=headers),
                *([h11.Data(data=request.body)] if request.body else []),
                h11.EndOfMessage(),
            )
            return b"".join(self._connection.send(event) or b"" for event in events)
        except (h11.LocalProtocolError, UnicodeEncodeError) as error:
            raise TransferError(
                f"no HTTP request can say this: {error}", failure=Failure.BAD_URL
            ) from error

    def receive(self, data: bytes) -> None:
        """Take what the server sent; empty bytes mean that it has closed.

        Raises:
            TransferError: INTERRUPTED when the response was cut off, TOO_LARGE beyond the limit,
                GET when it is not HTTP/1 or there was none.
        """
        self._greet(data)
        try:
            self._connection.receive_data(data)
            while self.response is None:
                event = self._connection.next_event()
                if event is h11.NEED_DATA or event is h11.PAUSED:
                    return
                self._take(event)
        except h11.RemoteProtocolError as error:
            raise self._broken(error, closed=not data) from error

    def _greet(self, data: bytes) -> None:
        """Not wait for the end of a line that no HTTP server has begun."""
        self._greeting = (self._greeting + data)[: len(_GREETING)]
        self.answered = bool(self._greeting)
        if not _GREETING.startswith(self._greeting):
            raise TransferError("the server does not speak HTTP")

    def _take(self, event: object) -> None:
        match event:
            case h11.InformationalResponse():
                self._interim += 1
                if self._interim > _MOST_INTERIM:
                    raise TransferError(f"more than {_MOST_INTERIM} interim responses")
            case h11.Response():
                self._begin(event)
            case h11.Data():
                self._grow(len(event.data))
                self._body += event.data
            case h11.EndOfMessage() if self._head:
                self.response = replace(self._head, body=bytes(self._body))

    def _begin(self, event: h11.Response) -> None:
        if not event.http_version.startswith(b"1."):
            raise TransferError(f"HTTP version {event.http_version.decode()} is not 1.0 or 1.1")
        headers = tuple((name.decode(), value.decode("latin-1")) for name, value in event.headers)
        self._head = Response(event.status_code, headers, reason=event.reason.decode("latin-1"))
        if event.status_code >= 300:
            self.response = self._head
        else:
            self._grow(int(self._head.header("content-length") or "0"))

    def _grow(self, size: int) -> None:
        if len(self._body) + size > self._limit:
            raise TransferError(
                f"the file has more than {self._limit} bytes", failure=Failure.TOO_LARGE
            )

    def _broken(self, error: h11.RemoteProtocolError, *, closed: bool) -> TransferError:
        if closed and not self.answered:
            return TransferError("closed without an answer")
        if closed:
            where = f"after {len(self._body)} bytes of the file" if self._head else "in its head"
            return TransferError(f"the answer was cut off {where}", failure=Failure.INTERRUPTED)
        # h11 repeats the whole line after a colon, and a line may be long.
        return TransferError(f"the server does not speak HTTP/1: {str(error).partition(':')[0]}")


def _encode(text: str) -> bytes:
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogateescape")
