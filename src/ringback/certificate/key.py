"""Private keys: made, read, written. Never printed: a ``PrivateKey`` shows its kind only.

RSA 2048 by default: every phone since 2004 reads it, and a larger server key costs each
handshake four times as much. ECDSA by choice, for fleets of MPP phones only. Making a key draws
from the operating system's own source inside the cryptography library.
"""

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.x509.oid import SignatureAlgorithmOID

from ringback.certificate.pem import Block
from ringback.errors import CertificateError, RefusedError

SigningKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
Signed = x509.Certificate | x509.CertificateSigningRequest | x509.CertificateRevocationList
LABELS: Final = frozenset(
    {"PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"}
)
_LARGEST_PASSPHRASE: Final = 1024


class Kind(StrEnum):
    """The keys we make."""

    RSA_2048 = "rsa-2048"
    RSA_3072 = "rsa-3072"
    ECDSA_P256 = "ecdsa-p256"
    ECDSA_P384 = "ecdsa-p384"


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """A key that can sign."""

    raw: SigningKey = field(repr=False)

    @property
    def public(self) -> PublicKeyTypes:
        """The half that may be shown."""
        return self.raw.public_key()

    def __str__(self) -> str:
        return describe(self.public)

    @property
    def digest(self) -> hashes.SHA256 | None:
        """The digest it signs with; Ed25519 has its own."""
        return None if isinstance(self.raw, ed25519.Ed25519PrivateKey) else hashes.SHA256()

    def opens(self, public: PublicKeyTypes) -> bool:
        """Whether this is the private half of ``public``."""
        return spki(self.public) == spki(public)


def make(kind: Kind = Kind.RSA_2048) -> PrivateKey:
    """A fresh key."""
    if kind is Kind.ECDSA_P256:
        return PrivateKey(ec.generate_private_key(ec.SECP256R1()))
    if kind is Kind.ECDSA_P384:
        return PrivateKey(ec.generate_private_key(ec.SECP384R1()))
    return PrivateKey(rsa.generate_private_key(65537, 2048 if kind is Kind.RSA_2048 else 3072))


def encrypted(block: Block) -> bool:
    """Whether a key block needs a passphrase."""
    return block.label.startswith("ENCRYPTED") or any("ENCRYPTED" in h for h in block.headers)


def passphrase(data: bytes) -> bytes:
    """The passphrase a file holds: its first line, without the line end.

    Raises:
        CertificateError: when there is none, or it is absurdly long.
    """
    first = data.split(b"\n", 1)[0].rstrip(b"\r")
    if not first or len(first) > _LARGEST_PASSPHRASE:
        raise CertificateError(
            "no passphrase in it", remedy="the first line of the file is the passphrase"
        )
    return first


def read(block: Block, secret: bytes | None = None) -> PrivateKey:
    """Open a private key, with ``secret`` as its passphrase if it is encrypted.

    Raises:
        RefusedError: when it is encrypted and ``secret`` is missing or wrong; the remedy names
            the openssl command that decrypts it.
        CertificateError: when it is no key we can sign with.
    """
    locked = encrypted(block)
    if locked and secret is None:
        raise _locked(block, "is encrypted and no passphrase was given")
    try:
        raw = serialization.load_pem_private_key(bytes(block), secret if locked else None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        if locked:
            raise _locked(block, "does not open with this passphrase") from error
        what = "a private key that cannot be read"
        raise CertificateError(
            what, place=block.place, remedy="an RSA, ECDSA or Ed25519 key"
        ) from error
    if not isinstance(raw, SigningKey):
        what = f"a {type(raw).__name__} cannot sign certificates"
        raise CertificateError(what, place=block.place, remedy="an RSA, ECDSA or Ed25519 key")
    return PrivateKey(raw)


def _locked(block: Block, what: str) -> RefusedError:
    file = block.place.name or "KEY"
    return RefusedError(
        f"the private key in {file} {what}",
        remedy=f"put the passphrase in a file and name it with --passphrase-file, or decrypt the"
        f" key: openssl pkey -in {file} -out {file}.plain",
    )


def write(key: PrivateKey, secret: bytes | None = None) -> bytes:
    """The key as PEM (PKCS #8), encrypted when ``secret`` is given."""
    protection: serialization.KeySerializationEncryption = (
        serialization.BestAvailableEncryption(secret) if secret else serialization.NoEncryption()
    )
    return key.raw.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection
    )


def spki(public: PublicKeyTypes) -> bytes:
    """The key as it stands in a certificate (SubjectPublicKeyInfo, DER)."""
    return public.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def pin(public: PublicKeyTypes) -> str:
    """SHA-256 over the public key, in hex: the same for key, request and certificate."""
    return hashlib.sha256(spki(public)).hexdigest()


def signed(public: PublicKeyTypes, document: Signed) -> bool:
    """Whether a key made a document's signature; weak digests are checked, not judged."""
    signature, said = document.signature, _to_be_signed(document)
    try:
        digest: Any = document.signature_hash_algorithm
        if isinstance(public, rsa.RSAPublicKey):
            public.verify(signature, said, _padding(document), digest)
        elif isinstance(public, ec.EllipticCurvePublicKey):
            public.verify(signature, said, ec.ECDSA(digest))
        elif isinstance(public, dsa.DSAPublicKey):
            public.verify(signature, said, digest)
        elif isinstance(public, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
            public.verify(signature, said)
        else:
            return False
    except (InvalidSignature, ValueError, TypeError, UnsupportedAlgorithm):
        return False
    return True


def _padding(document: Signed) -> padding.AsymmetricPadding:
    """PSS says its own parameters; the library gives none for MD5, which is always PKCS #1."""
    if document.signature_algorithm_oid != SignatureAlgorithmOID.RSASSA_PSS:
        return padding.PKCS1v15()
    said: Any = document.signature_algorithm_parameters
    assert isinstance(said, padding.PSS)
    return said


def _to_be_signed(document: Signed) -> bytes:
    if isinstance(document, x509.Certificate):
        return document.tbs_certificate_bytes
    if isinstance(document, x509.CertificateSigningRequest):
        return document.tbs_certrequest_bytes
    return document.tbs_certlist_bytes


def describe(public: PublicKeyTypes) -> str:
    """``RSA 2048``, ``ECDSA secp256r1``, ``Ed25519`` and so on."""
    if isinstance(public, rsa.RSAPublicKey | dsa.DSAPublicKey):
        return f"{'RSA' if isinstance(public, rsa.RSAPublicKey) else 'DSA'} {public.key_size}"
    if isinstance(public, ec.EllipticCurvePublicKey):
        return f"ECDSA {public.curve.name}"
    if isinstance(public, ed25519.Ed25519PublicKey):
        return "Ed25519"
    return "Ed448" if isinstance(public, ed448.Ed448PublicKey) else type(public).__name__


def weakness(public: PublicKeyTypes) -> str:
    """Why a key protects nothing today; empty when it does."""
    if isinstance(public, rsa.RSAPublicKey) and public.key_size < 2048:
        return f"an RSA key of {public.key_size} bits is too short today (2048 or more)"
    if isinstance(public, dsa.DSAPublicKey):
        return "DSA keys are not used in TLS today"
    if isinstance(public, ec.EllipticCurvePublicKey) and public.curve.key_size < 256:
        return f"the curve {public.curve.name} is too small today (256 bits or more)"
    return ""
