"""``ringback plan-capacity``: what a fleet's settings will ask of a server, and better ones."""

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from ringback import clock
from ringback.cisco import flat_profile
from ringback.cisco.model import find_model
from ringback.cisco.profile import Profile
from ringback.cli import content
from ringback.cli.arguments import Json, ModelName, Settings, pair
from ringback.cli.terminal import terminal
from ringback.errors import NotFoundError, UsageError
from ringback.phone.advice import Advice, advise, plan_of
from ringback.phone.capacity import Course, Load, Situation, simulate
from ringback.phone.chart import Chart, Series

MOST_PHONES, MOST_HOURS = 1_000_000, 24.0 * 14
SHOWN = (
    "Provision_Enable", "Resync_On_Reset", "Resync_Random_Delay", "Resync_Periodic",
    "Resync_At__HHmm_", "Resync_At_Random_Delay", "Resync_Error_Retry_Delay",
)  # fmt: skip
"""The settings that decide."""
NAMED = {Situation.CUT: "power_cut", Situation.STEADY: "steady"}


def plan_capacity(
    *,
    count: Annotated[int, Parameter(name=("--count", "-n"))],
    model: ModelName = "CP-8851-3PCC",
    profile: Path | None = None,
    set_: Settings = (),
    max_rate: float | None = None,
    outage: float = 0.0,
    hours: float = 24.0,
    boot_seconds: float = 45.0,
    attempt_seconds: float = 0.5,
    silence_seconds: float = 10.0,
    seed: int = 1,
    chart: Path | None = None,
    as_json: Json = False,
) -> None:
    """Reckon the load that a fleet's resync settings make, and which delays would lower it.

    The phones are followed through an ordinary day, and through the hours after a power cut that
    ended for all of them at once; when they resync is decided by the same rules as in a virtual
    phone. With --max-rate it says which delays keep every second below that rate. Exits 1 when
    the rate cannot be kept.

    Args:
        count: How many phones.
        model: What they are; the unit of Resync_Random_Delay differs by generation.
        profile: A flat-profile with their settings. Default: as from the factory.
        set_: A setting, NAME=VALUE, such as Resync_Periodic=3600+600; repeatable.
        max_rate: Phones in a second that the server shall bear at most.
        outage: Minutes after the power cut in which the server does not answer either.
        hours: How long the phones are followed.
        boot_seconds: How long a phone takes to start.
        attempt_seconds: How long a resync takes.
        silence_seconds: How long a phone waits before a resync that nobody answers has failed.
        seed: Makes the dice repeatable.
        chart: A file for a chart of the load over time, as HTML.
        as_json: Print one JSON object instead.
    """
    _check(count, max_rate, outage, hours, (boot_seconds, attempt_seconds, silence_seconds))
    if chart:
        content.check_place(str(chart))
    settings = _settings(model, profile, set_)
    course = Course(
        Situation.CUT, count, hours, outage * 60, boot_seconds, attempt_seconds, silence_seconds
    )
    courses = (course, replace(course, situation=Situation.STEADY, outage=0.0))
    before, advice = _reckoned(settings, courses, max_rate, seed)
    if chart:
        content.write(str(chart), _chart(before, advice, max_rate).page().encode())
    if as_json:
        print(json.dumps(_as_dict(settings, before, advice, max_rate)))
    else:
        _print(settings, before, advice, max_rate)
    if advice and not advice.reached:
        sys.exit(1)


def _check(
    count: int, rate: float | None, outage: float, hours: float, seconds: tuple[float, ...]
) -> None:
    if not 1 <= count <= MOST_PHONES:
        raise UsageError(f"{count} phones", remedy=f"1 to {MOST_PHONES}")
    if rate is not None and not 1 <= rate <= 1e6:
        raise UsageError(f"--max-rate {rate:g}", remedy="1 to 1000000 phones in a second")
    if not 0 < hours <= MOST_HOURS:
        raise UsageError(f"--hours {hours:g}", remedy=f"more than 0, at most {MOST_HOURS:g}")
    if not 0 <= outage < hours * 60:
        raise UsageError(f"--outage {outage:g}", remedy="minutes, fewer than --hours has")
    if not all(0 <= each <= 3600 for each in seconds):
        raise UsageError("a time that is none", remedy="seconds from 0 to 3600")


def _settings(model: str, profile: Path | None, texts: tuple[str, ...]) -> Profile:
    settings = Profile.factory(find_model(model))
    if profile:
        data = content.read_profile(str(profile))
        settings, _ = settings.apply(flat_profile.read(data, name=str(profile)).elements)
    try:
        return settings.set(dict(map(pair, texts)))[0]
    except NotFoundError as error:
        raise UsageError(error.what, remedy=error.remedy) from error


