"""One connection of the device listener: what is read gets its answer, in order.

Built on httptools (llhttp) and uvloop, below ASGI and without uvicorn: answers are ready-made
bytes, and a task per request costs more than everything else together
(docs/decisions/0003-device-http.md has the figures). An answer that must wait is welcome all the
same: ``answer`` may return an awaitable, and only then is a task made.

A connection has one deadline at a time. Nothing here sets a timer: the listener looks at all
deadlines together, a few times a second.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from ringback.errors import NotFoundError, RefusedError
from ringback.http.answer import NOT_FOUND, Access, Answer, head, plain, select
from ringback.http.framing import RequestError
from ringback.http.limits import Limits
from ringback.http.reading import Known, Reading
from ringback.http.request import Request

SMALL: Final = 64 * 1024
"""Bodies up to this size are copied behind their head and sent as one."""
_CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"

AnswerTo = Callable[[Request], Answer | Awaitable[Answer]]
Planned = tuple[Request, bool, Answer | None]
"""A request whose turn has not come, whether to keep the connection, and a ready refusal."""


class Guest(Protocol):
    """A client as the listener sees it: with one deadline at a time."""

    deadline: float

    def expire(self, now: float) -> None:
        """The deadline has passed."""

    def evict(self) -> None:
        """The house is full, and this client has waited longest."""

    def finish(self) -> None:
        """The house is closing."""


class House(Protocol):
    """What a connection asks of the listener it came in by."""

    answer: AnswerTo
    log: Callable[[Access], None]
    limits: Limits
    methods: frozenset[str]
    memory: dict[bytes, Known]
    secure: bool
    closing: bool
    now: Callable[[], float]
    waiting: dict["Connection", None]
    """Connections without a whole request, which may be dropped to make room; oldest first."""
    held: int
    """Bytes of bodies that are arriving."""

    def date(self) -> str:
        """The value of the Date header."""

    def admit(self, client: Guest) -> None:
        """A client has connected; it waits for its first request."""

    def release(self, client: Guest) -> None:
        """A client is gone."""


class Connection(Reading, asyncio.Protocol):
    """One client: its requests are answered in the order in which they came."""

    transport: asyncio.Transport
    planned: deque[Planned] | None = None
    task: asyncio.Task[None] | None = None
    paused = False
    """The client has not yet taken what was sent."""
    left = 0
    """Bytes it had not taken when we last looked."""
    unlogged: Access | None = None
    held = 0
    """Bytes of a body that is arriving."""
    lingering = False
    ended = False
    """The client says no more; it hears what it asked for, and that is all."""
    deadline = 0.0

    def __init__(self, house: House) -> None:
        self.house = house
        self.limits, self.methods, self.memory = house.limits, house.methods, house.memory

    # What the transport tells us.

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client is there."""
        self.transport = transport
        peer = transport.get_extra_info("peername")
        if peer:
            self.address, self.port = peer[0], peer[1]
        house = self.house
        if house.secure:
            self.scheme, self.tls = "https", transport.get_extra_info("session")
        self.deadline = house.now() + self.limits.patience
        house.admit(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone, or we sent it away."""
        if self.task is not None:
            self.task.cancel()
        if self.unlogged is not None:
            self._log_unlogged(complete=exc is None and not self.left)
        for request, _, _ in self.planned or ():
            self.house.log(_given_up(request))
        self._let_go()
        self.deaf = True
        self.planned = None
        self.parser = None  # breaks a ring of references: nothing is left to the collector
        self.house.release(self)

    def eof_received(self) -> bool:
        """It says no more, and may still wait for its answer."""
        if self.lingering:
            return False
        self.ended = True
        return self.task is not None or bool(self.planned)

    def data_received(self, data: bytes) -> None:
        """It said something."""
        if self.deaf:
            return
        error = self.feed(data)
        if error is not None:
            self._refuse(error)

    def pause_writing(self) -> None:
        """It takes its answer slowly."""
        self.paused = True

    def resume_writing(self) -> None:
        """It has taken nearly all of it."""
        self.paused, self.left = False, 0
        self._log_unlogged(complete=True)
        self._next()

    # What the reading tells us.

    def awaited(self, *, encouraged: bool) -> None:
        """A body comes, and has its own time to arrive."""
        self.deadline = self.house.now() + self.limits.patience
        if encouraged and not self._busy:
            self.transport.write(_CONTINUE)

    def on_message_begin(self) -> None:
        """The time for a head runs from its first byte, after an earlier request."""
        super().on_message_begin()
        if self.number > 1:
            self.deadline = self.house.now() + self.limits.patience

    def on_body(self, body: bytes) -> None:
        """All clients together may not fill the memory."""
        super().on_body(body)
        if self.body is not None:
            self.held += len(body)
            self.house.held += len(body)
            if self.house.held > self.limits.bodies:
                raise RequestError(503, "too many bodies at once")

    def taken(self, request: Request, *, keep: bool) -> None:
        """Answer now, or when the requests before this one are answered."""
        if self.held:
            self._let_go()
        if self.paused or self.task is not None:
            self._plan(request, keep=keep, ready=None)
        else:
            self._answer(request, keep=keep)

    def _let_go(self) -> None:
        self.house.held -= self.held
        self.held, self.body = 0, None

    # From a request to its answer.

    @property
    def _busy(self) -> bool:
        return self.paused or self.task is not None

    @property
    def _ends(self) -> bool:
        return self.lingering or self.transport.is_closing()

    def _plan(self, request: Request, *, keep: bool, ready: Answer | None) -> None:
        self.planned = self.planned or deque()
        if len(self.planned) >= self.limits.pipeline:
            self.deaf, keep = True, False
            ready = plain(503, why="too many requests before their answers")
        self.planned.append((request, keep, ready))
        self.transport.pause_reading()

    def _next(self) -> None:
        """Go on with what had to wait."""
        if self.planned is None:
            return
        while self.planned and not self._busy and not self._ends:
            request, keep, ready = self.planned.popleft()
            if ready is None:
                self._answer(request, keep=keep)
            else:
                self._end(request, ready)
        if not self.planned and not self._ends:
            self.transport.resume_reading()

    def _answer(self, request: Request, *, keep: bool) -> None:
        house = self.house
        house.waiting.pop(self, None)
        try:
            answer = house.answer(request)
        except Exception as error:  # noqa: BLE001 (whatever went wrong, the client gets an answer)
            self._send(request, *_explain(error), keep=keep)
            return
        if isinstance(answer, Answer):
            self._send(request, answer, None, keep=keep)
        else:
            self.deadline = house.now() + self.limits.answer
            self.task = asyncio.ensure_future(self._answer_later(request, answer, keep=keep))

    async def _answer_later(
        self, request: Request, coming: Awaitable[Answer], *, keep: bool
    ) -> None:
        error: Exception | None = None
        try:
            answer = await coming
        except asyncio.CancelledError:
            answer, keep = plain(503, why="the answer took too long"), False
        except Exception as failure:  # noqa: BLE001 (as above)
            answer, error = _explain(failure)
        self.task = None
        if self._ends:
            self.house.log(_given_up(request))
        else:
            self._send(request, answer, error, keep=keep)
            self._next()

    def _send(
        self, request: Request, answer: Answer, error: Exception | None, *, keep: bool
    ) -> None:
        """Send an answer, log it, and wait for the next request or hang up."""
        house = self.house
        keep = keep and not house.closing and not (self.ended and not self.planned)
        self._write(request, select(request, answer), error, keep=keep)
        self.deadline = house.now() + self.limits.patience
        if keep:
            house.waiting[self] = None
        else:
            self.deaf = True
            self.transport.close()

    def _write(
        self, request: Request, answer: Answer, error: Exception | None, *, keep: bool
    ) -> None:
        house, transport = self.house, self.transport
        try:
            start = head(answer, date=house.date(), keep=keep)
        except ValueError as failure:
            answer, error = plain(500, why=str(failure)), failure
            start = head(answer, date=house.date(), keep=keep)
        body = b"" if request.method == "HEAD" else answer.body
        self.left = len(body)
        if len(body) <= SMALL:
            transport.write(b"".join((start, body)))
        else:
            transport.write(start)
            transport.write(body)
        access = Access(request, answer.status, len(body), why=answer.why, error=error)
        if self.paused:
            self.unlogged = access
        else:
            house.log(access)

    def _refuse(self, error: RequestError) -> None:
        """Answer what cannot be read, after all that could; the connection ends with it."""
        self.deaf, self.expected = True, False
        self._let_go()
        ready = plain(error.status, why=error.what, headers=error.headers)
        if self._busy:
            self._plan(self.incomplete(), keep=False, ready=ready)
        else:
            self._end(self.incomplete(), ready)

    def _end(self, request: Request, answer: Answer) -> None:
        """Say why, and hang up so that it is heard.

        Closing with unread bytes resets the connection and takes the answer with it (RFC 9112
        section 9.6), so we stop talking and listen a moment longer.
        """
        house = self.house
        house.waiting.pop(self, None)  # and back in at its end: this one was heard out
        house.waiting[self] = None
        self._write(request, answer, None, keep=False)
        self.lingering = True
        self.deadline = house.now() + self.limits.linger
        self.transport.write_eof()

    def _log_unlogged(self, *, complete: bool) -> None:
        access, self.unlogged = self.unlogged, None
        if access is not None:
            self.house.log(access if complete else access._replace(complete=False))

    # What the listener tells us.

    def expire(self, now: float) -> None:
        """The deadline has passed."""
        left = self.transport.get_write_buffer_size()
        if left and left <= self.left - self.limits.progress:
            self.left, self.deadline = left, now + self.limits.patience
        elif left or self.lingering:
            self.transport.abort()
        elif self.task is not None:
            self.task.cancel()
        elif self.expected or (self.reading and not self.deaf):
            self._refuse(RequestError(408, "the request did not arrive in time"))
        else:
            self.transport.close()

    def evict(self) -> None:
        """The house is full, and this client has waited longest."""
        self.transport.abort()

    def finish(self) -> None:
        """The house is closing: hang up, after the answer that is being made."""
        if self.task is None and not self.planned and not self.expected and not self.lingering:
            self.deaf = True
            self.transport.close()


def _given_up(request: Request) -> Access:
    """A request whose client went away before it was answered; 499 is what nginx calls it."""
    return Access(request, 499, 0, complete=False, why="the client went away")


def _explain(error: Exception) -> tuple[Answer, Exception | None]:
    """The answer to an error: one table, and never a word of it to the client."""
    if isinstance(error, NotFoundError | RefusedError):
        why = f"{error}: {error.why}" if isinstance(error, RefusedError) else str(error)
        return NOT_FOUND._replace(why=why), None
    return plain(500, why=f"{type(error).__name__}: {error}"), error
