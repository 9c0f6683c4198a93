"""One syslog message: what it says about itself, and what it says.

Three readers. ``parse`` takes whatever arrives and never refuses: RFC 5424, RFC 3164, and what
phones really send (no priority at all; a priority and then the text; a timestamp and then the
text, with or without a device id between). What it cannot tell apart stays in ``text``.
``parse_rfc5424`` and ``parse_rfc3164`` are the RFCs to the letter and raise MessageError.

No source gives the header bytes of a phone's provisioning lines. What ``parse`` does about a
missing host is therefore *inferred*: a line that begins the way phones begin theirs
(``PRODUCT aa:bb:cc:dd:ee:ff -- ``, ``System started: ip@``) has no host before it.

Values keep control characters; ``view`` escapes them for a terminal. Text is UTF-8, or else
Latin-1. Every pattern is anchored and possessive or bounded: reading takes one pass.
"""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum
from typing import NamedTuple

from ringback.errors import MessageError, Place
from ringback.syslog import structured_data, timestamp
from ringback.syslog.structured_data import Element

LIMIT = 65_536
"""Octets of one message that are read; the rest is cut off."""
LOCAL0 = 16
"""The facility we send with (*inferred*: no source names the one phones use)."""
LONGEST_SENT = 2048
"""Octets of one datagram we send: what RFC 5426 section 3.2 asks every receiver to take."""


class Severity(IntEnum):
    """RFC 5424 table 2."""

    EMERGENCY = 0
    ALERT = 1
    CRITICAL = 2
    ERROR = 3
    WARNING = 4
    NOTICE = 5
    INFO = 6
    DEBUG = 7


@dataclass(frozen=True, slots=True)
class Message:
    """What one message says. ``""`` and None stand for what it leaves out."""

    text: str
    facility: int | None = None
    """0-23."""
    severity: int | None = None
    """0 (emergency) to 7 (debug)."""
    timestamp: str = ""
    """As sent; ``timestamp.moment`` reads it."""
    host: str = ""
    """Host name or device id."""
    app: str = ""
    process: str = ""
    kind: str = ""
    """RFC 5424's MSGID."""
    data: tuple[Element, ...] = ()
    version: int = 0
    """RFC 5424's VERSION; 0 for every other form."""

    @property
    def priority(self) -> int | None:
        """``facility * 8 + severity``, when there was one."""
        if self.facility is None or self.severity is None:
            return None
        return self.facility * 8 + self.severity

    def __bytes__(self) -> bytes:
        """The message as RFC 5424."""
        fields = (self.timestamp, self.host, self.app, self.process, self.kind)
        head = f"<{self.priority or 0}>{self.version or 1} " + " ".join(f or "-" for f in fields)
        data = "".join(map(str, self.data)) or "-"
        mark = _BOM if self.text.startswith(_BOM) else ""
        text = f" {mark}{self.text}" if self.text else ""
        return f"{head} {data}{text}".encode()


class Heard(NamedTuple):
    """A message, who sent it, and when it arrived (POSIX seconds).

    A tuple and not a dataclass: one is made for every datagram.
    """

    message: Message
    address: str
    received: float


_BOM = "\ufeff"
_BAD_OCTET = re.compile("[\udc80-\udcff]")
"""What surrogateescape makes of an octet that is not UTF-8."""
_PRIORITIES = tuple(divmod(number, 8) for number in range(192))
_WORD = "[!-~]"

_FIELDS = (
    ("a priority 0-191 in angle brackets", r"<(0|[1-9][0-9]?|1[0-8][0-9]|19[01])>"),
    ("a version 1-999 and a blank", r"([1-9][0-9]{0,2}) "),
    ("a timestamp such as 2003-10-11T22:14:15.003Z, or -", rf"(-|{timestamp.RFC3339}) "),
    ("a host name of 1 to 255 visible ASCII characters, or -", rf"({_WORD}{{1,255}}) "),
    ("an application name of 1 to 48 visible ASCII characters, or -", rf"({_WORD}{{1,48}}) "),
    ("a process id of 1 to 128 visible ASCII characters, or -", rf"({_WORD}{{1,128}}) "),
    ("a message id of 1 to 32 visible ASCII characters, or -", rf"({_WORD}{{1,32}}) "),
)
_RFC5424 = re.compile("".join(pattern for _, pattern in _FIELDS))
_RFC3164 = re.compile(rf"{_FIELDS[0][1]}({timestamp.RFC3164}) ({_WORD}{{1,255}}) ")

_MAC = r"(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}"
_PRIORITY = re.compile(r" {0,64}<([0-9]{1,3})>")
_STAMP = re.compile(rf" {{0,8}}({timestamp.LOOSE}|{timestamp.RFC3339}):? +")
_PHONE_BEGINS = re.compile(rf"{_WORD}{{1,64}} {_MAC} -- |System started: ip@")
_HOST = re.compile(r"([!-Z\\-~]{1,255}+(?<!:)) ++(?=[^ ])")
_TAG = re.compile(r"([!-9;-Z\\^-~]{1,48})(?:\[([!-Z\\^-~]{0,128})\])?:(?: |$)")
_INTERNAL = re.compile(rf" *[0-9]{{1,10}} ([A-Z]{{3}}) ({timestamp.LOOSE}) \(([0-9-]{{1,32}})\) ")
_LEVELS = {"EMR": 0, "ALT": 1, "CRT": 2, "ERR": 3, "WRN": 4, "NOT": 5, "INF": 6, "DBG": 7}
"""How MPP's own log spells severities; only NOT is documented, the others are *inferred*."""


