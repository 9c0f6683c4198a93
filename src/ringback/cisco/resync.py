"""When a phone resyncs next, and why; or the reason why it does not.

Sources: the parameter chapters S2, S4, S5 and, where guides disagree, the traits in model.py.
Everything here is a pure function of the parameters (``Plan``), of what the phone remembers of
its last attempts (``Record``), of ``now`` and of the dice.

The rules in one place:

- After a start: ``Resync_On_Reset``, spread over ``Resync_Random_Delay`` (its unit is a trait).
- After a success: ``Resync_Periodic``, which never runs before a first success since the start; a
  valid ``Resync_At__HHmm_`` hides it and spreads over ``Resync_At_Random_Delay``.
- After a failure: the waiting list ``Resync_Error_Retry_Delay``; its index grows with each failure
  and starts over after a success. Zero means *never* or *at once*, by trait. A daily time that
  comes before the retry is kept (*inferred*).
- ``Resync_Trigger_1/2`` veto every resync that a timer asks for unless one of them is true. A
  vetoed phone looks again after ``Resync_Periodic`` (*inferred*: no text says when). For the
  older generations a trigger is a *cause*: beside the timers it is looked at every minute, and
  asks for a resync when it becomes true (*inferred*: asking at every look would never let a
  phone rest).
- ``Provision_Enable`` No stops all of it.
- A resync that somebody asked for (a page, Cisco XML) runs a rule that is not stored, so its
  failure starts no retries and leaves the pending timer alone; its success counts as one.

A wait of zero is served as one second: a phone cannot be in two resyncs at once, and a list such
as ``0,60`` must not spin. Values that cannot be read count as *off*, and the reason says so.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum, StrEnum
from typing import Self

from ringback.cisco import condition
from ringback.cisco.delay import DelayList, Dice
from ringback.cisco.model import Traits, TriggerRole, ZeroRetry
from ringback.errors import RuleError

RULES = ("Profile_Rule", "Profile_Rule_B", "Profile_Rule_C", "Profile_Rule_D")
"""A resync evaluates these, in this order (S2)."""

TRIGGERS = ("Resync_Trigger_1", "Resync_Trigger_2")
TRIGGER_LOOK = 60.0
"""Seconds between two looks at triggers that cause resyncs; *inferred*."""
SHORTEST_WAIT = 1.0
"""Seconds that a wait of zero takes; *inferred*."""

Values = Callable[[str], str]
"""Reads one parameter by its element name; the empty string when the phone has none."""


class Cause(StrEnum):
    """What asks for a resync."""

    POWER_ON = "power-on"
    PERIODIC = "periodic"
    DAILY = "daily time"
    TRIGGER = "trigger"
    RETRY = "retry after failure"
    UPGRADE = "upgrade attempt"
    REQUEST = "explicit request"

    @property
    def prvst(self) -> int:
        """``$PRVST``: -1 explicit request, 0 power-up, 1 periodic, 2 retry after failure (S5).

        *Inferred*: daily times, triggers and upgrade attempts count as periodic.
        """
        return _PRVST.get(self, 1)


_PRVST = {Cause.REQUEST: -1, Cause.POWER_ON: 0, Cause.RETRY: 2}


class Result(StrEnum):
    """How a resync ended; the firmware's own three words (F)."""

    OK = "RESYNC_OK"
    OK_REBOOT = "RESYNC_OK_REBOOT"
    FAILED = "RESYNC_FAILED"


class Turn(Enum):
    """What happened last in a phone's provisioning."""

    STARTED = "started"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    VETOED = "vetoed"


@dataclass(frozen=True, slots=True)
class Record:
    """What a phone remembers of its attempts since it started."""

    turn: Turn = Turn.STARTED
    attempted: float = 0.0
    """When the last attempt ended, in POSIX seconds; 0 when there was none."""
    successes: int = 0
    failures: int = 0
    """Failures in a row."""

    def after(self, result: Result, now: float) -> Self:
        """The record once a resync ended with ``result``."""
        if result is Result.FAILED:
            return replace(self, turn=Turn.FAILED, attempted=now, failures=self.failures + 1)
        count = self.successes + 1
        return replace(self, turn=Turn.SUCCEEDED, attempted=now, successes=count, failures=0)

    def vetoed(self) -> Self:
        """The record once the triggers forbade what a timer asked for."""
        return replace(self, turn=Turn.VETOED)

    def seconds(self, now: float) -> int:
        """``$PRVTMR``: whole seconds since the last attempt; 0 when there was none."""
        return max(0, int(now - self.attempted)) if self.attempted else 0


