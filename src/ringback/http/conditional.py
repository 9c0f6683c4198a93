"""Conditional requests: does the client have it already (RFC 9110 section 13), and HTTP's dates.

Phones of our trade download each time. Browsers, caches and curl's ``--etag-compare`` ask first.
"""

import re
from collections.abc import Callable
from email.utils import formatdate, parsedate_to_datetime
from functools import lru_cache
from typing import Final

CONDITIONS: Final = frozenset(
    (b"if-match", b"if-none-match", b"if-modified-since", b"if-unmodified-since", b"range")
)
"""Without any of these headers a GET is answered with the whole file."""

_TAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"')
_LONGEST_DATE = 64


@lru_cache(maxsize=4096)
def http_date(seconds: int) -> str:
    """POSIX seconds as HTTP writes them: ``Sun, 06 Nov 1994 08:49:37 GMT``."""
    return formatdate(seconds, usegmt=True)


def read_date(text: str) -> float | None:
    """POSIX seconds of a date in any of HTTP's three forms; None for anything else."""
    if len(text) > _LONGEST_DATE:
        return None
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def verdict(header: Callable[[str], str], etag: str, modified: float) -> int:
    """200 to send it, 304 when the client has it, 412 when it asked for another version.

    ``header`` gives the value of a request header, empty when it was not sent.
    """
    if not _still_wanted(header, etag, modified):
        return 412
    tags = header("If-None-Match")
    if tags:
        return 304 if _lists(tags, etag, weak=True) else 200
    since = read_date(header("If-Modified-Since"))
    return 304 if since is not None and int(modified) <= since else 200


def range_holds(header: Callable[[str], str], etag: str, modified: float) -> bool:
    """Whether a Range is meant for this version (If-Range, section 13.1.5)."""
    condition = header("If-Range")
    if not condition:
        return True
    if condition.startswith(('"', "W/")):
        return condition == etag
    since = read_date(condition)
    return since is not None and int(modified) == int(since)


def _still_wanted(header: Callable[[str], str], etag: str, modified: float) -> bool:
    tags = header("If-Match")
    if tags:
        return _lists(tags, etag, weak=False)
    since = read_date(header("If-Unmodified-Since"))
    return since is None or int(modified) <= since


def _lists(tags: str, etag: str, *, weak: bool) -> bool:
    """Whether a list of entity tags holds ours; ``weak`` compares without the W/ mark."""
    if tags == "*":
        return True
    found = _TAG.findall(tags)
    return any((tag.removeprefix("W/") if weak else tag) == etag for tag in found)
