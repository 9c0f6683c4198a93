"""What one device alone has: its keys, tokens and passwords, derived from the fleet's key.

Derived and not stored: 100 000 devices need no table of secrets, a fleet in a repository holds
none, every process that prepares gets the same, and a lost database does not lock phones out as
long as the fleet's key is kept. The price: who has the fleet's key has everything; it lies outside
the database for that reason. HMAC-SHA256 is the derivation, with a label for each purpose, so that
no output can be taken for another's.

``salt`` is no secret but must not repeat: a salt seals one content only. It is derived from what
is sealed and the key that seals it, so equal content gives equal bytes (a release is repeatable,
and an unchanged file is seen to be unchanged), and another content another salt, as with the
synthetic IV of RFC 5297. What an onlooker learns is that a file has not changed, which equal bytes
tell anyway. For AES-256-CBC a repeat would leak a common beginning; for aes128gcm it would be
fatal, and its 16 bytes of HMAC repeat after 2^64 contents of one device.
"""

import hashlib
from base64 import urlsafe_b64encode
from functools import lru_cache

from ringback.errors import UsageError
from ringback.mac import Mac

_BLOCK = 64
SHORTEST_KEY = 32
"""Bytes of the fleet's key."""


def check_key(key: bytes) -> None:
    """Refuse a key that could be guessed for being short.

    Raises:
        UsageError: it has fewer than 32 bytes.
    """
    if len(key) < SHORTEST_KEY:
        raise UsageError(f"the fleet's key has {len(key)} bytes", remedy="32 random bytes or more")


def passphrase(key: bytes, mac: Mac, number: int) -> str:
    """The device's sealing key of that number, as ``--key`` takes it: 32 hex digits, 128 bits."""
    return _derived(key, "seal", mac, str(number)).hex()[:32]


def ikm(key: bytes, mac: Mac, number: int) -> str:
    """The same for aes128gcm: 16 bytes in base64url without padding, as in RFC 8188."""
    octets = _derived(key, "ikm", mac, str(number))[:16]
    return urlsafe_b64encode(octets).rstrip(b"=").decode()


def token(key: bytes, mac: Mac, number: int) -> str:
    """What makes a path unguessable, of the same number as the sealing key; 32 hex digits."""
    return _derived(key, "token", mac, str(number)).hex()[:32]


def password(key: bytes, mac: Mac, name: str, first: int = 1) -> str:
    """``own_secret(name)``: 20 hex digits, 80 bits: a person may have to read them out.

    ``first`` is the number of the key that the device began with: when it was given away and comes
    again, its passwords are others. A change of keys leaves them alone.
    """
    purpose = "own" if first == 1 else f"own/{first}"
    return _derived(key, purpose, mac, name).hex()[:20]


def mark(key: bytes, *parts: bytes) -> str:
    """A name for contents that says nothing of them, even if they are guessed: 32 hex digits."""
    return _of(key, b"mark", *parts)[:16].hex()


def salt(key: bytes, seal: str, contents: bytes, size: int) -> bytes:
    """A salt for these contents under this passphrase or IKM."""
    return _of(key, b"salt", seal.encode(), contents)[:size]


@lru_cache(maxsize=64)
def _derived(key: bytes, purpose: str, mac: Mac, name: str) -> bytes:
    return _of(key, purpose.encode(), mac.digits.encode(), name.encode())


def _of(key: bytes, *parts: bytes) -> bytes:
    """HMAC over parts, each preceded by its length: no two lists of parts read alike."""
    begun, ending = _keyed(key)
    inner, outer = begun.copy(), ending.copy()
    inner.update(b"".join([len(part).to_bytes(4, "big") + part for part in parts]))
    outer.update(inner.digest())
    return outer.digest()


@lru_cache(maxsize=8)
def _keyed(key: bytes) -> "tuple[hashlib._Hash, hashlib._Hash]":
    """HMAC's two hashes with the key in them (RFC 2104): to copy them is a third of its cost."""
    block = (hashlib.sha256(key).digest() if len(key) > _BLOCK else key).ljust(_BLOCK, b"\0")
    return tuple(hashlib.sha256(bytes(octet ^ pad for octet in block)) for pad in (0x36, 0x5C))  # type: ignore[return-value]