def _reckoned(
    settings: Profile, courses: tuple[Course, ...], rate: float | None, seed: int
) -> tuple[tuple[Load, ...], Advice | None]:
    """The load as it is and, for a rate, with better settings."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=terminal(errors=True), transient=True) as bar:

        def told(what: str) -> Callable[[float], None]:
            task = bar.add_task(what, total=1.0)
            return lambda share: bar.update(task, completed=share)

        plan = plan_of(settings)
        before = tuple(
            simulate(plan, course, clock.dice(seed), told(f"{course.situation}, as it is"))
            for course in courses
        )
        if rate is None:
            return before, None
        heard = told("looking for delays")
        return before, advise(settings, courses, rate, lambda: clock.dice(seed), heard)


# -- what is told


def _facts(load: Load, rate: float | None) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "peak_per_second": load.peak,
        "peak_at_second": load.peak_at,
        "p99_per_second": load.p99,
        "mean_per_second": round(load.total / load.course.horizon, 2),
        "resyncs": load.total,
        "failed": load.failed,
    }
    if load.course.situation is Situation.CUT:
        facts["served_after_seconds"] = None if load.served is None else round(load.served, 1)
        facts["never_served"] = load.unserved
    if rate:
        queue, last = load.backlog(rate)
        facts["longest_queue"], facts["queue_gone_at_second"] = queue, last
    return facts


def _as_dict(
    settings: Profile, before: tuple[Load, ...], advice: Advice | None, rate: float | None
) -> dict[str, Any]:
    told: dict[str, Any] = {
        "model": settings.model.name,
        "phones": before[0].course.count,
        "settings": {name: settings.value(name) for name in SHOWN if name in settings},
        "before": {NAMED[load.course.situation]: _facts(load, rate) for load in before},
    }
    if advice:
        told["max_rate"] = rate
        told["recommended"] = dict(advice.settings)
        told["reached"] = advice.reached
        told["obstacle"] = advice.obstacle
        told["after"] = {NAMED[load.course.situation]: _facts(load, rate) for load in advice.loads}
    return told


def _print(
    settings: Profile, before: tuple[Load, ...], advice: Advice | None, rate: float | None
) -> None:
    console = terminal()
    console.print(f"{before[0].course.count} phones {settings.model.name}")
    console.print(_settings_table(settings, advice))
    loads = [("as it is", load) for load in before]
    loads += [("with these", load) for load in (advice.loads if advice else ())]
    console.print(_loads_table(loads, rate))
    if advice:
        console.print(_verdict(advice, rate or 0.0))


def _settings_table(settings: Profile, advice: Advice | None) -> Table:
    table = Table("setting", "as it is", *(["recommended"] if advice else []))
    for name in SHOWN:
        if name in settings:
            better = [advice.settings.get(name, "")] if advice else []
            table.add_row(name, settings.value(name), *better)
    return table


def _loads_table(loads: list[tuple[str, Load]], rate: float | None) -> Table:
    table = Table("situation", "settings", "peak/s", "at", "p99/s", "mean/s", "all served after")
    if rate:
        table.add_column(f"queue at {rate:g}/s")
    for how, load in loads:
        served = _duration(load.served) if load.course.situation is Situation.CUT else ""
        row = [
            str(load.course.situation), how, str(load.peak), _duration(float(load.peak_at)),
            str(load.p99), f"{load.total / load.course.horizon:.1f}", served,
        ]  # fmt: skip
        if rate:
            row.append(str(load.backlog(rate)[0]))
        table.add_row(*row)
    return table


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return "never"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}"


def _verdict(advice: Advice, rate: float) -> str:
    if not advice.reached:
        return f"No delays keep the load at or under {rate:g} a second: {advice.obstacle}."
    if not advice.settings:
        return f"These settings keep the load at or under {rate:g} a second as they are."
    return f"With the recommended delays no second sees more than {rate:g} phones."


def _chart(before: tuple[Load, ...], advice: Advice | None, rate: float | None) -> Chart:
    cut = before[0]
    after = advice.loads[0] if advice else None
    until = max(_interesting(load) for load in (cut, after) if load)
    series = [Series("as it is", _points(cut, until))]
    if after:
        series.append(Series("recommended", _points(after, until)))
    said = [f"{cut.course.count} phones, power cut ends at 0."]
    if advice:
        said += [f"{name}: {value}" for name, value in advice.settings.items()]
    return Chart(
        f"Load of {cut.course.count} phones after a power cut",
        "seconds since power returned",
        "resyncs per second",
        tuple(series),
        "\n".join(said),
        limit=rate or 0.0,
    )


def _interesting(load: Load) -> int:
    """Seconds worth drawing: until all are served, and the peak; a third more for the eye."""
    served = load.served if load.served is not None else load.course.horizon
    return min(load.course.horizon, int(max(served, load.peak_at) * 1.3) + 10)


def _points(load: Load, until: int) -> tuple[tuple[float, float], ...]:
    return tuple((float(at), float(load.arrivals[at])) for at in range(until))
