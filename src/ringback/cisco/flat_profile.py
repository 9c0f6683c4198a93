"""A profile as the XML that phones read and write: ``<flat-profile>``.

Phones are no XML parsers. Deployed profiles have text between elements (C3, C6), end tags after
``<X ua="na"/>`` (C3), any nesting around ``<flat-profile>`` (S2, S10), and phones take them all.
They also take names case-sensitively, strip values, turn newlines into blanks and let the last of
two equal elements win (S2, S10). An XML library refuses half of that and forgives what a phone
cannot: so this is a reader of its own, in linear time, with a line and column for every complaint.
lxml judges it in the tests.

**Forgiven**, an error only in strict reading: text outside all elements, a second end tag, a bare
``&``, unquoted attributes, odd names, ``--`` in comments. **Never forgiven**: no
``<flat-profile>``, anything unclosed, an end tag that closes nothing, a document type (entities
that grow), control characters, other encodings. So half a file is never taken for a whole one.
"""

import re
from collections.abc import Callable, Iterable

from ringback.cisco import markup
from ringback.cisco.element import Element, Reading
from ringback.cisco.parameter import Parameter
from ringback.cisco.reader import ROOT, Reader
from ringback.errors import UsageError

__all__ = ["ROOT", "Element", "Reading", "frame", "line", "read", "write"]

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'
_WRITABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


def read(
    data: bytes, *, name: str = "", strict: bool = False, limit: int = markup.LIMIT
) -> Reading:
    """Read a profile as a phone does or, if ``strict``, refuse whatever is not well-formed XML.

    Args:
        data: the file, unsealed.
        name: what to call it in places.
        strict: refuse what phones forgive.
        limit: the most bytes read.

    Raises:
        ProfileError: the file is no profile, or half of one; with line, column and remedy.
    """
    source = markup.open_source(data, name=name, strict=strict, limit=limit)
    return Reader(source).read()


def write(
    parameters: Iterable[Parameter],
    *,
    root: str = "",
    comment: str = "",
    group: Callable[[str], str] | None = None,
) -> bytes:
    """Write parameters, one a line, in the order given: the same bytes for the same input.

    Args:
        parameters: a value of None writes ``<X/>``, an access of None no ``ua``.
        root: an element around ``<flat-profile>``, such as ``device``.
        comment: text for the head of the file.
        group: gives ``Tab/Section`` for a name, as SPA phones write; "" for none.

    Raises:
        UsageError: a name or a character that XML cannot hold.
    """
    head = [f"<!-- {_comment(comment)} -->"] if comment else []
    named = [line(parameter, group(parameter.name) if group else "") for parameter in parameters]
    return "\n".join([_DECLARATION, *head, *_within(named, root), ""]).encode()


def _within(lines: Iterable[str], root: str) -> list[str]:
    inner = [f"<{ROOT}>", *lines, f"</{ROOT}>"]
    return [f"<{root}>", *inner, f"</{root}>"] if root else inner


def frame(lines: Iterable[str], *, root: str = "") -> str:
    """The text of a profile whose lines ``line`` has written."""
    return "\n".join([_DECLARATION, *_within(lines, root), ""])


def line(parameter: Parameter, group: str = "") -> str:
    """One parameter as it stands in a profile.

    Raises:
        UsageError: a name or a character that XML cannot hold.
    """
    name = parameter.name
    if not _WRITABLE_NAME.fullmatch(name):
        raise UsageError(f"{name!r} cannot name a parameter", remedy="letters, digits, _ . and -")
    access = f' ua="{parameter.access}"' if parameter.access else ""
    attributes = access + (f' group="{_attribute(group)}"' if group else "")
    if parameter.value is None:
        return f"<{name}{attributes}/>"
    try:
        value = markup.escape(parameter.value)
    except ValueError as error:
        raise UsageError(f"value of {name}: {error}", remedy="remove the character") from error
    return f"<{name}{attributes}>{value}</{name}>"


def _attribute(text: str) -> str:
    return markup.escape(text).replace('"', "&quot;")


def _comment(text: str) -> str:
    if "--" in text or text.endswith("-"):
        raise UsageError("-- cannot stand in an XML comment", remedy="write a single dash")
    return markup.escape(text)