def parse(data: bytes) -> Message:
    """Read one datagram or frame of any kind; never raises.

    At most ``LIMIT`` octets are read. Line ends and NULs at the end are not part of the text.
    """
    octets = data[:LIMIT].rstrip(b"\r\n\0")
    try:
        return _parse(octets.decode())
    except UnicodeDecodeError:
        return _as_latin1(_parse(octets.decode("utf-8", "surrogateescape")))


def _parse(line: str) -> Message:
    found = _RFC5424.match(line)
    if found:
        return _structured(line, found, strict=False)
    facility, severity, start = _read_priority(line)
    found = _STAMP.match(line, start)
    if found:
        return _dated(line, found, facility, severity)
    found = _INTERNAL.match(line, start)
    if found:
        level = _LEVELS.get(found[1], severity)
        return Message(line[found.end() :], facility, level, found[2], process=found[3])
    return Message(line[start:], facility, severity)


def _read_priority(line: str) -> tuple[int | None, int | None, int]:
    found = _PRIORITY.match(line)
    number = int(found[1]) if found else len(_PRIORITIES)
    if found is None or number >= len(_PRIORITIES):
        return None, None, 0
    return *_PRIORITIES[number], found.end()


def _dated(line: str, stamp: re.Match[str], facility: int | None, severity: int | None) -> Message:
    """What follows a timestamp: a host and a tag, or a phone's line at once."""
    host, app, process, start = "", "", "", stamp.end()
    if not _PHONE_BEGINS.match(line, start):
        found = _HOST.match(line, start)
        if found:
            host, start = found[1], found.end()
        tag = _TAG.match(line, start)
        if tag:
            app, process, start = tag[1], tag[2] or "", tag.end()
    return Message(line[start:], facility, severity, stamp[1], host, app, process)


def _structured(line: str, head: re.Match[str], *, strict: bool) -> Message:
    """What follows an RFC 5424 header. Unless strict, broken structured data is text."""
    priority, version, *fields = head.groups()
    data: tuple[Element, ...] = ()
    text = line[head.end() :]
    try:
        data, end = structured_data.read(line, head.end())
        text = _text_after(line, end)
    except MessageError:
        if strict:
            raise
    stamp, host, app, process, kind = ("" if field == "-" else field for field in fields)
    facility, severity = _PRIORITIES[int(priority)]
    return Message(text, facility, severity, stamp, host, app, process, kind, data, int(version))


def _text_after(line: str, end: int) -> str:
    if end == len(line):
        return ""
    if line[end] != " ":
        raise MessageError("expected a blank before the text", place=Place(column=end + 1))
    return line[end + 1 :].removeprefix(_BOM)


def _as_latin1(message: Message) -> Message:
    """Read a text or value that is not UTF-8 as Latin-1, in which every octet means something."""
    data = tuple(
        Element(each.name, tuple((name, _latin1(value)) for name, value in each.parameters))
        for each in message.data
    )
    return replace(message, text=_latin1(message.text), data=data)


def _latin1(text: str) -> str:
    if _BAD_OCTET.search(text) is None:
        return text
    return text.encode("utf-8", "surrogateescape").decode("latin-1")


def parse_rfc5424(data: bytes) -> Message:
    """Read one message strictly by RFC 5424.

    The text may be any octets (MSG-ANY) unless it starts with a byte order mark.

    Raises:
        MessageError: with the 1-based column and what was expected there.
    """
    line = data[:LIMIT].decode("utf-8", "surrogateescape")
    head = _RFC5424.match(line)
    if head is None:
        raise _first_wrong_field(line)
    if head[3] != "-":
        timestamp.rfc3339(head[3])
    message = _structured(line, head, strict=True)
    bad = _BAD_OCTET.search(line)
    if bad is None:
        return message
    if bad.start() < len(line) - len(message.text) or line.endswith(_BOM + message.text):
        raise MessageError("not UTF-8", place=Place(column=bad.start() + 1))
    return _as_latin1(message)


def _first_wrong_field(line: str) -> MessageError:
    """Say which field of an RFC 5424 header is wrong, and where."""
    start = 0
    for wanted, pattern in _FIELDS:
        found = re.compile(pattern).match(line, start)
        if found is None:
            return MessageError(f"expected {wanted}", place=Place(column=start + 1))
        start = found.end()
    return MessageError("expected structured data", place=Place(column=start + 1))


def parse_rfc3164(data: bytes) -> Message:
    """Read one message strictly by RFC 3164: priority, timestamp, host, text.

    Raises:
        MessageError: when one of the three is missing.
    """
    message = parse(data)
    if not _RFC3164.match(data[:1024].decode("latin-1")):
        raise MessageError("expected <priority>Mmm dd hh:mm:ss host text")
    return message


def format(  # noqa: A001 (read as message.format)
    text: str,
    *,
    severity: int = Severity.NOTICE,
    facility: int = LOCAL0,
    when: datetime | None = None,
    device: str = "",
) -> bytes:
    """One datagram as a phone sends it: ``<133>text``, or ``<133>Apr  1 18:16:44 device text``.

    The header is *inferred*: SPA lines are documented without a timestamp, MPP lines carry one
    and after it, if the phone is so configured, a device id. NOTICE is the default because it is
    MPP's default level and these lines are seen by default. At most ``LONGEST_SENT`` octets.
    """
    words = [timestamp.rfc3164(when)] if when else []
    words += [device] if device else []
    line = f"<{facility * 8 + severity}>{' '.join([*words, text])}".encode("utf-8", "replace")
    return line[:LONGEST_SENT].decode("utf-8", "ignore").encode()
