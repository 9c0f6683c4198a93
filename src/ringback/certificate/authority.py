"""A private certificate authority: what it signs, and what it never signs.

Pure: keys, serial numbers and ``now`` come in as arguments. A certificate is dated back a day,
for phones whose clock is slow, and never outlives its authority. Nothing of a request is copied
but its subject, its public key and its host names: an extension that says ``CA:TRUE`` is what
the asker would like to be.

RFC 5280, and what browsers ask of servers. RSA servers may also encipher keys: SPA phones speak
no other key exchange.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID, NameOID

from ringback.certificate import certificate as certificates
from ringback.certificate import form, hostname, key
from ringback.certificate.certificate import Certificate, attributes, spell
from ringback.certificate.chain import WEAK_DIGESTS, Purpose, dates
from ringback.certificate.key import PrivateKey
from ringback.certificate.request import Hosts, Request, name_of
from ringback.errors import RefusedError

LIST_NAME: Final = "ringback-ca.crl"
"""What the revocation list is called on every transport."""
ROOT_DAYS: Final = 20 * 365
INTERMEDIATE_DAYS: Final = 15 * 365
SERVER_DAYS: Final = 824
DEVICE_DAYS: Final = 10 * 365
LIST_DAYS: Final = 365
_DAY: Final = 86400
_PURPOSE: Final = {
    Purpose.SERVER: ExtendedKeyUsageOID.SERVER_AUTH,
    Purpose.CLIENT: ExtendedKeyUsageOID.CLIENT_AUTH,
}
_COPIED: Final = frozenset({"CN", "O", "OU", "L", "ST", "C", "serialNumber", "emailAddress"})


@dataclass(frozen=True, slots=True)
class Stamp:
    """What makes one certificate this one: its serial number, and from when for how long."""

    serial: int
    now: float
    days: int


def serial_of(random: bytes) -> int:
    """A serial number of 20 random bytes: positive and at most 20 octets (RFC 5280 §4.1.2.2)."""
    return int.from_bytes(random[:20], "big") >> 1 or 1


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate that may sign, its key, and the chain above it, root last."""

    certificate: Certificate
    key: PrivateKey
    above: tuple[Certificate, ...] = ()

    @property
    def root(self) -> Certificate:
        """The certificate that phones and servers trust."""
        return self.above[-1] if self.above else self.certificate

    @property
    def below_root(self) -> tuple[Certificate, ...]:
        """What a leaf must be sent with: the intermediates, nearest first."""
        return (self.certificate, *self.above)[:-1]

    def ready(self, now: float) -> None:
        """Do nothing if this authority can sign at ``now``.

        Raises:
            RefusedError: when its key is another's, or it is not in date (or the clock is off).
        """
        if not self.key.opens(self.certificate.public):
            what = f"the key does not belong to the authority {self.certificate}"
            raise RefusedError(what, remedy="put back the key it was made with")
        for problem in dates(self.certificate, now):
            raise RefusedError(f"the authority {problem}", remedy=problem.remedy)


@dataclass(frozen=True, slots=True)
class Issued:
    """A new certificate, and what was asked for and not given."""

    certificate: Certificate
    dropped: tuple[str, ...] = ()


def root(name: str, signer: PrivateKey, stamp: Stamp, *, organization: str = "") -> Authority:
    """A new root: it signs itself."""
    subject = _authority_name(name, organization)
    builder = _builder(subject, subject, signer.public, stamp, until=None)
    builder = _as_authority(builder, signer.public, path_length=1)
    builder = _signed_by_key(builder, signer.public)
    return Authority(_sign(builder, signer), signer)


def intermediate(
    above: Authority, name: str, signer: PrivateKey, stamp: Stamp, *, organization: str = ""
) -> Authority:
    """A new authority under ``above``; it may sign leaves only."""
    above.ready(stamp.now)
    subject = _authority_name(name, organization)
    builder = _under(above, subject, signer.public, stamp)
    builder = _as_authority(builder, signer.public, path_length=0)
    return Authority(_sign(builder, above.key), signer, (above.certificate, *above.above))


def server(
    authority: Authority, public: PublicKeyTypes, hosts: Hosts, subject: x509.Name, stamp: Stamp
) -> Certificate:
    """A server certificate for ``hosts``."""
    names = hosts.alternatives()
    return _leaf(authority, public, subject, stamp, purpose=Purpose.SERVER, alternatives=names)


