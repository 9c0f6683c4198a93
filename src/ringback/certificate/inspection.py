"""A second look at a certificate OpenSSL let through: our list, dates, strength; who it is.

Python's ``ssl`` takes no verify callback, so what it cannot be told is asked afterwards, on the
leaf, before the first byte of a request is believed:

- *Revoked.* OpenSSL would want a list from every authority in the chain, the vendors' too.
- *Expired.* It can ignore dates for all or for none (X509_V_FLAG_NO_CHECK_TIME). Where expired
  factory certificates are let in, ours are still held to theirs, and nobody may come from the
  future.
- *Weak.* TLS 1.0 needs security level 0, which would let MD5 in with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from ringback.certificate import certificate as certificates
from ringback.certificate.certificate import Certificate
from ringback.certificate.chain import Kind, Problem, dates, day, weaknesses
from ringback.certificate.pem import Block
from ringback.certificate.policy import STRICT, Legacy
from ringback.certificate.revocation import RevocationList
from ringback.certificate.subject import SHAPES, Bearer, Shape, bearer
from ringback.errors import RefusedError


@dataclass(frozen=True, slots=True)
class Presented:
    """A client's verified certificate, and the phone it names, if any."""

    certificate: Certificate
    bearer: Bearer | None

    def __str__(self) -> str:
        return f"{self.certificate} ({self.bearer or 'names no phone'})"


@dataclass(frozen=True, slots=True)
class Inspection:
    """What one listener looks at."""

    legacy: Legacy = STRICT
    ours: tuple[Certificate, ...] = ()
    """Our own authority's certificates."""
    lists: tuple[RevocationList, ...] = ()
    """Our own revocation lists, their signatures checked when they were read."""
    shapes: Sequence[Shape] = SHAPES

    def inspect(self, der: bytes, now: float) -> Presented:
        """Look at the leaf that OpenSSL verified.

        Raises:
            CertificateError: when it is so odd that OpenSSL alone can read it.
            RefusedError: when it was revoked, is out of date or too weak; says which.
        """
        leaf = _open(der)
        for problem in self._problems(leaf, now):
            raise RefusedError(
                str(problem), who=problem.who, why=problem.kind.value, remedy=problem.remedy
            )
        return Presented(leaf, bearer(leaf.subject, self.shapes))

    def _problems(self, leaf: Certificate, now: float) -> Sequence[Problem]:
        found = [each for each in dates(leaf, now) if not self._forgiven(each.kind, leaf)]
        for each in self.lists:
            entry = each.find(leaf.serial) if each.issuer == leaf.issuer else None
            if entry is not None:
                what = f"was revoked on {day(entry.when)} ({entry.reason})"
                found.append(Problem(Kind.REVOKED, str(leaf), what, "issue a new one"))
        if not self.legacy.weak_certificates:
            found += weaknesses(leaf)
        return found

    def _forgiven(self, kind: Kind, leaf: Certificate) -> bool:
        mine = any(leaf.issuer == each.subject for each in self.ours)
        return kind is Kind.EXPIRED and self.legacy.expired_certificates and not mine


@lru_cache(maxsize=1024)
def _open(der: bytes) -> Certificate:
    """Read to the last extension; a phone comes back with the same one all day."""
    return certificates.open_block(Block("CERTIFICATE", der))


def believe(
    lists: Sequence[RevocationList], authorities: Sequence[Certificate]
) -> tuple[RevocationList, ...]:
    """The lists that one of ``authorities`` signed.

    Raises:
        RefusedError: when one was signed by nobody among them.
    """
    for each in lists:
        if not any(each.issuer == who.subject and each.signed_by(who) for who in authorities):
            what = f"the revocation list of {certificates.spell(each.issuer)} has a false signature"
            raise RefusedError(what, remedy="sign it anew, or take it away")
    return tuple(lists)
