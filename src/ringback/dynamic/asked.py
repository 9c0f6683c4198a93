"""What a listener knows about a request, as far as scripts and templates are told.

Shapes only: a request of the device listener fits ``Asked`` and its TLS session fits ``Shaken`` as
they are, so that no room needs to know another.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol, Self


class Asked(Protocol):
    """A request. Texts from the client are data."""

    @property
    def method(self) -> str:
        """GET, HEAD, POST."""

    @property
    def path(self) -> str:
        """Percent-decoded once, without the query."""

    @property
    def raw_path(self) -> str:
        """As it was sent."""

    @property
    def query(self) -> str:
        """As it was sent, without the question mark."""

    @property
    def headers(self) -> Mapping[bytes, bytes]:
        """Names in lower case."""

    @property
    def body(self) -> bytes:
        """Whole."""

    @property
    def address(self) -> str:
        """Of the client."""

    @property
    def port(self) -> int:
        """Of the client."""

    @property
    def scheme(self) -> str:
        """``http`` or ``https``."""

    @property
    def agent(self) -> str:
        """The User-Agent line."""


class Shaken(Protocol):
    """What a finished handshake agreed on and proved."""

    @property
    def version(self) -> str:
        """Such as ``TLSv1.2``."""

    @property
    def cipher(self) -> str:
        """In OpenSSL's words."""

    @property
    def bits(self) -> int:
        """Secret bits of the cipher."""

    @property
    def proven(self) -> bytes | None:
        """DER of the client's certificate, if it may be believed."""

    @property
    def resumed(self) -> bool:
        """Whether the handshake was an abbreviated one."""

    @property
    def sni(self) -> str:
        """The host name the client asked for."""


NOBODY: Final = "NONE"
VERIFIED: Final = "SUCCESS"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a TLS handshake proved. Certificates are DER; empty means there was none."""

    client: bytes = b""
    """The client's certificate, only when its chain was verified."""
    chain: tuple[bytes, ...] = ()
    """What the client sent besides its own certificate; empty when not known."""
    server: bytes = b""
    protocol: str = ""
    cipher: str = ""
    bits: int = 0
    session: bytes = b""
    resumed: bool = False
    sni: str = ""
    software: str = ""
    """The TLS library and its version: ``OpenSSL 3.0.22 …``."""

    @classmethod
    def of(cls, session: Shaken, *, server: bytes = b"", software: str = "") -> Self:
        """What a connection proves; ``server`` is the certificate we showed, DER."""
        return cls(
            client=session.proven or b"",
            server=server,
            protocol=session.version,
            cipher=session.cipher,
            bits=session.bits,
            resumed=session.resumed,
            sni=session.sni,
            software=software,
        )

    @property
    def verdict(self) -> str:
        """As mod_ssl spells it: an unverified certificate never gets here."""
        return VERIFIED if self.client else NOBODY


@dataclass(frozen=True, slots=True)
class Seat:
    """Where we are reached: the name and port that clients were given, and our own address."""

    name: str
    port: int
    address: str = ""