def device(
    authority: Authority, public: PublicKeyTypes, subject: x509.Name, stamp: Stamp
) -> Certificate:
    """A client certificate for one phone; ``subject`` as ``subject.compose`` makes it."""
    return _leaf(authority, public, subject, stamp, purpose=Purpose.CLIENT)


def sign(
    authority: Authority,
    request: Request,
    stamp: Stamp,
    *,
    purpose: Purpose = Purpose.SERVER,
    legacy: bool = False,
) -> Issued:
    """Answer a request. ``legacy`` lets short RSA keys and SHA-1 requests pass.

    Raises:
        RefusedError: when the request is not signed by its own key, its key or digest is weak,
            or it names no host to be a server for.
    """
    _examine(request, legacy=legacy)
    subject = name_of(_copied(request.subject))
    hosts = _hosts(request) if purpose is Purpose.SERVER else None
    names = hosts.alternatives() if hosts else None
    leaf = _leaf(authority, request.public, subject, stamp, purpose=purpose, alternatives=names)
    return Issued(leaf, tuple(_dropped(request, purpose)))


def renew(
    authority: Authority, old: Certificate, public: PublicKeyTypes, stamp: Stamp
) -> Certificate:
    """The same names and purpose as ``old``, which this authority issued, with new dates.

    Raises:
        RefusedError: when another authority issued it, or it is an authority itself.
    """
    if not old.signed_by(authority.certificate) or old.authority:
        what = f"{old} was not issued by {authority.certificate}"
        raise RefusedError(what, remedy="renew it where it was issued")
    purposes = old.purposes or ()
    server_auth = ExtendedKeyUsageOID.SERVER_AUTH.dotted_string
    purpose = Purpose.SERVER if server_auth in purposes else Purpose.CLIENT
    names = old.extension(ExtensionOID.SUBJECT_ALTERNATIVE_NAME)
    return _leaf(authority, public, old.subject, stamp, purpose=purpose, alternatives=names)


def _examine(request: Request, *, legacy: bool) -> None:
    if not request.proven:
        what = f"the request for {spell(request.subject) or 'nobody'} is not signed by its own key"
        raise RefusedError(what, remedy="make it again: ringback cert request")
    weak = key.weakness(request.public)
    if weak and not legacy:
        raise RefusedError(f"the request has {weak}", remedy="a longer key, or --legacy")
    if request.digest in WEAK_DIGESTS and not legacy:
        what = f"the request is signed with {request.digest.upper()}"
        raise RefusedError(what, remedy="sign it with SHA-256 (openssl req -sha256), or --legacy")


def _hosts(request: Request) -> Hosts:
    """The hosts a request asks for: its subjectAltName, else its CN."""
    asked = request.alternatives
    names = [value for label, value in attributes(request.subject) if label == "CN"]
    common = [hostname.common_host(each) for each in names]
    if asked is not None:
        dns = asked.get_values_for_type(x509.DNSName)
        addresses = asked.get_values_for_type(x509.IPAddress)
        wanted = [*dns, *(str(each) for each in addresses)]
        common = [each for each in common if each in wanted] + wanted
    if not common:
        raise RefusedError("the request names no host", remedy="a subjectAltName, or a CN")
    return Hosts.parse(common)


def _copied(subject: x509.Name) -> list[tuple[x509.ObjectIdentifier, str]]:
    known = zip(subject, attributes(subject), strict=True)
    return [(each.oid, text) for each, (label, text) in known if label in _COPIED]


def _dropped(request: Request, purpose: Purpose) -> Iterable[str]:
    for label, value in attributes(request.subject):
        if label not in _COPIED:
            yield f"{label}={value} of the subject"
    for extension in request.extensions:
        value = extension.value
        if isinstance(value, x509.SubjectAlternativeName) and purpose is Purpose.SERVER:
            others = [each for each in value if not isinstance(each, x509.DNSName | x509.IPAddress)]
            yield from (f"{type(each).__name__} {each.value}" for each in others)
        elif isinstance(value, x509.BasicConstraints) and value.ca:
            yield "basicConstraints CA:TRUE"
        else:
            yield f"extension {_extension_name(extension)}"


