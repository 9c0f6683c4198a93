"""The porch of a listener behind a proxy: each connection says whom it is for, then comes in.

A PROXY header stands before everything else, before the ClientHello too, and asyncio has no place
for it. So connections are accepted here, the header is read off the bare socket, and then the
socket is given to the loop as if it had just been accepted (``connect_accepted_socket``).

The header is taken exactly: ``Introducing.wants`` never asks for a byte of the client's. Rejected:

* ``MSG_PEEK``: a header that comes in two pieces stays readable, so the loop spins until the rest
  is there, and who trickles one keeps a core busy.
* a plain transport, and ``start_tls`` after the header: what the transport read too far never
  reaches OpenSSL (tried on asyncio and uvloop with header and ClientHello in one segment: the
  handshake waits until it is given up).

Only trusted proxies are let in; a stranger is hung up on before a byte is read. A header that is
malformed or late ends the connection, without an answer and with one line in the log.
"""

import asyncio
import errno
import socket
from typing import Final, Protocol

from ringback.errors import MessageError
from ringback.http.answer import Access
from ringback.http.engine import MakeEngine
from ringback.http.hush import Hush
from ringback.http.networks import Networks
from ringback.http.proxy_protocol import Endpoint, Introducing, Introduction
from ringback.http.request import Request
from ringback.http.secure import House, Secured
from ringback.http.server import Connection

_AT_ONCE: Final = 64
"""Connections accepted before anything else gets a turn."""
_LATER: Final = 1.0
"""Seconds until we try again when the process has no descriptor left."""
_NO_ROOM: Final = frozenset((errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM))


class Introduced(Connection):
    """A connection whose client was named by its proxy."""

    def __init__(self, house: House, said: Introduction) -> None:
        super().__init__(house)
        self._said = said

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """The proxy is there, and speaks for its client from now on."""
        super().connection_made(transport)
        said = self._said
        if said.source is not None:
            self.address, self.port = said.source
        if said.tls is not None and not self.house.secure:
            self.scheme, self.tls = "https", said.tls


class Inn(House, Protocol):
    """What the porch asks of the listener it stands before."""

    @property
    def connections(self) -> int:
        """How many clients are inside."""


