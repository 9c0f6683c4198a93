"""The wishes that wait: while the phone works, and while a call keeps it.

Nobody's wish is kept twice. What somebody asks for is refused once too many wait; what the phone
asks for itself never is, because each of its timers asks for one thing only.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringback.errors import RefusedError
from ringback.phone.grant import GRANTS
from ringback.phone.wish import Wish

if TYPE_CHECKING:
    from ringback.phone.handset import Handset

MOST_WAITING = 4
"""Wishes that may wait while the phone works; *inferred*."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A wish, and since when it waits."""

    wish: Wish
    since: float

    @property
    def urgency(self) -> int:
        """Lower comes first."""
        return GRANTS[type(self.wish)].urgency

    def moment(self, phone: "Handset") -> float | None:
        """From when on the phone may turn to it; None for: not before something happens."""
        return GRANTS[type(self.wish)].moment(phone, self.wish, self.since)


class Waiting:
    """The queue of one phone."""

    __slots__ = ("_entries",)

    def __init__(self) -> None:
        self._entries: tuple[Entry, ...] = ()

    def __iter__(self) -> Iterator[Wish]:
        return (entry.wish for entry in self._entries)

    def clear(self) -> None:
        """Forget all of them."""
        self._entries = ()

    def has(self, kind: type[Wish]) -> bool:
        """Whether a wish of that kind waits."""
        return any(isinstance(wish, kind) for wish in self)

    def first(self, kind: type[Wish]) -> Entry | None:
        """The wish of that kind that waits longest."""
        return next((each for each in self._entries if isinstance(each.wish, kind)), None)

    def add(self, wish: Wish, now: float, *, most: int | None = MOST_WAITING) -> None:
        """One more; an equal one that waits already is enough.

        Raises:
            RefusedError: ``most`` are waiting.
        """
        if most is not None and len(self._entries) >= most:
            raise RefusedError("the phone is busy", why=f"{most} requests are waiting")
        if wish not in tuple(self):
            self._entries = (*self._entries, Entry(wish, now))

    def moment(self, phone: "Handset") -> float | None:
        """When the first of them may be granted; None when none is before something happens."""
        moments = (entry.moment(phone) for entry in self._entries)
        return min((each for each in moments if each is not None), default=None)

    def take(self, phone: "Handset", now: float) -> Wish | None:
        """The most urgent that may be granted by ``now``; it waits no longer."""
        ready = [each for each in self._entries if _passed(each.moment(phone), now)]
        if not ready:
            return None
        chosen = min(ready, key=lambda each: each.urgency)
        self._entries = tuple(each for each in self._entries if each is not chosen)
        return chosen.wish


def _passed(moment: float | None, now: float) -> bool:
    return moment is not None and moment <= now
