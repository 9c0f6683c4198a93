"""``ringback phone fleet``: thousands of virtual phones in one process."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import uvloop
from cyclopts import Parameter
from rich.live import Live
from rich.table import Table

from ringback import clock
from ringback.cisco.delay import DelayList
from ringback.cisco.resync import Plan
from ringback.cli import content
from ringback.cli.arguments import Json
from ringback.cli.fleet_results import tell
from ringback.cli.rules import printable
from ringback.cli.terminal import terminal
from ringback.cli.unit import Unit
from ringback.dns.shared import SharedResolver
from ringback.errors import StorageError, UsageError
from ringback.mac import Mac
from ringback.phone.depot import Depot
from ringback.phone.fleet import Fleet
from ringback.phone.handset import Handset
from ringback.phone.roll import Roll
from ringback.phone.tally import View
from ringback.phone.timetable import Timetable
from ringback.settings import Address

FIRST_MAC = "000e08100000"
MOST_PHONES = 1_000_000
HOUR = 3600.0
QUIET = 5.0
"""Seconds between two lines where no terminal shows a live view."""
SAVED = {True: "each save is forced to the disk", False: "saves are not forced to the disk"}


def fleet(
    *,
    count: Annotated[int, Parameter(name=("--count", "-n"))],
    server: str | None = None,
    unit: Unit = Unit(),  # noqa: B008 (frozen)
    schedule: str = "boot-storm",
    for_: Annotated[float | None, Parameter(name="--for")] = None,
    speed: float = 1.0,
    at_work: int | None = None,
    boot_seconds: float = 1.0,
    sync: Annotated[bool, Parameter(negative=())] = False,
    seed: int | None = None,
    result: Path | None = None,
    chart: Path | None = None,
    as_json: Json = False,
) -> None:
    """Plug in a fleet of virtual phones, and watch the load they make.

    Each is the same phone as in 'phone run'. It ends when every phone has applied its profile (or
    never will), after --for seconds, or with Ctrl-C. With --state it goes on where it was stopped
    when it is called again. Exits 0 when every phone has applied a profile, else 1.

    Args:
        count: How many phones.
        server: Where their profiles are: a rule such as tftp://192.0.2.1/$MA.xml, which becomes
            Profile_Rule; or HOST of a TFTP server, as DHCP option 66 would give it; HOST:PORT
            stands for tftp://HOST:PORT/$MA.xml.
        unit: What each phone is; --mac is that of the first, and --state names a folder.
        schedule: boot-storm (all get power at once), steady (spread over their Resync_Periodic),
            or a file with lines such as "60 off 1-500" or "90 on 1-500 over 30".
        for_: Stop after so many seconds of the fleet's time.
        speed: How many seconds pass in one while all phones only wait.
        at_work: How many may resync at once. Default: all, as far as file descriptors go.
        boot_seconds: How long a phone takes to start.
        sync: Force each save to the disk, as 'phone run' does. Without it the death of this
            process loses nothing either, but a power cut of this machine may.
        seed: Makes random delays repeatable.
        result: A file for the result, as JSON.
        chart: A file for a chart of the load over time, as HTML.
        as_json: Print one JSON object instead.
    """
    _check(count, speed, for_, at_work, boot_seconds)
    if unit.serial:
        raise UsageError("--serial for a fleet", remedy="each phone's is made from its MAC address")
    _check_last(Mac.parse(unit.mac or FIRST_MAC), count)
    for file in filter(None, (result, chart)):
        content.check_place(str(file))
    rule, unit = _rule(server, unit)
    console = terminal(errors=as_json)
    with ExitStack() as stack:
        faults = unit.faults
        bugs = tuple(f"bug={each}" for each in sorted(faults.bugs))
        plain = replace(unit, state=None, mac=unit.mac or FIRST_MAC, fault=bugs)
        pattern, _ = stack.enter_context(plain.plugged(rule=rule, boot_seconds=boot_seconds))
        timetable = _timetable(schedule, count, pattern)
        depot = _depot(stack, unit.state, pattern, count, schedule, forced=sync)
        made = Fleet(
            Roll(pattern.identity, pattern.profile, count, unit.pair_of),
            timetable,
            unit.resolver(SharedResolver),
            depot=depot,
            speed=speed,
            at_work=at_work,
            dice=clock.dice(seed),
            faults=faults,
        )
        if not as_json:
            console.print(_headline(made, pattern, schedule, depot, sync=sync))
        show = stack.enter_context(_shown(console, live=not as_json))
        interrupted = uvloop.run(_run(made, for_, show))
    tell(made, result, chart, interrupted=interrupted, as_json=as_json)


def _check(count: int, speed: float, for_: float | None, at_work: int | None, boot: float) -> None:
    if not 1 <= count <= MOST_PHONES:
        raise UsageError(f"{count} phones", remedy=f"1 to {MOST_PHONES}")
    if not 1.0 <= speed <= 1e6:
        raise UsageError(f"--speed {speed:g}", remedy="1 (real time) to 1000000")
    if for_ is not None and not for_ > 0:
        raise UsageError(f"--for {for_:g}", remedy="a number of seconds above 0")
    if at_work is not None and at_work < 1:
        raise UsageError(f"--at-work {at_work}", remedy="at least 1")
    if not 0.0 <= boot <= HOUR:
        raise UsageError(f"--boot-seconds {boot:g}", remedy="0 to 3600")


def _check_last(first: Mac, count: int) -> None:
    if int(first.digits, 16) + count > 2**48:
        raise UsageError(f"{count} phones from {first}", remedy="start at a lower --mac")


def _rule(server: str | None, unit: Unit) -> tuple[str | None, Unit]:
    """The rule that ``--server`` means, and the phones' options with it."""
    if server is None or "://" in server or server.startswith("["):
        return server, unit
    address = Address.parse(server, port=69)
    if address.port == 69:
        return None, replace(unit, dhcp_tftp=address.host)
    return f"tftp://{address}/$MA.xml", unit


