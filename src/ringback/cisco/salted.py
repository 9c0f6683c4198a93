"""Encrypted profiles as ``openssl enc -aes-256-cbc -k PASSPHRASE`` writes them.

Layout: ``Salted__``, eight bytes of salt, AES-256-CBC ciphertext with PKCS#7 padding. Key and IV
come from EVP_BytesToKey with one round. The digest of that derivation is nowhere in the file:
OpenSSL before 1.1.0 used md5, later ones use sha256 unless told otherwise, and the vendor's
guides say only "openssl enc -k". So the opener tries the digests it is given.

The passphrase is the text as typed, even when it looks like 64 hex digits.
"""

import hashlib

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from ringback.errors import EnvelopeError, UsageError

MAGIC = b"Salted__"
SALT_LENGTH = 8
DIGESTS = ("md5", "sha256")
_HEADER_LENGTH = len(MAGIC) + SALT_LENGTH
_BLOCK = 16
_KEY_LENGTH = 32
_DECRYPT = "file decrypt error"


def is_salted(data: bytes) -> bool:
    """Whether the first bytes are those of an encrypted profile."""
    return data.startswith(MAGIC)


def derive(passphrase: str, salt: bytes, digest: str) -> tuple[bytes, bytes]:
    """EVP_BytesToKey: the 32-byte key and 16-byte IV for a passphrase (UTF-8) and a salt.

    Raises:
        UsageError: for a digest other than md5 or sha256, or a passphrase that is no text.
    """
    if digest not in DIGESTS:
        raise UsageError(f"unknown key derivation {digest!r}", remedy="md5 or sha256")
    secret = _passphrase_bytes(passphrase) + salt
    material = block = b""
    while len(material) < _KEY_LENGTH + _BLOCK:
        block = hashlib.new(digest, block + secret, usedforsecurity=False).digest()
        material += block
    return material[:_KEY_LENGTH], material[_KEY_LENGTH : _KEY_LENGTH + _BLOCK]


def _passphrase_bytes(passphrase: str) -> bytes:
    if not passphrase:
        raise EnvelopeError(
            "zero length key", status=_DECRYPT, remedy="give the passphrase the file was made with"
        )
    try:  # A byte of the command line that is no UTF-8 arrives as a lone surrogate: give it back.
        return passphrase.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        raise UsageError("the passphrase is not valid text") from error


def encrypt(data: bytes, *, key: str, digest: str, salt: bytes) -> bytes:
    """Encrypt with a salt of eight bytes that must never be used twice with the same key."""
    if len(salt) != SALT_LENGTH:
        raise UsageError(f"the salt must have {SALT_LENGTH} bytes, not {len(salt)}")
    cipher = _cipher(key, salt, digest).encryptor()
    padder = PKCS7(_BLOCK * 8).padder()
    padded = padder.update(data) + padder.finalize()
    return MAGIC + salt + cipher.update(padded) + cipher.finalize()


def decrypt(data: bytes, *, key: str, digest: str) -> bytes | None:
    """Decrypt; None when the padding shows that key or digest is wrong.

    Sound padding proves little: one wrong key in two hundred leaves it. Judge the plaintext.

    Raises:
        EnvelopeError: "file decrypt error" when the bytes cannot be such a file at all.
    """
    ciphertext = data[_HEADER_LENGTH:]
    if not is_salted(data) or not ciphertext or len(ciphertext) % _BLOCK:
        raise EnvelopeError(
            f"an encrypted file is 16 bytes of header and blocks of 16, not {len(data)} bytes",
            status=_DECRYPT,
            remedy="was the file cut off or changed in transfer?",
        )
    cipher = _cipher(key, data[len(MAGIC) : _HEADER_LENGTH], digest).decryptor()
    padded = cipher.update(ciphertext) + cipher.finalize()
    unpadder = PKCS7(_BLOCK * 8).unpadder()
    try:
        return unpadder.update(padded) + unpadder.finalize()
    except ValueError:
        return None


def _cipher(key: str, salt: bytes, digest: str) -> Cipher[modes.CBC]:
    secret, iv = derive(key, salt, digest)
    return Cipher(algorithms.AES(secret), modes.CBC(iv))
