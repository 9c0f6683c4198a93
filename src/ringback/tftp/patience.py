"""Patience: how long a transfer waits for an answer, and how often it asks again.

RFC 1350 leaves both open. Each wait is twice the last, up to ``longest``, and starts anew whenever
the transfer gets on. Before the peer has said a single word the number of repeats is small: the
request may carry a forged address, and whoever lives there asked for nothing.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Patience:
    """Waits in seconds; numbers of repeats.

    Args:
        first: the wait before the first repeat.
        least: the wait may sink to this once the peer has shown how quick it is.
        longest: no wait grows beyond this (unless ``first`` is longer already).
        unheard: repeats before the peer's first word.
        heard: repeats of one block once the peer has spoken.
    """

    first: float = 1.0
    least: float = 0.25
    longest: float = 8.0
    unheard: int = 2
    heard: int = 6

    def after(self, wait: float) -> float:
        """The wait that follows ``wait``."""
        return min(2 * wait, max(self.first, self.longest))

    def for_round_trip(self, seconds: float) -> float:
        """The wait for a peer that answers within ``seconds``."""
        return min(self.first, max(self.least, 4 * seconds))

    def agreed(self, timeout: int | None) -> "Patience":
        """The same patience once a ``timeout`` is agreed (RFC 2349): both sides wait that long."""
        if timeout is None:
            return self
        return Patience(float(timeout), float(timeout), self.longest, self.unheard, self.heard)
