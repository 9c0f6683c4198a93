"""What a listener knows about a request, as far as scripts and templates are told.

Shapes only: the request of the device listener fits ``Asked`` and the object of Python's ``ssl``
fits ``Connection`` as they are, so that nothing is copied on the way and no room needs to know
another.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol, Self


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


class Connection(Protocol):
    """What ``ssl.SSLObject`` knows."""

    @property
    def session(self) -> Any:
        """Carries ``id``, bytes."""

    @property
    def session_reused(self) -> bool | None:
        """Whether the handshake was an abbreviated one."""

    def version(self) -> str | None:
        """Such as ``TLSv1.2``."""

    def cipher(self) -> tuple[str, str, int] | None:
        """Name, protocol, secret bits."""


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
    library: str = ""
    """The TLS library and its version: ``OpenSSL 3.0.22 …``."""

    @classmethod
    def of(
        cls,
        connection: Connection,
        *,
        client: bytes,
        server: bytes,
        sni: str = "",
        library: str = "",
    ) -> Self:
        """What a connection of Python's ``ssl`` tells; ``client`` as the listener verified it."""
        name, _, bits = connection.cipher() or ("", "", 0)
        session = connection.session
        return cls(
            client=client,
            server=server,
            protocol=connection.version() or "",
            cipher=name,
            bits=bits,
            session=session.id if session else b"",
            resumed=bool(connection.session_reused),
            sni=sni,
            library=library,
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
