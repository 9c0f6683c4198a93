"""What ``demo`` needs of a browser: open a page, read its fields, submit its form."""

import urllib.error
import urllib.request
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin

from ringback.errors import RingbackError

TIMEOUT = 10.0


@dataclass(slots=True)
class Page:
    """A page: its text, and its one form's fields by name."""

    url: str
    text: str
    action: str = ""
    fields: dict[str, str] = field(default_factory=dict)


class _Reader(HTMLParser):
    """Collects the fields of the page's largest form, as a browser would submit them."""

    def __init__(self, page: Page) -> None:
        super().__init__()
        self.page = page
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if tag == "form" and given.get("method", "").lower() == "post":
            self.page.action = given.get("action", "")
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select:
            self._choose(given)
        elif tag == "input" and name and _counts(given):
            self.page.fields[name] = given.get("value", "")

    def _choose(self, given: dict[str, str]) -> None:
        if "selected" in given or self._select not in self.page.fields:
            self.page.fields[self._select] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""


def _counts(given: dict[str, str]) -> bool:
    kind = given.get("type", "text")
    return kind not in {"submit", "button", "radio", "checkbox"} or "checked" in given


def read_page(url: str, text: str) -> Page:
    """Parse a page's form."""
    page = Page(url, text)
    _Reader(page).feed(text)
    return page


def open_page(url: str, data: dict[str, str] | bytes | None = None) -> Page:
    """GET a page, or POST ``data`` to it (a form's fields, or a raw body).

    Raises:
        RingbackError: when the page does not answer, or answers with an error.
    """
    body = urlencode(data).encode() if isinstance(data, dict) else data
    kind = "application/x-www-form-urlencoded" if isinstance(data, dict) else "text/xml"
    request = urllib.request.Request(url, body, {"Content-Type": kind} if body else {})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310 (http only)
            return read_page(url, answer.read().decode())
    except urllib.error.HTTPError as error:
        raise RingbackError(f"{url} answered {error.code} {error.reason}") from error
    except OSError as error:
        raise RingbackError(f"{url} does not answer: {error}") from error


def submit(page: Page, **changes: str) -> Page:
    """Submit the page's form with some fields changed.

    Raises:
        RingbackError: for a field the page does not have.
    """
    unknown = changes.keys() - page.fields.keys()
    if unknown:
        raise RingbackError(f"{page.url} has no field {', '.join(sorted(unknown))}")
    return open_page(urljoin(page.url, page.action), {**page.fields, **changes})
