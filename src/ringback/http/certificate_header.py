"""A client's certificate as a proxy writes it into one header line.

Four ways are in use, and each is known by how it begins:

=====================================  =========================================================
nginx ``$ssl_client_escaped_cert``     PEM, percent-escaped
Apache ``%{SSL_CLIENT_CERT}s``         PEM, line ends turned into blanks; ``(null)`` when none
RFC 9440 ``Client-Cert``               ``:base64 of DER:``
HAProxy ``ssl_c_der,base64``, Traefik  bare base64 of DER
=====================================  =========================================================

Only the frame is read here: one DER SEQUENCE, whole, with nothing behind it. What it says, and
whether it is a certificate at all, is for whoever reads certificates.
"""

import base64
import binascii
import re
from functools import lru_cache
from typing import Final
from urllib.parse import unquote_to_bytes

from ringback.errors import MessageError

LARGEST: Final = 12 * 1024
"""Bytes of a header value: three times what an RSA 4096 certificate takes when escaped."""
_NOTHING: Final = frozenset((b"", b"(null)", b"-"))
"""What proxies write when the client showed no certificate."""
_STRUCTURED = re.compile(rb":([A-Za-z0-9+/]*={0,2}):")
_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----(?:\s|\\n)*")
_BLANKS = re.compile(rb"[ \t\r\n]+|\\n")


@lru_cache(maxsize=512)
def read_certificate(value: bytes) -> bytes | None:
    """The DER in a header's value; None when it says that there is none.

    Raises:
        MessageError: when it is not exactly one certificate in one of the known forms.
    """
    value = value.strip(b" \t")
    if value in _NOTHING:
        return None
    if len(value) > LARGEST:
        raise MessageError(f"a certificate header of {len(value)} bytes")
    der = _decode(_text_of(value))
    if not _is_whole(der):
        raise MessageError("a certificate header that is not one whole certificate")
    return der


def _text_of(value: bytes) -> bytes:
    """The base64 text inside any of the forms."""
    structured = _STRUCTURED.fullmatch(value)
    if structured:
        return structured.group(1)
    if b"%" in value:
        value = unquote_to_bytes(value)
    pem = _PEM.fullmatch(value)
    return _BLANKS.sub(b"", pem.group(1)) if pem else value


def _decode(text: bytes) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise MessageError("a certificate header that is not base64") from error


def _is_whole(der: bytes) -> bool:
    """One SEQUENCE with a length in two or three bytes, as every certificate is, and no more."""
    if len(der) < 4 or der[0] != 0x30 or der[1] not in (0x81, 0x82):
        return False
    width = der[1] & 0x7F
    return len(der) == 2 + width + int.from_bytes(der[2 : 2 + width], "big")
