"""Deadlines: the one queue of timers that all transfers share.

A transfer moves its timer with every datagram; moving an entry in a queue as often would cost more
than the datagram. So the queue is lazy: an entry stays where it is, and whoever takes it out when
its time has come looks at the transfer and, if that has moved on, puts it back for later.
"""

from heapq import heappop, heappush
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Deadlines(Generic[Item]):
    """Items by the time they want to be looked at."""

    __slots__ = ("_added", "_heap")

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Item]] = []
        self._added = 0

    def __len__(self) -> int:
        return len(self._heap)

    @property
    def next(self) -> float | None:
        """When the first item is due."""
        return self._heap[0][0] if self._heap else None

    def add(self, at: float, item: Item) -> None:
        """Look at ``item`` at time ``at``; equal times keep their order."""
        self._added += 1
        heappush(self._heap, (at, self._added, item))

    def due(self, now: float) -> list[Item]:
        """Take out what is due, the oldest first."""
        items = []
        while self._heap and self._heap[0][0] <= now:
            items.append(heappop(self._heap)[2])
        return items
