"""The TFTP server: its sockets.

What a request gets is decided in ``reception``; the transfers run in an ``exchange``.

Requests come to the listening socket; the transfers run over one data socket, so that the server's
transfer identifier is not 69 (RFC 1350 §4) and yet no socket is made for a request. On a host with
several addresses, bound to all of them, there is one data socket for each address that was asked,
made when it is first asked: a reply comes from the address the request went to, and only requests
pay for finding that out. Requests to a broadcast address are ignored (RFC 1123 §4.2.3.5). With
``single_port`` replies come from the listening port, for phones behind address translation or a
firewall that expects it.

Rejected: a socket for each transfer (twice the CPU, and a file descriptor each); a new transfer for
each repeat of a request, which is how most servers double their work in a storm.
"""

import asyncio
import socket
from collections.abc import Callable
from typing import cast

from ringback.clock import monotonic
from ringback.errors import UsageError
from ringback.tftp.exchange import DRAIN, Exchange
from ringback.tftp.options import LARGEST_BLOCK, Ceiling
from ringback.tftp.packet import LONGEST_REQUEST, Opcode
from ringback.tftp.patience import Patience
from ringback.tftp.quota import Quota
from ringback.tftp.reception import AcceptWrite, Answer, Reception
from ringback.tftp.request import Outcome
from ringback.tftp.wire import (
    ANCILLARY_SPACE,
    RECEIVE_BUFFER,
    Peer,
    address_told,
    depth,
    is_wildcard,
    open_socket,
    sent_from,
    tell_addresses,
)

WRITE_LIMIT = 1 << 20

LONGEST_ANSWER = 400
"""Octets read of an acknowledgement or ERROR; so few that reading them needs no large buffer."""

MOST_ADDRESSES = 1024
"""Pairs of interface and address of this host that are answered when bound to all of them."""

_REQUESTS = (bytes([0, Opcode.RRQ]), bytes([0, Opcode.WRQ]))


