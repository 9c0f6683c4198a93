"""``ringback phone``: virtual phones that resync once, or stay up.

What is printed is what the phone says and what changed, unmasked: whoever plugs this phone in
holds its secrets anyway. Lines of Debug_Level mask them, as they do on the wire.
"""

import asyncio
import json
import signal
import sys
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter
from rich.text import Text

from ringback.cisco.resync import Cause, Result
from ringback.cli import calls
from ringback.cli.arguments import Json
from ringback.cli.rules import printable
from ringback.cli.terminal import terminal
from ringback.cli.unit import Unit
from ringback.errors import RefusedError
from ringback.phone.action import Outcome, Say
from ringback.phone.control import Control
from ringback.phone.desk import Desk
from ringback.phone.handset import Handset
from ringback.settings import Address

app = App(name="phone", help="Plug in virtual phones that behave as real ones do.")
# What is imported only when it is called for is told here, since --help lists it before that.
_LATER = {
    "call": ("calls:app", "Begin and end calls on a phone that runs.", ""),
    "factory-reset": (
        "calls:factory_reset",
        "Take a phone that runs back to the factory's settings, once no call is up.",
        "Every setting, the custom CA and what it remembers are gone; the firmware stays.",
    ),
    "first-requests": (
        "first_requests:first_requests",
        "List what a phone fresh from the factory asks for, in order, given what DHCP says.",
        "The first one that brings a file ends the search. Nothing is sent.",
    ),
    "fleet": (
        "fleets:fleet",
        "Plug in a fleet of virtual phones, and watch the load they make.",
        (
            "Each is the same phone as in 'phone run'. It ends when every phone has applied its "
            "profile (or never will), after --for seconds, or with Ctrl-C. With --state it goes on "
            "where it was stopped when it is called again. Exits 0 when every phone has applied a "
            "profile, else 1."
        ),
    ),
    "models": (
        "models:models",
        "Print the models, and every switch where generations differ, with its sources.",
        "The keys of sources are explained in docs/sources.md; inferred means that none says so.",
    ),
}
for _name_of, (_where, _summary, _more) in _LATER.items():
    app.command(f"ringback.cli.{_where}", name=_name_of, help=f"{_summary}\n\n{_more}".strip())

UNTIL_UP = 10.0
"""Seconds in which a phone must have started; only faults of its power keep it from that."""
BOOT_SECONDS = 1.0
"""A real phone takes most of a minute; nobody wants to wait for a virtual one."""


@app.command
def resync(
    rule: str | None = None,
    /,
    *,
    unit: Unit = Unit(),  # noqa: B008 (frozen)
    as_json: Json = False,
) -> None:
    """Resync one phone once, and say what changed.

    Exits 0 when the profile was applied, 1 when the resync failed.

    Args:
        rule: A one-shot rule, such as tftp://192.168.1.200/basic.txt or [--key secret] URL.
            Without one the phone follows its own rules, Profile_Rule to Profile_Rule_D.
        unit: Which phone.
        as_json: One JSON object instead.
    """
    said: list[str] = []
    resolver = unit.resolver()
    with unit.plugged() as (phone, nvram):
        desk = Desk(
            phone,
            resolver,
            nvram=nvram,
            hear=lambda say: said.append(say.text),
            faults=unit.faults,
        )
        outcome = asyncio.run(_resync_once(desk, rule))
    if as_json:
        print(json.dumps(_as_dict(outcome, said), ensure_ascii=False))
    else:
        _print(outcome, said)
    if outcome.result is Result.FAILED:
        sys.exit(1)


async def _resync_once(desk: Desk, rule: str | None) -> Outcome:
    await desk.plug_in(resync=False)
    try:
        async with asyncio.timeout(UNTIL_UP):
            await desk.until_up()
        return await desk.resync(rule)
    except TimeoutError:
        why = f"the phone was not up after {UNTIL_UP:g} s: its power fails too often"
        return Outcome(Cause.REQUEST, Result.FAILED, error="interrupted", explanation=why)
    except RefusedError as error:
        text = f"{error.what}: {error.why}"
        return Outcome(Cause.REQUEST, Result.FAILED, error=error.what, explanation=text)
    finally:
        await desk.unplug()


def _as_dict(outcome: Outcome, said: list[str]) -> dict[str, Any]:
    return {
        "applied": outcome.result is not Result.FAILED,
        "url": outcome.url or None,
        "error": outcome.error or None,
        "explanation": outcome.explanation or None,
        "restart": outcome.result is Result.OK_REBOOT,
        "changed": {change.name: [change.old, change.new] for change in outcome.changes},
        "said": said,
    }


