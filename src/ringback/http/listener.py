"""The device listener: one socket, its connections, and the watch over their deadlines.

Plain or TLS is one argument, a maker of TLS engines. Two thousand idle clients must not keep one
phone waiting, so there is room for twice as many, the process asks for the file descriptors that
takes, and beyond that the client that has waited longest without sending a request is dropped for
the newcomer. A phone speaks as soon as it is connected; who holds a line without speaking is not a
phone. Handshakes that stall go first.

Deadlines are looked at together, a few times in the shortest of them: a timer per connection
would cost more than the request.
"""

import asyncio
import contextlib
import resource
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Final

from ringback import clock
from ringback.errors import UsageError
from ringback.http.answer import Access
from ringback.http.conditional import http_date
from ringback.http.ebb import Ebb
from ringback.http.engine import Failed, MakeEngine
from ringback.http.limits import Limits
from ringback.http.networks import Networks
from ringback.http.porch import Porch
from ringback.http.secure import Secured
from ringback.http.server import AnswerTo, Connection, Guest
from ringback.http.turns import Turns

if TYPE_CHECKING:
    from ringback.http.reading import Known

BACKLOG: Final = 4096
READ_ONLY: Final = ("GET", "HEAD")
_HELLOS: Final = 4
"""ClientHellos looked at before anything else gets a turn; each takes about half a millisecond."""
_STALLED: Final = 1.0
"""Seconds after which a handshake is no longer that of a client in good health."""
_OPEN_FILES: Final = 65_536
_OTHER_FILES: Final = 256
"""Descriptors left for everything that is not a client of this listener."""


