"""The custom authority of a phone: whom it trusts beside the roots in its firmware.

The certificate comes from the URL in ``Custom_CA_Rule`` or after ``/admin/updateca?`` (S1, S19),
as PEM or DER, several in one file if need be. The status page shows when that last succeeded or
failed, and the CN of the first certificate's subject (S1). What is no certificate leaves the one
before it in place; only a factory reset takes it away (*inferred*).

Certificates are read once for all phones that were sent the same bytes.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Self

from ringback.certificate import certificate as certificates
from ringback.certificate.certificate import Certificate
from ringback.errors import CertificateError, Place

LARGEST = 64 * 1024
"""Bytes; *inferred*. The bundle of a large authority with its intermediates has 20 KiB."""
MOST = 32
"""Certificates; *inferred*."""


@dataclass(frozen=True, slots=True)
class CustomCa:
    """What is installed, and how the last try to install something ended."""

    certificates: tuple[Certificate, ...] = ()
    tried: float | None = None
    """When, in POSIX seconds; None while nobody has tried."""
    why: str = ""
    """Why the last try failed; empty when it succeeded."""

    def failed(self, now: float, why: str) -> Self:
        """The same authority, after a try that failed."""
        return replace(self, tried=now, why=why or "it failed")

    @property
    def name(self) -> str:
        """The CN of the first certificate's subject, or the whole subject when it has none."""
        if not self.certificates:
            return ""
        first = self.certificates[0]
        return next(iter(first.common_names), "") or str(first)

    @property
    def info(self) -> str:
        """*Custom CA Info* on the status page (S1)."""
        return f"Installed \N{EN DASH} {self.name}" if self.certificates else "Not Installed"

    def status(self, offset: timedelta) -> str:
        """*Custom CA Provisioning Status* (S1), in phone time; empty before the first try (C2)."""
        if self.tried is None:
            return ""
        moment = datetime.fromtimestamp(self.tried, UTC) + offset
        word = "failed" if self.why else "succeeded"
        return f"Last provisioning {word} on {moment:%m/%d/%Y %H:%M:%S}"

    def facts(self) -> dict[str, Any]:
        """As JSON can keep it."""
        pem = b"".join(each.pem() for each in self.certificates).decode("ascii")
        return {"pem": pem, "tried": self.tried, "why": self.why}

    @classmethod
    def from_facts(cls, facts: Any) -> Self:
        """What ``facts()`` gave; an empty mapping is a phone that was never given any.

        Raises:
            CertificateError: there is something else in it than certificates.
            ValueError, TypeError, AttributeError: it is nothing of the kind.
        """
        pem, tried = str(facts.get("pem", "")), facts.get("tried")
        found = read(pem.encode()) if pem else ()
        return cls(found, None if tried is None else float(tried), str(facts.get("why", "")))


@lru_cache(maxsize=16)
def read(data: bytes) -> tuple[Certificate, ...]:
    """The certificates in a file that is to be installed.

    Raises:
        CertificateError: it holds none, a damaged one, or too much.
    """
    place = Place("custom CA")
    if len(data) > LARGEST:
        raise CertificateError(f"{len(data)} bytes, and a phone takes {LARGEST}", place=place)
    found = certificates.read(data, name=place.name)
    if len(found) > MOST:
        raise CertificateError(f"{len(found)} certificates, and a phone takes {MOST}", place=place)
    return found
