"""Whether a value is worth what its catalogue entry asks: type, choices, range.

Guides of different years disagree, and a catalogue is the union of many firmwares. So what cannot
be read as its type, or is not in a list that the guide closes, is an error; what is outside a range
or an open list is a warning. Empty values pass everywhere, and so do macros.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from ipaddress import ip_address

from ringback.cisco.catalogue import Entry, Kind
from ringback.cisco.delay import DelayList
from ringback.cisco.markup import Severity
from ringback.cisco.profile import SPELLINGS
from ringback.cisco.typography import LOOKALIKES
from ringback.errors import RuleError

Remark = tuple[Severity, str, str]
"""Severity, text, remedy."""

DELAY_LISTS = frozenset(
    {
        "Resync_Periodic",
        "Resync_Error_Retry_Delay",
        "Upgrade_Error_Retry_Delay",
        "Transition_Authorization_Error_Retry_Delay",
    }
)
_PLAIN = frozenset({Kind.STRING, Kind.SECRET, Kind.RULE})
_INTEGER = re.compile(r"[+-]?[0-9]{1,12}|0[xX][0-9A-Fa-f]{1,8}")
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,12}(?:\.[0-9]{0,6})?|\.[0-9]{1,6})")
_TIME_OF_DAY = re.compile(r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?")
_HHMM = re.compile(r"(?:[01][0-9]|2[0-3])[0-5][0-9]|2400")
_PLACEHOLDER = re.compile(r"\{\{.*?\}\}|\{[$%#].*?\}|<\?php")


def judge(entry: Entry, value: str) -> Iterator[Remark]:
    """What is to be said of a value."""
    if not value:
        return
    if _PLACEHOLDER.search(value):
        yield Severity.WARNING, "looks like a template's placeholder", "fill in the template"
        return
    if entry.name in DELAY_LISTS:
        yield from _delays(value)
    elif entry.name == "Resync_At__HHmm_":
        if not _HHMM.fullmatch(value):
            remedy = "write four digits, 0000 to 2400"
            yield Severity.ERROR, f"{value!r} is no time of day, so it is ignored", remedy
    elif entry.type not in _PLAIN and "$" not in value:
        yield from _JUDGES.get(entry.type, _anything)(entry, value)
        yield from _lookalikes(entry, value)


def number(value: str) -> float | None:
    """A value as a number, decimal or 0x hexadecimal; None when it is none."""
    if _INTEGER.fullmatch(value):
        return float(int(value, 16) if value[:2] in {"0x", "0X"} else int(value))
    return float(value) if _NUMBER.fullmatch(value) else None


def _delays(value: str) -> Iterator[Remark]:
    try:
        DelayList.parse(value)
    except RuleError as error:
        yield Severity.ERROR, f"column {error.place.column}: {error.what}", error.remedy


def _anything(_entry: Entry, _value: str) -> Iterator[Remark]:
    return iter(())


def _bool(_entry: Entry, value: str) -> Iterator[Remark]:
    if value.lower() not in SPELLINGS:
        yield Severity.ERROR, f"{value!r} is neither Yes nor No", "write Yes or No"


def _int(entry: Entry, value: str) -> Iterator[Remark]:
    found = number(value)
    if found is None:
        yield Severity.ERROR, f"{value!r} is no number", "write digits"
    else:
        yield from _range(entry, value, found)


def _range(entry: Entry, value: str, found: float) -> Iterator[Remark]:
    low, high = entry.minimum, entry.maximum
    if (low is not None and found < low) or (high is not None and found > high):
        ends = " to ".join(
            f"{end:g}" if abs(end) < 1e6 else f"{end:.0f}" for end in (low, high) if end is not None
        )
        yield Severity.WARNING, f"{value} is out of range", f"the guide says {ends}"


def _port(_entry: Entry, value: str) -> Iterator[Remark]:
    found = number(value)
    if found is None or not 0 <= found <= 65535:
        yield Severity.ERROR, f"{value!r} is no port", "write a number from 0 to 65535"


def _ip(_entry: Entry, value: str) -> Iterator[Remark]:
    try:
        ip_address(value)
    except ValueError:
        yield Severity.ERROR, f"{value!r} is no IP address", "write one such as 192.0.2.7"


def _time(entry: Entry, value: str) -> Iterator[Remark]:
    found = number(value)
    if found is not None:
        yield from _range(entry, value, found)
    elif not _TIME_OF_DAY.fullmatch(value):
        yield Severity.ERROR, f"{value!r} is no time", "write seconds, or hh:mm"


def _choice(entry: Entry, value: str) -> Iterator[Remark]:
    if not entry.choices or value in entry.choices:
        return
    same = [each for each in entry.choices if each.lower() == value.lower()]
    if same:
        yield Severity.HINT, f"{value!r} is usually written {same[0]!r}", f"write {same[0]}"
    else:
        shown = ", ".join(entry.choices)
        severity = Severity.ERROR if entry.closed else Severity.WARNING
        yield severity, f"{value!r} is not among the known values", f"known: {shown}"


def _fqdn(_entry: Entry, value: str) -> Iterator[Remark]:
    if "://" in value:
        yield Severity.WARNING, "a host is wanted here, not a URL", "leave the scheme out"
    elif re.search(r"\s", value.replace(", ", ",")):
        yield Severity.WARNING, "a blank in the name of a host", "remove it"


def _lookalikes(entry: Entry, value: str) -> Iterator[Remark]:
    """Curly quotes and dashes where the phone reads syntax; never in names for people."""
    if entry.type in {Kind.BOOL, Kind.CHOICE} or value.isascii():
        return
    for character in dict.fromkeys(value):
        if character in LOOKALIKES:
            name, right = LOOKALIKES[character]
            yield Severity.ERROR, f"{name} U+{ord(character):04X}", f"type {right}"


_JUDGES: Mapping[Kind, Callable[[Entry, str], Iterator[Remark]]] = {
    Kind.BOOL: _bool,
    Kind.INT: _int,
    Kind.PORT: _port,
    Kind.IP: _ip,
    Kind.TIME: _time,
    Kind.CHOICE: _choice,
    Kind.FQDN: _fqdn,
}
