"""One phone's waiting: for what, until when, and what a timer that goes off asks for.

``cisco/resync.py`` knows the rules; here is the little that must be remembered between them: the
record of attempts, what is due, when triggers that cause are looked at next, and whether one held
at the last look. All of it is gone with the power.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

from ringback.cisco import resync
from ringback.cisco.delay import Dice
from ringback.cisco.resync import Cause, Due, Plan, Record, Result

if TYPE_CHECKING:
    from ringback.phone.handset import Handset


class Schedule:
    """The timers of one phone."""

    __slots__ = ("_dice", "_held", "_look", "_phone", "due", "record")

    def __init__(self, phone: "Handset", dice: Dice) -> None:
        self._phone = phone
        self._dice = dice
        self.forget("the phone is off")

    def forget(self, why: str) -> None:
        """Wait for nothing; ``why`` is the reason shown."""
        self.record = Record()
        self.due = Due(None, Cause.POWER_ON, why)
        self._look: float | None = None
        self._held = False

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

    def timer(self) -> float | None:
        """The next moment something is due; None when nothing ever is."""
        times = [time for time in (self.due.at, self._look) if time is not None]
        return min(times, default=None)

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
        self._phone.detail(1, f"resync vetoed; next: {self.due}")
        return None

    def _looked(self, now: float) -> Cause | None:
        """A trigger that has become true since the last look asks for a resync."""
        before, self._held = self._held, bool(self._trigger_holds(now))
        self._look = now + resync.TRIGGER_LOOK if self._plan.polls else None
        return Cause.TRIGGER if self._held and not before else None

    def _set(self, plan: Plan, now: float) -> None:
        self.due = resync.next_due(plan, self.record, now, self._dice)
        self._look = now + resync.TRIGGER_LOOK if plan.polls else None

    def _trigger_holds(self, now: float) -> bool | None:
        macros = self._phone.macros(PRVTMR=str(self.record.seconds(now)))
        return resync.trigger_holds(self._phone.value, macros)

    @property
    def _plan(self) -> Plan:
        return Plan.read(self._phone.value, self._phone.identity.model.traits)
