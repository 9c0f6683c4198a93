"""How a phone shakes hands at this moment, as a value.

Phones that are equal in it share one TLS context.
The generation's ways come from ``cisco/handshake.py``; ``TLS_Min_Version`` (or what takes its
place) and ``TLS_Cipher_List`` narrow them (S17, C2). A phone trusts the roots in its firmware and
its custom authority, and nobody else, least of all the machine it is simulated on.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

from ringback.certificate.certificate import Certificate
from ringback.certificate.pair import Pair
from ringback.certificate.subject import bearer
from ringback.cisco.handshake import HANDSHAKES, Handshake, Version
from ringback.cisco.model import Generation

_VERSIONS = {f"TLS {each}": each for each in Version}


@dataclass(frozen=True, slots=True)
class Security:
    """What a TLS context is made of; as it stands, the one of a phone that trusts nobody."""

    handshake: Handshake = HANDSHAKES[Generation.MPP]
    trusted: tuple[Certificate, ...] = ()
    pair: Pair | None = field(default=None, repr=False)
    lowest: Version | None = None
    """``TLS_Min_Version``; None when the phone has no such setting, or nonsense in it."""
    ciphers: str = ""
    """``TLS_Cipher_List``."""

    @property
    def versions(self) -> str:
        """The versions spoken, for people."""
        lowest = max(self.lowest or self.handshake.lowest, self.handshake.lowest)
        highest = self.handshake.highest
        return f"TLS {lowest}" if lowest >= highest else f"TLS {lowest} to {highest}"


def lowest_version(handshake: Handshake, value: Callable[[str], str]) -> Version | None:
    """The oldest version that the settings allow; ``value`` reads a parameter."""
    found = _VERSIONS.get(value(handshake.minimum).strip())
    return min(found, handshake.highest) if found else None


@lru_cache(maxsize=256)
def certificate_status(pair: Pair | None) -> str:
    """``$CCERT``: whether the phone has a certificate of its own; a generic one is none (S10)."""
    who = bearer(pair.certificate.subject) if pair else None
    generic = who is not None and who.generic
    return "Installed" if pair and not generic else "Not Installed"
