"""Revocation lists (RFC 5280 §5): read, ask, and make the next one.

Our own authority's list is the only one asked: a phone cannot be made to wait for a vendor's
server. A list is believed when its issuer's own key signed it. Lookups go through the library's
index, so that a list of a hundred thousand phones costs no more than one of ten.
"""

import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from ringback.certificate import key
from ringback.certificate.certificate import LIBRARY_ERRORS, Certificate
from ringback.certificate.key import PrivateKey
from ringback.certificate.pem import Block
from ringback.certificate.pem import read as read_pem
from ringback.errors import CertificateError, Place

LABEL: Final = "X509 CRL"
REASONS: Final = {reason.value: reason for reason in x509.ReasonFlags}


@dataclass(frozen=True, slots=True)
class Revoked:
    """One certificate taken back: its serial number, when (POSIX seconds) and why."""

    serial: int
    when: float
    reason: str = "unspecified"


@dataclass(frozen=True, slots=True)
class RevocationList:
    """A signed list of serial numbers."""

    raw: x509.CertificateRevocationList
    issuer: x509.Name = field(compare=False)
    """Whose list it is."""
    this_update: float
    next_update: float | None
    number: int | None
    place: Place = field(default_factory=Place, compare=False)

    def __len__(self) -> int:
        return len(self.raw)

    def entries(self) -> tuple[Revoked, ...]:
        """Everything on the list."""
        return tuple(_revoked(each) for each in self.raw)

    def find(self, serial: int) -> Revoked | None:
        """The entry of one serial number."""
        if serial < 0:
            return None
        found = self.raw.get_revoked_certificate_by_serial_number(serial)
        return _revoked(found) if found is not None else None

    def signed_by(self, issuer: Certificate) -> bool:
        """Whether the issuer's key made the signature."""
        return key.signed(issuer.public, self.raw)

    def der(self) -> bytes:
        """As DER, the form for the network (RFC 5280 section 4.2.1.13)."""
        return self.raw.public_bytes(serialization.Encoding.DER)

    def pem(self) -> bytes:
        """As PEM."""
        return self.raw.public_bytes(serialization.Encoding.PEM)


def _revoked(entry: x509.RevokedCertificate) -> Revoked:
    try:
        reason = entry.extensions.get_extension_for_class(x509.CRLReason).value.reason.value
    except (x509.ExtensionNotFound, ValueError):
        reason = "unspecified"
    return Revoked(entry.serial_number, entry.revocation_date_utc.timestamp(), reason)


def open_block(block: Block) -> RevocationList:
    """Open one block as a revocation list.

    Raises:
        CertificateError: when it is none, or is damaged.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            raw = x509.load_der_x509_crl(block.der)
            _ = raw.signature_hash_algorithm, [_revoked(each) for each in raw]
            issuer, number = raw.issuer, _number(raw.extensions)
            began, due = raw.last_update_utc.timestamp(), raw.next_update_utc
            until = due.timestamp() if due else None
    except LIBRARY_ERRORS as error:
        what = "a damaged revocation list"
        raise CertificateError(what, place=block.place, remedy="fetch it again") from error
    return RevocationList(raw, issuer, began, until, number, block.place)


def _number(extensions: x509.Extensions) -> int | None:
    try:
        return extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
    except x509.ExtensionNotFound:
        return None


def read(data: bytes, *, name: str = "") -> tuple[RevocationList, ...]:
    """Every revocation list of a bundle.

    Raises:
        CertificateError: when one is damaged or there is none.
    """
    blocks = [block for block in read_pem(data, name=name) if block.label in {LABEL, ""}]
    if not blocks:
        raise CertificateError("no revocation list in it", place=Place(name))
    return tuple(open_block(block) for block in blocks)


def make(
    issuer: Certificate,
    signer: PrivateKey,
    entries: Iterable[Revoked],
    *,
    number: int,
    now: float,
    days: int,
) -> RevocationList:
    """Sign a list of ``entries``, valid from ``now`` for ``days``."""
    began = _moment(now)
    builder: Any = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.subject)
        .last_update(began)
        .next_update(_moment(now + days * 86400))
        .add_extension(x509.CRLNumber(number), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public),  # type: ignore[arg-type]
            critical=False,
        )
    )
    for entry in entries:
        builder = builder.add_revoked_certificate(_entry(entry))
    raw = builder.sign(signer.raw, signer.digest)
    return RevocationList(raw, raw.issuer, float(int(now)), float(int(now + days * 86400)), number)


def _entry(entry: Revoked) -> x509.RevokedCertificate:
    builder = (
        x509.RevokedCertificateBuilder()
        .serial_number(entry.serial)
        .revocation_date(_moment(entry.when))
    )
    if entry.reason != "unspecified":
        builder = builder.add_extension(x509.CRLReason(REASONS[entry.reason]), critical=False)
    return builder.build()


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)
