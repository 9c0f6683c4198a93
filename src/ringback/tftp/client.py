"""The TFTP client: what a phone does to get its profile, and to leave a report.

A phone asks for a name with its leading slash, in octet mode, with the options blksize, timeout and
tsize; their values are not published, so ours are inferred: blocks that fit an Ethernet frame and a
wait of two seconds. The server's transfer identifier is learned from its first word and kept; other
ports that speak up are answered with ERROR 5. A server that wants no options (ERROR 8) is asked
again without them. MPP phones send from ports 53240 to 53245 when the server is not on port 69
(``MPP_SOURCE_PORTS``).

A socket, a reader and a timer for each call, nothing else: ten thousand of them fit one process.
"""

import asyncio
import errno
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from ringback.clock import monotonic
from ringback.errors import Failure, TransferError
from ringback.tftp import netascii
from ringback.tftp.packet import Code, Error, Mode, Opcode, OptionPairs, Request
from ringback.tftp.patience import Patience
from ringback.tftp.receiving import Receiving
from ringback.tftp.sending import Sending
from ringback.tftp.transfer import Datagrams, End, Transfer
from ringback.tftp.wire import Peer, tell_refusals

BLOCK = 1428
WAIT = 2
RETRIES = 4
MPP_SOURCE_PORTS = range(53240, 53246)

_LONGEST = 65536
_STRANGER = bytes(Error(Code.STRANGER, "unknown transfer ID"))

_FAILURES: dict[tuple[bool, int | None], Failure] = {
    (False, Code.NOT_FOUND): Failure.NOT_FOUND,
    (True, Code.FULL): Failure.TOO_LARGE,
}
"""(we said it ourselves, error code): what a phone calls it. All else is ``Failure.GET``."""

Engine = TypeVar("Engine", bound=Transfer)
Link = Callable[[bytes, Callable[[bytes], None]], None]
"""What carries a datagram: calls the function with it when it arrives, if it does."""


async def read(
    address: str,
    port: int,
    filename: str,
    *,
    mode: Mode = Mode.OCTET,
    blksize: int | None = BLOCK,
    timeout: float = WAIT,  # noqa: ASYNC109 (TFTP's own, for each wait)
    windowsize: int | None = None,
    tsize: bool = True,
    retries: int = RETRIES,
    limit: int | None = None,
    source_ports: Sequence[int] = (),
    link: Link | None = None,
) -> bytes:
    """The file ``filename`` of the server at ``address`` (an IP address) and ``port``.

    Args:
        address: IPv4 or IPv6, not a name.
        port: where the server listens.
        filename: as the server is to see it, leading slash and all.
        mode: netascii content is returned with LF line ends.
        blksize: octets in a block to ask for; None leaves the option out, as for windowsize.
        timeout: seconds to wait before asking again; a whole number is offered as option too.
        windowsize: blocks to receive for one acknowledgement.
        tsize: whether to ask how long the file is.
        retries: how often to ask again for one thing.
        limit: the most octets to take.
        source_ports: local ports to try in turn; empty leaves the choice to the system.
        link: carries the datagrams, both ways; None for the network as it is.

    Raises:
        TransferError: ``failure`` is NOT_FOUND, TOO_LARGE, or GET with the details in words.
    """
    asked = _options(blksize, timeout, 0 if tsize else None, windowsize)
    patience = _patience(timeout, retries)

    def engine(options: OptionPairs) -> Receiving:
        request = bytes(Request(Opcode.RRQ, filename, mode, options))
        return Receiving(request, asked=options, mode=mode, limit=limit, patience=patience)

    way = _Way((address, port), source_ports, link)
    receiving = await _run(engine, asked, way, filename)
    return receiving.content or b""


async def write(
    address: str,
    port: int,
    filename: str,
    content: bytes,
    *,
    mode: Mode = Mode.OCTET,
    blksize: int | None = BLOCK,
    timeout: float = WAIT,  # noqa: ASYNC109 (TFTP's own, for each wait)
    windowsize: int | None = None,
    tsize: bool = True,
    retries: int = RETRIES,
    source_ports: Sequence[int] = (),
    link: Link | None = None,
) -> None:
    """Leave ``content`` as ``filename`` with the server; arguments and errors as for ``read``."""
    travelling = netascii.encode(content) if mode is Mode.NETASCII else content
    asked = _options(blksize, timeout, len(travelling) if tsize else None, windowsize)
    patience = _patience(timeout, retries)

    def engine(options: OptionPairs) -> Sending:
        request = bytes(Request(Opcode.WRQ, filename, mode, options))
        return Sending(travelling, opening=request, asked=options, patience=patience)

    await _run(engine, asked, _Way((address, port), source_ports, link), filename)


@dataclass(frozen=True, slots=True)
class _Way:
    """How datagrams get to the server and back."""

    server: tuple[str, int]
    source_ports: Sequence[int]
    link: Link | None


