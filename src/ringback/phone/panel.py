"""A phone's own web pages: which exist, who may open them, and when the phone serves them.

Every page is a row of a table: its view, the lock that guards it, the settings that must be on,
and whether it changes the phone. A request passes, in this order: the web server is on and the
phone is up; the page exists; its switches are on; no other site made a browser ask; the gate. Every
error is a page, and none is a traceback.

*Inferred*: ``Enable_Web_Admin_Access`` closes everything under ``/admin``, direct actions too;
``status.xml`` is served to everybody, before any login (F).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from ringback.errors import RefusedError, RingbackError
from ringback.http.answer import Answer
from ringback.http.digest import Verdict
from ringback.phone import account, direct, tabs, visit, xml_page
from ringback.phone.account import Lock
from ringback.phone.form import MOST_BODY
from ringback.phone.handset import Handset, Phase
from ringback.phone.obey import ENABLE
from ringback.phone.origin import refuse_other_sites
from ringback.phone.visit import ADVANCED, Visit

__all__ = ["MOST_BODY", "Visit", "answer"]


def _login() -> Answer:
    return visit.notice(
        "Log in to this phone",
        "Its accounts are admin and user, each with a password of its own.",
        "Load this page again to be asked again.",
        status=401,
    )


@dataclass(frozen=True, slots=True)
class Route:
    """One page."""

    view: Callable[[Visit], Answer]
    lock: Callable[[Handset], Lock] = account.anybody
    switches: tuple[str, ...] = ()
    """Settings that must not be No; models without them behave as if they were Yes."""
    needs: tuple[str, ...] = ()
    """Settings that must be Yes."""
    changes: bool = False
    """Whether it does something; then no other site may ask for it, and not by HEAD."""
    direct: bool = False
    """Whether ``xuser`` and ``xpassword`` in the URL count."""
    denied: Callable[[], Answer] = _login


def _admin(view: Callable[[Visit], Answer], *, changes: bool = False) -> Route:
    return Route(view, account.admin, ("Enable_Web_Admin_Access",), changes=changes)


def _direct(view: Callable[[Visit], Answer], *, changes: bool = True) -> Route:
    switches = ("Enable_Web_Admin_Access", "Enable_Direct_Action_Url")
    return Route(view, account.admin, switches, changes=changes, direct=True)


_USER_SUBMIT = Route(tabs.user_submit, account.user, changes=True)
_ADMIN_SUBMIT = _admin(tabs.admin_submit, changes=True)
_BASIC, _ADVANCED = Route(tabs.user_basic, account.user), Route(tabs.user_advanced, account.user)
_STATUS = Route(direct.status_page)
_RESYNC, _UPGRADE = _direct(direct.resync), _direct(direct.upgrade)
_UPDATE_CA = _direct(direct.update_ca)
_CONFIGURATION = _direct(direct.configuration, changes=False)

ROUTES: Mapping[tuple[str, str], Route] = {
    ("GET", "/"): _BASIC,
    ("GET", "/basic"): _BASIC,
    ("GET", "/advanced"): _ADVANCED,
    ("POST", "/"): _USER_SUBMIT,
    ("POST", "/basic"): _USER_SUBMIT,
    ("POST", "/advanced"): _USER_SUBMIT,
    ("GET", "/admin"): _admin(tabs.admin_advanced),
    ("GET", "/admin/"): _admin(tabs.admin_advanced),
    ("GET", "/admin/basic"): _admin(tabs.admin_basic),
    ("GET", "/admin/advanced"): _admin(tabs.admin_advanced),
    ("POST", "/admin"): _ADMIN_SUBMIT,
    ("POST", "/admin/"): _ADMIN_SUBMIT,
    ("POST", "/admin/basic"): _ADMIN_SUBMIT,
    ("POST", "/admin/advanced"): _ADMIN_SUBMIT,
    ("GET", "/admin/resync"): _RESYNC,
    ("GET", "/admin/upgrade"): _UPGRADE,
    ("GET", "/admin/updateca"): _UPDATE_CA,
    ("GET", "/admin/updateCA"): _UPDATE_CA,  # as the firmware spells it (F)
    ("GET", "/admin/reboot"): _direct(direct.reboot),
    ("POST", "/admin/config.xml"): _direct(direct.push),
    ("GET", "/status.xml"): _STATUS,
    ("GET", "/admin/status.xml"): replace(_STATUS, switches=("Enable_Direct_Action_Url",)),
    ("POST", "/CGI/Execute"): Route(
        xml_page.execute, account.xml, needs=(ENABLE,), changes=True, denied=xml_page.denied
    ),
}
_BARE: Mapping[tuple[str, str], Route] = {
    ("GET", "/resync"): _RESYNC,
    ("GET", "/upgrade"): _UPGRADE,
}
"""Direct actions that some generations take without ``/admin`` as well (S13)."""


def answer(seen: Visit) -> Answer:
    """Answer a request."""
    if seen.request.path == "/page.css":
        return visit.style()
    if not seen.phone.has_pages:
        return _not_up(seen.phone)
    try:
        return _pass(seen)
    except RingbackError as error:
        return visit.refused(error)


def _pass(seen: Visit) -> Answer:
    """Find the page, and let the request through all that guards it."""
    phone, request = seen.phone, seen.request
    route = _route(phone, request.method, _path(seen))
    if route is None:
        return _missing(seen)
    _refuse_switched_off(phone, route)
    if route.changes:
        refuse_other_sites(request)
    lock = route.lock(phone)
    given = direct.credentials_in(request.target) if route.direct else None
    if given and lock.fits(*given):
        return route.view(seen)
    verdict = seen.gate.judge(lock, request, seen.now)
    if verdict is Verdict.ADMITTED:
        return route.view(seen)
    refusal = route.denied()
    asked = seen.gate.challenges(lock, seen.now, stale=verdict is Verdict.STALE)
    return refusal._replace(headers=refusal.headers + asked)


def _path(seen: Visit) -> str:
    """The path without the credentials that the guide's command appends to it (S2)."""
    path, credentials, _ = seen.request.path.partition("&xuser=")
    return path if credentials and path.startswith("/admin/") else seen.request.path


def _route(phone: Handset, method: str, path: str) -> Route | None:
    """The row of a page on this phone; None when it has none for this method."""
    traits = phone.identity.model.traits
    key = ("GET" if method == "HEAD" else method), path
    found = ROUTES.get(key)
    if key == ("GET", f"/admin/{traits.config_page}"):
        found = _CONFIGURATION
    elif traits.bare_actions:
        found = _BARE.get(key, found)
    return None if found and found.changes and method == "HEAD" else found


def _refuse_switched_off(phone: Handset, route: Route) -> None:
    for name in route.switches:
        if not phone.holds(name):
            raise RefusedError("this page is switched off", why=f"{name} is No")
    for name in route.needs:
        if not phone.profile.flag(name):
            raise RefusedError("this page is switched off", why=f"{name} is not Yes")


# Pages that say no


def _not_up(phone: Handset) -> Answer:
    if phone.phase is Phase.UP:
        return visit.notice("The web server of this phone is disabled", status=403)
    return visit.notice(
        "Your phone is starting", "One moment.", status=503, refresh=f"2; url={ADVANCED}"
    )


def _missing(seen: Visit) -> Answer:
    path = _path(seen)
    if any(_route(seen.phone, method, path) for method in ("GET", "POST")):
        return visit.notice("This page takes another method", status=405)
    return visit.notice("There is no such page on this phone", status=404, link=("Start", "/"))