def _timetable(schedule: str, count: int, pattern: Handset) -> Timetable:
    if schedule == "boot-storm":
        return Timetable.boot_storm(count)
    if schedule == "steady":
        return Timetable.steady(count, _period(pattern))
    try:
        text = Path(schedule).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"no schedule {schedule!r} ({getattr(error, 'strerror', None) or error})",
            remedy="boot-storm, steady or a file",
        ) from error
    return Timetable.parse(text, count, schedule)


def _period(pattern: Handset) -> float:
    """Seconds between two resyncs of a phone, to spread a fleet over."""
    plan = Plan.read(pattern.value, pattern.identity.model.traits)
    if not isinstance(plan.periodic, DelayList) or plan.periodic.off:
        return HOUR
    last = plan.periodic.delays[-1]
    return last.seconds + last.spread / 2


def _depot(
    stack: ExitStack,
    state: Path | None,
    pattern: Handset,
    count: int,
    schedule: str,
    *,
    forced: bool,
) -> Depot | None:
    if state is None:
        return None
    if state.exists() and not state.is_dir():
        raise StorageError(f"{state} is a file", remedy="--state of a fleet names a folder")
    who = pattern.identity
    facts = {
        "model": who.model.name,
        "first_mac": str(who.mac),
        "count": count,
        "schedule": schedule,
        "settings": dict(sorted(pattern.profile.values.items())),
        "dhcp": [f"{number}={text}" for number, text in who.lease.options],
    }
    depot = Depot(state, facts, forced=forced)
    stack.callback(depot.close)
    return depot


def _headline(
    made: Fleet, pattern: Handset, schedule: str, depot: Depot | None, *, sync: bool
) -> str:
    who = pattern.identity
    last = made.roll.identity(made.roll.count - 1)
    kept = f"state in {depot.folder}, {SAVED[sync]}" if depot else "they forget (no --state)"
    asks = pattern.value("Profile_Rule") or "no Profile_Rule"
    lines = (
        (
            f"{made.roll.count} phones {who.model.name} {who.mac} to {last.mac}, {schedule}; "
            f"{kept}; up to {made.room} at work at once"
        ),
        f"They ask for {asks}",
    )
    return "\n".join(map(printable, lines))


# -- the run


async def _run(made: Fleet, for_: float | None, show: Callable[[Fleet], None]) -> bool:
    """Run until the end; whether it was interrupted."""
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)

    def ended(running: Fleet) -> bool:
        if stopped.is_set():
            return True
        if for_ is not None:
            return running.elapsed >= for_
        return running.nothing_left()

    await made.run(ended, show)
    return stopped.is_set()


@contextmanager
def _shown(console: Any, *, live: bool) -> Iterator[Callable[[Fleet], None]]:
    """How the view is shown: live on a terminal, as a line now and then elsewhere."""
    if not live:
        yield lambda _: None
        return
    if console.is_terminal:
        with Live(console=console, auto_refresh=False, transient=True) as screen:
            yield lambda running: screen.update(_table(running.view()), refresh=True)
        return
    told = [clock.monotonic()]

    def line(running: Fleet) -> None:
        if clock.monotonic() - told[0] >= QUIET:
            told[0] = clock.monotonic()
            console.print(_line(running.view()))

    yield line


def _facts(view: View) -> dict[str, str]:
    spans = view.tally.spans()
    return {
        "time": f"{view.elapsed:.0f} s",
        "powered": f"{view.on} of {view.count}",
        "due": str(view.due),
        "in flight": str(view.at_work),
        "held back": str(view.held_back),
        "applied": str(view.done),
        "failed": str(view.tally.failed),
        "retries": str(view.tally.retries),
        "away": str(view.away),
        "p50": f"{spans['p50'] * 1000:.0f} ms",
        "p99": f"{spans['p99'] * 1000:.0f} ms",
    }


def _table(view: View) -> Table:
    facts = _facts(view)
    table = Table(*facts)
    table.add_row(*facts.values())
    return table


def _line(view: View) -> str:
    return ", ".join(f"{name} {value}" for name, value in _facts(view).items())
