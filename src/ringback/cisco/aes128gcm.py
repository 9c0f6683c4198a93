"""RFC 8188, the aes128gcm content coding that multiplatform phones understand.

Layout: salt (16 bytes), record size (4), length of the key identifier (1), the identifier, then
records of that size, each AES-128-GCM under a key and nonce made by HKDF-SHA256 from the input
keying material (IKM) and the salt. A record ends with a delimiter (2 in the last, 1 in all others)
and zeros, so a body cut off between two records is noticed.

Nothing in the bytes says that they are such a body; only the header ``Content-Encoding:
aes128gcm`` does. How a phone writes its IKM is documented nowhere; base64url as in the RFC's
examples is *inferred*.
"""

import base64
import binascii
import hashlib
import hmac
import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ringback.errors import EnvelopeError, UsageError

CODING = "aes128gcm"
SALT_LENGTH = 16
RECORD_SIZE = 4096
_TAG_LENGTH = 16
_MINIMUM_RECORD = _TAG_LENGTH + 2
"""The tag, the delimiter and at least one byte of data (RFC 8188 section 2)."""
_FIXED_HEADER = SALT_LENGTH + 5
_LONGEST_KEYID = 255
_MORE, _LAST = 1, 2
_HASH_LENGTH = 32
_STATUS = "file decrypt error"


def parse_ikm(text: str) -> bytes:
    """Read input keying material typed as base64url, with or without ``=`` padding.

    Raises:
        UsageError: when it is not base64url, or empty.
    """
    bare = text.strip().rstrip("=")
    try:
        ikm = base64.b64decode(bare + "=" * (-len(bare) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise _not_base64url() from error
    if not ikm or set(bare) & {"+", "/"}:
        raise _not_base64url()
    return ikm


def _not_base64url() -> UsageError:
    return UsageError(
        "the input keying material is not base64url", remedy="A-Z a-z 0-9 - _, such as 22 of them"
    )


def hkdf_sha256(ikm: bytes, *, salt: bytes, info: bytes, size: int) -> bytes:
    """RFC 5869 extract and expand.

    Raises:
        UsageError: when more than 255 blocks of 32 bytes are asked for.
    """
    if size > 255 * _HASH_LENGTH:
        raise UsageError(f"HKDF-SHA256 gives at most {255 * _HASH_LENGTH} bytes, not {size}")
    secret = hmac.digest(salt, ikm, hashlib.sha256)
    output = block = b""
    for counter in range(1, -(-size // _HASH_LENGTH) + 1):
        block = hmac.digest(secret, block + info + bytes([counter]), hashlib.sha256)
        output += block
    return output[:size]


def encrypt(
    data: bytes, *, ikm: bytes, salt: bytes, record_size: int = RECORD_SIZE, keyid: bytes = b""
) -> bytes:
    """Encode; the salt of sixteen bytes must never be used twice with the same IKM.

    Raises:
        UsageError: for a salt, record size or key identifier that the format cannot hold.
    """
    if len(salt) != SALT_LENGTH:
        raise UsageError(f"the salt must have {SALT_LENGTH} bytes, not {len(salt)}")
    if not _MINIMUM_RECORD <= record_size < 1 << 32:
        raise UsageError(f"a record has {_MINIMUM_RECORD} bytes to 4 GB, not {record_size}")
    if len(keyid) > _LONGEST_KEYID:
        raise UsageError(f"a key identifier has at most 255 bytes, not {len(keyid)}")
    sealer = _Records(ikm, salt)
    room = record_size - _TAG_LENGTH - 1
    starts = range(0, max(len(data), 1), room)
    records = [
        sealer.seal(number, data[start : start + room], _LAST if start == starts[-1] else _MORE)
        for number, start in enumerate(starts)
    ]
    return b"".join((salt, struct.pack(">IB", record_size, len(keyid)), keyid, *records))


def decrypt(data: bytes, *, ikm: bytes) -> bytes:
    """Decode all records. Which IKM the key identifier names is the caller's affair.

    Raises:
        EnvelopeError: "file decrypt error", saying whether header, key or order is at fault.
    """
    salt, record_size, body = _split_header(data)
    opener = _Records(ikm, salt)
    starts = range(0, len(body), record_size)
    return b"".join(
        opener.open(number, body[start : start + record_size], last=start == starts[-1])
        for number, start in enumerate(starts)
    )


def _split_header(data: bytes) -> tuple[bytes, int, bytes]:
    if len(data) < _FIXED_HEADER:
        raise _broken(f"an aes128gcm body has a header of 21 bytes or more, this has {len(data)}")
    record_size, keyid_length = struct.unpack_from(">IB", data, SALT_LENGTH)
    if record_size < _MINIMUM_RECORD:
        raise _broken(f"an aes128gcm record has at least 18 bytes, this header says {record_size}")
    body = data[_FIXED_HEADER + keyid_length :]
    if not body:
        raise _broken("the aes128gcm body ends before its first record")
    return data[:SALT_LENGTH], record_size, body


class _Records:
    """The cipher of one body: record numbers in, plaintext or ciphertext out."""

    def __init__(self, ikm: bytes, salt: bytes) -> None:
        key, nonce = (
            hkdf_sha256(ikm, salt=salt, info=b"Content-Encoding: " + name + b"\0", size=size)
            for name, size in ((b"aes128gcm", 16), (b"nonce", 12))
        )
        self._cipher = AESGCM(key)
        self._nonce = int.from_bytes(nonce, "big")

    def _nonce_of(self, number: int) -> bytes:
        return (self._nonce ^ number).to_bytes(12, "big")

    def seal(self, number: int, data: bytes, delimiter: int) -> bytes:
        return self._cipher.encrypt(self._nonce_of(number), data + bytes([delimiter]), None)

    def open(self, number: int, record: bytes, *, last: bool) -> bytes:
        try:
            padded = self._cipher.decrypt(self._nonce_of(number), record, None).rstrip(b"\0")
        except InvalidTag as error:
            raise _broken(
                f"record {number + 1} does not open",
                remedy="a wrong key (IKM), or the file was changed or cut off in transfer",
            ) from error
        if not padded or padded[-1] != (_LAST if last else _MORE):
            raise _broken(
                f"record {number + 1} does not end as {'the last' if last else 'a middle'} one",
                remedy="was the file cut off in transfer?",
            )
        return padded[:-1]


def _broken(what: str, remedy: str = "") -> EnvelopeError:
    return EnvelopeError(what, status=_STATUS, remedy=remedy)
