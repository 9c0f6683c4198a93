"""The same complaint about the same source is logged once a minute, with how many there were.

A stranger who sends ten thousand forged headers must not write ten thousand lines. Bounded: when
there are too many sources, the one complained of longest ago is forgotten.
"""

from typing import Final

_MOST_SOURCES: Final = 1024


class Hush:
    """Decides which complaints are heard. Time comes in as seconds of any steady clock."""

    def __init__(self, seconds: float = 60.0) -> None:
        self._seconds = seconds
        self._silent: dict[str, tuple[float, int]] = {}
        """By source: until when it is hushed, and how many complaints were kept back."""

    def hear(self, source: str, now: float) -> int:
        """Complain of ``source``: 0 to keep it back, else how many times it happened till now."""
        until, kept = self._silent.get(source, (now, 0))
        if now < until:
            self._silent[source] = (until, kept + 1)
            return 0
        self._silent.pop(source, None)
        if len(self._silent) >= _MOST_SOURCES:
            del self._silent[next(iter(self._silent))]
        self._silent[source] = (now + self._seconds, 0)
        return kept + 1