@dataclass(frozen=True, slots=True)
class Due:
    """When the next resync comes; ``at`` None says never, and ``why`` why not."""

    at: float | None
    cause: Cause
    why: str

    def __str__(self) -> str:
        return f"none ({self.why})" if self.at is None else f"{self.cause}: {self.why}"


_HIDDEN = Due(None, Cause.DAILY, "Resync_At__HHmm_ hides Resync_Periodic")


@dataclass(frozen=True, slots=True)
class Plan:
    """The parameters that decide when, read once from a phone's values."""

    enabled: bool
    on_reset: bool
    random_delay: float
    """Seconds over which the resync after a start is spread."""
    at: int | None
    """Minutes after midnight, phone time; None when there is no valid daily time."""
    at_window: int
    """Whole minutes over which the daily resync is spread."""
    offset: timedelta
    """Phone time minus UTC, from ``Time_Zone``; summer time is not reckoned with."""
    periodic: DelayList | str
    retry: DelayList | str
    """A text stands for a list that cannot be read: it says what was written."""
    zero_retry: ZeroRetry
    polls: bool
    """Whether triggers are set and cause resyncs, so that they must be looked at."""

    @classmethod
    def read(cls, values: Values, traits: Traits) -> Self:
        """Read the plan; no value can make this fail."""
        spread = max(count(values("Resync_At_Random_Delay"), 600), traits.at_delay_minimum)
        return cls(
            enabled=yes(values("Provision_Enable"), empty=True),
            on_reset=yes(values("Resync_On_Reset"), empty=True),
            random_delay=count(values("Resync_Random_Delay"), 2) * traits.random_delay_unit,
            at=_minutes(values("Resync_At__HHmm_")),
            at_window=(spread + 30) // 60,
            offset=phone_offset(values("Time_Zone")),
            periodic=_waits(values("Resync_Periodic")),
            retry=_waits(values("Resync_Error_Retry_Delay")),
            zero_retry=traits.zero_retry,
            polls=traits.trigger_role is TriggerRole.CAUSE and bool(triggers(values)),
        )


def next_due(plan: Plan, record: Record, now: float, dice: Dice) -> Due:
    """When this phone resyncs next; the earliest of what its settings ask for."""
    if not plan.enabled:
        return Due(None, Cause.PERIODIC, "Provision_Enable is No")
    main = _AFTER[record.turn](plan, record, now, dice)
    daily = _daily(plan, now, dice)
    if daily is None or daily.at is None:
        return main
    return daily if main.at is None or daily.at < main.at else main


def _after_start(plan: Plan, record: Record, now: float, dice: Dice) -> Due:
    del record
    if not plan.on_reset:
        why = "Resync_On_Reset is No, and Resync_Periodic waits for a first success"
        return Due(None, Cause.POWER_ON, why)
    wait = dice.uniform(0.0, plan.random_delay) if plan.random_delay else 0.0
    return Due(now + wait, Cause.POWER_ON, f"Resync_On_Reset, {wait:.0f} s after the start")


def _after_success(plan: Plan, record: Record, now: float, dice: Dice) -> Due:
    if plan.at is not None:
        return _HIDDEN
    return _periodic(plan, max(0, record.successes - 1), now, dice)


def _after_veto(plan: Plan, record: Record, now: float, dice: Dice) -> Due:
    del record
    due = _periodic(plan, 0, now, dice) if plan.at is None else _HIDDEN
    if due.at is None:
        return replace(due, why=f"no Resync_Trigger holds, and {due.why}")
    return replace(due, why=f"no Resync_Trigger held, looking again: {due.why}")


def _periodic(plan: Plan, index: int, now: float, dice: Dice) -> Due:
    if isinstance(plan.periodic, str):
        return Due(None, Cause.PERIODIC, f"Resync_Periodic cannot be read: {plan.periodic!r}")
    if plan.periodic.off:
        return Due(None, Cause.PERIODIC, "Resync_Periodic is off")
    wait = _at_least_a_second(plan.periodic.wait(index, dice))
    return Due(now + wait, Cause.PERIODIC, f"Resync_Periodic, {wait:.0f} s after the last")


