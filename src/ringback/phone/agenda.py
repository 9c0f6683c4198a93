"""Door: who is to be woken when. One heap for all phones of a fleet, and one alarm for its head.

A phone that waits is a line in the heap; no task, no timer. Phones that fall due together are
woken in short turns, between which the network is served. Beside the heap stand those that are
due and may not begin yet, because as many as may are at work.

While anybody is at work time runs as it does; while nobody is, it may hurry (pace.py).
"""

import asyncio
import heapq
from collections import deque
from collections.abc import Callable

from ringback import clock
from ringback.errors import RingbackError
from ringback.phone.pace import Pace
from ringback.phone.timetable import Verb

TURN = 0.005
"""Seconds for which phones are woken before the network is served again."""

Entry = tuple[float, int, int, Verb | None]
"""When, which phone, the stamp by which a newer entry outdates this one, what happens to it."""


class Agenda:
    """Calls ``wake`` for each entry that is due and ``admit`` for who waited in line."""

    def __init__(
        self,
        pace: Pace,
        room: int,
        wake: Callable[[float, int, int, Verb | None], None],
        admit: Callable[[int], None],
    ) -> None:
        self.room = room
        """How many may be at work."""
        self.working = 0
        self.failure: RingbackError | None = None
        """What went wrong in a turn; nobody is woken after it."""
        self._pace = pace
        self._wake = wake
        self._admit = admit
        self._heap: list[Entry] = []
        self._line: deque[int] = deque()
        self._alarm: asyncio.Handle | None = None
        self._busy = False

    # -- what is to come

    @property
    def in_line(self) -> int:
        """How many are due and may not begin yet."""
        return len(self._line)

    @property
    def full(self) -> bool:
        """Whether as many as may are at work."""
        return self.working >= self.room

    def holds_events(self) -> bool:
        """Whether anything but waiting phones is to come."""
        return any(verb is not None for _, _, _, verb in self._heap)

    def fill(self, entries: list[Entry]) -> None:
        """Begin with these."""
        self._heap = entries
        heapq.heapify(self._heap)

    def add(self, due: float, index: int, stamp: int, verb: Verb | None = None) -> None:
        """One more entry."""
        heapq.heappush(self._heap, (due, index, stamp, verb))
        if self._heap[0][1] == index:
            self.arm()

    def line_up(self, index: int) -> None:
        """A phone that is due waits until another has ended its work."""
        self._line.append(index)

    # -- who is at work

    def begin(self) -> None:
        """One more is at work."""
        self.working += 1
        self._pace.hurry(on=False)

    def end(self) -> None:
        """One has ended its work."""
        self.working -= 1
        if self._line or not self.working:
            self.arm()

    # -- the alarm

    def arm(self) -> None:
        """Set the alarm: for the head of the heap, or at once for who waits in line."""
        if self._busy:  # At the end of the turn it is set anyway.
            return
        self._pace.hurry(on=not self.working and not self._line)
        if self._alarm:
            self._alarm.cancel()
            self._alarm = None
        loop = asyncio.get_running_loop()
        if self._line and not self.full:
            self._alarm = loop.call_soon(self._ring)
        elif self._heap:
            wait = self._pace.real(self._heap[0][0] - self._pace.now())
            self._alarm = loop.call_later(wait, self._ring)

    def stop(self) -> None:
        """Wake nobody any more."""
        self._busy = True
        self._line.clear()
        if self._alarm:
            self._alarm.cancel()

    def _ring(self) -> None:
        """Wake who waits in line and who is due, for a turn."""
        self._alarm, self._busy = None, True
        ends = clock.monotonic() + TURN
        try:
            while self._next() and clock.monotonic() < ends:
                pass
        except RingbackError as error:
            self.failure = error
            return
        self._busy = False
        self.arm()

    def _next(self) -> bool:
        """Wake one; False when nobody is left to wake now."""
        if self._line and not self.full:
            self._admit(self._line.popleft())
            return True
        if not self._heap or self._heap[0][0] > self._pace.now():
            return False
        self._wake(*heapq.heappop(self._heap))
        return True
