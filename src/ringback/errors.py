"""Every error Ringback raises: one tree, one screen.

RingbackError
├── MalformedError       their bytes are wrong: where, and what would be right
│   ├── ProfileError     a flat-profile
│   ├── RuleError        a rule, condition, macro or delay list (1-based column as typed)
│   ├── EnvelopeError    gzip, AES-256-CBC, aes128gcm
│   ├── PacketError      a TFTP packet
│   ├── MessageError     an HTTP, syslog or Cisco XML message
│   └── CertificateError a certificate, key, signing request or revocation list
├── UsageError           our own call, option or settings file is wrong
├── RefusedError         who asked for what, and why not
├── NotFoundError        no such file, name
│   └── UnknownModelError no phone model is called so
├── TransferError        the other end, or the network between, failed
└── StorageError         our own disk failed: full, read-only, in use

Errors carry facts. Doors translate them to wire codes from one small table each.
"""

from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True)
class Place:
    """Where in somebody's bytes: a file or parameter name, a 1-based line and column.

    Line and column count characters after decoding; 0 means "not known".
    """

    name: str = ""
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        numbers = [str(number) for number in (self.line, self.column) if number]
        return ":".join([part for part in (self.name, *numbers) if part])


class RingbackError(Exception):
    """The root of the tree: ``what`` happened and the ``remedy``, both in plain words."""

    def __init__(self, what: str, *, remedy: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.what}: {self.remedy}" if self.remedy else self.what


class MalformedError(RingbackError):
    """Their bytes are wrong at ``place``."""

    def __init__(self, what: str, *, place: Place | None = None, remedy: str = "") -> None:
        super().__init__(what, remedy=remedy)
        self.place = place or Place()

    def __str__(self) -> str:
        where = str(self.place)
        return f"{where}: {super().__str__()}" if where else super().__str__()


class ProfileError(MalformedError):
    """A flat-profile that no phone could read, or that strict reading refuses."""


class RuleError(MalformedError):
    """A rule, condition, macro or delay list; ``place.column`` counts from 1 in the typed text.

    ``status`` is the phone's ``$ERR`` text.
    """

    def __init__(
        self,
        what: str,
        *,
        place: Place | None = None,
        remedy: str = "",
        status: str = "Parse error in rule",
    ) -> None:
        super().__init__(what, place=place, remedy=remedy)
        self.status = status


class EnvelopeError(MalformedError):
    """Compressed or encrypted bytes that do not open. ``status`` is the phone's ``$ERR`` text."""

    def __init__(
        self,
        what: str,
        *,
        status: str = "corrupt file",
        place: Place | None = None,
        remedy: str = "",
    ) -> None:
        super().__init__(what, place=place, remedy=remedy)
        self.status = status


class PacketError(MalformedError):
    """A TFTP packet that says nothing we understand; ``code`` is the RFC 1350 error to answer."""

    def __init__(self, what: str, *, code: int = 4) -> None:
        super().__init__(what)
        self.code = code


class MessageError(MalformedError):
    """An HTTP, syslog or Cisco XML message that cannot be read."""


class CertificateError(MalformedError):
    """A certificate, private key, signing request or revocation list that cannot be read."""


class UsageError(RingbackError):
    """Our own call, command-line option or settings file is wrong."""


class RefusedError(RingbackError):
    """Refused: ``who`` asked for ``what``, and ``why`` not."""

    def __init__(self, what: str, *, who: str = "", why: str = "", remedy: str = "") -> None:
        super().__init__(what, remedy=remedy)
        self.who = who
        self.why = why


class SilencedError(RefusedError):
    """Refused, and where the transport lets us, without a word."""


class NotFoundError(RingbackError):
    """There is no such file, model or name; ``nearest`` is what there is instead, if anything."""

    def __init__(self, what: str, *, nearest: str = "", remedy: str = "") -> None:
        super().__init__(what, remedy=remedy)
        self.nearest = nearest


class UnknownModelError(NotFoundError):
    """No phone model is spelt so: the word is wrong, wherever it stands."""


class Failure(Enum):
    """How a transfer failed, as the phone's own status text (facts: firmware strings)."""

    NOT_FOUND = "file not found"
    NO_SERVER = "No server name"
    DNS = "DNS resolution"
    RESTRICTED = "Invalid or restricted server"
    BAD_URL = "Invalid URL"
    SCHEME = "scheme not supported"
    GET = "get failed"
    TOO_LARGE = "file size exceeds internal buffer"
    INTERRUPTED = "interrupted"


class TransferError(RingbackError):
    """The other end or the network failed; ``failure`` says how, ``what`` says the details."""

    def __init__(self, what: str, *, failure: Failure = Failure.GET, remedy: str = "") -> None:
        super().__init__(what, remedy=remedy)
        self.failure = failure


class StorageError(RingbackError):
    """Our own disk failed: full, read-only, or the file is in use. Nothing was half done."""