class Listener:
    """Answers the requests that reach one socket.

    Args:
        answer: gives the answer to a request, at once or as an awaitable. ``NotFoundError`` and
            ``RefusedError`` become the uniform refusal, any other error a 500; the client is
            told nothing, ``log`` everything.
        log: is told of every request, once, when it is answered or given up.
        failed: is told of every handshake that came to nothing, once, and of every certificate
            that was shown and counted as none.
        methods: what may be asked; with POST or PUT, bodies are handed to ``answer``.
        limits: how much of anything a client may have.
    """

    def __init__(
        self,
        answer: AnswerTo,
        *,
        log: Callable[[Access], None],
        failed: Callable[[Failed], None] = lambda _: None,
        methods: Collection[str] = READ_ONLY,
        limits: Limits | None = None,
    ) -> None:
        self.answer = answer
        self.log = log
        self.failed = failed
        self.methods = frozenset(methods)
        self.limits = limits or Limits()
        self.now: Callable[[], float] = clock.monotonic
        """Seconds for deadlines; the loop's own clock once it listens."""
        self.secure = False
        self.closing = False
        self.waiting: dict[Connection, None] = {}
        """Clients that have not sent a request, the one that waited longest first."""
        self.shaking: dict[Secured, None] = {}
        """Clients that have not finished their handshake, likewise."""
        self.memory: dict[bytes, Known] = {}
        """Heads that were judged before."""
        self.dropped = 0
        """Clients that had to make room for others."""
        self._room = self.limits.connections
        self.held = 0
        """Bytes of bodies that are arriving."""
        self._clients: dict[Guest, None] = {}
        self._turns: Turns[Secured] = Turns()
        self._ebb = Ebb()
        self._server: asyncio.Server | Porch | None = None
        self._watch: asyncio.TimerHandle | None = None
        self._empty = asyncio.Event()
        self._second, self._date = 0, ""

    async def start(
        self,
        host: str,
        port: int,
        *,
        tls: MakeEngine | None = None,
        proxies: Networks | None = None,
    ) -> None:
        """Listen; port 0 takes a free one, ``sockname`` says which.

        ``tls`` gives an engine for each connection; without it this is a plain listener.
        With ``proxies`` every connection must begin with a PROXY header, and only these may send
        one: nobody else is let in. Requests then have their client's address.

        Raises:
            UsageError: when nobody can listen there.
        """
        loop = asyncio.get_running_loop()
        self.now = loop.time
        self.secure = tls is not None
        self._room = min(self.limits.connections, _descriptors(self.limits.connections))
        try:
            if proxies is not None:
                porch = Porch(self, proxies, tls)
                self._server = await porch.open(host, port, backlog=BACKLOG)
            else:
                self._server = await loop.create_server(
                    (lambda: Secured(self, tls, lambda: Connection(self)))
                    if tls
                    else (lambda: Connection(self)),
                    host,
                    port,
                    backlog=BACKLOG,
                )
        except OSError as error:
            raise _cannot_listen(host, port, error) from error
        self._tick()

    @property
    def sockname(self) -> tuple[str, int]:
        """Address and port that are listened on."""
        assert self._server is not None, "start first"
        name = self._server.sockets[0].getsockname()
        return name[0], name[1]

    @property
    def connections(self) -> int:
        """How many clients are connected."""
        return len(self._clients)

    async def close(self, *, drain: float = 2.0) -> None:
        """Stop listening; answers that are on their way get ``drain`` seconds to arrive."""
        if self._server is None or self.closing:
            return
        self.closing = True
        self._server.close()
        for client in list(self._clients):
            client.finish()
        if self._clients:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._empty.wait(), drain)
        if self._watch:
            self._watch.cancel()
        for client in list(self._clients):
            client.evict()
        await self._server.wait_closed()
        await asyncio.sleep(0)  # lets the answers that were given up end

    # What a connection asks of its house.

    def date(self) -> str:
        """The value of the Date header, made once a second."""
        second = int(clock.now())
        if second != self._second:
            self._second, self._date = second, http_date(second)
        return self._date

    def admit(self, client: Guest) -> None:
        """Take a client in; when the house is full, the one that waited longest goes."""
        if len(self._clients) >= self._room:
            oldest = self._longest_waiting()
            self.dropped += 1
            self.release(oldest)
            oldest.evict()
        self._clients[client] = None
        if isinstance(client, Connection):
            self.waiting[client] = None
        elif isinstance(client, Secured):
            self.shaking[client] = None

    def _longest_waiting(self) -> Guest:
        """Stalled handshakes go first, but not one that has just begun: it may be a phone's."""
        stalled = next(iter(self.shaking), None)
        if stalled is not None:
            begun = stalled.deadline - self.limits.patience
            if not self.waiting or self.now() - begun > _STALLED:
                return stalled
        return next(iter(self.waiting or self._clients))

    def knock(self, guest: Secured) -> None:
        """Let a handshake begin, when it is its source's turn."""
        self._turns.add(guest.client[0], guest)
        if len(self._turns) == 1:
            asyncio.get_running_loop().call_soon(self._open)

    def _open(self) -> None:
        try:
            for _ in range(min(_HELLOS, len(self._turns))):
                self._turns.take().begin()
        finally:
            if self._turns:
                asyncio.get_running_loop().call_soon(self._open)

    def release(self, client: Guest) -> None:
        """Forget a client that is gone."""
        if isinstance(client, Connection):
            self.waiting.pop(client, None)
        elif isinstance(client, Secured):
            self.shaking.pop(client, None)
        self._clients.pop(client, None)
        if self.closing and not self._clients:
            self._empty.set()

    def _tick(self) -> None:
        limits, now = self.limits, self.now()
        for client in [each for each in self._clients if each.deadline < now]:
            client.expire(now)
        self._ebb.note(len(self._clients))
        shortest = min(limits.patience, limits.answer, limits.linger)
        pause = min(1.0, max(0.01, shortest / 8))
        self._watch = asyncio.get_running_loop().call_later(pause, self._tick)


def _descriptors(wanted: int) -> int:
    """How many clients there is room for; raises the limit on open files when it is low.

    Debian gives a process 1024 and lets it take more. It is raised for all listeners at once.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return wanted
    if soft < _OPEN_FILES:
        soft = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(_OPEN_FILES, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return max(1, soft - _OTHER_FILES)


def _cannot_listen(host: str, port: int, error: OSError) -> UsageError:
    reason = error.strerror or str(error)
    remedy = "name another HOST:PORT"
    if isinstance(error, PermissionError):
        remedy = "choose a port of 1024 or more, or grant CAP_NET_BIND_SERVICE"
    return UsageError(f"cannot listen for HTTP on {host}:{port} ({reason})", remedy=remedy)
