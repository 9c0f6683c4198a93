"""Outlet: how datagrams leave, in one call for a window when the kernel can cut it.

Three things may go wrong, and none of them reaches a transfer:

* The send buffer is full (EAGAIN): the rest waits until the socket takes more, in order, and at
  most ``MOST_POSTPONED`` of it; beyond that it is lost, as it would be in any network.
* The kernel will not cut (a block larger than the path's MTU, a device without checksums): the
  window leaves datagram by datagram, and blocks of that size are not tried again.
* Anything else (no route, a forged port 0): a datagram lost; the transfer's timer repeats it.
"""

import asyncio
import socket
from collections import deque

from ringback.tftp.transfer import Datagrams
from ringback.tftp.wire import (
    MOST_OCTETS,
    MOST_SEGMENTS,
    Ancillary,
    Peer,
    can_segment,
    cut_every,
)

MOST_POSTPONED = 4096


class Outlet:
    """Sends on ``sock``, passing ``ancillary`` (the address to send from) with every datagram."""

    __slots__ = ("_ancillary", "_loop", "_postponed", "_sock", "largest_segment")

    def __init__(
        self, loop: asyncio.AbstractEventLoop, sock: socket.socket, ancillary: Ancillary
    ) -> None:
        self._loop = loop
        self._sock = sock
        self._ancillary = ancillary
        self._postponed: deque[tuple[bytes, Peer]] = deque()
        self.largest_segment = MOST_OCTETS // 2 if can_segment(sock) else 0

    def send(self, datagrams: Datagrams, peer: Peer) -> None:
        """Send them, or as many as the kernel takes; the rest when it takes more."""
        if self._postponed:
            self._postpone(datagrams, peer)
        elif len(datagrams) > 1 and len(datagrams[0]) <= self.largest_segment:
            self._send_window(datagrams, peer)
        else:
            self._send_each(datagrams, peer)

    def close(self) -> None:
        """Forget what still waits."""
        if self._postponed:
            self._loop.remove_writer(self._sock)
            self._postponed.clear()

    def _send_one(self, datagram: bytes, peer: Peer) -> None:
        if self._ancillary:
            self._sock.sendmsg((datagram,), self._ancillary, 0, peer)
        else:
            self._sock.sendto(datagram, peer)

    def _send_each(self, datagrams: Datagrams, peer: Peer) -> None:
        for at, datagram in enumerate(datagrams):
            try:
                self._send_one(datagram, peer)
            except BlockingIOError:
                self._postpone(datagrams[at:], peer)
                return
            except OSError:
                continue

    def _send_window(self, datagrams: Datagrams, peer: Peer) -> None:
        """All but the last of a window are equally long, which is what the kernel asks for."""
        size = len(datagrams[0])
        each = min(MOST_SEGMENTS, MOST_OCTETS // size)
        ancillary = [*self._ancillary, cut_every(size)]
        for at in range(0, len(datagrams), each):
            try:
                self._sock.sendmsg(datagrams[at : at + each], ancillary, 0, peer)
            except BlockingIOError:
                self._postpone(datagrams[at:], peer)
                return
            except OSError:
                self.largest_segment = min(self.largest_segment, size - 1)
                self._send_each(datagrams[at:], peer)
                return

    def _postpone(self, datagrams: Datagrams, peer: Peer) -> None:
        if not self._postponed:
            self._loop.add_writer(self._sock, self._resume)
        room = MOST_POSTPONED - len(self._postponed)
        self._postponed.extend((datagram, peer) for datagram in datagrams[:room])

    def _resume(self) -> None:
        while self._postponed:
            datagram, peer = self._postponed[0]
            try:
                self._send_one(datagram, peer)
            except BlockingIOError:
                return
            except OSError:
                pass
            self._postponed.popleft()
        self._loop.remove_writer(self._sock)
