"""A certificate's fields as they lie in its DER, before anybody interprets them (X.690, RFC 5280).

mod_ssl prints names byte for byte as OpenSSL finds them, string types and all; the cryptography
library hands out text and refuses types that old certificates use (Latin-1 in a TeletexString).
So names are read here. Only certificates that a TLS library has verified come this way; what is
malformed all the same is refused, never guessed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from ringback.errors import CertificateError

INTEGER: Final = 0x02
OBJECT: Final = 0x06
SEQUENCE: Final = 0x30
SET: Final = 0x31
UTC_TIME: Final = 0x17
GENERALIZED_TIME: Final = 0x18
_VERSION: Final = 0xA0
_EXTENSIONS: Final = 0xA3
_LONGEST: Final = 4
_ALTERNATIVE_NAMES: Final = "2.5.29.17"


class Element(NamedTuple):
    """One tag with its content; ``whole`` has both, as they were encoded."""

    tag: int
    content: bytes
    whole: bytes


class Attribute(NamedTuple):
    """One attribute of a name: dotted OID, value, and the number of the set it stands in."""

    oid: str
    value: Element
    group: int


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of one certificate."""

    version: int
    serial: int
    issuer: tuple[Attribute, ...]
    subject: tuple[Attribute, ...]
    not_before: Element
    not_after: Element
    signature: str
    """Dotted OID of the algorithm it was signed with."""
    key: str
    """Dotted OID of the algorithm of its key."""
    alternatives: tuple[Element, ...]
    """The names of subjectAltName."""


def elements(data: bytes) -> Iterator[Element]:
    """The elements of ``data``, one after the other.

    Raises:
        CertificateError: when one is cut short or is no DER.
    """
    at = 0
    while at < len(data):
        start = at
        if len(data) - at < 2 or data[at] & 0x1F == 0x1F:
            raise _damaged(start)
        tag, length, at = data[at], data[at + 1], at + 2
        if length & 0x80:
            count = length & 0x7F
            if not 0 < count <= _LONGEST or len(data) - at < count:
                raise _damaged(start)
            length, at = int.from_bytes(data[at : at + count], "big"), at + count
        if len(data) - at < length:
            raise _damaged(start)
        yield Element(tag, data[at : at + length], data[start : at + length])
        at += length


def _damaged(at: int) -> CertificateError:
    return CertificateError(f"its DER is damaged at byte {at}")


def read(der: bytes) -> Fields:
    """Open a certificate.

    Raises:
        CertificateError: when it is not one.
    """
    certificate = _one(der, SEQUENCE)
    body = list(elements(_one_of(certificate, 0, SEQUENCE).content))
    version = 1
    if body and body[0].tag == _VERSION:
        version = _integer(_one_of(body.pop(0), 0, INTEGER)) + 1
    if len(body) < 6:
        raise CertificateError("its DER lacks fields")
    serial, signature, issuer, validity, subject, key, *rest = body
    return Fields(
        version=version,
        serial=_integer(serial),
        issuer=_issuer(issuer.content),
        subject=tuple(_attributes(subject.content)),
        not_before=_one_of(validity, 0, 0),
        not_after=_one_of(validity, 1, 0),
        signature=_algorithm(signature),
        key=_algorithm(_one_of(key, 0, SEQUENCE)),
        alternatives=tuple(_alternatives(rest)),
    )


def _one(data: bytes, tag: int) -> Element:
    first = next(elements(data), None)
    if first is None or first.tag != tag:
        raise _damaged(0)
    return first


def _one_of(parent: Element, index: int, tag: int) -> Element:
    """A child by its position; tag 0 takes any."""
    for number, child in enumerate(elements(parent.content)):
        if number == index and tag in (0, child.tag):
            return child
    raise CertificateError("its DER lacks a field")


def _integer(element: Element) -> int:
    if element.tag != INTEGER or not element.content:
        raise CertificateError("its DER has no number where one belongs")
    return int.from_bytes(element.content, "big", signed=True)


def _algorithm(element: Element) -> str:
    return oid_text(_one_of(element, 0, OBJECT).content)


@lru_cache(maxsize=256)
def _issuer(name: bytes) -> tuple[Attribute, ...]:
    """Few authorities sign for a whole fleet."""
    return tuple(_attributes(name))


def _attributes(name: bytes) -> Iterator[Attribute]:
    for group, each in enumerate(elements(name)):
        for pair in elements(each.content):
            oid = oid_text(_one_of(pair, 0, OBJECT).content)
            yield Attribute(oid, _one_of(pair, 1, 0), group)


def _alternatives(rest: list[Element]) -> Iterator[Element]:
    for holder in rest:
        if holder.tag != _EXTENSIONS:
            continue
        for extension in elements(_one_of(holder, 0, SEQUENCE).content):
            *_, value = elements(extension.content)
            if _algorithm(extension) == _ALTERNATIVE_NAMES:
                yield from elements(_one(value.content, SEQUENCE).content)


@lru_cache(maxsize=512)
def oid_text(content: bytes) -> str:
    """An object identifier with dots.

    Raises:
        CertificateError: when it is cut short.
    """
    if not content or content[-1] & 0x80:
        raise CertificateError("an object identifier is cut short")
    numbers, value = [], 0
    for byte in content:
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            numbers.append(value)
            value = 0
    top = min(numbers[0] // 40, 2)
    return ".".join(str(number) for number in (top, numbers[0] - 40 * top, *numbers[1:]))
