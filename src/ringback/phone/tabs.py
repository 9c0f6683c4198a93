"""The phone's pages of settings, as each account sees them, and *Submit All Changes*.

``/``, ``/basic`` and ``/advanced`` are the user's, the same under ``/admin`` the administrator's.
A page is one form over all its tabs, so that one button submits them all; what differs is saved,
then the phone restarts and resyncs (S1).
"""

from urllib.parse import parse_qsl

from ringback.http.answer import Answer
from ringback.phone import form, page, view, visit
from ringback.phone.page import Tab
from ringback.phone.sheet import sheets, slug
from ringback.phone.visit import ADVANCED, Visit


def user_basic(seen: Visit) -> Answer:
    """What the user sees at ``/``."""
    return _shown(seen, user=True, basic=True)


def user_advanced(seen: Visit) -> Answer:
    """What the user sees at ``/advanced``."""
    return _shown(seen, user=True, basic=False)


def admin_basic(seen: Visit) -> Answer:
    """What the administrator sees at ``/admin/basic``."""
    return _shown(seen, user=False, basic=True)


def admin_advanced(seen: Visit) -> Answer:
    """What the administrator sees at ``/admin/advanced``."""
    return _shown(seen, user=False, basic=False)


def _shown(seen: Visit, *, user: bool, basic: bool) -> Answer:
    phone, request = seen.phone, seen.request
    product = f"{phone.identity.model.name} Configuration Utility"
    tabs = [view.info(phone, seen.now), *_settings(seen, user=user, basic=basic)]
    action = request.path if len(tabs) > 1 else ""
    body = page.header(product, _links(seen, user=user, basic=basic), who=_who(user=user))
    return visit.html(product, body + page.tabbed(tabs, _tab_in(request.query), action=action))


def _settings(seen: Visit, *, user: bool, basic: bool) -> list[Tab]:
    """A tab for each sheet that has anything for this account; the first begins the group."""
    profile = seen.phone.profile
    tabs: list[Tab] = []
    for sheet in sheets(profile.model):
        fields = sheet.fields(profile, user=user) if sheet.basic or not basic else []
        if fields:
            group = "" if tabs else "Voice"
            tabs.append(Tab(sheet.slug, sheet.title, page.settings(fields), group=group))
    return tabs


def _links(seen: Visit, *, user: bool, basic: bool) -> tuple[tuple[str, str], ...]:
    """Where else to go: the other account, and the other view of this one."""
    views = {
        True: (("advanced", "/advanced"), ("basic", "/basic")),
        False: (("advanced", ADVANCED), ("basic", "/admin/basic")),
    }
    other = views[user][0 if basic else 1]
    if not user:
        return ("User Login", "/"), other
    login = (("Admin Login", ADVANCED),) if seen.phone.holds("Enable_Web_Admin_Access") else ()
    return *login, other


def _who(*, user: bool) -> str:
    return "User" if user else "Administrator"


def _tab_in(query: str) -> str:
    """``tab`` of a query, however it is written; whatever cannot be read asks for none."""
    try:
        return slug(dict(parse_qsl(query, max_num_fields=16)).get("tab", ""))
    except ValueError:
        return ""


def admin_submit(seen: Visit) -> Answer:
    """The administrator's *Submit All Changes*."""
    return _submit(seen, user=False)


def user_submit(seen: Visit) -> Answer:
    """The user's: as far as ``ua`` lets him."""
    return _submit(seen, user=True)


def _submit(seen: Visit, *, user: bool) -> Answer:
    """What differs is set, and the phone restarts in any case."""
    phone, fields = seen.phone, form.read(seen.request)
    tab = slug(fields.pop("tab", "")[:40])
    changes = form.differing(phone.profile, fields)
    if user:
        form.refuse_beyond_user(phone.profile, changes)
    form.refuse_passwords(phone.profile, changes)
    submission = phone.submit(changes, seen.now)
    seen.settle()
    if submission.error:
        raise submission.error
    back = seen.request.path + (f"?tab={tab}" if tab else "")
    return visit.notice(
        "Your phone is restarting with the new settings",
        "They are saved." if submission.done else "They will be saved in a moment.",
        "After the restart the phone resyncs with its provisioning server.",
        refresh=f"{seen.back_up}; url={back}",
        link=("Back", back),
    )
