"""What a fleet has been through, in numbers: counted as it happens, told at any time.

``took`` of an attempt is from the moment the phone begins to resync to the moment its new
settings are saved (or it gives up); ``late`` is how long after its due time our own process let
it begin: a fleet that is late says so rather than blame the server.
"""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ringback.cisco.resync import Cause, Result
from ringback.phone.action import Outcome

KINDS = ("begun", "applied", "failed")


def percentile(ordered: list[float], share: float) -> float:
    """The value that ``share`` (0 to 1) of a sorted list does not exceed; 0.0 for an empty one."""
    if not ordered:
        return 0.0
    place = math.ceil(share * len(ordered) - 1e-9) - 1
    return ordered[min(len(ordered) - 1, max(0, place))]


@dataclass(slots=True)
class Tally:
    """Counts; times are seconds since the fleet's start."""

    attempts: int = 0
    applied: int = 0
    """Attempts that ended well."""
    failed: int = 0
    retries: int = 0
    restarts: int = 0
    """Attempts after which the phone restarted."""
    errors: Counter[str] = field(default_factory=Counter)
    took: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    load: dict[int, list[int]] = field(default_factory=dict)
    """Second -> how many attempts were begun, applied, failed in it."""

    def begin(self, at: float, late: float) -> None:
        """An attempt begins."""
        self.attempts += 1
        self.late.append(max(0.0, late))
        self._second(at)[0] += 1

    def end(self, outcome: Outcome, at: float, took: float) -> None:
        """An attempt has ended."""
        self.count(
            at, took, outcome.error or outcome.explanation, ok=outcome.result is not Result.FAILED
        )
        self.retries += outcome.cause is Cause.RETRY
        self.restarts += outcome.result is Result.OK_REBOOT

    def count(self, at: float, took: float, error: str, *, ok: bool) -> None:
        """Count an end, just now or read back from the log."""
        self.took.append(took)
        self.applied += ok
        self.failed += not ok
        self._second(at)[1 if ok else 2] += 1
        if not ok:
            self.errors[error] += 1

    def recall(self, ends: Iterable[tuple[float, float, str, bool, bool]]) -> None:
        """Count what an earlier run of this fleet wrote down: at, took, error, ok, retry."""
        for at, took, error, ok, retry in ends:
            self.attempts += 1
            self.retries += retry
            self._second(at - took)[0] += 1
            self.count(at, took, error, ok=ok)

    def _second(self, at: float) -> list[int]:
        return self.load.setdefault(int(max(at, 0.0)), [0, 0, 0])

    def spans(self) -> dict[str, float]:
        """Percentiles of what attempts took and how late they began, in seconds."""
        took, late = sorted(self.took), sorted(self.late)
        return {
            "p50": percentile(took, 0.5),
            "p99": percentile(took, 0.99),
            "longest": took[-1] if took else 0.0,
            "late_p50": percentile(late, 0.5),
            "late_p99": percentile(late, 0.99),
        }

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        peaks = {
            kind: max((row[place] for row in self.load.values()), default=0)
            for place, kind in enumerate(KINDS)
        }
        return {
            "attempts": self.attempts,
            "applied_attempts": self.applied,
            "failed_attempts": self.failed,
            "retries": self.retries,
            "restarts": self.restarts,
            "errors": dict(self.errors.most_common()),
            "seconds": {name: round(value, 4) for name, value in self.spans().items()},
            "peak_per_second": peaks,
            "load": [[second, *self.load[second]] for second in sorted(self.load)],
        }


@dataclass(slots=True)
class View:
    """A fleet at one moment."""

    count: int = 0
    elapsed: float = 0.0
    on: int = 0
    due: int = 0
    """Phones that have power and have not applied anything yet."""
    at_work: int = 0
    held_back: int = 0
    """Phones that wait because as many as may are at work."""
    away: int = 0
    done: int = 0
    """Phones that have applied a profile since the fleet's start."""
    lost: int = 0
    tally: Tally = field(default_factory=Tally)
