"""When the phones of a fleet get power, lose it, and are told to resync.

One line for each thing that happens, ``#`` begins a comment::

    0    on      all              # everybody at once: a power cut has ended
    60   off     1-500            # a floor loses power
    90   on      1-500 over 30    # and comes back, one after the other within half a minute
    300  resync  7                # somebody opens /admin/resync on the seventh phone

Seconds count from the fleet's start; phones count from 1. ``over`` spreads evenly, in the order
of the phones. Two timetables have names: ``boot-storm`` and ``steady``.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from ringback.errors import MalformedError, Place

MOST_EVENTS, MOST_MOMENTS = 10_000, 5_000_000
"""Lines of a timetable, and what they come to for all phones together."""
_LINE = re.compile(
    r"(\d{1,9}(?:\.\d{1,6})?)\s+(on|off|resync)\s+(all|(\d{1,9})(?:-(\d{1,9}))?)"
    r"(?:\s+over\s+(\d{1,9}(?:\.\d{1,6})?))?",
    re.ASCII,
)
_SHAPE = "SECONDS on|off|resync all|N|N-M [over SECONDS]"


class Verb(StrEnum):
    """What happens to a phone."""

    ON = "on"
    OFF = "off"
    RESYNC = "resync"


@dataclass(frozen=True, slots=True)
class Event:
    """From ``at`` on, ``over`` so many seconds, phones ``first`` to ``last`` (from 0)."""

    at: float
    verb: Verb
    first: int
    last: int
    over: float = 0.0

    def moments(self) -> Iterator[tuple[float, int]]:
        """When it happens, to which phone."""
        step = self.over / (self.last - self.first + 1)
        for place, index in enumerate(range(self.first, self.last + 1)):
            yield self.at + place * step, index


@dataclass(frozen=True, slots=True)
class Timetable:
    """Everything that happens to a fleet."""

    events: tuple[Event, ...]

    @classmethod
    def boot_storm(cls, count: int) -> Self:
        """All get power at once."""
        return cls((Event(0.0, Verb.ON, 0, count - 1),))

    @classmethod
    def steady(cls, count: int, period: float) -> Self:
        """Power comes spread over a period, so that periodic resyncs stay spread, too."""
        return cls((Event(0.0, Verb.ON, 0, count - 1, period),))

    @classmethod
    def parse(cls, text: str, count: int, name: str = "") -> Self:
        """Read a timetable for ``count`` phones.

        Raises:
            MalformedError: with the line that is wrong.
        """
        events = []
        for number, line in enumerate(text.splitlines(), 1):
            said = line.partition("#")[0].strip()
            if said:
                events.append(_event(said, count, Place(name, number)))
            _bounded(events, Place(name, number))
        if not events:
            raise MalformedError("nothing ever happens", place=Place(name), remedy=_SHAPE)
        return cls(tuple(events))

    def moments(self) -> list[tuple[float, int, Verb]]:
        """Every event of every phone: when (seconds), which, what; in order."""
        every = [
            (moment, index, event.verb)
            for event in self.events
            for moment, index in event.moments()
        ]
        every.sort(key=lambda each: each[0])  # Stable: what is written first happens first.
        return every

    def split(self, elapsed: float) -> tuple[dict[int, Verb], list[tuple[float, int, Verb]]]:
        """What holds for each phone after ``elapsed`` seconds, ON or OFF, and what comes later.

        An event of the very moment is still to come.
        """
        state: dict[int, Verb] = {}
        later = []
        for moment, index, verb in self.moments():
            if moment >= elapsed:
                later.append((moment, index, verb))
            elif verb is not Verb.RESYNC:
                state[index] = verb
        return state, later


def _bounded(events: list[Event], place: Place) -> None:
    if len(events) > MOST_EVENTS:
        raise MalformedError(f"more than {MOST_EVENTS} events", place=place)
    if sum(each.last - each.first + 1 for each in events) > MOST_MOMENTS:
        raise MalformedError(f"more than {MOST_MOMENTS} events for all phones", place=place)


def _event(line: str, count: int, place: Place) -> Event:
    found = _LINE.fullmatch(line)
    if found is None:
        raise MalformedError(f"not an event: {line[:60]!r}", place=place, remedy=_SHAPE)
    seconds, verb, who, first, last, over = found.groups()
    low = int(first or 1)
    high = count if who == "all" else int(last or low)
    if not 1 <= low <= high <= count:
        raise MalformedError(
            f"no phones {who} in a fleet of {count}", place=place, remedy=f"1 to {count}"
        )
    return Event(float(seconds), Verb(verb), low - 1, high - 1, float(over or 0))
