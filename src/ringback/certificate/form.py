"""The form of a single certificate: what RFC 5280 §4 asks of it, whoever signed it."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

from ringback.certificate import key
from ringback.certificate.certificate import Certificate, spell

_UNDERSTOOD: Final = frozenset(
    oid.dotted_string
    for oid in (
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.EXTENDED_KEY_USAGE,
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
        ExtensionOID.ISSUER_ALTERNATIVE_NAME,
        ExtensionOID.NAME_CONSTRAINTS,
        ExtensionOID.AUTHORITY_KEY_IDENTIFIER,
        ExtensionOID.SUBJECT_KEY_IDENTIFIER,
        ExtensionOID.CERTIFICATE_POLICIES,
        ExtensionOID.CRL_DISTRIBUTION_POINTS,
        ExtensionOID.AUTHORITY_INFORMATION_ACCESS,
    )
)
PURPOSES: Final = {
    ExtendedKeyUsageOID.SERVER_AUTH.dotted_string: "servers",
    ExtendedKeyUsageOID.CLIENT_AUTH.dotted_string: "clients",
    ExtendedKeyUsageOID.CODE_SIGNING.dotted_string: "signing code",
    ExtendedKeyUsageOID.EMAIL_PROTECTION.dotted_string: "e-mail",
    ExtendedKeyUsageOID.TIME_STAMPING.dotted_string: "time stamps",
    ExtendedKeyUsageOID.OCSP_SIGNING.dotted_string: "OCSP",
    ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE.dotted_string: "anything",
}
_MUST_BE_CRITICAL: Final = (
    (ExtensionOID.NAME_CONSTRAINTS, "nameConstraints"),
    (ExtensionOID.POLICY_CONSTRAINTS, "policyConstraints"),
)
_MUST_NOT_BE_CRITICAL: Final = (
    (ExtensionOID.SUBJECT_KEY_IDENTIFIER, "subjectKeyIdentifier"),
    (ExtensionOID.AUTHORITY_KEY_IDENTIFIER, "authorityKeyIdentifier"),
    (ExtensionOID.AUTHORITY_INFORMATION_ACCESS, "authorityInfoAccess"),
)
_LONGEST_SERIAL: Final = 159


def name_or_none(name: x509.Name) -> str:
    """A name for a sentence."""
    return spell(name) or "an authority without a name"


def purposes(oids: Sequence[str]) -> str:
    """Purposes in words."""
    return ", ".join(PURPOSES.get(oid, oid) for oid in oids) or "nothing"


def handshakes(usage: x509.KeyUsage, *, server: bool) -> bool:
    """Whether keyUsage lets a key take part in a TLS handshake."""
    if usage.digital_signature or usage.key_agreement:
        return True
    return server and usage.key_encipherment


def may_sign(certificate: Certificate, *, anchor: bool) -> bool:
    """Whether it may sign others. A version 1 root knows no such word, and is taken at ours."""
    if anchor and _version_1(certificate):
        return True
    usage = certificate.extension(ExtensionOID.KEY_USAGE)
    return certificate.authority and (usage is None or usage.key_cert_sign)


def _version_1(certificate: Certificate) -> bool:
    return certificate.raw.version is x509.Version.v1


def unknown_critical(certificate: Certificate) -> Iterator[str]:
    """Critical extensions nobody here understands."""
    for oid, extension in certificate.extensions.items():
        if extension.critical and oid not in _UNDERSTOOD:
            yield f"insists on an extension that is not understood here ({oid})"


def oddities(certificate: Certificate, *, leaf: bool) -> Iterator[str]:
    """What RFC 5280 forbids and OpenSSL, without ``-x509_strict``, lets pass."""
    yield from _serial(certificate.serial)
    if not len(certificate.issuer):
        yield "has no issuer's name"
    for oid, word in _MUST_BE_CRITICAL:
        if _critical(certificate, oid) is False:
            yield f"has {word} that is not marked critical"
    for oid, word in _MUST_NOT_BE_CRITICAL:
        if _critical(certificate, oid):
            yield f"has {word} marked critical"
    if _lacks_authority_key(certificate):
        yield "does not say which key signed it (authorityKeyIdentifier)"
    if isinstance(certificate.public, ec.EllipticCurvePublicKey) and not _named_curve(certificate):
        yield "spells its curve out instead of naming it (RFC 5480)"
    yield from (_of_leaf(certificate) if leaf else ())
    yield from (_of_authority(certificate) if certificate.authority or not leaf else ())


def _named_curve(certificate: Certificate) -> bool:
    return key.spki(certificate.public) in certificate.raw.tbs_certificate_bytes


def _serial(serial: int) -> Iterator[str]:
    if serial <= 0:
        yield f"has a serial number that is {'zero' if serial == 0 else 'negative'}"
    if serial.bit_length() > _LONGEST_SERIAL:
        yield "has a serial number of more than 20 octets"


def _critical(certificate: Certificate, oid: x509.ObjectIdentifier) -> bool | None:
    """Whether an extension is critical; None when it is absent."""
    found: Any = certificate.extensions.get(oid.dotted_string)
    return None if found is None else bool(found.critical)


def _lacks_authority_key(certificate: Certificate) -> bool:
    said = certificate.extension(ExtensionOID.AUTHORITY_KEY_IDENTIFIER)
    if said is not None and said.key_identifier is not None:
        return False
    return not certificate.self_signed


def _of_leaf(certificate: Certificate) -> Iterator[str]:
    usage = certificate.extension(ExtensionOID.KEY_USAGE)
    if usage is not None and usage.key_cert_sign and not certificate.authority:
        yield "may sign certificates by keyUsage but is no authority by basicConstraints"
    if not len(certificate.subject):
        named = _critical(certificate, ExtensionOID.SUBJECT_ALTERNATIVE_NAME)
        if named is not True:
            yield "names nobody: an empty subject without a critical subjectAltName"
    if certificate.purposes == ():
        yield "has an extendedKeyUsage that allows nothing"


def _of_authority(certificate: Certificate) -> Iterator[str]:
    if not len(certificate.subject):
        yield "is an authority without a name"
    if (
        not _version_1(certificate)
        and _critical(certificate, ExtensionOID.BASIC_CONSTRAINTS) is False
    ):
        yield "has basicConstraints that is not marked critical"


def key_usage(**allowed: bool) -> x509.KeyUsage:
    """A keyUsage that allows what is named and nothing else."""
    words = (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
        "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
    )  # fmt: skip
    return x509.KeyUsage(**{word: allowed.get(word, False) for word in words})


def serial_text(number: int) -> str:
    """A serial number as openssl prints it: upper-case hex, an even count of digits."""
    digits = f"{abs(number):X}"
    padded = digits.zfill(len(digits) + len(digits) % 2)
    return f"-{padded}" if number < 0 else padded
