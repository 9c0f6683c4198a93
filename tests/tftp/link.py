"""A network made of nothing: two engines joined by a link that loses what it is told to lose.

Time is a number that moves only when nothing else can; no test here ever waits.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import TypeVar

from ringback.tftp.packet import parse
from ringback.tftp.transfer import Transfer

Fate = Callable[[int], Iterable[float]]
"""For the n-th datagram sent (from 0): the delays after which copies arrive; none is loss."""

DELAY = 0.001


Kind = TypeVar("Kind")


def read(kind: type[Kind], datagram: bytes) -> Kind:
    """The packet in ``datagram``, which must be of that kind."""
    packet = parse(datagram)
    assert isinstance(packet, kind)
    return packet


def perfect(_: int) -> Iterable[float]:
    return (DELAY,)


def losing(*numbers: int) -> Fate:
    """The datagrams with these numbers are lost."""
    return lambda number: () if number in numbers else (DELAY,)


def doubling(_: int) -> Iterable[float]:
    """Every datagram arrives twice."""
    return (DELAY, DELAY)


@dataclass
class Link:
    """Carries datagrams between ``left`` and ``right`` until both have ended or nothing is left.

    ``sent`` tells what was sent, as ("left" or "right", datagram), in order.
    """

    left: Transfer
    right: Transfer
    fate: Fate = perfect
    now: float = 100.0
    sent: list[tuple[str, bytes]] = field(default_factory=list)
    _flying: list[tuple[float, int, str, bytes]] = field(default_factory=list)
    _count: int = 0

    def run(self, *, starts: str = "left right", limit: int = 1_000_000) -> "Link":
        """Start the named sides, then let everything happen that will."""
        for side in starts.split():
            self.carry(side, self.engine(side).start(self.now))
        for _ in range(limit):
            if not self._step():
                return self
        raise AssertionError("the transfer goes on for ever")

    def engine(self, side: str) -> Transfer:
        return self.left if side == "left" else self.right

    def carry(self, side: str, datagrams: Iterable[bytes]) -> None:
        """``side`` sends."""
        for datagram in datagrams:
            for delay in self.fate(len(self.sent)):
                self._count += 1
                heappush(self._flying, (self.now + delay, self._count, side, datagram))
            self.sent.append((side, datagram))

    def _step(self) -> bool:
        timers = [
            (engine.timer, side)
            for side, engine in (("left", self.left), ("right", self.right))
            if engine.timer is not None
        ]
        due, side = min(timers, default=(float("inf"), ""))
        if self._flying and self._flying[0][0] <= due:
            self.now, _, source, datagram = heappop(self._flying)
            side = "right" if source == "left" else "left"
            self.carry(side, self.engine(side).receive(datagram, self.now))
        elif timers:
            self.now = due
            self.carry(side, self.engine(side).handle_timer(self.now))
        else:
            return False
        return True
