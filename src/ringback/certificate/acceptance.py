"""Would a phone accept this server certificate? By the table of its generation.

Used twice: by the virtual phone after its handshake, and by ``ringback cert check`` beforehand.
The chain itself is OpenSSL's business in the first case and ``chain``'s in the second.
"""

from collections.abc import Iterator, Sequence

from cryptography.hazmat.primitives.asymmetric import rsa

from ringback.certificate import chain, hostname, key
from ringback.certificate.certificate import Certificate
from ringback.certificate.chain import Kind, Policy, Problem, Purpose, Verdict
from ringback.cisco.handshake import Handshake

_TOLERANT = frozenset({Kind.FORM, Kind.KEY, Kind.DIGEST, Kind.STALE})
"""What no phone looks at, or ``tastes`` judges by the phone's own measure."""


def verify(
    leaf: Certificate,
    *,
    handshake: Handshake,
    now: float,
    host: str = "",
    anchors: Sequence[Certificate] = (),
    others: Sequence[Certificate] = (),
) -> Verdict:
    """Judge a server's chain as a phone would; empty ``host`` leaves the name out."""
    policy = Policy(
        now, Purpose.SERVER, host, checked=handshake.names, handshake=False, forgive=_TOLERANT
    )
    verdict = chain.verify(leaf, policy=policy, anchors=anchors, others=others)
    more = tuple(each for cert in _looked_at(verdict.path) for each in tastes(cert, handshake))
    return Verdict(verdict.path, (*verdict.problems, *more), verdict.forgiven)


def _looked_at(path: Sequence[Certificate]) -> Sequence[Certificate]:
    """All but a root: nobody relies on its own signature."""
    return [each for each in path if each is path[0] or not each.self_signed]


def tastes(certificate: Certificate, handshake: Handshake) -> Iterator[Problem]:
    """What the phone's own TLS cannot do with a certificate: its digest, its kind of key."""
    if certificate.digest not in handshake.digests:
        known = ", ".join(handshake.digests)
        what = f"is signed with {certificate.digest or 'EdDSA'}; this phone knows {known}"
        yield Problem(
            Kind.DIGEST, str(certificate), what, f"have it signed with {handshake.digests[-1]}"
        )
    kind = key.describe(certificate.public)
    if kind.split()[0] not in handshake.keys:
        what = f"has an {kind} key; this phone knows {', '.join(handshake.keys)}"
        yield Problem(Kind.KEY, str(certificate), what, "make an RSA 2048 key")
    elif _bits(certificate) < handshake.shortest_rsa:
        what = f"has a key of {_bits(certificate)} bits; this phone wants {handshake.shortest_rsa}"
        yield Problem(Kind.KEY, str(certificate), what, "make an RSA 2048 key")


def _bits(certificate: Certificate) -> int:
    public = certificate.public
    return public.key_size if isinstance(public, rsa.RSAPublicKey) else 1 << 16


def after_handshake(
    path: Sequence[Certificate], host: str, handshake: Handshake, now: float
) -> Iterator[Problem]:
    """What a phone asks once OpenSSL has followed a chain up: dates, name, digests, keys.

    ``path`` begins with the server's own certificate and ends at the trusted root.
    """
    leaf = path[0]
    for each in path:
        yield from chain.dates(each, now)
    if not hostname.covers(leaf, host, handshake.names):
        has = ", ".join(list(hostname.names(leaf, handshake.names))[:8]) or "nothing"
        what = f"does not name {host}; by {handshake.names} it names {has}"
        yield Problem(Kind.NAME, str(leaf), what, f"one that names {host}")
    for each in _looked_at(path):
        yield from tastes(each, handshake)