def _extension_name(extension: x509.Extension[Any]) -> str:
    name = getattr(extension.oid, "_name", "")
    return name if name and name != "Unknown OID" else extension.oid.dotted_string


def _authority_name(name: str, organization: str) -> x509.Name:
    pairs = ((NameOID.ORGANIZATION_NAME, organization), (NameOID.COMMON_NAME, name))
    return name_of((oid, text) for oid, text in pairs if text)


def _leaf(
    authority: Authority,
    public: PublicKeyTypes,
    subject: x509.Name,
    stamp: Stamp,
    *,
    purpose: Purpose,
    alternatives: x509.SubjectAlternativeName | None = None,
) -> Certificate:
    authority.ready(stamp.now)
    enciphers = purpose is Purpose.SERVER and isinstance(public, rsa.RSAPublicKey)
    usage = form.key_usage(digital_signature=True, key_encipherment=enciphers)
    builder = _under(authority, subject, public, stamp)
    builder = (
        builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([_PURPOSE[purpose]]), critical=False)
        .add_extension(_key_id(public), critical=False)
    )
    if alternatives is not None:
        builder = builder.add_extension(alternatives, critical=not len(subject))
    hosts = _hosts_in(alternatives) if alternatives and purpose is Purpose.SERVER else []
    if hosts:
        builder = builder.add_extension(_where_revoked(hosts[0]), critical=False)
    return _sign(builder, authority.key)


def _hosts_in(alternatives: x509.SubjectAlternativeName) -> list[str]:
    """The hosts a certificate is for, as a URL spells them."""
    names = alternatives.get_values_for_type(x509.DNSName)
    addresses = alternatives.get_values_for_type(x509.IPAddress)
    spelt = (f"[{each}]" if each.version == 6 else str(each) for each in addresses)
    return [*(name.removeprefix("*.") for name in names), *spelt]


def _where_revoked(host: str) -> x509.CRLDistributionPoints:
    """Where browsers find our revocation list: on the server itself, as ``serve`` publishes it."""
    url = x509.UniformResourceIdentifier(f"http://{host}/{LIST_NAME}")
    return x509.CRLDistributionPoints([x509.DistributionPoint([url], None, None, None)])


def _under(
    authority: Authority, subject: x509.Name, public: PublicKeyTypes, stamp: Stamp
) -> x509.CertificateBuilder:
    issuer = authority.certificate
    builder = _builder(subject, issuer.subject, public, stamp, until=issuer)
    said = issuer.extension(ExtensionOID.SUBJECT_KEY_IDENTIFIER) or _key_id(issuer.public)
    above = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(said)
    return builder.add_extension(above, critical=False)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    public: PublicKeyTypes,
    stamp: Stamp,
    *,
    until: Certificate | None,
) -> x509.CertificateBuilder:
    began, ends = stamp.now - _DAY, stamp.now + stamp.days * _DAY
    if until is not None:
        began, ends = max(began, until.not_before), min(ends, until.not_after)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)  # type: ignore[arg-type]
        .serial_number(stamp.serial)
        .not_valid_before(datetime.fromtimestamp(int(began), UTC))
        .not_valid_after(datetime.fromtimestamp(int(ends), UTC))
    )


def _as_authority(
    builder: x509.CertificateBuilder, public: PublicKeyTypes, *, path_length: int
) -> x509.CertificateBuilder:
    usage = form.key_usage(key_cert_sign=True, crl_sign=True)
    return (
        builder.add_extension(
            x509.BasicConstraints(ca=True, path_length=path_length), critical=True
        )
        .add_extension(usage, critical=True)
        .add_extension(_key_id(public), critical=False)
    )


def _signed_by_key(
    builder: x509.CertificateBuilder, public: PublicKeyTypes
) -> x509.CertificateBuilder:
    said = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(_key_id(public))
    return builder.add_extension(said, critical=False)


def _key_id(public: PublicKeyTypes) -> x509.SubjectKeyIdentifier:
    return x509.SubjectKeyIdentifier.from_public_key(public)  # type: ignore[arg-type]


def _sign(builder: x509.CertificateBuilder, signer: PrivateKey) -> Certificate:
    return certificates.of(builder.sign(signer.raw, signer.digest))
