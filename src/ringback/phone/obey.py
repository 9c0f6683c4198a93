"""What one item of a Cisco XML object asks of a phone, and the doing of it.

The same items come by ``POST /CGI/Execute`` and in the body of a SIP NOTIFY; who may send them is
decided before (account.py for the page, the line's own challenge for SIP). ``Resync:`` carries a
profile rule (S1). The other schemes are those of the firmware (F) and of the vendor's notes for
application developers (S23). ``Reboot:`` as the scheme that restarts a phone is *inferred*: no
source names one.

A pressed key is said with Debug_Level 1, because a virtual phone has neither screen nor keypad;
what needs one (``Play:``, ``Dial:``, pages to show) is answered "not supported".
"""

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ringback.errors import RefusedError
from ringback.phone.execute import rule_of

if TYPE_CHECKING:
    from ringback.phone.handset import Handset

ENABLE = "CISCO_XML_EXE_Enable"

_KEY = re.compile(
    r"line([1-9]|[12][0-9]|3[0-4])|keypad([0-9]|star|pound)|soft[1-5]|vol(dwn|up)"
    r"|headset|speaker|mute|info|messages|services|directories|settings|appmenu|hold"
    r"|nav(up|dwn|left|right|select|back)"
)
"""Keys that can be pressed from afar (S23), in lower case."""


def may_execute(phone: "Handset") -> bool:
    """Whether the phone takes Cisco XML objects at all; models without the setting do not."""
    return phone.profile.flag(ENABLE)


def obey(phone: "Handset", url: str, now: float, *, host: str = "") -> str:
    """Do what the URL of one item asks; "" or why not.

    ``host`` is who asks; it serves a rule that names no server.
    """
    scheme = url.strip().partition(":")[0].strip().lower()
    act = _SCHEMES.get(scheme)
    if act is None or ":" not in url:
        return "not supported"
    try:
        act(phone, url.strip(), now, host)
    except RefusedError as error:
        return f"{error.what}: {error.why}"
    return ""


def _resync(phone: "Handset", url: str, now: float, host: str) -> None:
    phone.request(rule_of(url) or None, now, host=host)


def _reboot(phone: "Handset", url: str, now: float, host: str) -> None:
    del url, host
    phone.reboot(now)


def _press(phone: "Handset", url: str, now: float, host: str) -> None:
    del now, host
    key = url.partition(":")[2].strip()
    if not _KEY.fullmatch(key.lower()):
        raise RefusedError("there is no such key", why=f"{key[:40]!r} is on no phone")
    phone.detail(1, f"key pressed: {key}")


_SCHEMES: Mapping[str, Callable[["Handset", str, float, str], None]] = {
    "resync": _resync,
    "reboot": _reboot,
    "key": _press,
}
