"""A pair: a private key, the certificate for it, and the chain to send along; one file.

One file, so that replacing it is one rename and no moment exists in which key and certificate
do not fit. What other programs leave behind is read as it comes: certbot's ``privkey.pem`` beside
``fullchain.pem``, or key, certificate and chain in any order and twice over.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from ringback.certificate import certificate as certificates
from ringback.certificate import chain, key
from ringback.certificate.certificate import Certificate
from ringback.certificate.key import PrivateKey
from ringback.certificate.path import Search
from ringback.certificate.pem import Block
from ringback.certificate.pem import read as read_pem
from ringback.cisco.handshake import CheckedNames
from ringback.errors import CertificateError, Place, RefusedError

CERTBOT: Final = ("privkey.pem", "cert.pem", "chain.pem", "fullchain.pem")


@dataclass(frozen=True, slots=True)
class Pair:
    """A key and what proves whose it is; ``chain`` is sent after ``certificate``, no root."""

    key: PrivateKey = field(repr=False)
    certificate: Certificate
    chain: tuple[Certificate, ...] = ()

    def __bytes__(self) -> bytes:
        """Certificate, chain, then the key, as PEM. To be kept from others' eyes."""
        public = b"".join(each.pem() for each in (self.certificate, *self.chain))
        return public + key.write(self.key)


def parse(data: bytes, *, name: str = "", secret: bytes | None = None) -> Pair:
    """Read a pair from one file.

    Raises:
        CertificateError: when something in it is damaged or missing.
        RefusedError: when the key fits no certificate, or is encrypted and ``secret`` is wrong.
    """
    return assemble(read_pem(data, name=name), secret=secret)


def assemble(blocks: Iterable[Block], *, secret: bytes | None = None) -> Pair:
    """Find the key, the certificate it belongs to, and the chain, in any order.

    Raises:
        CertificateError: when something is damaged or missing.
        RefusedError: when the key fits no certificate, or cannot be opened.
    """
    given = list(blocks)
    private = _only_key(given, secret)
    found = dict.fromkeys(
        certificates.open_block(each) for each in given if each.label in certificates.LABELS
    )
    if not found:
        raise CertificateError("no certificate beside the key", remedy="add the file it is in")
    mine = [each for each in found if private.opens(each.public)]
    if not mine:
        names = "; ".join(str(each) for each in list(found)[:3])
        raise RefusedError(
            f"the private key does not belong to the certificate ({names})",
            remedy="compare: openssl x509 -noout -pubkey -in CERT, openssl pkey -pubout -in KEY",
        )
    leaf = max(mine, key=lambda each: each.not_after)
    return Pair(private, leaf, _chain(leaf, [each for each in found if each not in mine]))


def _only_key(blocks: Sequence[Block], secret: bytes | None) -> PrivateKey:
    keys = list({each.der: each for each in blocks if each.label in key.LABELS}.values())
    if not keys:
        raise CertificateError("no private key", remedy="name its file too (certbot: privkey.pem)")
    if len(keys) > 1:
        where = Place(keys[1].place.name, keys[1].place.line)
        raise CertificateError("more than one private key", place=where, remedy="name one")
    return key.read(keys[0], secret)


def _chain(leaf: Certificate, others: Sequence[Certificate]) -> tuple[Certificate, ...]:
    """The authorities above the leaf, nearest first, without a root: a phone has it or not."""
    search = Search(others, ())
    for _ in search.complete(leaf):
        pass
    return tuple(each for each in search.longest[1:] if not each.self_signed)


def examine(
    pair: Pair,
    *,
    now: float,
    host: str = "",
    anchors: Sequence[Certificate] = (),
    purpose: chain.Purpose = chain.Purpose.SERVER,
) -> chain.Verdict:
    """Whether a pair is fit to be served. Without ``anchors`` its own root is not asked for."""
    return chain.verify(
        pair.certificate,
        policy=chain.Policy(
            now, purpose, host, checked=CheckedNames.BOTH, forgive=_forgiven(anchors)
        ),
        anchors=anchors,
        others=pair.chain,
    )


def _forgiven(anchors: Sequence[Certificate]) -> frozenset[chain.Kind]:
    """A chain signed elsewhere ends at a root that only the phones have."""
    absent = () if anchors else (chain.Kind.UNKNOWN, chain.Kind.SELF_SIGNED)
    return frozenset({chain.Kind.FORM, *absent})
