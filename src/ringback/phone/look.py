"""The URL of an XML-Service NOTIFY: fetched, and what comes is done (S22).

The body of such a NOTIFY is a URL and nothing else: with a line end behind it, it fails. What the
URL gives is a Cisco XML object. Execute objects are executed as if they had been pushed; a page to
look at is only said with Debug_Level 1, because a virtual phone has no screen.
"""

from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ringback.cisco.option import Options
from ringback.cisco.url import Url
from ringback.errors import MessageError, RingbackError
from ringback.phone import execute, locate, retrieve
from ringback.phone.action import Fetched, Request, Resolve
from ringback.phone.job import Job, Steps
from ringback.phone.obey import obey
from ringback.phone.secret import mask
from ringback.phone.wish import Wish

if TYPE_CHECKING:
    from ringback.phone.handset import Handset

LONGEST = 2048
"""Characters of a URL; *inferred*."""


@dataclass(frozen=True, slots=True)
class Look(Wish):
    """Something to look at."""

    url: str


def url_in(body: bytes) -> str:
    """The URL that is the whole body.

    Raises:
        MessageError: it is not one, or more than one.
    """
    text = body.decode("latin-1")
    if not text or len(text) > LONGEST or not text.isascii() or not text.isprintable():
        raise MessageError(
            "the body of an XML-Service NOTIFY is a URL and nothing else",
            remedy="send no line end behind it",
        )
    if " " in text or not text.lower().startswith(("http://", "https://")):
        raise MessageError(f"{text[:60]!r} is no URL that a phone looks at")
    return text


def visit(phone: "Handset", url: str, now: float) -> None:
    """Have the phone look at a URL.

    Raises:
        RefusedError: the phone is not up, or too many are waiting.
    """
    phone.want(Look(url), now)


def begin(phone: "Handset", look: Look, now: float) -> Job:
    """The work: fetch, and do what it says."""
    return Job("XML service", _steps(phone, look.url, now))


def _steps(phone: "Handset", text: str, now: float) -> Steps:
    try:
        fetched = yield from _fetch(phone, text)
        for url in execute.read(fetched.body):
            why = obey(phone, url, now, host=fetched.address)
            phone.detail(1, mask(f"{url}: {why or 'done'}"))
    except RingbackError as error:
        phone.detail(1, mask(f"the page {text} is not shown: {error}"))


def _fetch(phone: "Handset", text: str) -> Generator[Request, Any, Fetched]:
    url = Url.parse(text)
    locate.refuse_restricted(url.host, locate.domains(phone))
    addresses = yield Resolve(url.host)
    fetched: Fetched = yield retrieve.request(phone, url, addresses, Options())
    return fetched
