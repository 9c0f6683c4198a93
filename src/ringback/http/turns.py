"""Whose turn it is: one for each source, in the order in which the sources came.

A ClientHello costs us a signature, a thousand times what it costs to send. When more arrive than
can be answered at once they wait here, so that a source with two thousand of them delays itself
and not the phone that has one.
"""

from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class Turns(Generic[T]):
    """A queue that is fair to sources."""

    def __init__(self) -> None:
        self._waiting: dict[str, deque[T]] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, source: str, item: T) -> None:
        """Queue up."""
        queue = self._waiting.get(source)
        if queue is None:
            queue = self._waiting[source] = deque()
        queue.append(item)
        self._count += 1

    def take(self) -> T:
        """Whose turn it is; its source goes to the end.

        Raises:
            LookupError: when nobody waits.
        """
        source = next(iter(self._waiting), None)
        if source is None:
            raise LookupError("nobody waits")
        queue = self._waiting.pop(source)
        self._count -= 1
        item = queue.popleft()
        if queue:
            self._waiting[source] = queue
        return item
