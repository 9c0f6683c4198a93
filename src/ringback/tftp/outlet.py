"""Outlet: how datagrams leave: together at the end of a wake-up, a window in one call.

Datagrams that leave one after the other, instead of each between two that come, cost a tenth less
CPU with sixteen phones on loopback: the other end is awake when the second arrives. A window is
handed over whole and cut by the kernel, if it can.

Three things may go wrong, and none of them reaches a transfer:

* The send buffer is full (EAGAIN): the rest waits, in order, until the socket takes more, and at
  most ``MOST_WAITING`` of it; beyond that it is lost, as it would be in any network.
* The kernel will not cut (a block larger than the path's MTU, a device without checksums): the
  window leaves datagram by datagram, and blocks of that size are not tried again.
* Anything else (no route, a forged port 0): a datagram lost; the transfer's timer repeats it.
"""

import asyncio
import socket

from ringback.tftp.transfer import Datagrams
from ringback.tftp.wire import (
    MOST_OCTETS,
    MOST_SEGMENTS,
    Ancillary,
    Peer,
    can_segment,
    cut_every,
)

MOST_WAITING = 4096
"""Calls that may wait for a full send buffer."""


class Outlet:
    """Sends on ``sock``, passing ``ancillary`` (the address to send from) with every datagram."""

    __slots__ = (
        "_ancillary",
        "_full",
        "_loop",
        "_sendto",
        "_sock",
        "_waiting",
        "largest_segment",
    )

    def __init__(
        self, loop: asyncio.AbstractEventLoop, sock: socket.socket, ancillary: Ancillary
    ) -> None:
        self._loop = loop
        self._sock = sock
        self._sendto = self._send_with_ancillary if ancillary else sock.sendto
        self._ancillary = ancillary
        self._waiting: list[tuple[Datagrams, Peer]] = []
        self._full = False
        self.largest_segment = MOST_OCTETS // 2 if can_segment(sock) else 0

    def send(self, datagrams: Datagrams, peer: Peer) -> None:
        """Let them leave with the next ``flush``. Each entry that waits is one system call."""
        if len(datagrams) == 1:
            self._waiting.append((datagrams, peer))
            return
        each = self._together(datagrams)
        for at in range(0, len(datagrams), each):
            self._waiting.append((datagrams[at : at + each], peer))

    def flush(self) -> None:
        """Send what waits, or as much as the kernel takes, and the rest when it takes more."""
        if self._full:
            del self._waiting[MOST_WAITING:]
        elif self._waiting:
            self._flush()

    def close(self) -> None:
        """Send what can be sent at once and forget the rest."""
        self.flush()
        if self._full:
            self._loop.remove_writer(self._sock)

    def _flush(self) -> None:
        sendto, unsent = self._sendto, iter(self._waiting)
        while True:
            try:
                for datagrams, peer in unsent:
                    if len(datagrams) == 1:
                        sendto(datagrams[0], peer)
                    else:
                        self._send_together(datagrams, peer)
            except BlockingIOError:
                self._waiting = [(datagrams, peer), *unsent]
                self._wait_for_room()
                return
            except OSError:
                continue  # a datagram lost; on with the next
            self._waiting.clear()
            return

    def _wait_for_room(self) -> None:
        if not self._full:
            self._loop.add_writer(self._sock, self._resume)
            self._full = True

    def _resume(self) -> None:
        self._full = False
        self.flush()
        if not self._full:
            self._loop.remove_writer(self._sock)

    def _together(self, datagrams: Datagrams) -> int:
        """How many of these, all but the last equally long, one call may take."""
        size = len(datagrams[0])
        return min(MOST_SEGMENTS, MOST_OCTETS // size) if size <= self.largest_segment else 1

    def _send_together(self, datagrams: Datagrams, peer: Peer) -> None:
        size = len(datagrams[0])
        try:
            self._sock.sendmsg(datagrams, [*self._ancillary, cut_every(size)], 0, peer)
        except BlockingIOError:
            raise
        except OSError:
            self.largest_segment = min(self.largest_segment, size - 1)
            for datagram in datagrams:
                self._sendto(datagram, peer)

    def _send_with_ancillary(self, datagram: bytes, peer: Peer) -> int:
        return self._sock.sendmsg((datagram,), self._ancillary, 0, peer)
