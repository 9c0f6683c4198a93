"""One request to a phone's pages, and the shapes that answers to it come in.

Every answer carries the same strict headers: no script, no style but the phone's own sheet, no
frame, nothing cached. Errors become pages here, from one small table.
"""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from ringback.errors import NotFoundError, RefusedError, RingbackError, StorageError
from ringback.http.answer import Answer
from ringback.http.request import Request
from ringback.phone import page
from ringback.phone.gate import Gate
from ringback.phone.handset import Handset

ADVANCED = "/admin/advanced"
BACK = ("Back", ADVANCED)

HTML, XML = "text/html; charset=utf-8", "text/xml; charset=utf-8"
_POLICY = (
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = (
    ("Content-Security-Policy", _POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("Cache-Control", "no-store"),
)


@dataclass(frozen=True, slots=True)
class Visit:
    """One request to one phone. ``settle`` has the phone do what it was asked."""

    phone: Handset
    request: Request
    now: float
    settle: Callable[[], None]
    gate: Gate

    @property
    def back_up(self) -> int:
        """Seconds after which a phone that restarts now can be asked again."""
        return max(1, round(self.phone.identity.boot_seconds) + 1)


def style() -> Answer:
    """The style sheet of every page."""
    return Answer(200, page.style(), "text/css; charset=utf-8", HEADERS)


def xml(body: bytes, *, status: int = 200) -> Answer:
    """An XML document."""
    return Answer(status, body, XML, HEADERS)


def html(title: str, body: str, *, status: int = 200, refresh: str = "") -> Answer:
    """A whole page."""
    return Answer(status, page.document(title, body, refresh=refresh), HTML, HEADERS)


def notice(
    title: str,
    *said: str,
    status: int = 200,
    refresh: str = "",
    link: tuple[str, str] | None = None,
) -> Answer:
    """A short message; one that says no begins with its status."""
    shown = title if status < 400 else f"{status} {HTTPStatus(status).phrase}: {title}"
    body = page.header("Configuration Utility", ()) + page.notice(shown, *said, link=link)
    return html(title, body, status=status, refresh=refresh)


def refused(error: RingbackError) -> Answer:
    """The page that an error becomes."""
    match error:
        case StorageError():
            return notice(error.what, error.remedy, status=507, link=BACK)
        case RefusedError():
            return notice(error.what, error.why, error.remedy, status=403, link=BACK)
        case NotFoundError():
            return notice(error.what, error.remedy, status=400, link=BACK)
    return notice(str(error), status=400, link=BACK)
