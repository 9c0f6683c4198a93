"""Times as people read and type them: RFC 3339 in UTC, and ages such as 90d."""

import re
from datetime import UTC, datetime
from typing import Final

from ringback.errors import UsageError

_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400, "y": 365 * 86_400}
_AGE: Final = re.compile(r"(\d+)([smhdwy])")


def utc(seconds: float) -> str:
    """POSIX seconds as ``2026-11-23T15:04:05Z``."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def age(text: str) -> float:
    """``90d`` in seconds.

    Raises:
        UsageError: for anything else.
    """
    found = _AGE.fullmatch(text.strip().lower())
    if found is None:
        raise UsageError(f"not an age: {text!r}", remedy="a number and s, m, h, d, w or y: 90d")
    return int(found[1]) * _UNITS[found[2]]


def moment(text: str, now: float) -> float:
    """A date, a date and time (UTC unless it says otherwise) or an age, as POSIX seconds.

    Raises:
        UsageError: for anything else.
    """
    if _AGE.fullmatch(text.strip().lower()):
        return now - age(text)
    try:
        read = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise UsageError(
            f"not a time: {text!r}", remedy="such as 2026-03-03, 2026-03-03T12:00Z or 90d"
        ) from error
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
