"""Door: SIP over UDP and TCP (RFC 3261 section 18). Sockets, the clock and one alarm.

All thinking is in ``exchange``. One endpoint is one UDP socket and one TCP listener on the same
port, however many phones answer behind it. Connections we make are kept and used again, and what
comes over them is served like the rest; an idle connection is closed after a while, and there are
never more than ``MOST_STREAMS``.

A request that a UDP datagram cannot hold safely goes by TCP all the same only if the caller says
so: section 18.1.1 would switch by itself, but phones are told their transport by their settings.
"""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from typing import cast

from ringback import clock
from ringback.errors import TransferError, UsageError
from ringback.sip.errand import Errand
from ringback.sip.exchange import Answer, Done, Exchange
from ringback.sip.framing import PONG, Broken, Framing
from ringback.sip.message import Request, Response
from ringback.sip.peer import Peer
from ringback.sip.transaction import Timing

MOST_STREAMS = 256
IDLE = 120.0
"""Seconds without a byte after which a connection is closed; a phone comes back."""
CONNECTING = 10.0
MOST_UNSENT = 256 * 1024
"""Bytes that a peer who does not read may have waiting."""
DRAIN = 64
"""Datagrams read before the loop turns to others."""
LONGEST_DATAGRAM = 65_535
RECEIVE_BUFFER = 1024 * 1024
_TRIES = 16
"""Ports tried for one that is free for datagrams and connections alike."""
_WILDCARDS = frozenset(("0.0.0.0", "::"))  # noqa: S104 (compared with, not bound to)