def _after_failure(plan: Plan, record: Record, now: float, dice: Dice) -> Due:
    if isinstance(plan.retry, str):
        why = f"Resync_Error_Retry_Delay cannot be read: {plan.retry!r}"
        return Due(None, Cause.RETRY, why)
    if plan.retry.off and plan.zero_retry is ZeroRetry.NEVER:
        return Due(None, Cause.RETRY, "Resync_Error_Retry_Delay is 0: no retry after a failure")
    listed = 0.0 if plan.retry.off else plan.retry.wait(max(0, record.failures - 1), dice)
    wait = _at_least_a_second(listed)
    return Due(now + wait, Cause.RETRY, f"Resync_Error_Retry_Delay, {wait:.0f} s after a failure")


_AFTER: Mapping[Turn, Callable[[Plan, Record, float, Dice], Due]] = {
    Turn.STARTED: _after_start,
    Turn.SUCCEEDED: _after_success,
    Turn.FAILED: _after_failure,
    Turn.VETOED: _after_veto,
}


def _daily(plan: Plan, now: float, dice: Dice) -> Due | None:
    """The next hh:mm strictly after now, spread over whole minutes."""
    if plan.at is None:
        return None
    local = datetime.fromtimestamp(now, timezone(plan.offset))
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    moment = midnight + timedelta(minutes=plan.at)
    if moment <= local:
        moment += timedelta(days=1)
    spread = dice.uniform(0.0, plan.at_window * 60.0) if plan.at_window else 0.0
    clock = f"{plan.at // 60 % 24:02d}:{plan.at % 60:02d}"
    why = f"Resync_At__HHmm_ {clock} phone time, spread over {plan.at_window} min"
    return Due(moment.astimezone(UTC).timestamp() + spread, Cause.DAILY, why)


def _at_least_a_second(wait: float) -> float:
    return max(wait, SHORTEST_WAIT)


def triggers(values: Values) -> tuple[str, ...]:
    """The triggers that are set, and not commented out."""
    return tuple(text for text in map(values, TRIGGERS) if not condition.commented_out(text))


def trigger_holds(values: Values, macros: Mapping[str, str]) -> bool | None:
    """Whether one of the triggers is true; None when none is set.

    A trigger that cannot be read is not true (*inferred*).
    """
    asked = triggers(values)
    return any(_true(text, macros) for text in asked) if asked else None


def _true(text: str, macros: Mapping[str, str]) -> bool:
    try:
        return condition.holds(text, macros)
    except RuleError:
        return False


_TRUE = frozenset({"yes", "enable", "enabled", "1", "true"})


def yes(text: str, *, empty: bool = False) -> bool:
    """Read a Bool as phones do: ``Yes``, ``Enable`` or ``1`` (S2, S13); ``empty`` for no value."""
    squeezed = text.strip().lower()
    return squeezed in _TRUE if squeezed else empty


def count(text: str, default: int) -> int:
    """Read an Uns16, decimal or hex (S2); what cannot be read is the default."""
    try:
        return min(max(int(text.strip(), 0), 0), 65535)
    except ValueError:
        return default


_HHMM = re.compile(r"([01]\d|2[0-3])([0-5]\d)|2400", re.ASCII)


def _minutes(text: str) -> int | None:
    """``0000`` to ``2400`` as minutes after midnight; anything else is ignored (S4)."""
    found = _HHMM.fullmatch(text.strip())
    if found is None:
        return None
    return int(found[1]) * 60 + int(found[2]) if found[1] else 24 * 60


_ZONE = re.compile(r"GMT(?:([+-])(\d{1,2}):(\d{2}))?", re.ASCII)


def phone_offset(text: str) -> timedelta:
    """``Time_Zone`` as phone time minus UTC; zero for what cannot be read."""
    found = _ZONE.fullmatch(text.strip())
    if found is None or not found[1]:
        return timedelta(0)
    size = timedelta(hours=int(found[2]), minutes=int(found[3]))
    size = size if size < timedelta(days=1) else timedelta(0)
    return size if found[1] == "+" else -size


def _waits(text: str) -> DelayList | str:
    try:
        return DelayList.parse(text)
    except RuleError:
        return text
