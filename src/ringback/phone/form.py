"""A submitted form: read, compared with what the phone has, and judged by who submits it.

The administrator may change everything, the user what ``ua`` grants (rw). A form names whatever
its sender likes, so the pages' hiding of a field decides nothing: this does. One field that may
not be changed refuses the whole form, and nothing is changed silently.
"""

from collections.abc import Mapping
from urllib.parse import parse_qsl

from ringback.cisco.parameter import Access
from ringback.cisco.profile import Profile
from ringback.errors import RefusedError
from ringback.http.request import Request
from ringback.phone.secret import mask

MOST_BODY = 1024 * 1024
"""Bytes of a form: every setting of the largest model fits several times."""
MOST_FIELDS = 10_000
ACCOUNTS = ("Admin_Password", "Admin_Passwd", "User_Password")
"""Parameters that hold a login password."""


def read(request: Request) -> dict[str, str]:
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


def differing(profile: Profile, fields: Mapping[str, str]) -> dict[str, str]:
    """What was changed, of names the phone has and of others."""
    return {
        name: value
        for name, value in fields.items()
        if name not in profile or not _unchanged(profile, name, value)
    }


def _unchanged(profile: Profile, name: str, value: str) -> bool:
    """Whether a field stands for the value there is.

    An empty password field does, and so does a masked rule, as the user's pages show it.
    """
    held = profile.value(name)
    if profile.secret(name):
        return not value or value == held
    return _typed(value) in (_typed(held), _typed(mask(held)))


def _typed(value: str) -> str:
    """A value as a browser gives an untouched field back: without what a field cannot hold."""
    shown = value.encode("utf-8", "replace").decode()
    return shown.replace("\r", "").replace("\n", "").replace("\0", "\ufffd")


def refuse_beyond_user(profile: Profile, changes: Mapping[str, str]) -> None:
    """Refuse what the user account may not change.

    Raises:
        RefusedError: naming the first such parameter; hidden and unknown ones look alike.
    """
    for name in changes:
        if profile.access(name) is not Access.RW:
            raise RefusedError(
                f"the user may not change {name[:80]}",
                why='its profile grants that by ua="rw"; nothing was changed',
                remedy="log in as the administrator",
            )


def refuse_passwords(profile: Profile, changes: Mapping[str, str]) -> None:
    """Refuse a new login password that this generation cannot have (S19: 4 to 127 characters).

    Raises:
        RefusedError: it is too short or too long.
    """
    least, most = profile.model.traits.password_length
    for name in ACCOUNTS:
        length = len(changes.get(name, ""))
        if length and not least <= length <= most:
            raise RefusedError(
                f"{name} cannot have {length} characters", why=f"it takes {least} to {most}"
            )