class Endpoint:
    """One place where SIP is spoken.

    Args:
        answer: gives the response to each request, at once.
        timing: the timers of answers.
        now: the clock that transactions and answers are told, in seconds.
    """

    def __init__(
        self,
        answer: Answer,
        *,
        timing: Timing = Timing(),  # noqa: B008 (frozen)
        now: Callable[[], float] = clock.monotonic,
    ) -> None:
        self._now = now
        self._exchange = Exchange(
            answer, name=new_name, secret=clock.random_bytes(32), timing=timing
        )
        self._loop: asyncio.AbstractEventLoop | None = None
        self._datagrams: socket.socket | None = None
        self._listener: asyncio.Server | None = None
        self._streams: dict[Peer, asyncio.Transport] = {}
        self._connecting: dict[Peer, list[bytes]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._alarm: asyncio.TimerHandle | None = None
        self._alarm_at: float | None = None
        self._sockname: tuple[str, int] = ("", 0)
        self._seen_as: dict[str, str] = {}

    # -- opening and closing

    async def start(self, host: str, port: int) -> None:
        """Listen for datagrams and connections; port 0 takes a free one.

        Raises:
            UsageError: the address is not ours, or is taken.
        """
        self._loop = asyncio.get_running_loop()
        for left in range(_TRIES if port == 0 else 1, 0, -1):
            try:
                return await self._listen(host, port)
            except OSError as error:
                self.close()
                if left == 1:
                    raise UsageError(
                        f"SIP cannot listen on {host} port {port}: {error.strerror or error}",
                        remedy="name another HOST:PORT",
                    ) from error
        return None

    async def _listen(self, host: str, port: int) -> None:
        """The datagram socket chooses the port; the listener must get the same."""
        assert self._loop is not None
        self._datagrams = await self._bound(host, port)
        self._loop.add_reader(self._datagrams, self._drain, self._datagrams)
        self._sockname = self._datagrams.getsockname()[:2]
        self._listener = await self._loop.create_server(lambda: _Stream(self), *self._sockname)

    async def _bound(self, host: str, port: int) -> socket.socket:
        assert self._loop is not None
        found = await self._loop.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
        family, address = found[0][0], found[0][4]
        sock = socket.socket(family, socket.SOCK_DGRAM)
        try:
            sock.settimeout(0)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
            sock.bind(address)
        except OSError:
            sock.close()
            raise
        return sock

    @property
    def sockname(self) -> tuple[str, int]:
        """The address and port listened on."""
        return self._sockname

    def close(self) -> None:
        """Stop listening, and drop every connection. Who waits for an answer waits no longer."""
        if self._alarm:
            self._alarm.cancel()
        if self._datagrams and self._loop:
            self._loop.remove_reader(self._datagrams)
            self._datagrams.close()
            self._datagrams = None
        if self._listener:
            self._listener.close()
        for transport in list(self._streams.values()):
            transport.abort()
        for task in self._tasks:
            task.cancel()

    # -- asking

    def here(self, peer: Peer) -> tuple[str, int]:
        """Our host and port as this peer may reach them."""
        host, port = self._sockname
        if host not in _WILDCARDS:
            return host, port
        seen = self._seen_as.get(peer.host)
        if seen is None:
            seen = self._seen_as[peer.host] = _source_towards(peer, host)
        return seen, port

    def send(
        self, request: Request, peer: Peer, done: Done, *, timing: Timing | None = None
    ) -> None:
        """Send a request; ``done`` is told of its responses, or of None when none came."""
        self._exchange.ask(request, peer, self.here(peer), self._now(), done, timing=timing)
        self._settle()

    async def ask(self, request: Request, peer: Peer, *, timing: Timing | None = None) -> Response:
        """Send a request and wait for its final response.

        Raises:
            TransferError: none came.
        """
        settled: asyncio.Future[Response | None] = asyncio.get_running_loop().create_future()

        def done(response: Response | None, now: float) -> None:
            del now
            if (response is None or response.final) and not settled.done():
                settled.set_result(response)

        self.send(request, peer, done, timing=timing)
        response = await settled
        if response is None:
            raise TransferError(f"{peer} did not answer {request.method}")
        return response

    async def fulfil(self, errand: Errand, peer: Peer, *, timing: Timing | None = None) -> Response:
        """Send an errand's requests until the last word, and return that.

        Raises:
            TransferError: no answer came.
            MessageError: its credentials cannot stand in a header.
        """
        while True:
            response = await self.ask(errand.next(), peer, timing=timing)
            if not errand.receive(response):
                return response

    # -- carrying

    def _drain(self, sock: socket.socket) -> None:
        """Datagrams that wait, several at a time: a loop that takes one each turn loses many."""
        now = self._now()
        try:
            for _ in range(DRAIN):
                datagram, address = sock.recvfrom(LONGEST_DATAGRAM)
                peer = Peer("UDP", _plain(address[0]), address[1])
                self._exchange.receive(datagram, peer, now)
        except OSError:
            return  # nothing more to read (EAGAIN), or news of somebody's dead port
        finally:
            self._settle()

    def read(self, message: Request | Response | Broken, peer: Peer) -> None:
        """One message came over a connection, or the news that no more will."""
        if isinstance(message, Broken):
            self._exchange.broken(message, peer, self._now())
        else:
            self._exchange.deliver(message, peer, self._now())
        self._settle()

    def opened(self, peer: Peer, transport: asyncio.Transport) -> bool:
        """A connection was made, by them or by us; False when there are too many."""
        if len(self._streams) >= MOST_STREAMS:
            return False
        self._streams[peer] = transport
        return True

    def closed(self, peer: Peer, transport: asyncio.Transport) -> None:
        """A connection ended."""
        if self._streams.get(peer) is transport:
            del self._streams[peer]
            self._exchange.lost(peer, self._now())
            self._settle()

    def _settle(self) -> None:
        """Send what is to be sent, and set the alarm."""
        for data, peer in self._exchange.take():
            self._carry(data, peer)
        due = self._exchange.timer()
        if self._alarm:
            if self._alarm_at == due:
                return
            self._alarm.cancel()
            self._alarm = None
        if due is not None and self._loop:
            self._alarm_at = due
            self._alarm = self._loop.call_later(max(0.0, due - self._now()), self._wake)

    def _wake(self) -> None:
        self._alarm = None
        self._exchange.handle_timer(self._now())
        self._settle()

    def _carry(self, data: bytes, peer: Peer) -> None:
        if not peer.reliable:
            if self._datagrams:
                # A full buffer, or news of somebody's dead port: lost, as datagrams are.
                with contextlib.suppress(OSError):
                    self._datagrams.sendto(data, (peer.host, peer.port))
            return
        transport = self._streams.get(peer)
        if transport is not None:
            transport.write(data)
            if transport.get_write_buffer_size() > MOST_UNSENT:
                transport.abort()
        elif peer in self._connecting:
            self._connecting[peer].append(data)
        elif self._loop:
            self._connecting[peer] = [data]
            task = self._loop.create_task(self._connect(peer))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _connect(self, peer: Peer) -> None:
        assert self._loop is not None
        try:
            async with asyncio.timeout(CONNECTING):
                await self._loop.create_connection(
                    lambda: _Stream(self, peer), peer.host, peer.port
                )
        except (OSError, TimeoutError):
            pass
        waiting = self._connecting.pop(peer)
        if peer not in self._streams:
            self._exchange.lost(peer, self._now())
            self._settle()
            return
        for data in waiting:
            self._carry(data, peer)


class _Stream(asyncio.Protocol):
    """One connection."""

    def __init__(self, endpoint: Endpoint, peer: Peer | None = None) -> None:
        self._endpoint = endpoint
        self._peer = peer
        self._framing = Framing()
        self._transport: asyncio.Transport | None = None
        self._watch: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        host, port, *_ = transport.get_extra_info("peername") or ("", 0)
        self._peer = self._peer or Peer("TCP", _plain(host), port)
        if not self._endpoint.opened(self._peer, self._transport):
            self._transport.abort()
        self._wait()

    def data_received(self, data: bytes) -> None:
        assert self._peer is not None
        assert self._transport is not None
        self._wait()
        for message in self._framing.receive(data):
            self._endpoint.read(message, self._peer)
            if isinstance(message, Broken):
                self._transport.close()
        if self._framing.pinged:
            self._framing.pinged = False
            self._transport.write(PONG)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        if self._watch:
            self._watch.cancel()
        if self._peer and self._transport:
            self._endpoint.closed(self._peer, self._transport)

    def _wait(self) -> None:
        if self._watch:
            self._watch.cancel()
        if self._transport:
            loop = asyncio.get_running_loop()
            self._watch = loop.call_later(IDLE, self._transport.abort)


def new_name() -> str:
    """A name nobody has used and nobody can guess: for branches, tags, Call-IDs, cnonces."""
    return clock.random_bytes(9).hex()


def _plain(host: str) -> str:
    """An address without the zone that link-local ones carry."""
    return host.partition("%")[0]


def _source_towards(peer: Peer, host: str) -> str:
    """The address from which the system would reach a peer."""
    family = socket.AF_INET6 if ":" in peer.host else socket.AF_INET
    with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect((peer.host, peer.port or 5060))
        return cast("str", probe.getsockname()[0])
    return host
