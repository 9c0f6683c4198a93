"""What a TLS engine is to the listener: bytes in, bytes out, and what the handshake proved.

Engines are made elsewhere (``certificate``) and handed in: this room knows the shape of TLS, not
its keys, authorities or library. One engine serves one connection and knows nothing of sockets.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from ringback.errors import RefusedError
from ringback.http.hello import Hello


@dataclass(frozen=True, slots=True)
class Doubt:
    """A client's certificate that was shown and not believed: all the evidence there is."""

    why: str
    subject: str = ""
    """Whom it names; empty when the handshake ended before that could be seen."""
    issuer: str = ""
    anchor: str = ""
    """The authority whose certificate would make it believed; empty when none would."""
    certificate: bytes = field(default=b"", repr=False)
    """DER."""

    def __str__(self) -> str:
        text = f"{self.why} (subject {self.subject or 'unknown'}; issuer {self.issuer or '-'})"
        if self.anchor:
            text += f": trust it with --client-ca and the certificate of {self.anchor}"
        return text


@dataclass(frozen=True, slots=True, eq=False)
class Session:
    """What a finished handshake agreed on and proved. One per connection."""

    version: str
    """``TLSv1``, ``TLSv1.1``, ``TLSv1.2``, ``TLSv1.3``."""
    cipher: str
    """In OpenSSL's words."""
    bits: int = 0
    """Secret bits of the cipher."""
    certificate: bytes | None = None
    """DER of the client's certificate, believed or not."""
    verified: bool = False
    """It leads to an authority that this listener trusts, and nothing else was wrong with it."""
    doubt: Doubt | None = None
    """Why it was not believed; the client counts as one without."""
    resumed: bool = False
    hello: bytes = field(default=b"", repr=False)
    """The first record of the handshake."""

    @property
    def proven(self) -> bytes | None:
        """DER of a certificate that may be believed."""
        return self.certificate if self.verified else None

    @property
    def sni(self) -> str:
        """The host name the client asked for; empty when it named none."""
        return Hello.parse(self.hello).host


class Failed(NamedTuple):
    """A handshake that came to nothing, or (``served``) a certificate that counted as none."""

    address: str
    port: int
    why: str
    version: str = ""
    """Of TLS: what was agreed on, or the highest the client offered."""
    doubt: Doubt | None = None
    served: bool = False
    """The client was let in, as one without a certificate."""
    host: str = ""
    """The host name it asked for."""

    def __str__(self) -> str:
        return f"{self.why}: {self.doubt}" if self.doubt and not self.served else self.why


class HandshakeError(RefusedError):
    """The handshake, or the connection it protected, is broken; ``why`` in plain words."""

    def __init__(self, why: str, *, version: str = "", doubt: Doubt | None = None) -> None:
        super().__init__(f"no TLS with this client ({why})", why=why)
        self.version, self.doubt = version, doubt


class Engine(Protocol):
    """TLS of one connection, the server's side."""

    over: bool
    """The client said goodbye (close_notify), and sends no more."""

    def shake(self, data: bytes) -> Session | None:
        """Go on with the handshake; None while more must come.

        Raises:
            HandshakeError: when it has failed; ``take`` has the alert for the client.
        """

    def feed(self, data: bytes) -> None:
        """Bytes from the network, after the handshake."""

    def read(self) -> bytes:
        """The next piece of what the client said; empty when more must come.

        Raises:
            HandshakeError: when what arrived is no TLS, or was tampered with.
        """

    def write(self, data: bytes | memoryview) -> None:
        """Something to say to the client."""

    def finish(self) -> None:
        """Say goodbye (close_notify)."""

    def take(self) -> bytes:
        """Bytes for the network."""


MakeEngine = Callable[[], Engine]
