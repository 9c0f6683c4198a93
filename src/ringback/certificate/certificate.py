r"""One certificate, opened completely: what it cannot say plainly is refused at the door.

The cryptography library reads lazily: a certificate loads, and its subject or an extension
raises ``ValueError`` when somebody looks months later. Here everything is looked at once, so
that what comes out is safe to hand round (RFC 5280 §4). A NUL or control character in a name is
refused: programs that stop at it saw ``good.example`` where the authority signed
``good.example\0.evil.example``.
"""

import ipaddress
import re
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.x509.oid import ExtensionOID, NameOID

from ringback.certificate import key
from ringback.certificate.pem import Block
from ringback.certificate.pem import read as read_pem
from ringback.errors import CertificateError, Place

LABELS: Final = frozenset({"CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"})
LIBRARY_ERRORS: Final = (
    ValueError,
    TypeError,
    OverflowError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
    x509.InvalidVersion,
)
"""What the cryptography library raises when bytes are not what they should be."""
_SHORT: Final = {
    NameOID.COMMON_NAME: "CN",
    NameOID.ORGANIZATIONAL_UNIT_NAME: "OU",
    NameOID.ORGANIZATION_NAME: "O",
    NameOID.LOCALITY_NAME: "L",
    NameOID.STATE_OR_PROVINCE_NAME: "ST",
    NameOID.COUNTRY_NAME: "C",
    NameOID.SERIAL_NUMBER: "serialNumber",
    NameOID.EMAIL_ADDRESS: "emailAddress",
    NameOID.SURNAME: "SN",
}


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate that was read to its last extension. Times are POSIX seconds."""

    raw: x509.Certificate
    subject: x509.Name = field(compare=False)
    """Whom it names. Kept: the library would build it anew, and remark on it, at every look."""
    issuer: x509.Name = field(compare=False)
    public: PublicKeyTypes = field(compare=False)
    not_before: float = field(compare=False)
    not_after: float = field(compare=False)
    extensions: Mapping[str, x509.Extension[Any]] = field(compare=False)
    """By dotted OID."""
    place: Place = field(default_factory=Place, compare=False)

    @property
    def serial(self) -> int:
        """The number its issuer gave it; may be negative or zero in certificates gone wrong."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return self.raw.serial_number

    @property
    def self_issued(self) -> bool:
        """Subject and issuer are the same name."""
        return self.subject == self.issuer

    @property
    def digest(self) -> str:
        """The digest of its signature: ``sha256``, ``sha1``, ``md5`` …; empty for EdDSA."""
        algorithm = self.raw.signature_hash_algorithm
        return algorithm.name if algorithm else ""

    @property
    def fingerprint(self) -> str:
        """SHA-256 over the certificate, upper-case hex pairs joined by colons."""
        return self.raw.fingerprint(hashes.SHA256()).hex(":").upper()

    def extension(self, oid: x509.ObjectIdentifier) -> Any:
        """The value of an extension, or None."""
        found = self.extensions.get(oid.dotted_string)
        return found.value if found else None

    @property
    def common_names(self) -> tuple[str, ...]:
        """Every CN of the subject."""
        return tuple(value for label, value in attributes(self.subject) if label == "CN")

    @property
    def dns_names(self) -> tuple[str, ...]:
        """DNS names of subjectAltName."""
        return self._alternatives(x509.DNSName)

    @property
    def emails(self) -> tuple[str, ...]:
        """E-mail addresses of subjectAltName."""
        return self._alternatives(x509.RFC822Name)

    @property
    def addresses(self) -> tuple[ipaddress.IPv4Address | ipaddress.IPv6Address, ...]:
        """IP addresses of subjectAltName."""
        return self._alternatives(x509.IPAddress)

    def _alternatives(self, kind: Any) -> tuple[Any, ...]:
        names = self.extension(ExtensionOID.SUBJECT_ALTERNATIVE_NAME)
        return tuple(names.get_values_for_type(kind)) if names else ()

    @property
    def authority(self) -> bool:
        """Whether it says of itself that it may sign others (basicConstraints)."""
        constraints = self.extension(ExtensionOID.BASIC_CONSTRAINTS)
        return bool(constraints and constraints.ca)

    @property
    def purposes(self) -> tuple[str, ...] | None:
        """Dotted OIDs of extendedKeyUsage; None when it does not say."""
        usage = self.extension(ExtensionOID.EXTENDED_KEY_USAGE)
        return None if usage is None else tuple(each.dotted_string for each in usage)

    def signed_by(self, other: "Certificate") -> bool:
        """Whether ``other`` is its issuer by name and by signature.

        SHA-1 and MD5 are checked like any other digest; judging them is the caller's.
        """
        return self.issuer == other.subject and self.signed_with(other.public)

    def signed_with(self, public: PublicKeyTypes) -> bool:
        """Whether a key made the signature."""
        return key.signed(public, self.raw)

    @property
    def self_signed(self) -> bool:
        """Its own key made the signature, whatever name stands as issuer."""
        return self.signed_with(self.public)

    def pem(self) -> bytes:
        """As PEM."""
        return bytes(Block("CERTIFICATE", self.der()))

    def der(self) -> bytes:
        """As DER."""
        return self.raw.public_bytes(_DER)

    def __str__(self) -> str:
        return spell(self.subject) or "(no subject)"


