"""Which delays keep a fleet's load under a rate.

What decides is one length of time: the *spread*, over which N phones must be strewn so that no
second sees more than the rate. It is longer than N divided by the rate, because chance heaps
phones up: with a mean of 40 in a second, a few seconds in an hour see 65. A first guess comes from
how far chance strays; then the settings are simulated, and the spread grows by a tenth until the
simulation stays under the rate.

From the spread follow the settings. Those that are gentle enough already are left alone:

- ``Resync_Random_Delay``, in the unit of the generation: the first wave after a power cut.
- ``Resync_Periodic``: no element below the spread, or N phones ask too often on any day.
- ``Resync_Error_Retry_Delay``: no element below the spread, or they do while the server is away.
- ``Resync_At_Random_Delay``, in whole minutes: the daily wave.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from ringback.cisco.delay import Delay, DelayList, Dice
from ringback.cisco.profile import Profile
from ringback.cisco.resync import Plan
from ringback.phone.capacity import Course, Load, Situation, simulate

FAR = 4.5
"""Standard deviations that chance strays in the worst second of some hours."""
GROWTH = 1.1
ROUNDS = 40
LARGEST = 65535
"""An Uns16, which Resync_Random_Delay and Resync_At_Random_Delay are."""

Names = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Advice:
    """What to set, and what was found when it was tried."""

    settings: Names
    """Parameter name -> value, for those that should change; empty when all is well."""
    spread: float
    """Seconds over which the fleet is strewn."""
    loads: tuple[Load, ...]
    """The same situations with these settings."""
    reached: bool
    """Whether the simulation stays under the rate."""
    obstacle: str = ""
    """Why it cannot, when it cannot."""


def plan_of(profile: Profile) -> Plan:
    """When a phone with these settings resyncs."""
    return Plan.read(profile.value, profile.model.traits)


def advise(
    profile: Profile,
    courses: tuple[Course, ...],
    rate: float,
    dice: Callable[[], Dice],
    progress: Callable[[float], None] = lambda _: None,
) -> Advice:
    """Delays that keep every course under ``rate`` phones a second; ``dice`` makes fresh ones."""
    spread = first_spread(courses[0].count, rate)
    for _ in range(ROUNDS):
        settings, obstacle = settings_for(profile, spread)
        plan = plan_of(profile.set(settings)[0])
        loads = tuple(simulate(plan, course, dice(), progress) for course in _short(courses, plan))
        over = [load for load in loads if load.peak > rate]
        if not over or obstacle:
            full = tuple(simulate(plan, course, dice(), progress) for course in courses)
            if obstacle or all(load.peak <= rate for load in full):
                reached = all(load.peak <= rate for load in full)
                return Advice(settings, spread, full, reached, "" if reached else obstacle)
        spread *= GROWTH
    return Advice(settings, spread, loads, reached=False, obstacle="no spread was long enough")


def _short(courses: tuple[Course, ...], plan: Plan) -> tuple[Course, ...]:
    """The same courses, no longer than it takes to see whether a spread is too short."""
    if plan.at is not None:
        return courses
    hours = {
        Situation.CUT: (plan.random_delay + 3600 + courses[0].outage) / 3600,
        Situation.STEADY: 2.0,
    }
    return tuple(replace(each, hours=min(each.hours, hours[each.situation])) for each in courses)


def first_spread(count: int, rate: float) -> float:
    """Seconds over which to strew ``count`` phones so that chance rarely exceeds ``rate``."""
    root = (math.sqrt(FAR * FAR + 4 * rate) - FAR) / 2
    return count / max(root * root, rate / 20)


def settings_for(profile: Profile, spread: float) -> tuple[dict[str, str], str]:
    """The settings that strew so far, where they must change; and what stands in the way."""
    plan, traits = plan_of(profile), profile.model.traits
    settings: dict[str, str] = {}
    obstacle = ""
    if plan.on_reset and plan.random_delay < spread:
        steps = math.ceil(spread / traits.random_delay_unit)
        settings["Resync_Random_Delay"] = str(min(steps, LARGEST))
        if steps > LARGEST:
            obstacle = f"Resync_Random_Delay goes up to {LARGEST} only"
    if plan.at is not None and plan.at_window * 60 < spread:
        minutes = math.ceil(spread / 60)
        settings["Resync_At_Random_Delay"] = str(min(minutes * 60, LARGEST))
        if minutes * 60 > LARGEST:
            obstacle = f"Resync_At_Random_Delay goes up to {LARGEST} only"
    if plan.at is None:
        settings |= _stretched("Resync_Periodic", plan.periodic, spread)
    settings |= _stretched("Resync_Error_Retry_Delay", plan.retry, spread)
    return {name: value for name, value in settings.items() if name in profile}, obstacle


def _stretched(name: str, waits: DelayList | str, spread: float) -> dict[str, str]:
    """A waiting list with every element at least ``spread`` long, on average; none if it is so."""
    if isinstance(waits, str) or waits.off:
        return {}
    long = DelayList(tuple(_long(each, spread) for each in waits.delays))
    return {} if long == waits else {name: str(long)}


def _long(delay: Delay, spread: float) -> Delay:
    missing = math.ceil(spread - delay.seconds - delay.spread / 2)
    return delay if missing <= 0 else Delay(delay.seconds + missing, delay.spread)
