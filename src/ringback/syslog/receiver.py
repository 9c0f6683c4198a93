"""The door through which lines arrive: UDP datagrams and TCP streams (RFC 5426, RFC 6587).

A fleet that loses its server talks all at once, and UDP has nobody to repeat it. So the kernel's
receive buffer is large (``SO_RCVBUFFORCE`` where that is allowed), it is emptied first
(``loop.add_reader``, up to ``DRAIN`` datagrams a wake-up, as raw bytes, about 2 us each) into a
bounded backlog, and messages are read from that ``SLICE`` at a time, so that neighbours on the
same loop get their turn. When the backlog is full the kernel's buffer is the queue again, and
what the kernel drops is read with ``SO_MEMINFO``. Rejected: ``SO_RXQ_OVFL`` (needs ``recvmsg``,
dearer for every datagram), ``/proc/net/udp`` (text to parse, sockets to find in it), an asyncio
endpoint (one wake-up per datagram).

TCP senders are in ``connection``; they pause while the backlog is full.
"""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable, Iterable

from ringback import clock
from ringback.errors import UsageError
from ringback.syslog.backlog import Backlog
from ringback.syslog.connection import Counts, Crowd
from ringback.syslog.message import Heard, parse

PORT = 514
BUFFER = 16 << 20
"""Octets of kernel receive buffer we ask for; a small datagram occupies 768 of them."""
ENOUGH = 4 << 20
"""Less than this is worth a warning."""
DRAIN = 256
"""Datagrams taken from the kernel before anything else gets its turn."""
SLICE = 32
"""Messages read before anything else gets its turn."""

_LARGEST_DATAGRAM = 65_535
_SO_RCVBUFFORCE = 33
_SO_MEMINFO = 55
_MEMINFO = struct.Struct("=9I")
_ATTEMPTS_AT_A_FREE_PORT = 16


