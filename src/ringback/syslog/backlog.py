"""Messages taken from the network and not yet read: a queue bounded in count and octets."""

from collections import deque
from typing import NamedTuple

MESSAGES = 32_768
OCTETS = 64 << 20


class Arrival(NamedTuple):
    """The octets of one message, the address that sent them, and when (POSIX seconds)."""

    data: bytes
    address: str
    received: float


class Backlog:
    """First in, first out. Whoever fills it asks ``full`` first and leaves the rest outside."""

    def __init__(self, messages: int = MESSAGES, octets: int = OCTETS) -> None:
        self._waiting: deque[Arrival] = deque()
        self._octets = 0
        self._most = (messages, octets)

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def full(self) -> bool:
        """Whether the network must wait."""
        return len(self._waiting) >= self._most[0] or self._octets >= self._most[1]

    @property
    def room(self) -> int:
        """How many more messages may be put."""
        return 0 if self.full else self._most[0] - len(self._waiting)

    @property
    def roomy(self) -> bool:
        """Whether the network may go on: half of it is free again."""
        return len(self._waiting) * 2 <= self._most[0] and self._octets * 2 <= self._most[1]

    def put(self, data: bytes, address: str, received: float) -> None:
        """Add one message."""
        self._waiting.append(Arrival(data, address, received))
        self._octets += len(data)

    def take(self) -> Arrival:
        """Remove the oldest message."""
        oldest = self._waiting.popleft()
        self._octets -= len(oldest.data)
        return oldest
