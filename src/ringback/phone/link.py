"""Door: the wire between a phone and the world, with the faults that somebody asked for.

TFTP hands each datagram over and is told when it arrives, if it does. HTTP runs over TCP, which
hides lost packets behind waiting: a piece that loses a packet is held up for the time in which TCP
would send it again. A slow link carries one packet after the other.
"""

import asyncio
from collections.abc import Callable

from ringback.cisco.delay import Dice
from ringback.phone.fault import Faults

RESEND = 0.2
"""Seconds after which TCP sends a lost packet again: Linux's shortest wait."""
SEGMENT = 1460
"""Bytes of a TCP packet."""


class Link:
    """The wire of one phone."""

    __slots__ = ("_dice", "_faults", "_free")

    def __init__(self, faults: Faults, dice: Dice) -> None:
        self._faults = faults
        self._dice = dice
        self._free = 0.0
        """When the wire has carried all that was put on it, by the loop's clock."""

    def pass_on(self, datagram: bytes, deliver: Callable[[bytes], None]) -> None:
        """Carry one datagram: now, later or never."""
        if self._faults.loses(self._dice):
            return
        wait = self._wait(len(datagram)) + self._faults.lateness(self._dice)
        if wait > 0:
            asyncio.get_running_loop().call_later(wait, deliver, datagram)
        else:
            deliver(datagram)

    async def carry(self, size: int) -> None:
        """Take as long as ``size`` bytes of a TCP stream need."""
        wait = self._wait(size)
        for _ in range(0, size, SEGMENT):
            if self._faults.loses(self._dice):
                wait += RESEND
        wait += self._faults.lateness(self._dice)
        if wait > 0:
            await asyncio.sleep(wait)

    @property
    def piece(self) -> int:
        """The most bytes of a stream to carry at a time, so that a slow link is not jerky."""
        return max(1, int(self._faults.rate / 10)) if self._faults.rate else 64 * 1024

    def _wait(self, size: int) -> float:
        if not self._faults.rate:
            return 0.0
        now = asyncio.get_running_loop().time()
        self._free = max(now, self._free) + size / self._faults.rate
        return self._free - now