class Receiver:
    """Hears syslog on any number of addresses and tells ``hear`` of each message, in order.

    ``hear`` is called on the loop; it should take microseconds. If it raises, the loop's exception
    handler is told and the next message is heard all the same.
    """

    def __init__(
        self,
        hear: Callable[[Heard], None],
        *,
        buffer: int = BUFFER,
        connections: int = 512,
        idle: float = 900.0,
        now: Callable[[], float] = clock.now,
    ) -> None:
        self.counts = Counts()
        self.buffer = 0
        """Octets of kernel receive buffer that we got; 0 before the first UDP socket."""
        self._hear = hear
        self._wanted_buffer = buffer
        self._now = now
        self._backlog = Backlog()
        self._reading = False
        self._datagrams: list[socket.socket] = []
        self._servers: list[asyncio.Server] = []
        self._crowd = Crowd(self._arrived, self.counts, connections, idle)
        self._loop: asyncio.AbstractEventLoop | None = None

    async def start(
        self, host: str, port: int = PORT, *, udp: bool = True, tcp: bool = True
    ) -> tuple[str, int]:
        """Listen on one address, over UDP and TCP; port 0 takes one that is free for both.

        Returns:
            The address and port listened on.

        Raises:
            UsageError: when the address cannot be had.
        """
        self._loop = asyncio.get_running_loop()
        try:
            opened = await self._open(host, port, udp=udp, tcp=tcp)
        except (OSError, OverflowError, UnicodeError) as error:
            raise UsageError(
                f"cannot listen for syslog on {host}:{port}: {error}",
                remedy="choose another with --syslog HOST:PORT"
                " (ports below 1024 need CAP_NET_BIND_SERVICE)",
            ) from error
        for each in opened:
            await self._listen(each)
        address, bound, *_ = opened[0].getsockname()
        return address, bound

    @property
    def dropped(self) -> int:
        """Datagrams the kernel threw away so far; also brought up to date in ``counts``."""
        if self._datagrams:
            self.counts.dropped = sum(map(_drops, self._datagrams))
        return self.counts.dropped

    @property
    def warning(self) -> str:
        """What to type when the kernel gave too small a buffer, else ""."""
        if not self._datagrams or self.buffer >= ENOUGH:
            return ""
        return (
            f"syslog got a receive buffer of {self.buffer >> 10} KB, so a burst loses messages; "
            f"type: sysctl -w net.core.rmem_max={BUFFER}"
        )

    async def close(self) -> None:
        """Stop listening. What has arrived is still heard, up to one backlog of it."""
        self.counts.dropped = self.dropped
        for server in self._servers:
            server.close()
        self._crowd.close()
        for each in self._datagrams:
            asyncio.get_running_loop().remove_reader(each)
            self._drain(each, self._backlog.room)
            each.close()
        self._datagrams.clear()
        self._servers.clear()
        while self._backlog:
            self._read_one()
        await asyncio.sleep(0)  # lets the closed connections go

    async def _open(self, host: str, port: int, *, udp: bool, tcp: bool) -> list[socket.socket]:
        """Bound sockets of the wanted kinds on one port."""
        kinds = [socket.SOCK_DGRAM] * udp + [socket.SOCK_STREAM] * tcp
        found = await asyncio.get_running_loop().getaddrinfo(
            host, port, type=kinds[0], flags=socket.AI_PASSIVE
        )
        family, address = found[0][0], found[0][4][0]
        for _ in range(_ATTEMPTS_AT_A_FREE_PORT if port == 0 else 0):
            with contextlib.suppress(OSError):
                return _bind_all(family, kinds, str(address), 0)
        return _bind_all(family, kinds, str(address), port)

    async def _listen(self, opened: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        if opened.type == socket.SOCK_DGRAM:
            got = _enlarge(opened, self._wanted_buffer)
            self.buffer = min(got, self.buffer or got)
            self._datagrams.append(opened)
            loop.add_reader(opened, self._drain, opened)
        else:
            self._servers.append(await loop.create_server(self._crowd.connection, sock=opened))

    def _drain(self, opened: socket.socket, most: int = DRAIN) -> None:
        """Empty the kernel's buffer into the backlog: the hot loop of a burst."""
        received, put, receive = self._now(), self._backlog.put, opened.recvfrom
        with contextlib.suppress(OSError):
            for _ in range(min(most, self._backlog.room)):
                data, address = receive(_LARGEST_DATAGRAM)
                put(data, address[0], received)
        self._read_soon()

    def _arrived(self, frames: Iterable[bytes], address: str) -> None:
        """Messages from a TCP connection."""
        received = self._now()
        for frame in frames:
            self._backlog.put(frame, address, received)
        if self._backlog.full:
            self._crowd.pause()
        self._read_soon()

    def _read_soon(self) -> None:
        if self._backlog and not self._reading and self._loop:
            self._reading = True
            self._loop.call_soon(self._read)

    def _read(self) -> None:
        """Read a slice, then let the others have their turn."""
        for _ in range(min(SLICE, len(self._backlog))):
            self._read_one()
        self._reading = False
        self._read_soon()
        if self._backlog.roomy:
            self._crowd.resume()

    def _read_one(self) -> None:
        data, address, received = self._backlog.take()
        self.counts.heard += 1
        try:
            self._hear(Heard(parse(data), address, received))
        except Exception as error:  # noqa: BLE001 (one listener's mistake must not cost a message)
            context = {"message": f"a syslog message from {address}", "exception": error}
            asyncio.get_running_loop().call_exception_handler(context)


def _bind_all(
    family: socket.AddressFamily, kinds: Iterable[socket.SocketKind], address: str, port: int
) -> list[socket.socket]:
    """One socket of each kind on the same port; none is left open when one cannot be had."""
    with contextlib.ExitStack() as undo:
        bound: list[socket.socket] = []
        for kind in kinds:
            opened = undo.enter_context(socket.socket(family, kind))
            opened.settimeout(0)
            if family == socket.AF_INET6:
                opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            if kind == socket.SOCK_STREAM:
                opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            opened.bind((address, port))
            port = opened.getsockname()[1]
            bound.append(opened)
        undo.pop_all()
    return bound


def _enlarge(opened: socket.socket, wanted: int) -> int:
    """Ask for a large receive buffer; returns the octets we got."""
    try:
        opened.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, wanted)
    except OSError:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, wanted)
    doubled: int = opened.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
    return doubled // 2  # the kernel doubles it for its own bookkeeping


def _drops(opened: socket.socket) -> int:
    """Datagrams the kernel has thrown away at this socket; 0 where it does not say."""
    try:
        answer = opened.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, _MEMINFO.size)
    except OSError:
        return 0
    return int(_MEMINFO.unpack(answer)[-1]) if len(answer) == _MEMINFO.size else 0
