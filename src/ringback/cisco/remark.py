"""What a phone says on syslog about its own provisioning.

Two lines per resync or upgrade: it asks, then it succeeded or failed. The texts are parameters
(``Log_Request_Msg`` and so on), and these are their documented defaults::

    $PN $MAC -- Requesting resync $SCHEME://$SERVIP:$PORT$PATH
    $PN $MAC -- Successful resync $SCHEME://$SERVIP:$PORT$PATH          (ATA: ... -- $ERR)
    $PN $MAC -- Resync failed: $ERR

and the same with "upgrade". The guide's sample line lacks ``:$PORT``, so both are read. Behind any
of them may stand the marks that we write into the formats ourselves, so that a line can be joined
with the release and the resync it belongs to::

    … -- release=17 prvst=$PRVST swver=$SWVER

The request says the release that the phone had, the success the one it has now. A format that
someone else has changed is not recognised: guessing would turn noise into facts.
"""

import re
from dataclasses import dataclass, replace
from enum import StrEnum

from ringback.mac import Mac

LONGEST = 4096
"""Characters of the longest line looked at."""


class Kind(StrEnum):
    """What the phone says has happened."""

    REQUEST = "request"
    SUCCESS = "success"
    FAILURE = "failure"


class Task(StrEnum):
    """What it happened to."""

    RESYNC = "resync"
    UPGRADE = "upgrade"


_DONE = {"Requesting": Kind.REQUEST, "Successful": Kind.SUCCESS}
_WORD = {kind: word for word, kind in _DONE.items()}
_ERROR_MARK = " -- "

_LINE = re.compile(
    r"(?P<product>[A-Za-z0-9][A-Za-z0-9_.+-]{0,31}) "
    r"(?P<mac>(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}) -- "
    r"(?:(?P<done>Requesting|Successful) (?P<task>resync|upgrade) (?P<url>\S.*)"
    r"|(?P<failed>Resync|Upgrade) failed:(?: (?P<error>.*))?)"
)
_MARKS = re.compile(
    r" -- release=(?P<release>[0-9]{1,9}) prvst=(?P<prvst>-?[0-9]{1,9}) swver=(?P<swver>\S{1,64})"
)
_MARK = " -- release="
_URL = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]{0,15})://"
    r"(?P<host>[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])"
    r"(?::(?P<port>[0-9]{1,5}))?(?P<path>/.*)?"
)


@dataclass(frozen=True, slots=True)
class Remark:
    """One provisioning line. A failure has only ``error``; the others have a URL.

    ``port`` is None when the line names none. ``host`` is as printed, IPv6 in brackets.
    """

    kind: Kind
    task: Task
    product: str
    mac: Mac
    scheme: str = ""
    host: str = ""
    port: int | None = None
    path: str = ""
    error: str = ""
    release: int | None = None
    """Our mark: the release that last changed the phone's file; None when the line has no marks."""
    prvst: int | None = None
    """Why it resynced: -1 asked, 0 power-up, 1 periodic, 2 retry; None without marks."""
    swver: str = ""
    """The load it runs; "" without marks."""

    @property
    def url(self) -> str:
        """The URL as printed, "" for a failure."""
        port = "" if self.port is None else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}{self.path}" if self.scheme else ""

    def __str__(self) -> str:
        head = f"{self.product} {self.mac.colons} -- "
        marks = f"{_MARK}{self.release} prvst={self.prvst} swver={self.swver}"
        marks = "" if self.release is None else marks
        if self.kind is Kind.FAILURE:
            return f"{head}{self.task.capitalize()} failed: {self.error}{marks}"
        suffix = f"{_ERROR_MARK}{self.error}" if self.error else ""
        return f"{head}{_WORD[self.kind]} {self.task} {self.url}{suffix}{marks}"


def recognise(text: str) -> Remark | None:
    """Read a line in one of the documented formats; None for everything else. One pass."""
    if len(text) > LONGEST:
        return None
    text, marks = _split_marks(text.rstrip())
    found = _LINE.fullmatch(text)
    if found is None:
        return None
    remark = _read(found)
    if remark is None or marks is None:
        return remark
    release, prvst = int(marks["release"]), int(marks["prvst"])
    return replace(remark, release=release, prvst=prvst, swver=marks["swver"])


def _split_marks(text: str) -> tuple[str, re.Match[str] | None]:
    """The line without our marks, and the marks."""
    at = text.rfind(_MARK)
    marks = _MARKS.fullmatch(text, at) if at >= 0 else None
    return (text[:at].rstrip(), marks) if marks else (text, None)


def _read(found: re.Match[str]) -> Remark | None:
    product, mac = found["product"], Mac.parse(found["mac"])
    if found["failed"]:
        task = Task(found["failed"].lower())
        return Remark(Kind.FAILURE, task, product, mac, error=found["error"] or "")
    return _with_url(_DONE[found["done"]], Task(found["task"]), product, mac, found["url"])


def _with_url(kind: Kind, task: Task, product: str, mac: Mac, url: str) -> Remark | None:
    """Take the URL apart; only a success may carry ``$ERR`` after it."""
    error = ""
    if kind is Kind.SUCCESS:
        url, _, error = (url + " ").partition(_ERROR_MARK)
    found = _URL.fullmatch(url.rstrip())
    port = int(found["port"]) if found and found["port"] else None
    if found is None or (port or 0) > 65_535:
        return None
    path = found["path"] or ""
    return Remark(
        kind, task, product, mac, found["scheme"], found["host"], port, path, error.rstrip()
    )
