"""Cisco XML pushed to a phone: ``POST /CGI/Execute``, read and answered (S1, S23, F).

The guide prints an object that is no XML: ``<ExecuteItem URL=Resync:[profile-rule]/>``, without
quotes, and a rule may hold ``/``, ``>`` and blanks. So a well-formed object is read by an XML
parser without entities or document types, and what it refuses is read as the guide prints it:
one item, whose value runs to the last ``/>``. The guide's brackets stand for "put a rule here"
and are taken off; a leading ``[--…]`` is an option block and stays.

The body is the object itself or the form field ``XML=``. An answer is a ``CiscoIPPhoneResponse``
with one ``ResponseItem`` for each item, or a ``CiscoIPPhoneError`` with a number: 1 when no object
can be read, 2 when the answer cannot be framed (*inferred*: it would be longer than an object may
be), 3 when the phone's own memory fails, 4 when whoever asks must not. Who may ask is decided by
the caller; what an item asks for is done in obey.py.
"""

import re
from collections.abc import Callable, Iterable
from urllib.parse import unquote_plus
from xml.sax.saxutils import quoteattr

from lxml import etree

from ringback.errors import MessageError, StorageError

MOST_BYTES = 64 * 1024
MOST_ITEMS = 16
PARSE_ERROR, FRAMING_ERROR, INTERNAL_ERROR, AUTHENTICATION_ERROR = 1, 2, 3, 4
"""Numbers of ``CiscoIPPhoneError`` (S23)."""

_ROOT = re.compile(r"CP-[A-Za-z0-9-]{1,32}Execute|CiscoIPPhoneExecute")
_AS_PRINTED = re.compile(r"\s*<(?P<root>[A-Za-z0-9-]{1,64})\s*>\s*<ExecuteItem\s+")
_PRIORITY = re.compile(r"\s+Priority\s*=\s*[\"']?\d[\"']?\s*$")
_URL = re.compile(r"URL\s*=\s*")
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&amp;", "&"))
_UNFIT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

Obey = Callable[[str], str]
"""Does what one item's URL asks; gives "" or why not."""


def execute(body: bytes, obey: Obey) -> bytes:
    """Read an object, have every item obeyed, and answer."""
    try:
        answer = response_page([(url, obey(url)) for url in read(body)])
    except MessageError:
        return error_page(PARSE_ERROR)
    except StorageError:
        return error_page(INTERNAL_ERROR)
    return answer if len(answer) <= MOST_BYTES else error_page(FRAMING_ERROR)


def read(body: bytes) -> tuple[str, ...]:
    """The URL of each ``ExecuteItem``, in order.

    Raises:
        MessageError: nothing that a phone would execute.
    """
    if len(body) > MOST_BYTES:
        raise MessageError(f"{len(body)} bytes are too many for an Execute object")
    text = _object(_decode(body)).strip().removeprefix("\ufeff")
    if "<!" in text.replace("<!--", ""):
        raise MessageError("document types and sections are refused", remedy="send plain elements")
    items = _well_formed(text)
    if items is None:
        items = _as_printed(text)
    if not 0 < len(items) <= MOST_ITEMS:
        raise MessageError(f"{len(items)} items in an Execute object", remedy="one to sixteen")
    return items


def rule_of(url: str) -> str | None:
    """The profile rule of a ``Resync:`` URL, "" for the phone's own; None for another URL."""
    scheme, colon, rule = url.strip().partition(":")
    if not colon or scheme.strip().lower() != "resync":
        return None
    rule = rule.strip()
    bracketed = rule.startswith("[") and rule.endswith("]")
    if bracketed and not rule[1:].lstrip().startswith("--"):
        return rule[1:-1].strip()
    return rule


def response_page(results: Iterable[tuple[str, str]]) -> bytes:
    """The answer: for each item its URL and "" or what went wrong with it."""
    items = "".join(
        f'<ResponseItem Status="{1 if wrong else 0}" Data={_quoted(wrong or "Success")}'
        f" URL={_quoted(url)} />\n"
        for url, wrong in results
    )
    return _page(f"<CiscoIPPhoneResponse>\n{items}</CiscoIPPhoneResponse>")


def error_page(number: int) -> bytes:
    """The answer when nothing was executed."""
    return _page(f'<CiscoIPPhoneError Number="{number}" />')


def _page(element: str) -> bytes:
    return f'<?xml version="1.0" encoding="utf-8"?>\n{element}\n'.encode()


def _quoted(text: str) -> str:
    return quoteattr(_UNFIT.sub("\ufffd", text))


def _decode(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return body.decode("latin-1")


def _object(text: str) -> str:
    """The object of a body: the field ``XML=`` if there is one; raw angle brackets stay raw."""
    stripped = text.lstrip()
    if not stripped.startswith("XML="):
        return text
    value = stripped.removeprefix("XML=")
    return value if "<" in value else unquote_plus(value.split("&", 1)[0])


def _well_formed(text: str) -> tuple[str, ...] | None:
    """The items of well-formed XML; None when it is none."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        root = etree.fromstring(text.encode(), parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    if not _ROOT.fullmatch(str(root.tag)):
        raise MessageError(f"{str(root.tag)[:40]} is no Execute object")
    items = [child for child in root if child.tag == "ExecuteItem"]
    return tuple(item.get("URL", "") for item in items)


def _as_printed(text: str) -> tuple[str, ...]:
    """One item as the guide prints it, with an unquoted value."""
    if text.startswith("<?"):
        text = text.partition("?>")[2]
    head = _AS_PRINTED.match(text)
    if head is None or not _ROOT.fullmatch(head["root"]):
        raise MessageError("no Execute object")
    url = _URL.search(text, head.end())
    end = text.rfind("/>")
    if url is None or end < url.end():
        raise MessageError("no URL in the ExecuteItem", remedy='write URL="Resync:rule"')
    rest = text[end + 2 :].strip()
    if rest != f"</{head['root']}>":
        raise MessageError(f"the object does not end with </{head['root']}>")
    value = _PRIORITY.sub("", text[url.end() : end]).strip().strip("\"'")
    for entity, character in _ENTITIES:
        value = value.replace(entity, character)
    return (value,)
