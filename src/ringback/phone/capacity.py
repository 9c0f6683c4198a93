"""The load that a fleet's settings make, reckoned without a network.

The same ``Plan`` and ``next_due`` decide here as in every handset (cisco/resync.py); only what
lies between two resyncs is left out. Phones do not know of one another, so each is followed on
its own through its day, and what is counted is how many ask in each second.

Two situations:

- **power cut**: all phones start at once. ``outage`` seconds later their server answers, too;
  who asks before that fails, after ``silence`` seconds, and follows Resync_Error_Retry_Delay.
- **steady**: an ordinary day, long after. Where phones stand in their Resync_Periodic is taken
  to be even, as it is when they were plugged in one by one; a fleet that shared a power cut and
  has a period without a random part repeats that cut's wave instead, which the other situation
  shows.

The server is taken to answer at any rate: what is asked is which rate it must bear.
"""

from array import array
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from ringback.cisco.delay import DelayList, Dice
from ringback.cisco.resync import Plan, Record, Result, next_due
from ringback.phone.tally import percentile

DAY = 86400.0
MIDNIGHT = 1000 * DAY
"""A midnight by UTC, as POSIX seconds; which one is all the same."""
SETTLED = 1000
"""Successes after which the last element of any waiting list holds."""
LOOK = 500
"""Phones between two words to ``progress``."""


class Situation(StrEnum):
    """What the fleet goes through."""

    CUT = "power cut"
    STEADY = "steady"


@dataclass(frozen=True, slots=True)
class Course:
    """What is simulated; all in seconds.

    ``attempt`` is how long a resync takes, ``silence`` how long one that nobody answers.
    """

    situation: Situation
    count: int
    hours: float = 24.0
    outage: float = 0.0
    boot: float = 45.0
    attempt: float = 0.5
    silence: float = 10.0

    @property
    def horizon(self) -> int:
        """Seconds that are looked at."""
        return max(1, int(self.hours * 3600))


@dataclass(frozen=True, slots=True)
class Load:
    """What came of it."""

    course: Course
    arrivals: "array[int]"
    """How many phones ask, second by second."""
    served: float | None
    """When the last phone had its first success; None when some never had one."""
    unserved: int
    failed: int

    @property
    def peak(self) -> int:
        """The most in one second."""
        return max(self.arrivals)

    @property
    def peak_at(self) -> int:
        """In which second that was."""
        return self.arrivals.index(self.peak)

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.arrivals)

    @property
    def p99(self) -> int:
        """The rate that 99 of 100 seconds do not exceed, of those until all phones are served."""
        window = self.arrivals
        if self.course.situation is Situation.CUT and self.served is not None:
            window = window[: int(self.served) + 1]
        return int(percentile(sorted(window), 0.99))

    def backlog(self, rate: float) -> tuple[int, float]:
        """The longest queue before a server that serves ``rate`` a second, and its last second.

        Nobody gives up in this queue; a server that drops requests has it worse.
        """
        queue, longest, last = 0.0, 0.0, 0.0
        for second, amount in enumerate(self.arrivals):
            queue = max(0.0, queue + amount - rate)
            longest = max(longest, queue)
            if queue:
                last = second
        return int(longest), last


class _Records:
    """What a phone remembers after so many successes or failures, made once for all phones.

    ``next_due`` looks at their number only, and beyond the end of its lists at nothing.
    """

    __slots__ = ("_bad", "_good")

    def __init__(self) -> None:
        self._good = [Record()]
        self._bad = [Record()]

    def good(self, number: int) -> Record:
        return self._of(self._good, Result.OK, number)

    def bad(self, number: int) -> Record:
        return self._of(self._bad, Result.FAILED, number)

    @staticmethod
    def _of(known: list[Record], result: Result, number: int) -> Record:
        number = min(number, SETTLED)
        while len(known) <= number:
            known.append(known[-1].after(result, 1.0))
        return known[number]


def simulate(
    plan: Plan, course: Course, dice: Dice, progress: Callable[[float], None] = lambda _: None
) -> Load:
    """Follow every phone through the course; ``progress`` hears the share that is done."""
    arrivals = array("L", bytes(array("L").itemsize * course.horizon))
    records = _Records()
    served, unserved, failed = 0.0, 0, 0
    for number in range(course.count):
        first, failures = _follow(plan, course, dice, records, arrivals)
        failed += failures
        if first is None:
            unserved += 1
        else:
            served = max(served, first)
        if number % LOOK == 0:
            progress(number / course.count)
    progress(1.0)
    return Load(course, arrivals, None if unserved else served, unserved, failed)


def _follow(
    plan: Plan, course: Course, dice: Dice, records: _Records, arrivals: "array[int]"
) -> tuple[float | None, int]:
    """One phone: when its first success ends, and how often it failed."""
    now, record, good, first = _beginning(plan, course, dice, records)
    end, answers = MIDNIGHT + course.horizon, MIDNIGHT + course.outage
    bad = failed = 0
    while True:
        due = next_due(plan, record, now, dice).at
        if due is None or due >= end:
            return first, failed
        if due >= MIDNIGHT:
            arrivals[int(due - MIDNIGHT)] += 1
        if due < answers and due >= MIDNIGHT:
            bad, failed, now = bad + 1, failed + 1, due + course.silence
            record = records.bad(bad)
        else:
            bad, good, now = 0, good + 1, due + course.attempt
            record = records.good(good)
            if first is None:
                first = now - MIDNIGHT


def _beginning(
    plan: Plan, course: Course, dice: Dice, records: _Records
) -> tuple[float, Record, int, float | None]:
    """When a phone's story begins, what it remembers, its successes, and the first of them."""
    if course.situation is Situation.CUT:
        return MIDNIGHT + course.boot, records.good(0), 0, None
    return MIDNIGHT - dice.uniform(0.0, _period(plan)), records.good(SETTLED), SETTLED, 0.0


def _period(plan: Plan) -> float:
    """The mean of the wait that repeats; a day when none does."""
    if plan.at is not None or not isinstance(plan.periodic, DelayList) or plan.periodic.off:
        return DAY
    last = plan.periodic.delays[-1]
    return max(1.0, last.seconds + last.spread / 2)
