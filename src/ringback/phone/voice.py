"""What a phone says on syslog: which lines, how loud, and to whom.

The three provisioning lines are parameters with macros (S1, S4); a cleared one is not sent. They
go to ``Syslog_Server``, and to ``Debug_Server`` as well (S1). ``Debug_Level`` adds details: 1 the
request and the result, 2 the trace of each rule, 3 each parameter changed. Details go to
``Debug_Server``; where none is set, later generations send them to ``Syslog_Server`` (a trait).
MPP spells the level as a syslog severity; that its default NOTICE stands for 0, INFO for 1 and
DEBUG for 3 is *inferred*.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ringback.cisco.macro import expand
from ringback.cisco.profile import Change, Profile
from ringback.cisco.resync import phone_offset
from ringback.phone.action import Say
from ringback.phone.secret import MASK, mask

if TYPE_CHECKING:
    from ringback.phone.handset import Handset

LOUDEST = 3
_SEVERITIES: Mapping[str, int] = {"INFO": 1, "DEBUG": LOUDEST}


def loudness(level: str) -> int:
    """``Debug_Level`` as 0 to 3; a severity name is mapped, nonsense is 0."""
    text = level.strip().upper()
    if text.isascii() and text.isdigit():
        return min(int(text[:4]), LOUDEST)
    return _SEVERITIES.get(text, 0)


def line(phone: "Handset", parameter: str, state: Mapping[str, str]) -> Say | None:
    """The provisioning line whose format is in ``parameter``; None when it is cleared."""
    template = phone.value(parameter)
    text = expand(template, phone.macros(**state)).text.strip() if template.strip() else ""
    servers = (phone.value(name).strip() for name in ("Syslog_Server", "Debug_Server"))
    return _say(phone, text, tuple(dict.fromkeys(filter(None, servers)))) if text else None


def detail(phone: "Handset", level: int, text: str) -> Say | None:
    """A line of ``Debug_Level``; None when the phone is set to be quieter."""
    if loudness(phone.value("Debug_Level")) < level:
        return None
    server = phone.value("Debug_Server").strip()
    if not server and phone.identity.model.traits.details_to_syslog:
        server = phone.value("Syslog_Server").strip()
    return _say(phone, text, (server,) if server else (), level)


def _say(phone: "Handset", text: str, servers: tuple[str, ...], level: int = 0) -> Say:
    """With the header that this generation puts before a line (S4)."""
    if not phone.identity.model.traits.syslog_timestamps:
        return Say(text, servers, level)
    identifier = phone.value("Syslog_Identifier").strip()
    named = identifier.startswith("$")  # None, or one of $MA $MAU $MAC $SN
    device = expand(identifier, phone.macros()).text if named else ""
    return Say(text, servers, level, phone_offset(phone.value("Time_Zone")), device)


def describe(profile: Profile, change: Change) -> str:
    """A change in words, with secrets masked."""
    if profile.secret(change.name):
        return f"{change.name} changed to {MASK}"
    return mask(f"{change.name}: {change.old!r} became {change.new!r}")
