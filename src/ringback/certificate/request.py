"""Signing requests (PKCS #10): the host names they ask for, and how they are made and read.

The common name is the server's full host name: phones compare it, and the vendor asks for it.
Today's clients read subjectAltName instead, so every name stands there as well.
"""

import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final, Self

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.x509.oid import ExtensionOID, NameOID

from ringback.certificate import key
from ringback.certificate.certificate import LIBRARY_ERRORS
from ringback.certificate.hostname import Address, address_of, well_formed
from ringback.certificate.key import PrivateKey
from ringback.certificate.pem import Block
from ringback.errors import CertificateError, Place, UsageError

LABELS: Final = frozenset({"CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"})
_LONGEST_CN: Final = 64
_LONGEST_MAIL: Final = 255


@dataclass(frozen=True, slots=True)
class Hosts:
    """The names a server is to have: the common one first, all of them in subjectAltName."""

    common: str
    dns: tuple[str, ...] = ()
    addresses: tuple[Address, ...] = ()
    email: str = ""

    @classmethod
    def parse(cls, names: Iterable[str], *, email: str = "") -> Self:
        """Sort DNS names from IP addresses; the first one is the common name.

        Raises:
            UsageError: when one is neither, or there is none.
        """
        given = tuple(dict.fromkeys(name.strip() for name in names if name.strip()))
        if not given:
            raise UsageError("no host name given", remedy="for example prov.example.com")
        wrong = [each for each in given if not address_of(each) and not _dns(each)]
        if wrong or len(given[0]) > _LONGEST_CN:
            remedy = "a full host name such as prov.example.com, or an IP address"
            raise UsageError(f"not a host name: {(wrong or given)[0]!r}", remedy=remedy)
        if email and (email.count("@") != 1 or not email.isascii() or not email.isprintable()):
            raise UsageError(f"not an e-mail address: {email!r}", remedy="such as voip@example.com")
        addresses = tuple(found for each in given if (found := address_of(each)))
        names_only = tuple(each.lower() for each in given if not address_of(each))
        return cls(given[0], names_only, addresses, email)

    @property
    def qualified(self) -> bool:
        """Whether the common name is a full host name, as the vendor and its phones ask."""
        return not address_of(self.common) and "." in self.common and "*" not in self.common

    def alternatives(self) -> x509.SubjectAlternativeName:
        """All of them as subjectAltName."""
        names: list[x509.GeneralName] = [x509.DNSName(each) for each in self.dns]
        return x509.SubjectAlternativeName([*names, *map(x509.IPAddress, self.addresses)])


def _dns(name: str) -> bool:
    return name.isascii() and well_formed(name, wildcard=True)


@dataclass(frozen=True, slots=True)
class Request:
    """A request that was read to its last extension."""

    raw: x509.CertificateSigningRequest
    subject: x509.Name = field(compare=False)
    """Whom it asks to name."""
    public: PublicKeyTypes = field(compare=False)
    extensions: tuple[x509.Extension[Any], ...] = field(compare=False)
    place: Place = field(default_factory=Place, compare=False)

    @property
    def digest(self) -> str:
        """The digest of its signature."""
        algorithm = self.raw.signature_hash_algorithm
        return algorithm.name if algorithm else ""

    @property
    def proven(self) -> bool:
        """Whether its own key signed it: whoever asks holds the private half."""
        return key.signed(self.public, self.raw)

    @property
    def alternatives(self) -> x509.SubjectAlternativeName | None:
        """The subjectAltName it asks for."""
        wanted = ExtensionOID.SUBJECT_ALTERNATIVE_NAME
        return next((each.value for each in self.extensions if each.oid == wanted), None)

    def pem(self) -> bytes:
        """As PEM."""
        return self.raw.public_bytes(serialization.Encoding.PEM)


def make(hosts: Hosts, signer: PrivateKey, *, organization: str = "", unit: str = "") -> Request:
    """A request for a server certificate, signed with SHA-256.

    Raises:
        UsageError: when the common name is no full host name, or another name does not fit.
    """
    if not hosts.qualified:
        raise UsageError(
            f"the common name {hosts.common!r} is not a full host name",
            remedy="phones compare it with the host of their profile rule: prov.example.com",
        )
    builder = x509.CertificateSigningRequestBuilder().subject_name(
        server_name(hosts, organization=organization, unit=unit)
    )
    raw = builder.add_extension(hosts.alternatives(), critical=False).sign(
        signer.raw, signer.digest
    )
    return Request(raw, raw.subject, raw.public_key(), tuple(raw.extensions))


def server_name(hosts: Hosts, *, organization: str = "", unit: str = "") -> x509.Name:
    """The subject of a server: CN, and O, OU and emailAddress where given."""
    pairs = (
        (NameOID.COMMON_NAME, hosts.common),
        (NameOID.ORGANIZATION_NAME, organization),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, unit),
        (NameOID.EMAIL_ADDRESS, hosts.email),
    )
    return name_of((oid, text) for oid, text in pairs if text)


def name_of(pairs: Iterable[tuple[x509.ObjectIdentifier, str]]) -> x509.Name:
    """A name of the library's, from attributes.

    Raises:
        UsageError: for a value that is too long or holds control characters.
    """
    given = list(pairs)
    for oid, text in given:
        longest = _LONGEST_MAIL if oid == NameOID.EMAIL_ADDRESS else _LONGEST_CN
        if not text.isprintable() or not 0 < len(text) <= longest:
            remedy = f"plain text of {longest} characters or less"
            raise UsageError(f"not fit for a name: {text[:80]!r}", remedy=remedy)
    try:
        return x509.Name([x509.NameAttribute(oid, text) for oid, text in given])
    except ValueError as error:
        raise UsageError(f"not fit for a name: {error}", remedy="plain text") from error


def open_block(block: Block) -> Request:
    """Open one block as a request.

    Raises:
        CertificateError: when it is none, or is damaged.
    """
    if block.label and block.label not in LABELS:
        what = f"a {block.label.lower()} where a signing request belongs"
        raise CertificateError(what, place=block.place, remedy="ringback cert request makes one")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            raw = x509.load_der_x509_csr(block.der)
            _ = raw.signature_hash_algorithm
            extensions = tuple(raw.extensions)
            return Request(raw, raw.subject, raw.public_key(), extensions, block.place)
    except LIBRARY_ERRORS as error:
        what = "a damaged signing request"
        raise CertificateError(what, place=block.place, remedy="make it again") from error
