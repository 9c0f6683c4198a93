r"""Names of certificates as OpenSSL prints them, as scripts know them from Apache.

Two spellings. A whole name is RFC 2253 (last component first, ``,`` between them, ``+`` within
one, special characters behind a backslash; unknown attributes by number, their value as ``#`` and
hex). A single value has only control characters (``\0A``) and the backslash itself escaped. Both
come out as UTF-8, whatever the string type; a one-byte type counts as Latin-1, as OpenSSL has it.

Neither can hold a NUL or a line break, so neither can break out of an environment variable.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from ringback.dynamic.der import Attribute, Element

SHORT: Final = {
    "2.5.4.3": "CN",
    "2.5.4.4": "SN",
    "2.5.4.5": "serialNumber",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.9": "street",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "2.5.4.12": "title",
    "2.5.4.13": "description",
    "2.5.4.15": "businessCategory",
    "2.5.4.16": "postalAddress",
    "2.5.4.17": "postalCode",
    "2.5.4.18": "postOfficeBox",
    "2.5.4.20": "telephoneNumber",
    "2.5.4.41": "name",
    "2.5.4.42": "GN",
    "2.5.4.43": "initials",
    "2.5.4.44": "generationQualifier",
    "2.5.4.45": "x500UniqueIdentifier",
    "2.5.4.46": "dnQualifier",
    "2.5.4.65": "pseudonym",
    "2.5.4.97": "organizationIdentifier",
    "0.9.2342.19200300.100.1.1": "UID",
    "0.9.2342.19200300.100.1.25": "DC",
    "1.2.840.113549.1.9.1": "emailAddress",
    "1.2.840.113549.1.9.2": "unstructuredName",
    "1.2.840.113549.1.9.8": "unstructuredAddress",
    "1.3.6.1.4.1.311.60.2.1.1": "jurisdictionL",
    "1.3.6.1.4.1.311.60.2.1.2": "jurisdictionST",
    "1.3.6.1.4.1.311.60.2.1.3": "jurisdictionC",
}
"""Short names, by OID, as OpenSSL has them."""

_UTF8: Final = 12
_WIDE: Final = {28: "utf-32-be", 30: "utf-16-be"}
_NARROW: Final = frozenset((18, 19, 20, 22, 23, 24, 26))
_SPECIAL: Final = frozenset(b',+"<>;')
_BACKSLASH: Final = 0x5C
_ORDINARY = re.compile(rb"[A-Za-z0-9.:/@_-]+(?: [A-Za-z0-9.:/@_-]+)*")
"""What a whole name leaves as it is: nearly every value."""
_ESCAPED = re.compile(rb"[\x00-\x1f\x7f\\]")
"""What even a single value has escaped."""


def whole(name: Sequence[Attribute], *, ascii_only: bool = False) -> str:
    """A name in RFC 2253 spelling; with ``ascii_only`` everything else is escaped too."""
    return _whole(tuple(name), ascii_only=ascii_only)


@lru_cache(maxsize=256)
def _whole(name: tuple[Attribute, ...], *, ascii_only: bool) -> str:
    """One issuer's name is that of a whole fleet's certificates."""
    text, group = "", -1
    for each in reversed(name):
        if text:
            text += "+" if each.group == group else ","
        group = each.group
        label = SHORT.get(each.oid)
        shown = _special(each.value, ascii_only=ascii_only) if label else _dump(each.value)
        text += f"{label or each.oid}={shown}"
    return text


def value(element: Element) -> str:
    """One value, with nothing but control characters and the backslash escaped."""
    octets = _octets(element)
    if not _ESCAPED.search(octets):
        return _text(octets)
    return _text(b"".join(_plain(byte) for byte in octets))


def _special(element: Element, *, ascii_only: bool) -> str:
    if element.tag not in _NARROW | {_UTF8} | _WIDE.keys():
        return _dump(element)
    octets = _octets(element)
    if _ORDINARY.fullmatch(octets):
        return octets.decode("ascii")
    out, last = b"", len(octets) - 1
    for at, byte in enumerate(octets):
        edge = (at == 0 and byte in b"# ") or (at == last and byte == 0x20)
        if byte in _SPECIAL or edge:
            out += b"\\" + bytes((byte,))
        elif ascii_only and byte > 0x7F:
            out += b"\\%02X" % byte
        else:
            out += _plain(byte)
    return _text(out)


def _plain(byte: int) -> bytes:
    if byte < 0x20 or byte == 0x7F:
        return b"\\%02X" % byte
    return b"\\\\" if byte == _BACKSLASH else bytes((byte,))


def _octets(element: Element) -> bytes:
    """The value in UTF-8. Bytes of a UTF8String are passed on as they are."""
    if element.tag == _UTF8:
        return element.content
    return element.content.decode(_WIDE.get(element.tag, "latin-1"), "replace").encode()


def _dump(element: Element) -> str:
    return f"#{element.whole.hex().upper()}"


def _text(octets: bytes) -> str:
    return octets.decode("utf-8", "surrogateescape")
