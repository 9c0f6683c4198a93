"""What each SIP event asks of a phone: resync, report, restart, a page (S2, S11, S22, F).

One table for both ends: the phone that gets a NOTIFY, and the operator's command that sends one.
Names are compared without regard to capitals, because the vendor's own texts write ``XML-Service``
in three ways.

*Inferred*: ``Event: resync;profile=RULE`` carries a one-shot rule: the firmware reads an item of
that name (F). The rule is everything behind ``profile=``, quoted or not, since rules hold
semicolons and blanks. ``reset`` is known from the firmware alone and taken for a cold restart;
the ``_now`` forms do not wait for the end of a call.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum


class Deed(Enum):
    """What a phone does about an event."""

    RESYNC = "resync"
    REPORT = "report"
    REBOOT = "reboot"
    """Cold: everything begins anew."""
    RESTART = "restart"
    """Warm."""
    PAGE = "page"
    """Look at the URL, or do what the Cisco XML object says, in the body."""
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Notice:
    """One event: what it asks, and of whom it is believed."""

    event: str
    deed: Deed
    guarded: bool = True
    """Whether ``Auth_Resync-Reboot_n_`` asks for credentials first (S16b, S22)."""
    at_once: bool = False
    """Whether it does not wait for the end of a call."""
    rule: str = ""
    """The one-shot profile rule it brings."""


_ROWS = (
    Notice("resync", Deed.RESYNC),  # S2
    Notice("check-sync", Deed.RESYNC),  # C1, C7, C9, F
    Notice("report", Deed.REPORT),  # S11, S5
    Notice("reboot", Deed.REBOOT),  # S2
    Notice("reboot_now", Deed.REBOOT, at_once=True),  # S2, F
    Notice("restart", Deed.RESTART),  # S2
    Notice("restart_now", Deed.RESTART, at_once=True),  # S2, F
    Notice("reset", Deed.REBOOT),  # F
    Notice("reset_now", Deed.REBOOT, at_once=True),  # F
    Notice("XML-Service", Deed.PAGE),  # S22
    Notice("message-summary", Deed.NOTHING, guarded=False),  # RFC 3842: a lamp we do not have
    Notice("keep-alive", Deed.NOTHING, guarded=False),  # the other end's way through a router
)
EVENTS: Mapping[str, Notice] = {notice.event.lower(): notice for notice in _ROWS}
"""Every event a phone knows, by its name in small letters."""

_PROFILE = "profile="


def read(event: str) -> Notice | None:
    """What an Event header asks; None for an event that phones do not know."""
    name, _, rest = event.partition(";")
    found = EVENTS.get(name.strip().lower())
    if found is None:
        return None
    at = rest.lower().find(_PROFILE)
    rule = rest[at + len(_PROFILE) :].strip() if at >= 0 else ""
    if len(rule) > 1 and rule[0] == rule[-1] == '"':
        rule = rule[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    return replace(found, rule=rule)


def write(event: str, rule: str = "") -> str:
    """The Event header for an event, and a rule if there is one."""
    if not rule:
        return event
    quoted = rule.replace("\\", "\\\\").replace('"', '\\"')
    return f'{event};profile="{quoted}"'
