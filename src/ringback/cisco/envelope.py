"""What a profile travels in: compressed, then encrypted, or neither.

The phone looks at the first bytes and ignores names ("Open Profile gzip Compression" and "Open
Profile Encryption" in the provisioning guides): 1f 8b is gzip, ``Salted__`` is AES-256-CBC. Only
aes128gcm has no mark of its own and is announced by Content-Encoding; it then takes precedence
over a ``--key``. Compression comes before encryption; the other order is not opened.

A passphrase is right only if what it opens is gzip or XML. Sound padding alone proves nothing:
a wrong key leaves it once in two hundred, and the phone would apply noise.

Facts of phone behaviour carry the phone's own status text: see :class:`EnvelopeError`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ringback.cisco import aes128gcm, gzipped, salted
from ringback.errors import EnvelopeError, UsageError

LIMIT = 16 * 1024 * 1024
"""Largest profile opened unless the caller says otherwise; *inferred*, the guides name none."""

_DECRYPT = "file decrypt error"
_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)
_DEFLATED = gzipped.MAGIC + b"\x08"
_WINDOW = 64
"""Bytes at the front that must read as text before anything is called XML: noise never does."""
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_FIRST_TAG = re.compile(r"\s*<(?:[A-Za-z_:]|[?!][A-Za-z\-])")


@dataclass(frozen=True, slots=True)
class Opened:
    """A profile out of its envelope.

    ``layers`` names what was taken off, outermost first: ``aes128gcm``, ``aes-256-cbc``, ``gzip``.
    ``digest`` is the key derivation that opened it, ``md5`` or ``sha256``, else empty.
    ``remarks`` are oddities a phone would swallow and an engineer should know.
    """

    data: bytes
    layers: tuple[str, ...] = ()
    digest: str = ""
    remarks: tuple[str, ...] = ()

    def __str__(self) -> str:
        named = [
            f"{each} ({self.digest})" if each == "aes-256-cbc" else each for each in self.layers
        ]
        return ", then ".join(named) or "clear"


def seal(
    data: bytes,
    *,
    compress: bool = True,
    key: str | None = None,
    digest: str = "md5",
    ikm: bytes | None = None,
    salt: bytes = b"",
) -> bytes:
    """Compress, then encrypt with a passphrase (``key``) or with aes128gcm (``ikm``), or neither.

    ``salt`` is random: 8 bytes with ``key``, 16 with ``ikm``, unused otherwise.

    Raises:
        UsageError: for both kinds of key, a wrong salt or an unknown digest.
    """
    if key is not None and ikm is not None:
        raise UsageError("a file is encrypted with --key or with --ikm, not both")
    body = gzipped.compress(data) if compress else data
    if key is not None:
        return salted.encrypt(body, key=key, digest=digest, salt=salt)
    return body if ikm is None else aes128gcm.encrypt(body, ikm=ikm, salt=salt)


def unseal(
    data: bytes,
    *,
    key: str | None = None,
    ikm: bytes | None = None,
    content_encoding: str = "",
    digests: Sequence[str] = salted.DIGESTS,
    limit: int = LIMIT,
) -> Opened:
    """Open a file as a phone would that was told ``key`` (the rule's ``--key``) and has ``ikm``.

    ``digests`` are tried in order; name one to pin it.

    Raises:
        EnvelopeError: its ``status`` is what the phone reports as ``$ERR``.
    """
    # An envelope may outgrow what it holds: a header, padding, a tag for every record.
    _refuse_large(len(data), limit + limit // 8 + 512)
    outer = _decrypted(data, key, ikm, content_encoding, digests)
    if not gzipped.is_gzip(outer.data):
        _refuse_large(len(outer.data), limit)
        return outer
    contents, remarks = gzipped.decompress(outer.data, limit=limit)
    if salted.is_salted(contents):
        raise EnvelopeError(
            "the file was encrypted first and compressed afterwards",
            remedy="compress first, then encrypt",
        )
    return Opened(contents, (*outer.layers, "gzip"), outer.digest, remarks)


def _refuse_large(size: int, limit: int) -> None:
    if size > limit:
        raise EnvelopeError(
            f"{size} bytes are more than the {limit} a phone takes",
            status="file size exceeds internal buffer",
        )


def _decrypted(
    data: bytes, key: str | None, ikm: bytes | None, encoding: str, digests: Sequence[str]
) -> Opened:
    codings = [each.strip().lower() for each in encoding.split(",")]
    if aes128gcm.CODING in codings:
        return _open_content(data, ikm, codings)
    if key is not None:
        return _open_salted(data, key, digests)
    if salted.is_salted(data):
        raise EnvelopeError(
            "the file is encrypted and no key is known",
            status=_DECRYPT,
            remedy="give its --key",
        )
    return Opened(data)


def _open_content(data: bytes, ikm: bytes | None, codings: Sequence[str]) -> Opened:
    if codings[-1] != aes128gcm.CODING or codings.count(aes128gcm.CODING) > 1:
        raise EnvelopeError(
            f"Content-Encoding {', '.join(codings)} means encryption before compression",
            remedy="compress first, then encrypt",
        )
    if ikm is None:
        raise EnvelopeError(
            "the file is encrypted with aes128gcm and no input keying material is known",
            status=_DECRYPT,
            remedy="set IKM_HTTP_Encrypt_Content",
        )
    contents = aes128gcm.decrypt(data, ikm=ikm)
    if salted.is_salted(contents):
        raise EnvelopeError(
            "the file was encrypted twice", remedy="use aes128gcm or --key, not both"
        )
    return Opened(contents, (aes128gcm.CODING,))


def _open_salted(data: bytes, key: str, digests: Sequence[str]) -> Opened:
    if not salted.is_salted(data):
        raise EnvelopeError(
            "a key was given and the file is not encrypted",
            status="expecting an encrypted file",
            remedy="encrypt the file, or take --key out of the rule",
        )
    for digest in digests:
        contents = salted.decrypt(data, key=key, digest=digest)
        if contents is not None and (contents.startswith(_DEFLATED) or looks_like_xml(contents)):
            return Opened(contents, ("aes-256-cbc",), digest)
    raise EnvelopeError(
        f"the key opens nothing that is gzip or XML (key derivation {' or '.join(digests)})",
        status=_DECRYPT,
        remedy="a wrong key, or a file made with another -md than this phone knows",
    )


def looks_like_xml(data: bytes) -> bool:
    """Whether the first thing but blanks is a tag, comment or declaration, in readable text.

    A byte order mark and UTF-16 are tolerated. Contents are not judged: that is the reader's work.
    """
    mark, encoding = next(
        ((mark, name) for mark, name in _MARKS if data.startswith(mark)), (b"", "utf-8")
    )
    start = 0 if b"<" in mark else len(mark)
    text = data[start : start + _WINDOW].decode(encoding, "replace")
    return _FIRST_TAG.match(text) is not None and _CONTROL.search(text) is None
