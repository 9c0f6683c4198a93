"""What a script printed, read as RFC 3875 section 6 has it.

A few header lines, an empty line, a body. Lines end with LF or CRLF. Stricter than Apache: a
bare CR, a NUL, a folded line, a header twice that may stand once, a length that is not the
body's, a body without Content-Type: each is an error with its line, because each is the trace of
a script that broke half-way or of text from outside that got into a header. Headers that are the
connection's own affair (RFC 9110 section 7.6.1) are dropped.

Scripts that talk to the network themselves ("NPH", section 5) are refused: what they print
would go to the phone unread.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from ringback.dynamic.page import TEXT
from ringback.errors import MessageError, Place

LONGEST_HEAD: Final = 16 * 1024
MOST_FIELDS: Final = 64
_EMPTY_LINE = re.compile(rb"\r?\n\r?\n")
_FIELD = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}):[ \t]*(.*?)[ \t]*")
_STATUS = re.compile(r"([1-5][0-9][0-9])(?: .*)?")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[!-~]+")
_PATH = re.compile(r"/[!-~]*")
_ONCE: Final = frozenset(("content-type", "status", "location", "content-length"))
_OURS: Final = frozenset(
    (
        "connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding",
        "upgrade", "server", "date", "accept-ranges",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reply:
    """A script's answer. With ``local`` another path of ours is to be answered instead."""

    status: int
    body: bytes
    content_type: str = TEXT
    headers: tuple[tuple[str, str], ...] = ()
    local: str = ""


def parse(output: bytes) -> Reply:
    """Read what a script printed.

    Raises:
        MessageError: when it is no answer; ``place`` has the line.
    """
    head, body = _split(output)
    special: dict[str, tuple[str, int]] = {}
    others: list[tuple[str, str]] = []
    for number, name, value in _fields(head):
        key = name.lower()
        if key in _ONCE:
            if key in special:
                raise _wrong(f"{name} a second time", number)
            special[key] = (value, number)
        elif key not in _OURS:
            others.append((name, value))
    if not special.keys() & {"content-type", "status", "location"}:
        raise _wrong("no Content-Type", 1, _HINT)
    _check_length(special.get("content-length"), body)
    return _reply(special, tuple(others), body)


_HINT: Final = "a script begins with a line such as Content-Type: text/xml, then an empty line"


def _wrong(what: str, line: int, remedy: str = "") -> MessageError:
    return MessageError(what, place=Place("the script's answer", line), remedy=remedy)


def _split(output: bytes) -> tuple[bytes, bytes]:
    if not output:
        raise _wrong("nothing was printed", 0, _HINT)
    if output.startswith(b"HTTP/"):
        raise _wrong("an HTTP status line", 1, "print Status: 200 instead; NPH scripts are not run")
    if output.startswith((b"\n", b"\r\n")):
        raise _wrong("no header before the empty line", 1, _HINT)
    end = _EMPTY_LINE.search(output, 0, LONGEST_HEAD)
    if end is None:
        raise _wrong("no empty line after the headers", 1, _HINT)
    return output[: end.start()], output[end.end() :]


def _fields(head: bytes) -> Iterator[tuple[int, str, str]]:
    """Line number, name and value of every header."""
    lines = head.split(b"\n")
    if len(lines) > MOST_FIELDS:
        raise _wrong(f"more than {MOST_FIELDS} headers", MOST_FIELDS + 1)
    for number, raw in enumerate(lines, start=1):
        ended = raw if number == len(lines) else raw.removesuffix(b"\r")
        line = ended.decode("latin-1")
        if not line.replace("\t", " ").isprintable():
            raise _wrong("a control character in a header", number)
        field = _FIELD.fullmatch(line)
        if field is None:
            raise _wrong(f"{line[:40]!r} is no header", number, _HINT)
        yield number, field[1], field[2].replace("\t", " ")


def _check_length(length: tuple[str, int] | None, body: bytes) -> None:
    """A body is shorter than promised when its script broke, or empty when HEAD was asked."""
    if length and body and length[0] != str(len(body)):
        raise _wrong(f"Content-Length {length[0][:20]} and a body of {len(body)} bytes", length[1])


def _reply(
    special: dict[str, tuple[str, int]], headers: tuple[tuple[str, str], ...], body: bytes
) -> Reply:
    status = _status(*special["status"]) if "status" in special else 0
    kind, line = special.get("content-type", ("", 1))
    if "location" in special:
        where, at = special["location"]
        if _PATH.fullmatch(where) and not status:
            return Reply(200, b"", local=where)
        if not (_PATH.fullmatch(where) or _URL.fullmatch(where)):
            raise _wrong(f"Location {where[:60]!r} is neither a URL nor a path", at)
        return Reply(status or 302, body, kind or TEXT, (*headers, ("Location", where)))
    if body and not kind:
        raise _wrong("a body without Content-Type", line, _HINT)
    return Reply(status or 200, body, kind or TEXT, headers)


def _status(text: str, line: int) -> int:
    found = _STATUS.fullmatch(text)
    number = int(found[1]) if found else 0
    if number < HTTPStatus.OK:
        raise _wrong(f"Status {text[:40]!r}", line, "for example Status: 404 Not Found")
    return number
