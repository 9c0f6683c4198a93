"""A clock that hurries while nothing happens.

A fleet's day need not take a day: as long as every phone only waits, time may run ``speed`` times
as fast. As soon as one phone talks to a server, a second is a second again, because a network and
a server cannot be hurried; so what is measured of them is true whatever the speed.
"""

from collections.abc import Callable


class Pace:
    """POSIX seconds from ``start`` on, moved by ``monotonic``; ``speed`` at least 1."""

    __slots__ = ("_mark", "_monotonic", "_then", "hurrying", "speed")

    def __init__(self, monotonic: Callable[[], float], start: float, speed: float = 1.0) -> None:
        self._monotonic = monotonic
        self._mark = monotonic()
        self._then = start
        self.speed = speed
        self.hurrying = True

    @property
    def rate(self) -> float:
        """How many seconds pass in one."""
        return self.speed if self.hurrying else 1.0

    def now(self) -> float:
        """The time."""
        return self._then + (self._monotonic() - self._mark) * self.rate

    def hurry(self, *, on: bool) -> bool:
        """Hurry from now on, or keep real time; whether that is a change."""
        if on is self.hurrying:
            return False
        mark = self._monotonic()
        self._then += (mark - self._mark) * self.rate
        self._mark, self.hurrying = mark, on
        return True

    def real(self, wait: float) -> float:
        """How many real seconds a wait takes at this rate."""
        return max(0.0, wait) / self.rate