class Porch:
    """Listening sockets, and the connections that have not been introduced yet.

    To its listener it looks like an ``asyncio.Server``.
    """

    def __init__(self, house: Inn, trusted: Networks, tls: MakeEngine | None) -> None:
        self.house, self.trusted, self.tls = house, trusted, tls
        self.loop = asyncio.get_running_loop()
        self.sockets: tuple[socket.socket, ...] = ()
        self._visitors: dict[_Visitor, None] = {}
        self._entering: set[asyncio.Task[None]] = set()
        self._hush = Hush()

    async def open(self, host: str, port: int, *, backlog: int) -> "Porch":
        """Listen wherever ``host`` is.

        Raises:
            OSError: when nobody can listen there; nothing stays open then.
        """
        found = await self.loop.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        try:
            for family, _, _, _, address in dict.fromkeys(found):
                self.sockets += (_listening(family, address, backlog),)
        except OSError:
            self.close()
            raise
        for each in self.sockets:
            self.loop.add_reader(each, self._accept, each)
        return self

    def close(self) -> None:
        """Listen no more; who is still on the porch is sent away."""
        for each in self.sockets:
            self.loop.remove_reader(each)
            each.close()
        for visitor in list(self._visitors):
            visitor.leave()
        for task in self._entering:
            task.cancel()

    async def wait_closed(self) -> None:
        """Wait until nobody is between the porch and the house."""
        if self._entering:
            await asyncio.wait(self._entering)

    def _accept(self, listening: socket.socket) -> None:
        for _ in range(_AT_ONCE):
            try:
                connection, name = listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                if error.errno not in _NO_ROOM:
                    raise
                self.loop.remove_reader(listening)
                self.loop.call_later(_LATER, self._listen_again, listening)
                return
            peer = name[0], name[1]
            if peer[0] in self.trusted:
                self._receive(connection, peer)
            else:
                self.complain(peer, 403, f"no trusted proxy (trusted: {self.trusted})")
                connection.close()

    def _listen_again(self, listening: socket.socket) -> None:
        if listening.fileno() >= 0:
            self.loop.add_reader(listening, self._accept, listening)

    def _receive(self, connection: socket.socket, peer: Endpoint) -> None:
        connection.settimeout(0)
        self._make_room()
        visitor = _Visitor(self, connection, peer)
        self._visitors[visitor] = None
        visitor.listen()

    def _make_room(self) -> None:
        """Who stands here counts as who is inside; when all is full, who came here first goes.

        When nobody stands here the house itself makes room.
        """
        taken = len(self._visitors) + self.house.connections
        if self._visitors and taken >= self.house.limits.connections:
            next(iter(self._visitors)).leave()

    def forget(self, visitor: "_Visitor") -> None:
        """It has left the porch, one way or the other."""
        self._visitors.pop(visitor, None)

    def let_in(self, connection: socket.socket, said: Introduction) -> None:
        """Hand a connection to the house."""
        task = self.loop.create_task(self._enter(connection, said))
        self._entering.add(task)
        task.add_done_callback(self._entering.discard)

    async def _enter(self, connection: socket.socket, said: Introduction) -> None:
        try:
            await self.loop.connect_accepted_socket(lambda: self._guest(said), connection)
        except OSError:  # it is gone already
            connection.close()

    def _guest(self, said: Introduction) -> asyncio.Protocol:
        if self.tls is None:
            return Introduced(self.house, said)
        return Secured(self.house, self.tls, lambda: Introduced(self.house, said), said.source)

    def complain(self, peer: Endpoint, status: int, why: str) -> None:
        """One line in the log, and no more than one a minute about the same peer."""
        count = self._hush.hear(peer[0], self.house.now())
        if count:
            again = f" ({count} times)" if count > 1 else ""
            request = Request("-", "-", "-", address=peer[0], port=peer[1])
            self.house.log(Access(request, status, 0, complete=False, why=f"{why}{again}"))


class _Visitor:
    """One connection until its header is read."""

    def __init__(self, porch: Porch, connection: socket.socket, peer: Endpoint) -> None:
        self._porch, self._connection, self._peer = porch, connection, peer
        self._engine = Introducing()
        self._waiting = False
        self._heard = False
        self._deadline = porch.loop.call_later(porch.house.limits.patience, self._expire)

    def listen(self) -> None:
        """Read what is there of the header."""
        said: Introduction | None = None
        try:
            while said is None:
                piece = self._connection.recv(self._engine.wants)
                if not piece:
                    self._give_up("the PROXY header was cut off" if self._heard else "")
                    return
                self._heard = True
                said = self._engine.feed(piece)
        except (BlockingIOError, InterruptedError):
            self._wait()
        except OSError:
            self.leave()
        except MessageError as error:
            self._give_up(str(error))
        else:
            self._depart()
            self._porch.let_in(self._connection, said)

    def leave(self) -> None:
        """Hang up."""
        self._depart()
        self._connection.close()

    def _wait(self) -> None:
        if not self._waiting:
            self._waiting = True
            self._porch.loop.add_reader(self._connection, self.listen)

    def _depart(self) -> None:
        self._deadline.cancel()
        if self._waiting:
            self._porch.loop.remove_reader(self._connection)
        self._porch.forget(self)

    def _expire(self) -> None:
        self._give_up("the PROXY header did not arrive in time", 408)

    def _give_up(self, why: str, status: int = 400) -> None:
        """Hang up and say why; a proxy that only looks whether we are there needs no line."""
        if why:
            self._porch.complain(self._peer, status, why)
        self.leave()


def _listening(family: int, address: object, backlog: int) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind(address)  # type: ignore[arg-type]
        made.listen(backlog)
    except OSError:
        made.close()
        raise
    made.settimeout(0)
    return made