def _print(outcome: Outcome, said: list[str]) -> None:
    console = terminal()
    for line in said:
        console.print(Text(line, style="dim"))
    for change in outcome.changes:
        console.print(Text(f"{change.name}: {change.old!r} became {change.new!r}"))
    if outcome.result is Result.FAILED:
        complaint = (
            f"{outcome.error}: {outcome.explanation}" if outcome.explanation else outcome.error
        )
        print(f"ringback: resync failed: {complaint}", file=sys.stderr)
        return
    if not outcome.changes:
        console.print(Text("Nothing changed."))
    if outcome.result is Result.OK_REBOOT:
        console.print(Text("The phone would now restart: a changed setting needs it."))


@app.command
def run(
    rule: str | None = None,
    /,
    *,
    unit: Unit = Unit(),  # noqa: B008 (frozen)
    pages: Annotated[str | None, Parameter(name="--pages")] = None,
    sip: Annotated[str | None, Parameter(name="--sip")] = None,
    boot_seconds: Annotated[float, Parameter(name="--boot-seconds")] = BOOT_SECONDS,
    control: calls.ControlPath = None,
) -> None:
    """Plug a phone in and leave it on until stopped; print each line it says.

    It resyncs when it starts (Resync_On_Reset, spread over Resync_Random_Delay, 0 to 40 s unless
    set) and then as its settings say.

    Args:
        rule: Its Profile_Rule.
        unit: Which phone.
        pages: HOST:PORT of its own web pages, such as 127.0.0.1:8080. HOST alone takes its
            Web_Server_Port, if that is not the factory's, or a free port, which is said.
        sip: HOST[:PORT] where its lines speak SIP: they register and hear NOTIFY. Default port: its
            SIP_Port_1_.
        boot_seconds: How long it takes to start, and to restart after a submission.
        control: Where ringback phone call finds it. Default: beside its state file, if it has one.
    """
    resolver = unit.resolver()
    where = Address.parse(pages, port=0) if pages else None  # Wrong usage is told first.
    listening = where.host if where and where.host not in ("0.0.0.0", "::") else ""  # noqa: S104
    with unit.plugged(rule=rule, boot_seconds=max(0.0, boot_seconds), address=listening) as plugged:
        phone, nvram = plugged
        if pages:
            where = Address.parse(pages, port=_own_port(phone, "Web_Server_Port") or 0)
        desk = Desk(phone, resolver, nvram=nvram, hear=_print_line, faults=unit.faults)
        door = control or (calls.beside(unit.state) if unit.state else None)
        asyncio.run(_stay_up(desk, where, door, _sip(phone, sip)))


def _print_line(say: Say) -> None:
    # One line each, whatever a server's name or a file's may hold.
    print(printable(say.text), flush=True)


def _sip(phone: Handset, asked: str | None) -> tuple[str, int] | None:
    """Where the phone speaks SIP; its own port where none is named."""
    if asked is None:
        return None
    where = Address.parse(asked, port=_own_port(phone, "SIP_Port_1_", factory=True) or 5060)
    return where.host, where.port


def _own_port(phone: Handset, name: str, *, factory: bool = False) -> int | None:
    """The port a setting names; None for none, or for the factory's unless that counts."""
    own, entry = phone.value(name).strip(), phone.profile.catalogue.entry(name)
    if not factory and entry and own == entry.default:
        return None
    return int(own) if own.isascii() and own.isdigit() and 0 < int(own[:6]) < 65536 else None


async def _stay_up(
    desk: Desk, where: Address | None, door: Path | None, sip: tuple[str, int] | None
) -> None:
    """Run until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    control = Control(desk.phone, desk.now, desk.settle)
    if door:
        await control.open(door)
    try:
        await desk.plug_in((where.host, where.port) if where else None, sip=sip)
        print(f"{_name(desk)} starts" + (f"; control: {door}" if door else ""), flush=True)
        await _until(stop, desk)
    finally:
        await control.close()


async def _until(stop: asyncio.Event, desk: Desk) -> None:
    try:
        greeting = asyncio.create_task(_greet(desk))
        await stop.wait()
        greeting.cancel()
    finally:
        await desk.unplug()


async def _greet(desk: Desk) -> None:
    """Say who is up and where its pages are, once there is something to see."""
    await desk.until_up()
    shown = f"{_name(desk)} is up"
    if desk.switchboard:
        host, port = desk.switchboard.sockname
        shown += f"; its lines: {f'[{host}]' if ':' in host else host}:{port}"
    if desk.pages:
        host, port = desk.pages
        bracketed = f"[{host}]" if ":" in host else host
        shown += f"; its pages: http://{bracketed}:{port}/admin/advanced"
    print(shown, flush=True)


def _name(desk: Desk) -> str:
    who = desk.phone.identity
    return f"{who.model.name} {who.mac.colons} {who.serial}"
