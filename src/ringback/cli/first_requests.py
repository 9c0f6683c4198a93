"""``ringback phone first-requests``: what a phone fresh from the factory would ask for, in order.

Nothing is sent: the phone's mind is shown what DHCP says and asked what it would try.
"""

import json
from typing import Any

from rich.text import Text

from ringback.cisco.rule import evaluate
from ringback.cli.arguments import Json
from ringback.cli.terminal import terminal
from ringback.cli.unit import Unit
from ringback.errors import RingbackError
from ringback.phone.handset import Handset
from ringback.phone.retrieve import in_words, refuse_impossible, with_server
from ringback.phone.zero_touch import RULE, Candidate, ZeroTouch


def first_requests(
    *,
    unit: Unit = Unit(),  # noqa: B008 (frozen)
    as_json: Json = False,
) -> None:
    """List what a phone fresh from the factory asks for, in order, given what DHCP says.

    The first one that brings a file ends the search. Nothing is sent.

    Args:
        unit: Which phone, and what it is told: --model 8851 --dhcp 66=prov.example.com
        as_json: One JSON object instead.
    """
    with unit.plugged() as (phone, _):
        zero = phone.part(ZeroTouch)
        found = [_row(phone, candidate) for candidate in zero.candidates() or _own(phone)]
        facts = {
            "model": phone.identity.model.name,
            "customization": zero.state.value,
            "requests": found,
        }
    if as_json:
        print(json.dumps(facts, ensure_ascii=False))
    else:
        _print(facts)


def _own(phone: Handset) -> tuple[Candidate, ...]:
    return (Candidate(RULE, phone.value(RULE)),)


def _row(phone: Handset, candidate: Candidate) -> dict[str, str]:
    row = {"because": candidate.origin, "rule": candidate.rule, "url": "", "error": ""}
    try:
        evaluation = evaluate(candidate.rule, phone.macros())
        url = with_server(phone, evaluation.url, "") if evaluation.url else None
    except RingbackError as error:
        return {**row, "error": in_words(error)}
    if url is None:
        return {**row, "error": "the rule asks for nothing"}
    if not url.host:
        return {**row, "error": "no server: DHCP names none, and nor does the rule"}
    try:
        refuse_impossible(url)
    except RingbackError as error:
        return {**row, "error": in_words(error)}
    srv = " (its servers by DNS SRV)" if evaluation.options.srv else ""
    return {**row, "url": f"{url}{srv}"}


def _print(facts: dict[str, Any]) -> None:
    console = terminal()
    console.print(Text(f"{facts['model']}, customization {facts['customization']}, asks for:"))
    for number, row in enumerate(facts["requests"], 1):
        style = "" if row["url"] else "yellow"
        told = row["url"] or f"nothing: {row['error']}"
        console.print(Text(f"{number:3}. {told}", style=style))
        console.print(Text(f"     because of {row['because']}: {row['rule']}", style="dim"))
