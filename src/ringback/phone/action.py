"""What a phone's mind asks of the world, and what comes back.

``Resolve``, ``Services``, ``Fetch``, ``Send`` and ``Save`` want an answer: they travel in an
``Ask`` with a number, and the answer (or the error that took its place) is handed back with the
same number. ``Say`` and ``Finished`` want none. What comes of a ``Dial`` (line.py) is told to the
phone's lines.
"""

from dataclasses import dataclass, field
from datetime import timedelta

from ringback.cisco.envelope import LIMIT
from ringback.cisco.profile import Change
from ringback.cisco.resync import Cause, Result
from ringback.cisco.url import Url
from ringback.phone.line import Dial
from ringback.phone.memory import Memory
from ringback.phone.security import Security


@dataclass(frozen=True, slots=True)
class Resolve:
    """Look a server name up; the answer is its addresses (``tuple[str, ...]``), in order."""

    name: str


@dataclass(frozen=True, slots=True)
class Services:
    """Look a service up (SRV); the answer is a ``tuple`` of ``dns.srv.Service``, in order."""

    name: str


@dataclass(frozen=True, slots=True)
class Fetch:
    """Get a file from the first of ``addresses`` that answers; the answer is a ``Fetched``."""

    url: Url
    addresses: tuple[str, ...]
    agent: str
    """The User-Agent line."""
    uid: str = ""
    pwd: str = field(default="", repr=False)
    security: Security = field(default_factory=Security)
    """How to shake hands, for https and for a redirect to it."""
    limit: int = LIMIT
    """The most bytes taken."""
    body: bytes | None = field(default=None, repr=False)
    """What is sent by POST; None for a GET, and over TFTP nothing is sent anyway."""
    domains: frozenset[str] = frozenset()
    """The only servers a redirect may lead to; empty for any."""
    missing: tuple[int, ...] = (404,)
    """HTTP answers that mean *file not found*."""
    source_ports: tuple[int, ...] = ()
    """UDP ports that TFTP is sent from, the first free one; empty for whichever."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file as it came: still sealed. ``address`` is the one that answered."""

    body: bytes
    address: str
    content_encoding: str = ""


@dataclass(frozen=True, slots=True)
class Send:
    """Upload ``body``: by TFTP, or by ``method`` to the first of ``addresses`` that answers.

    With a ``key`` or an ``ikm`` the door encrypts it first, because a salt takes chance. The
    answer is a ``Fetched``: what the server said, and where it is.
    """

    url: Url
    addresses: tuple[str, ...]
    agent: str
    body: bytes
    method: str = "POST"
    content_type: str = ""
    uid: str = ""
    pwd: str = field(default="", repr=False)
    key: str | None = field(default=None, repr=False)
    """Passphrase for AES-256-CBC."""
    ikm: bytes | None = field(default=None, repr=False)
    """Keying material for aes128gcm; not both."""
    digest: str = "md5"
    """The key derivation that goes with ``key``."""
    security: Security = field(default_factory=Security)
    limit: int = 64 * 1024
    """The most bytes taken of what the server says to it."""
    domains: frozenset[str] = frozenset()
    """The only servers a redirect may lead to; empty for any."""


@dataclass(frozen=True, slots=True)
class Save:
    """Make ``memory`` survive a power cut; the answer is None."""

    memory: Memory


Request = Resolve | Services | Fetch | Send | Save
"""What wants an answer."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A request with the number under which its answer is expected."""

    number: int
    request: Request


@dataclass(frozen=True, slots=True)
class Say:
    """One syslog line, and whom it goes to (``host[:port]`` each; nobody when none is set)."""

    text: str
    servers: tuple[str, ...] = ()
    detail: int = 0
    """The Debug_Level that lets it out; 0 for the lines of Log_Request_Msg and its kin."""
    offset: timedelta | None = None
    """Phone time minus UTC, for the timestamp; None when this generation sends none."""
    device: str = ""
    """What ``Syslog_Identifier`` adds after the timestamp."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one resync ended."""

    cause: Cause
    result: Result
    url: str = ""
    """The last URL asked for, expanded; empty when no rule came to one."""
    error: str = ""
    """``$ERR`` of the failure; empty after a success."""
    explanation: str = ""
    """The failure in plain words: what, where, and the remedy."""
    changes: tuple[Change, ...] = ()
    """What is different from before; empty when nothing is."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A resync ended."""

    outcome: Outcome


Action = Ask | Say | Finished | Dial
