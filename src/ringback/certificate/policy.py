"""What a TLS listener asks of its clients, and which old ways it lets pass.

Each old way is a switch of its own, off by default, and belongs on a listener of its own:
TLS 1.0 and 1.1; RSA key exchange (no forward secrecy); CBC suites with SHA-1; certificates with
SHA-1, MD5 or short keys; factory certificates past their date. ``legacy`` on the command line
turns all of them on: that is what phones of the SPA kind need.

OpenSSL 3 speaks TLS 1.0 at security level 0 only, and that level lets weak certificates in by
itself; ``inspection`` keeps them out again where their switch is off.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

from ringback.errors import UsageError


class Clients(StrEnum):
    """What a listener asks of a client's certificate."""

    NONE = "none"
    ASK = "ask"
    REQUIRE = "require"


@dataclass(frozen=True, slots=True)
class Legacy:
    """The old ways a listener lets pass."""

    old_versions: bool = False
    """TLS 1.0 and 1.1."""
    rsa_key_exchange: bool = False
    cbc_sha: bool = False
    weak_certificates: bool = False
    """SHA-1, MD5, RSA below 2048 bits."""
    expired_certificates: bool = False
    """Of factory authorities; our own certificates are held to their dates everywhere."""

    def __post_init__(self) -> None:
        if self.old_versions and not self.cbc_sha:
            raise UsageError(
                "TLS 1.0 and 1.1 have no suites but CBC ones with SHA-1",
                remedy="turn both switches on, or neither",
            )

    @classmethod
    def every(cls) -> Self:
        """All of them: what ``legacy`` means on the command line."""
        return cls(
            old_versions=True,
            rsa_key_exchange=True,
            cbc_sha=True,
            weak_certificates=True,
            expired_certificates=True,
        )

    @property
    def security_level(self) -> int:
        """OpenSSL's."""
        return 0 if self.old_versions or self.weak_certificates else 2

    @property
    def ciphers(self) -> str:
        """Suites of TLS 1.2 and older, in OpenSSL's words, best first."""
        parts = [_MODERN]
        parts += [_CBC] if self.cbc_sha else []
        parts += [_RSA] if self.rsa_key_exchange else []
        parts += [_RSA_CBC] if self.rsa_key_exchange and self.cbc_sha else []
        return f"{':'.join(parts)}:@SECLEVEL={self.security_level}"

    def __str__(self) -> str:
        words = {
            "TLS 1.0": self.old_versions,
            "RSA key exchange": self.rsa_key_exchange,
            "CBC-SHA": self.cbc_sha,
            "weak certificates": self.weak_certificates,
            "expired factory certificates": self.expired_certificates,
        }
        return ", ".join(word for word, on in words.items() if on) or "none"


STRICT: Final = Legacy()
_MODERN: Final = "ECDHE+AESGCM:ECDHE+CHACHA20"
_CBC: Final = (
    "ECDHE-ECDSA-AES256-SHA:ECDHE-RSA-AES256-SHA:ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA"
)
_RSA: Final = "AES256-GCM-SHA384:AES128-GCM-SHA256"
_RSA_CBC: Final = "AES256-SHA:AES128-SHA"


@dataclass(frozen=True, slots=True)
class Policy:
    """What one listener asks and allows."""

    clients: Clients = Clients.NONE
    legacy: Legacy = STRICT