class Server:
    """Serves reads, and writes if asked to.

    Args:
        answer: the bytes for a request, from memory if it can, for it is called in the loop;
            raises ``NotFoundError`` or ``RefusedError``, both of which the client hears as
            error 1; anything else it raises is error 0.
        finished: told of every request's end.
        single_port: answer from the listening port.
        accept_write: called with a write request, returns the function that keeps the whole file
            (called once, before the last block is acknowledged) or raises to refuse; None refuses
            every write.
        write_limit: the most octets of one written file.
        ceiling: the largest options to agree to.
        patience: waits and repeats.
        quota: how many transfers at once.
        receive_buffer: octets of socket buffer to ask for.
    """

    def __init__(
        self,
        answer: Answer,
        *,
        finished: Callable[[Outcome], None],
        single_port: bool = False,
        accept_write: AcceptWrite | None = None,
        write_limit: int = WRITE_LIMIT,
        ceiling: Ceiling = Ceiling(),  # noqa: B008 (frozen)
        patience: Patience = Patience(),  # noqa: B008 (frozen)
        quota: Quota | None = None,
        receive_buffer: int = RECEIVE_BUFFER,
    ) -> None:
        self.quota = Quota() if quota is None else quota
        self._single_port = single_port
        self._wanted_buffer = receive_buffer
        self._longest = LARGEST_BLOCK + 4 if accept_write else LONGEST_ANSWER
        self._longest_heard = max(self._longest if single_port else 0, LONGEST_REQUEST + 1)
        self._reception = Reception(
            answer,
            finished,
            accept_write=accept_write,
            write_limit=write_limit,
            ceiling=ceiling,
            patience=patience,
            quota=self.quota,
        )
        self._loop: asyncio.AbstractEventLoop | None = None
        self._listening: socket.socket | None = None
        self._exchanges: dict[Peer, Exchange] = {}
        self._by_address: dict[bytes, Exchange] = {}

    async def start(self, host: str, port: int) -> None:
        """Begin to listen; port 0 takes a free one, which ``sockname`` tells.

        Raises:
            UsageError: the address is not ours, is taken, or is not for us to take.
        """
        self._loop = asyncio.get_running_loop()
        try:
            found = await self._loop.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
            family, address = found[0][0], cast("Peer", found[0][4])
            self._listening = open_socket(family, address, buffer=self._wanted_buffer)
            self._listen(self._listening, self._loop)
        except OSError as error:
            self.close()
            raise UsageError(
                f"TFTP cannot listen on {host} port {port}: {error.strerror or error}",
                remedy="name another HOST:PORT (ports below 1024 need CAP_NET_BIND_SERVICE)",
            ) from error

    def _listen(self, sock: socket.socket, loop: asyncio.AbstractEventLoop) -> None:
        if is_wildcard(sock.getsockname()):
            tell_addresses(sock)
            loop.add_reader(sock, self._drain_wildcard, sock)
        else:
            exchange = self._open_exchange(sock.getsockname())
            loop.add_reader(sock, self._drain, sock, exchange)

    @property
    def sockname(self) -> tuple[str, int]:
        """The address and port listened on."""
        if self._listening is None:
            raise UsageError("the TFTP server has not been started")
        host, port, *_ = self._listening.getsockname()
        return host, port

    @property
    def receive_buffer(self) -> int:
        """Octets of receive buffer the kernel gave us; less than asked for may lose phones."""
        return depth(self._listening) if self._listening else 0

    @property
    def advice(self) -> str:
        """What to type for the receive buffer asked for; empty when it was given."""
        if self.receive_buffer >= self._wanted_buffer:
            return ""
        return f"sysctl -w net.core.rmem_max={self._wanted_buffer}"

    def close(self) -> None:
        """Stop listening, and end every transfer with an ERROR to the client."""
        if self._listening is None or self._loop is None:
            return
        self._loop.remove_reader(self._listening)
        for exchange in self._exchanges.values():
            exchange.close()
        self._exchanges.clear()
        self._by_address.clear()
        self._listening.close()
        self._listening = None

    def _drain(self, sock: socket.socket, exchange: Exchange) -> None:
        """Requests to the one address we are bound to (and, in single-port mode, all else)."""
        hear = self._hear if self._single_port else self._reception.receive
        now = monotonic()
        try:
            for _ in range(DRAIN):
                datagram, peer = sock.recvfrom(self._longest_heard)
                hear(datagram, peer, exchange, now)
        except OSError:
            return  # nothing more to read (EAGAIN), or news of somebody's dead port
        finally:
            exchange.flush()

    def _drain_wildcard(self, sock: socket.socket) -> None:
        """Requests to whichever address of this host."""
        hear = self._hear if self._single_port else self._reception.receive
        now = monotonic()
        try:
            for _ in range(DRAIN):
                datagram, ancillary, _, peer = sock.recvmsg(self._longest_heard, ANCILLARY_SPACE)
                told = ancillary[0][2]
                exchange = self._by_address.get(told) or self._exchange_told(told)
                if exchange is not None:
                    hear(datagram, peer, exchange, now)
        except OSError:
            return  # as above
        finally:
            for exchange in self._exchanges.values():
                exchange.flush()

    def _hear(self, datagram: bytes, peer: Peer, exchange: Exchange, now: float) -> None:
        """In single-port mode requests and transfers come to one socket."""
        if peer in exchange.talks and datagram[:2] not in _REQUESTS:
            exchange.receive(datagram, peer, now)
        elif datagram[:2] in _REQUESTS:
            self._reception.receive(datagram, peer, exchange, now)
        else:
            exchange.receive(datagram, peer, now)

    def _exchange_told(self, told: bytes) -> Exchange | None:
        """The exchange for requests to the address the kernel told, made if there is none."""
        assert self._listening is not None
        ours = address_told(self._listening.family, told)
        if ours is None or len(self._by_address) >= MOST_ADDRESSES:
            return None
        exchange = self._exchanges.get(ours) or self._open_exchange(ours)
        self._by_address[told] = exchange
        return exchange

    def _open_exchange(self, ours: Peer) -> Exchange:
        ours = (ours[0], 0, *ours[2:])
        assert self._loop is not None
        assert self._listening is not None
        sock = self._listening
        wildcard = is_wildcard(sock.getsockname())
        exchange = self._exchanges[ours] = Exchange(
            self._loop,
            sock
            if self._single_port
            else open_socket(sock.family, ours, buffer=self._wanted_buffer),
            completed=self._reception.complete,
            concluded=self._reception.conclude,
            longest=self._longest,
            ancillary=sent_from(ours) if wildcard and self._single_port else None,
            shared=self._single_port,
        )
        return exchange