_DER: Final = serialization.Encoding.DER
_DARK = re.compile(r"[\x00-\x1f\x7f]")


def of(raw: x509.Certificate, place: Place | None = None) -> Certificate:
    """Look at every part of a certificate of the cryptography library.

    Raises:
        CertificateError: naming the first part that cannot be read.
    """
    where = place or Place()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        subject, issuer = _look(raw, "subject", where), _look(raw, "issuer", where)
        _look(raw, "signature_hash_algorithm", where)
        extensions = {each.oid.dotted_string: each for each in _look(raw, "extensions", where)}
        _refuse_dark_names((subject, issuer), extensions.values(), where)
        return Certificate(
            raw=raw,
            subject=subject,
            issuer=issuer,
            public=_look(raw, "public_key", where),
            not_before=raw.not_valid_before_utc.timestamp(),
            not_after=raw.not_valid_after_utc.timestamp(),
            extensions=extensions,
            place=where,
        )


def _look(raw: Any, part: str, place: Place) -> Any:
    try:
        found = getattr(raw, part)
        if part == "public_key":
            found = found()
    except LIBRARY_ERRORS as error:
        what = f"its {part.replace('_', ' ')} cannot be read ({_brief(error)})"
        raise CertificateError(what, place=place) from error
    return found


def _brief(error: Exception) -> str:
    text = " ".join(str(error).split())
    return "its DER is not well-formed" if "ParseError" in text else text[:120]


def _refuse_dark_names(
    names: Iterable[x509.Name], extensions: Iterable[x509.Extension[Any]], place: Place
) -> None:
    """Refuse control characters in any name (RFC 5280 allows none; NUL has fooled many)."""
    texts = [value for name in names for _, value in attributes(name)]
    for extension in extensions:
        if isinstance(extension.value, x509.SubjectAlternativeName):
            texts += [str(each.value) for each in extension.value if isinstance(each.value, str)]
    dark = next((text for text in texts if _DARK.search(text)), None)
    if dark is not None:
        raise CertificateError(f"a control character in the name {dark[:64]!r}", place=place)


def open_block(block: Block) -> Certificate:
    """Open one block as a certificate.

    Raises:
        CertificateError: when it is none, or is damaged.
    """
    if block.label not in LABELS and block.label:
        what = f"a {block.label.lower()} where a certificate belongs"
        raise CertificateError(what, place=block.place)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            raw = x509.load_der_x509_certificate(block.der)
    except LIBRARY_ERRORS as error:
        what = f"a damaged certificate ({_brief(error)})"
        raise CertificateError(what, place=block.place, remedy="copy it again") from error
    return of(raw, block.place)


def read(data: bytes, *, name: str = "") -> tuple[Certificate, ...]:
    """Every certificate of a bundle, in order; keys and requests beside them are passed over.

    Raises:
        CertificateError: when one is damaged or there is none.
    """
    blocks = [block for block in read_pem(data, name=name) if block.label in LABELS | {""}]
    if not blocks:
        raise CertificateError("no certificate in it", place=Place(name))
    return tuple(open_block(block) for block in blocks)


def attributes(name: x509.Name) -> tuple[tuple[str, str], ...]:
    """A name as (label, value) pairs in its own order; labels as ``CN``, ``ST``; else the OID."""
    return tuple((_SHORT.get(each.oid, each.oid.dotted_string), _text(each.value)) for each in name)


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.hex()


def spell(name: x509.Name) -> str:
    """A name for people: ``CN=…, OU=…``, in its own order."""
    return ", ".join(f"{label}={value}" for label, value in attributes(name))
