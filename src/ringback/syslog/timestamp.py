"""When a message says it was sent: the spellings of phones, relays and the two RFCs.

The text is kept as it was sent, because it is evidence: a phone that has not yet reached its time
server says January 1970, and that is worth seeing. ``moment`` reads it when somebody asks.

RFC 5424 section 6.2.3 (a profile of RFC 3339) and RFC 3164 section 4.1.2, the latter with what is
met in practice: a day with or without leading zero or blank, a year before or after the time of
day, fractions of a second. Rejected: names of time zones (``CET`` means three things).
"""

import re
from datetime import UTC, datetime, tzinfo

from ringback.errors import MessageError

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"

RFC3339 = (
    rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}T{_CLOCK}(?:\.[0-9]{{1,6}})?"
    r"(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
)
"""Pattern of RFC 5424's timestamp; whether the day exists is for ``moment`` to say."""

_DATE = rf"(?:{'|'.join(_MONTHS)}) (?: ?[1-9]|0[1-9]|[12][0-9]|3[01])"
RFC3164 = rf"{_DATE} {_CLOCK}"
"""Pattern of RFC 3164's timestamp; the blank before a one-digit day is optional."""

LOOSE = (
    rf"{_DATE} (?:[0-9]{{4}} )?{_CLOCK}(?:\.[0-9]{{1,6}})?"
    r"(?: [0-9]{4}(?![^ ]))?"
)
"""Pattern of everything phones and relays make of RFC 3164's timestamp."""

_PARTS = re.compile(
    r"(?P<month>[A-Z][a-z]{2}) {1,2}(?P<day>[0-9]{1,2}) (?:(?P<year>[0-9]{4}) )?"
    r"(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]{1,6}))?"
    r"(?: (?P<late_year>[0-9]{4}))?"
)


def rfc3339(text: str) -> datetime:
    """Read an RFC 3339 timestamp that matches the pattern.

    Raises:
        MessageError: when there is no such day.
    """
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise MessageError(f"no such time: {text}", remedy=str(error)) from error


def moment(text: str, now: float, zone: tzinfo = UTC) -> float | None:
    """POSIX seconds of a timestamp, or None when it is empty or names no real time.

    A timestamp without a year gets the year that brings it nearest to ``now``, so that the
    31st of December read on the 1st of January is yesterday. One without a zone is in ``zone``.
    """
    if not text:
        return None
    found = _PARTS.fullmatch(text)
    if found is None:
        return _moment_of_rfc3339(text)
    times = (_posix(found, year, zone) for year in _years(found, now))
    real = [each for each in times if each is not None]
    return min(real, default=None, key=lambda each: abs(each - now))


def _moment_of_rfc3339(text: str) -> float | None:
    try:
        read = rfc3339(text)
    except MessageError:
        return None
    return read.timestamp() if read.tzinfo else None


def _years(found: re.Match[str], now: float) -> tuple[int, ...]:
    written = found["year"] or found["late_year"]
    if written:
        return (int(written),)
    this = datetime.fromtimestamp(now, UTC).year
    return (this - 1, this, this + 1)


def _posix(found: re.Match[str], year: int, zone: tzinfo) -> float | None:
    month = _MONTHS.index(found["month"]) + 1 if found["month"] in _MONTHS else 0
    hour, minute, second = (int(found[name]) for name in ("hour", "minute", "second"))
    micro = int((found["fraction"] or "0").ljust(6, "0"))
    try:
        sent = datetime(year, month, int(found["day"]), hour, minute, second, micro, zone)
        return sent.timestamp()
    except (ValueError, OverflowError):
        return None


def rfc3164(when: datetime) -> str:
    """``when`` in RFC 3164's spelling, in its own zone: ``Apr  1 18:16:44``."""
    return f"{_MONTHS[when.month - 1]} {when.day:2d} {when:%H:%M:%S}"
