"""One phone's waiting: for what, until when, and what a timer that goes off asks for.

``cisco/resync.py`` knows the rules; here is the little that must be remembered between them: the
record of attempts, what is due, when triggers that cause are looked at next, and whether one held
at the last look. All of it is gone with the power.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

from ringback.cisco import resync
from ringback.cisco.delay import DelayList
from ringback.cisco.resync import Cause, Due, Plan, Record, Result
from ringback.phone.boot import Reason
from ringback.phone.fault import Bug
from ringback.phone.part import Part
from ringback.phone.wish import Order

if TYPE_CHECKING:
    from ringback.phone.action import Outcome
    from ringback.phone.handset import Handset

_STUCK = DelayList.parse("5")
"""Resync_Periodic of a bootstrap profile, as phones were seen stuck at it (S25, C3)."""


class Schedule(Part):
    """The timers of one phone's resyncs."""

    __slots__ = ("_held", "_look", "due", "record")

    def __init__(self, phone: "Handset") -> None:
        super().__init__(phone)
        self.forget()

    def forget(self) -> None:
        """Wait for nothing."""
        self.record = Record()
        self.due = Due(None, Cause.POWER_ON, f"the phone is {self.phone.phase.value}")
        self._look: float | None = None
        self._held = False

    def up(self, now: float) -> None:
        """Only a power-on is spread: submitting is to cause "an immediate … resync" (S1)."""
        reason = self.phone.history.boots[0].reason
        self.start(now, resync=self.phone.resyncs_on_start, spread=reason is Reason.POWER)

    def concluded(self, order: Order, outcome: "Outcome", now: float) -> None:
        """A one-shot rule that failed starts no retries and leaves the timer alone."""
        if order.rule is None or outcome.result is not Result.FAILED:
            self.conclude(outcome.result, now)

    def start(self, now: float, *, resync: bool, spread: bool) -> None:
        """The phone has started. ``resync`` False: not on reset this once, the period runs on."""
        plan = self._plan
        if not spread:
            plan = replace(plan, random_delay=0.0)
        if not resync:
            self.record = self.record.after(Result.OK, now)
        self._set(plan, now)

    def conclude(self, result: Result, now: float) -> None:
        """A resync has ended."""
        self.record = self.record.after(result, now)
        self._set(self._plan, now)

    @property
    def next(self) -> Due:
        """What is due; or what waits already, because of a call."""
        waiting = None if self.phone.busy else self.phone.waiting.first(Order)
        if waiting is None or not isinstance(waiting.wish, Order):
            return self.due
        idle = self.phone.calls.idle
        why = "Forced_Resync_Delay after the last call" if idle else "put off, a line is active"
        return Due(waiting.moment(self.phone), waiting.wish.cause, why)

    def timer(self) -> float | None:
        """The next moment something is due; None when nothing is, or a resync waits already."""
        if self.phone.busy or self.phone.waiting.has(Order):
            return None
        times = [time for time in (self.due.at, self._look) if time is not None]
        return min(times, default=None)

    def handle_timer(self, now: float) -> None:
        """Ask for the resync that is due."""
        if cause := self.fall_due(now):
            self.phone.remember(Order(cause))

    def fall_due(self, now: float) -> Cause | None:
        """What to resync for now; None for nothing, a veto, or a look that found nothing."""
        if self.due.at is not None and self.due.at <= now:
            return self._allowed(now)
        if self._look is not None and self._look <= now:
            return self._looked(now)
        return None

    def _allowed(self, now: float) -> Cause | None:
        plan = self._plan
        if plan.polls or self._trigger_holds(now) is not False:
            return self.due.cause
        self.record = self.record.vetoed()
        self._set(plan, now)
        self.phone.detail(1, f"resync vetoed; next: {self.due}")
        return None

    def _looked(self, now: float) -> Cause | None:
        """A trigger that has become true since the last look asks for a resync."""
        before, self._held = self._held, bool(self._trigger_holds(now))
        self._look = now + resync.TRIGGER_LOOK if self._plan.polls else None
        return Cause.TRIGGER if self._held and not before else None

    def _set(self, plan: Plan, now: float) -> None:
        self.due = resync.next_due(plan, self.record, now, self.phone.dice)
        self._look = now + resync.TRIGGER_LOOK if plan.polls else None

    def _trigger_holds(self, now: float) -> bool | None:
        macros = self.phone.macros(PRVTMR=str(self.record.seconds(now)))
        return resync.trigger_holds(self.phone.value, macros)

    @property
    def _plan(self) -> Plan:
        plan = Plan.read(self.phone.value, self.phone.identity.model.traits)
        if Bug.IMPATIENT in self.phone.identity.bugs:
            return replace(plan, periodic=_STUCK, at=None)
        return plan
