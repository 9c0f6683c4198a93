"""What lies encrypted in the store, and the one key that opens it.

Everything secret (passwords, device keys, prepared files) is AES-256-GCM under keys drawn from one
master key, which lies in a file beside the database and never in it: a copy of the database alone
tells nothing. The place a value belongs to is authenticated with it, so that a sealed password
cannot be moved to another device's row.

The nonce is made from place and text (RFC 5297's idea, with HMAC-SHA-256): the same text in the
same place seals to the same bytes. So a change can be told from none without opening anything, no
two texts ever share a nonce by accident, and a clock or a bad random source cannot break it. What
it gives away is that a value is the same as before in the same place, which is wanted.
"""

import hmac
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ringback.errors import MalformedError, StorageError

SIZE: Final = 32
"""Bytes of the master key."""
_NONCE: Final = 12


@dataclass(frozen=True)
class Seal:
    """Seals and opens with keys drawn from ``master``."""

    master: bytes

    def __repr__(self) -> str:
        return "Seal(…)"

    @classmethod
    def parse(cls, text: bytes) -> "Seal":
        """Read a key file: 64 hexadecimal digits.

        Raises:
            MalformedError: for anything else.
        """
        try:
            master = bytes.fromhex(text.decode("ascii"))
        except ValueError:
            master = b""
        if len(master) != SIZE:
            raise MalformedError("not a store's key", remedy="it holds 64 hexadecimal digits")
        return cls(master)

    def __bytes__(self) -> bytes:
        return f"{self.master.hex()}\n".encode()

    @cached_property
    def _cipher(self) -> AESGCM:
        return AESGCM(self.draw("seal"))

    @cached_property
    def _nonces(self) -> bytes:
        return self.draw("nonce")

    def draw(self, purpose: str) -> bytes:
        """A key of 32 bytes for one purpose."""
        return hmac.digest(self.master, f"ringback {purpose}".encode(), "sha256")

    @property
    def check(self) -> str:
        """What the database keeps to tell whether a key is its own."""
        return self.draw("check").hex()

    def close(self, text: bytes, place: str) -> bytes:
        """Seal ``text``, which belongs to ``place``."""
        where = place.encode()
        length = len(where).to_bytes(4, "big")
        nonce = hmac.digest(self._nonces, length + where + text, "sha256")[:_NONCE]
        return nonce + self._cipher.encrypt(nonce, text, where)

    def open(self, sealed: bytes, place: str) -> bytes:
        """What was sealed for ``place``.

        Raises:
            StorageError: when it was changed, moved, or sealed with another key.
        """
        try:
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], place.encode())
        except (InvalidTag, ValueError) as error:
            raise StorageError(
                f"{place} in the store does not open",
                remedy="it was changed, or sealed with another key: restore a backup",
            ) from error
