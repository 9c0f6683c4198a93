"""Direct action URLs: ``/admin/resync?RULE`` and its kin (S15, S19).

Everything after the first question mark is the rule, further question marks included. It may be
typed raw, as browsers leave it, or percent-encoded; a plus stands for a blank, but only before
the URL begins, where rules have blanks (``[--uid+admin+--pwd+555]http://…``): in a URL a plus is
a plus. So a key that holds a plus is written ``%2B``, and a path that holds ``%20`` is written
``%2520`` (*inferred*: the guides show only the simple cases).

``&xuser=…&xpassword=…`` at the end are an account's credentials, not part of the rule (S2). The
guide's own command appends them to a path that has no question mark, and so they are read there.
"""

import re
from urllib.parse import unquote

from ringback.cisco import flat_profile, report
from ringback.http.answer import Answer
from ringback.phone import status, view, visit
from ringback.phone.push import Push
from ringback.phone.secret import mask
from ringback.phone.upgrade import Upgrades
from ringback.phone.visit import ADVANCED, BACK, Visit

_PAIR = r"(?:xuser|xpassword)=[^&]*"
_CREDENTIALS = re.compile(rf"(?:(?:^|&){_PAIR})+$")
_NAMED = re.compile(r"(?:^|&)(xuser|xpassword)=([^&]*)")
_BEFORE_URL = re.compile(r"\]|%5D|(?:\)|%29)(?:[?!]|%3F|%21)", re.IGNORECASE)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9.-]*(?:://|%3A%2F%2F)", re.IGNORECASE)


def rule_in(query: str) -> str:
    """The rule in a query as it was sent; empty for the phone's own rules."""
    raw = _CREDENTIALS.sub("", query)
    start = _url_start(raw)
    return unquote(raw[:start].replace("+", " ") + raw[start:]).strip()


def credentials_in(target: str) -> tuple[str, str] | None:
    """Name and password at the end of a request target; None when they are not there."""
    path, _, query = target.partition("?")
    found = _CREDENTIALS.search(query or path)
    if found is None:
        return None
    given = dict(_NAMED.findall(found[0]))
    return unquote(given.get("xuser", "")), unquote(given.get("xpassword", ""))


def _url_start(raw: str) -> int:
    """Where the URL begins: after the last options, condition or assignment, at its scheme."""
    block = max((found.end() for found in _BEFORE_URL.finditer(raw)), default=0)
    scheme = _SCHEME.search(raw, block)
    return scheme.start() if scheme else block


# What each does


def resync(seen: Visit) -> Answer:
    """Resync: to the rule in the URL, once, or to the phone's own."""
    rule = rule_in(seen.request.query)
    seen.phone.request(rule or None, seen.now, host=seen.request.address)
    seen.settle()
    shown = f"Rule: {mask(rule)}" if rule else "It follows its own profile rules."
    return visit.notice("Your phone will resync when it is not in use", shown, link=BACK)


def update_ca(seen: Visit) -> Answer:
    """Install a custom authority, once."""
    rule = rule_in(seen.request.query)
    seen.phone.update_ca(rule or None, seen.now, host=seen.request.address)
    seen.settle()
    shown = f"Rule: {mask(rule)}" if rule else "It follows its own custom CA rule."
    title = "Your phone will install a custom CA when it is not in use"
    return visit.notice(title, shown, "Info, Custom CA Status, tells how it went.", link=BACK)


def upgrade(seen: Visit) -> Answer:
    """Upgrade to the firmware in the URL, once, or by the phone's own rule."""
    rule = rule_in(seen.request.query)
    upgrades = seen.phone.part(Upgrades)
    upgrades.request(rule or None, seen.now, host=seen.request.address)
    seen.settle()
    shown = f"Rule: {mask(rule)}" if rule else "It follows its own upgrade rule."
    return visit.notice("Your phone will upgrade when it is not in use", shown, link=BACK)


def reboot(seen: Visit) -> Answer:
    """Restart; the page comes back by itself, as on the phones (S15)."""
    seen.phone.reboot(seen.now)
    seen.settle()
    title = "Your phone will reboot when it is not in use"
    return visit.notice(title, refresh=f"{seen.back_up}; url={ADVANCED}", link=BACK)


def push(seen: Visit) -> Answer:
    """Apply the profile in the body."""
    elements = tuple(flat_profile.read(seen.request.body, name="config.xml").elements)
    wish = Push(elements)
    seen.phone.want(wish, seen.now)
    seen.settle()
    if wish.error:
        raise wish.error
    if not wish.done:
        return visit.notice("The profile will be applied when the phone is not busy", link=BACK)
    names = ", ".join(change.name for change in wish.changes) or "none"
    return visit.notice("The profile was applied", f"Parameters changed: {names}", link=BACK)


# What they show


def configuration(seen: Visit) -> Answer:
    """The running configuration."""
    return visit.xml(view.configuration(seen.phone, seen.now))


def status_page(seen: Visit) -> Answer:
    """``status.xml``."""
    return visit.xml(report.status(status.facts(seen.phone, seen.now)))
