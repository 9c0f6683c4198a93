"""``ringback report send``: one virtual phone uploads what Report_Rule says, once."""

import asyncio
import json
import sys

from rich.text import Text

from ringback.cli.arguments import Json
from ringback.cli.rules import printable
from ringback.cli.terminal import terminal
from ringback.cli.unit import Unit
from ringback.errors import UsageError
from ringback.phone.desk import Desk
from ringback.phone.report import RULE, Reports, Sent

_GLANCE = 0.02
"""Seconds between two looks at whether the phone has done it."""


def send(
    rule: str | None = None,
    /,
    *,
    unit: Unit = Unit(),  # noqa: B008 (frozen)
    as_json: Json = False,
) -> None:
    """Have one phone upload a report, as a SIP NOTIFY with the event report would.

    Exits 0 when every server took it, 1 when one did not.

    Args:
        rule: Its Report_Rule, such as http://192.168.1.200/$MA.xml or [--status] URL.
        unit: Which phone.
        as_json: One JSON object instead.
    """
    said: list[str] = []
    resolver = unit.resolver()
    with unit.plugged() as (phone, nvram):
        if rule is not None:
            phone.profile, _ = phone.profile.set({RULE: rule})
        if not phone.part(Reports).rule:
            raise UsageError("the phone has no Report_Rule", remedy="name one")
        desk = Desk(phone, resolver, nvram=nvram, hear=lambda say: said.append(say.text))
        sent = asyncio.run(_send_once(desk))
    if as_json:
        targets = [{"url": each.url, "error": each.error or None} for each in sent]
        print(json.dumps({"sent": targets, "said": said}, ensure_ascii=False))
    else:
        _print(sent, said)
    if any(each.error for each in sent):
        sys.exit(1)


async def _send_once(desk: Desk) -> tuple[Sent, ...]:
    await desk.plug_in(resync=False)
    try:
        await desk.until_up()
        desk.phone.report(desk.now())
        desk.settle()
        reports = desk.phone.part(Reports)
        while desk.phone.busy:  # noqa: ASYNC110 (a phone's mind has no event to wait for)
            await asyncio.sleep(_GLANCE)
        return reports.last
    finally:
        await desk.unplug()


def _print(sent: tuple[Sent, ...], said: list[str]) -> None:
    console = terminal()
    for line in said:
        console.print(Text(printable(line), style="dim"))
    for each in sent:
        if each.error:
            complaint = printable(each.error)
            print(f"ringback: report to {each.url} failed: {complaint}", file=sys.stderr)
        else:
            console.print(Text(f"Report sent to {each.url}."))
