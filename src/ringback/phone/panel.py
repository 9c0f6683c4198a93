"""A phone's own web pages: a request in, an answer out; the wishes it holds go to the handset.

``settle`` is called after each wish, so that an answer can say what came of it: a page that says
"saved" is sent after the disk has spoken.

There are no accounts yet; they come with the rest of the phone's pages, and with them the gates
``Enable_Web_Admin_Access`` and ``Enable_Direct_Action_Url``. What is guarded now is the browser of
whoever may open these pages: nothing that changes the phone is done for a request that another
site made (``Sec-Fetch-Site``, ``Origin``, ``Referer``); a plain tool sends none of these and is
served. Direct action URLs change things by GET, as on real phones, so a browser that tells
neither where it comes from nor who sent it there can still be led to one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qsl, urlsplit

from ringback.cisco.profile import Profile
from ringback.errors import NotFoundError, RefusedError, RingbackError, StorageError
from ringback.http.answer import Answer
from ringback.http.request import Request
from ringback.phone import page, view
from ringback.phone.direct import rule_in
from ringback.phone.execute import execute, rule_of
from ringback.phone.handset import Handset, Phase
from ringback.phone.secret import mask

MOST_BODY = 1024 * 1024
"""Bytes of a form: every setting of the largest model fits several times."""
MOST_FIELDS = 10_000

_HTML, _XML = "text/html; charset=utf-8", "text/xml; charset=utf-8"
_POLICY = (
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_HEADERS = (
    ("Content-Security-Policy", _POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("Cache-Control", "no-store"),
)
_ADMIN = "/admin/advanced"
_BACK = ("Back", _ADMIN)


@dataclass(frozen=True, slots=True)
class Visit:
    """One request to one phone. ``settle`` has the phone do what it was asked."""

    phone: Handset
    request: Request
    now: float
    settle: Callable[[], None]


def answer(visit: Visit) -> Answer:
    """Answer a request; every error is a page, and none is a traceback."""
    request, phone = visit.request, visit.phone
    if request.path == "/page.css":
        return Answer(200, page.style(), "text/css; charset=utf-8", _HEADERS)
    if not phone.has_pages:
        return _not_up(phone)
    change = _CHANGES.get((request.method, request.path))
    reading = _READS.get(request.path) if request.method in ("GET", "HEAD") else None
    if request.path == f"/admin/{phone.identity.model.traits.config_page}":
        reading = _configuration
    try:
        if change:
            _refuse_other_sites(request)
            return change(visit)
        return reading(visit) if reading else _missing(request)
    except RingbackError as error:
        return _refused(error)


# Pages that show


def _user(visit: Visit) -> Answer:
    return _tabs(visit, (), ("Admin Login", _ADMIN))


def _basic(visit: Visit) -> Answer:
    return _tabs(visit, ("System",), ("User Login", "/"), ("advanced", _ADMIN))


def _advanced(visit: Visit) -> Answer:
    sheets = ("System", "Provisioning")
    return _tabs(visit, sheets, ("User Login", "/"), ("basic", "/admin/basic"))


def _tabs(visit: Visit, sheets: tuple[str, ...], *links: tuple[str, str]) -> Answer:
    product = f"{visit.phone.identity.model.name} Configuration Utility"
    tabs = [view.info(visit.phone, visit.now)]
    tabs += [
        view.settings(visit.phone, name, group="Voice" if name == sheets[0] else "")
        for name in sheets
    ]
    action = visit.request.path if sheets else ""
    chosen = _tab_in(visit.request.query)
    body = page.header(product, links) + page.tabbed(tabs, chosen, action=action)
    return _page(200, product, body)


def _tab_in(query: str) -> str:
    """``tab`` of a query; whatever cannot be read asks for none."""
    try:
        return dict(parse_qsl(query, max_num_fields=16)).get("tab", "")
    except ValueError:
        return ""


def _configuration(visit: Visit) -> Answer:
    return Answer(200, view.configuration(visit.phone), _XML, _HEADERS)


# Pages that change something


def _submit(visit: Visit) -> Answer:
    """*Submit All Changes*: what differs is set, and the phone restarts in any case."""
    phone, fields = visit.phone, _form(visit.request)
    tab = fields.pop("tab", "")
    submission = phone.submit(_differing(phone.profile, fields), visit.now)
    visit.settle()
    if submission.error:
        raise submission.error
    back = visit.request.path + (f"?tab={tab}" if tab.isascii() and tab.isalpha() else "")
    seconds = max(1, round(phone.identity.boot_seconds) + 1)
    return _notice(
        200,
        "Your phone is restarting with the new settings",
        "They are saved." if submission.done else "They will be saved in a moment.",
        "After the restart the phone resyncs with its provisioning server.",
        refresh=f"{seconds}; url={back}",
        link=("Back", back),
    )


def _differing(profile: Profile, fields: Mapping[str, str]) -> dict[str, str]:
    """What was changed; an empty password field stands for an unchanged password."""
    return {
        name: value
        for name, value in fields.items()
        if name not in profile
        or (value != profile.value(name) and (value or not profile.secret(name)))
    }


def _resync(visit: Visit) -> Answer:
    rule = rule_in(visit.request.query)
    visit.phone.request(rule or None, visit.now, host=visit.request.address)
    visit.settle()
    shown = f"Rule: {mask(rule)}" if rule else "It follows its own profile rules."
    return _notice(200, "Your phone will resync when it is not in use", shown, link=_BACK)


def _update_ca(visit: Visit) -> Answer:
    rule = rule_in(visit.request.query)
    visit.phone.update_ca(rule or None, visit.now, host=visit.request.address)
    visit.settle()
    shown = f"Rule: {mask(rule)}" if rule else "It follows its own custom CA rule."
    title = "Your phone will install a custom CA when it is not in use"
    return _notice(200, title, shown, "Info, Custom CA Status, tells how it went.", link=_BACK)


def _reboot(visit: Visit) -> Answer:
    visit.phone.reboot(visit.now)
    visit.settle()
    return _notice(200, "Your phone will reboot when it is not in use", link=_BACK)


def _execute(visit: Visit) -> Answer:
    return Answer(200, execute(visit.request.body, lambda url: _obey(visit, url)), _XML, _HEADERS)


def _obey(visit: Visit, url: str) -> str:
    """Do what one item of Cisco XML asks; "" or why not."""
    rule = rule_of(url)
    if rule is None:
        return "not supported"
    try:
        visit.phone.request(rule or None, visit.now, host=visit.request.address)
    except RefusedError as error:
        return f"{error.what}: {error.why}"
    visit.settle()
    return ""


_READS: Mapping[str, Callable[[Visit], Answer]] = {
    "/": _user,
    "/basic": _user,
    "/advanced": _user,
    "/admin": _advanced,
    "/admin/": _advanced,
    "/admin/basic": _basic,
    "/admin/advanced": _advanced,
}
_CHANGES: Mapping[tuple[str, str], Callable[[Visit], Answer]] = {
    ("POST", "/admin"): _submit,
    ("POST", "/admin/"): _submit,
    ("POST", "/admin/basic"): _submit,
    ("POST", "/admin/advanced"): _submit,
    ("GET", "/admin/resync"): _resync,
    ("GET", "/admin/updateca"): _update_ca,
    ("GET", "/admin/updateCA"): _update_ca,  # as the firmware spells it (F)
    ("GET", "/admin/reboot"): _reboot,
    ("POST", "/CGI/Execute"): _execute,
}


# Pages that say no


def _not_up(phone: Handset) -> Answer:
    if phone.phase is Phase.UP:
        return _notice(403, "The web server of this phone is disabled")
    return _notice(503, "Your phone is starting", "One moment.", refresh=f"2; url={_ADMIN}")


def _missing(request: Request) -> Answer:
    if request.path in _READS or any(path == request.path for _, path in _CHANGES):
        return _notice(405, "This page takes another method")
    return _notice(404, "There is no such page on this phone", link=("Start", "/"))


def _refused(error: RingbackError) -> Answer:
    match error:
        case StorageError():
            return _notice(507, error.what, error.remedy, link=_BACK)
        case RefusedError():
            return _notice(403, error.what, error.why, link=_BACK)
        case NotFoundError():
            return _notice(400, error.what, error.remedy, link=_BACK)
    return _notice(400, str(error), link=_BACK)


def _page(status: int, title: str, body: str, *, refresh: str = "") -> Answer:
    return Answer(status, page.document(title, body, refresh=refresh), _HTML, _HEADERS)


def _notice(
    status: int, title: str, *said: str, refresh: str = "", link: tuple[str, str] | None = None
) -> Answer:
    shown = title if status < 400 else f"{status} {HTTPStatus(status).phrase}: {title}"
    body = page.header("Configuration Utility", ()) + page.notice(shown, *said, link=link)
    return _page(status, title, body, refresh=refresh)


# Guards


def _form(request: Request) -> dict[str, str]:
    """The fields of a submitted form; the last of two equal names counts.

    Raises:
        RefusedError: it is no URL-encoded form.
    """
    kind = request.header("content-type").partition(";")[0].strip().lower()
    if kind not in ("", "application/x-www-form-urlencoded"):
        raise RefusedError("this is no form", why=f"it came as {kind}")
    try:
        text = request.body.decode()
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError as error:
        raise RefusedError("this form cannot be read", why=str(error)) from error


def _refuse_other_sites(request: Request) -> None:
    """Refuse what another site's page made a browser send."""
    came = request.header("origin") or request.header("referer")
    elsewhere = bool(came) and _authority(came) != request.header("host").lower()
    if elsewhere or request.header("sec-fetch-site") in ("cross-site", "same-site"):
        raise RefusedError(
            "another site asked for this",
            why="type the address yourself, or use the phone's own page",
        )


def _authority(url: str) -> str:
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return ""