class _Call:
    """One engine, its socket, and the port of the server it has come to talk to."""

    def __init__(
        self, engine: Transfer, sock: socket.socket, server: Peer, link: Link | None = None
    ) -> None:
        self._engine = engine
        self._sock = sock
        self._server = server
        self._link = link
        self._known = False
        self._refused = False
        self._loop = asyncio.get_running_loop()
        self._alarm: asyncio.TimerHandle | None = None
        self._done: asyncio.Future[End] = self._loop.create_future()

    async def run(self) -> End:
        """Talk until it ends."""
        now = monotonic()
        number = self._sock.fileno()  # given the socket, asyncio composes its repr, at 30 µs
        self._loop.add_reader(number, self._drain)
        try:
            self._say(self._engine.start(now), now)
            return await self._done
        finally:
            self._loop.remove_reader(number)
            if self._alarm is not None:
                self._alarm.cancel()

    def _drain(self) -> None:
        now = monotonic()
        while not self._done.done():
            try:
                datagram, peer = self._sock.recvfrom(_LONGEST)
            except BlockingIOError:
                return
            except OSError as error:
                self._hear_refusal(error)
                return
            if self._link is not None:
                self._link(datagram, partial(self._arrived, peer))
            elif self._is_server(peer):
                self._say(self._engine.receive(datagram, now), now)

    def _arrived(self, peer: Peer, datagram: bytes) -> None:
        """What a link has carried; it may come when all is over."""
        if not self._done.done() and self._is_server(peer):
            now = monotonic()
            self._say(self._engine.receive(datagram, now), now)

    def _is_server(self, peer: Peer) -> bool:
        """Whether the server speaks: its first word comes from a port of its choice."""
        if peer == self._server:
            self._known = True
        elif not self._known and peer[0] == self._server[0]:
            self._server, self._known = peer, True
        else:
            self._send(_STRANGER, peer)
            return False
        return True

    def _hear_refusal(self, error: OSError) -> None:
        """Nobody listens there. Once may be a server that restarts; twice is an answer."""
        if error.errno != errno.ECONNREFUSED or self._known:
            return
        if self._refused and not self._done.done():
            self._done.set_result(End(ok=False, why="nobody listens there (port unreachable)"))
        self._refused = True

    def _say(self, datagrams: Datagrams, now: float) -> None:
        for datagram in datagrams:
            self._send(datagram, self._server)
        if self._engine.ended is not None:
            if not self._done.done():
                self._done.set_result(self._engine.ended)
        elif self._alarm is None:
            self._arm(now)

    def _send(self, datagram: bytes, peer: Peer) -> None:
        if self._link is None:
            self._put(peer, datagram)
        else:
            self._link(datagram, partial(self._put, peer))

    def _put(self, peer: Peer, datagram: bytes) -> None:
        try:
            self._sock.sendto(datagram, peer)
        except OSError as error:  # no route, full buffer: a datagram lost, which the timer repeats
            self._hear_refusal(error)

    def _arm(self, now: float) -> None:
        """The timer is lazy: it rings when it was set to, and looks whether that is still meant."""
        wait = max(0.0, (self._engine.timer or now) - now)
        self._alarm = self._loop.call_later(wait, self._wake)

    def _wake(self) -> None:
        self._alarm = None
        now = monotonic()
        self._say(self._engine.handle_timer(now), now)


async def _run(
    engine_for: Callable[[OptionPairs], Engine],
    asked: OptionPairs,
    way: _Way,
    filename: str,
) -> Engine:
    """Run an engine to its end; once more without options when the server refuses them."""
    what = f"TFTP {way.server[0]}:{way.server[1]} {filename}"
    engine = engine_for(asked)
    end = await _talk(engine, way, what)
    if asked and not end.ok and not end.ours and end.code == Code.OPTION:
        engine = engine_for(())
        end = await _talk(engine, way, what)
    if not end.ok:
        said = f"the server said {end.why}" if end.code is not None and not end.ours else end.why
        failure = _FAILURES.get((end.ours, end.code), Failure.GET)
        raise TransferError(f"{what}: {said}", failure=failure)
    return engine


async def _talk(engine: Transfer, way: _Way, what: str) -> End:
    try:
        sock, address = _open(way.server, way.source_ports)
    except OSError as error:
        raise TransferError(f"{what}: {error.strerror or error}") from error
    with sock:
        return await _Call(engine, sock, address, way.link).run()


def _open(server: tuple[str, int], source_ports: Sequence[int]) -> tuple[socket.socket, Peer]:
    """A socket on the first source port that is free."""
    family, _, _, _, address = socket.getaddrinfo(
        *server, type=socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    )[0]
    sock = socket.socket(family, socket.SOCK_DGRAM)
    try:
        sock.settimeout(0)
        tell_refusals(sock)
        if source_ports:
            _bind_one(sock, source_ports)
    except OSError:
        sock.close()
        raise
    return sock, (address[0], *address[1:])


def _bind_one(sock: socket.socket, ports: Sequence[int]) -> None:
    anywhere = "::" if sock.family == socket.AF_INET6 else "0.0.0.0"  # noqa: S104 (a client)
    for port in ports:
        try:
            sock.bind((anywhere, port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
        else:
            return
    raise OSError(errno.EADDRINUSE, f"source ports {ports[0]} to {ports[-1]} are all in use")


def _patience(timeout: float, retries: int) -> Patience:
    return Patience(first=timeout, least=timeout, unheard=retries, heard=retries)


def _options(
    blksize: int | None, timeout: float, tsize: int | None, windowsize: int | None
) -> OptionPairs:
    whole = int(timeout) if timeout >= 1 and timeout == int(timeout) else None
    values = {"blksize": blksize, "timeout": whole, "tsize": tsize, "windowsize": windowsize}
    return tuple((name, str(value)) for name, value in values.items() if value is not None)
