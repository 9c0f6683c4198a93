"""Which phone a certificate names: product, MAC and serial number out of its subject.

Vendors shaped their subjects differently, and other authorities have shapes of their own, so a
shape is a line of text: ``OU={product}; L={serial}; ST={mac}``. Every part must match whole, and
a word that occurs twice must say the same both times. ``S`` is read as ``ST``, as the vendor's
guides write it (to Apache's mod_ssl ``S`` is the surname: that is the guides' mistake).

A subject means something only after its chain was verified: anybody can write a name.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product as every_pair
from typing import Final, Self

from cryptography import x509
from cryptography.x509.oid import NameOID

from ringback.certificate.certificate import attributes
from ringback.cisco.handshake import HANDSHAKES, SubjectShape
from ringback.cisco.model import Model
from ringback.errors import UsageError
from ringback.mac import Mac

LONGEST_VALUE: Final = 256
_MOST_ATTRIBUTES: Final = 40
_HEX: Final = "[0-9A-Fa-f]"
_WORDS: Final = {
    "mac": rf"{_HEX}{{12}}|{_HEX}{{2}}(?:[:-]{_HEX}{{2}}){{5}}|{_HEX}{{4}}(?:\.{_HEX}{{4}}){{2}}",
    "serial": r"[0-9A-Za-z]{4,32}",
    "product": r"[0-9A-Za-z][0-9A-Za-z./-]{0,39}",
}
_WORD = re.compile(r"\{([a-z]+)\}")
_GENERIC = re.compile(r"(cisco|linksys|sipura)generic", re.IGNORECASE)
_ALIASES: Final = {"S": "ST", "SERIALNUMBER": "serialNumber", "EMAILADDRESS": "emailAddress"}


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whom a certificate names. ``generic`` ones are shared by thousands and name no phone."""

    product: str = ""
    mac: Mac | None = None
    serial: str = ""
    generic: bool = False

    def __str__(self) -> str:
        if self.generic:
            return f"{self.product or 'a phone'} (a generic certificate)"
        parts = (self.product, str(self.mac or ""), self.serial)
        return " ".join(part for part in parts if part) or "nobody"


@dataclass(frozen=True, slots=True)
class Shape:
    """How one authority writes its subjects; ``str()`` gives the line it was read from."""

    text: str
    parts: tuple[tuple[str, re.Pattern[str]], ...]
    """Label of an attribute and what its whole value must look like."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``LABEL=value; …`` with ``{product}``, ``{mac}`` and ``{serial}`` in the values.

        Raises:
            UsageError: naming the part that cannot be read.
        """
        parts = tuple(_part(each) for each in text.split(";") if each.strip())
        if not any(pattern.groupindex for _, pattern in parts):
            raise UsageError(
                f"no {{mac}}, {{serial}} or {{product}} in the subject shape {text!r}",
                remedy="for example CN={product}-SEP{mac}",
            )
        return cls(text, parts)

    def __str__(self) -> str:
        return self.text

    def readings(self, values: Sequence[tuple[str, str]]) -> Iterator[dict[str, str]]:
        """Every way the attributes of a subject fit this shape."""
        choices = [
            [found.groupdict() for label, value in values
             if label == wanted and (found := pattern.fullmatch(value))]
            for wanted, pattern in self.parts
        ]  # fmt: skip
        for choice in every_pair(*choices):
            yield from _agreed(choice)


def _part(text: str) -> tuple[str, re.Pattern[str]]:
    label, equals, value = text.strip().partition("=")
    unknown = [word for word in _WORD.findall(value) if word not in _WORDS]
    if (
        not equals
        or not label
        or unknown
        or len(set(_WORD.findall(value))) < len(_WORD.findall(value))
    ):
        raise UsageError(
            f"cannot read {text.strip()!r} in a subject shape",
            remedy="LABEL=text with {product}, {mac} and {serial}, each at most once",
        )
    pattern = "".join(
        f"(?P<{piece}>{_WORDS[piece]})" if index % 2 else re.escape(piece)
        for index, piece in enumerate(_WORD.split(value.strip()))
    )
    return _ALIASES.get(label.upper(), label), re.compile(pattern)


def _agreed(choice: Iterable[dict[str, str]]) -> Iterator[dict[str, str]]:
    """The words of several parts put together; nothing when they contradict one another."""
    words: dict[str, str] = {}
    for each in choice:
        for word, value in each.items():
            if _plain(words.setdefault(word, value)) != _plain(value):
                return
    yield words


def _plain(text: str) -> str:
    return re.sub(r"[^0-9a-z]", "", text.lower())


SPA: Final = Shape.parse("OU={product}; L={serial}; ST={mac}")
SPA_CN: Final = Shape.parse("CN={product}, MAC: {mac}, Serial: {serial}")
MIC: Final = Shape.parse("serialNumber=PID:{product} SN:{serial}; CN={product}-SEP{mac}")
SHAPES: Final = (SPA, SPA_CN, MIC)
"""The vendor's: SPA and ATA (guides and firmware), and the manufacturing certificate of MPP."""


def bearer(subject: x509.Name, shapes: Sequence[Shape] = SHAPES) -> Bearer | None:
    """The phone a verified subject names; None when no shape fits, or two readings disagree.

    A subject that fits several shapes must name the same phone by all of them.
    """
    values = [each for each in attributes(subject) if len(each[1]) <= LONGEST_VALUE]
    if len(values) > _MOST_ATTRIBUTES:
        return None
    if any(_GENERIC.search(value) for _, value in values):
        return Bearer(_generic_product(values), generic=True)
    found: Bearer | None = None
    for shape in shapes:
        for words in shape.readings(values):
            read = _bearer(words)
            if found and not _same(found, read):
                return None
            found = _joined(found, read) if found else read
    return found


def _bearer(words: dict[str, str]) -> Bearer:
    mac = Mac.parse(words["mac"]) if "mac" in words else None
    return Bearer(words.get("product", ""), mac, words.get("serial", ""))


def _same(one: Bearer, other: Bearer) -> bool:
    pairs = (
        (str(one.mac or ""), str(other.mac or "")),
        (one.serial, other.serial),
        (_plain(one.product), _plain(other.product)),
    )
    return all(not mine or not theirs or mine == theirs for mine, theirs in pairs)


def _joined(one: Bearer, other: Bearer) -> Bearer:
    return Bearer(one.product or other.product, one.mac or other.mac, one.serial or other.serial)


def _generic_product(values: Iterable[tuple[str, str]]) -> str:
    """``SPA-2000`` of ``CN=SPA-2000, MAC: sipurageneric, …``; empty when it names none."""
    for label, value in values:
        name, comma, _ = value.partition(", MAC:")
        if label == "CN" and comma and re.fullmatch(_WORDS["product"], name):
            return name
    return ""


def product_name(model: Model) -> str:
    """A model as its certificate spells it: ``SPA-962``, ``CP-8861`` (inferred for the rest)."""
    bare = model.name.removesuffix("-3PCC").removesuffix("-MPP")
    return re.sub(r"^SPA(?=\d)", "SPA-", bare)


def compose(model: Model, mac: Mac, serial: str) -> x509.Name:
    """The subject of a unique factory certificate for one phone, in its generation's shape."""
    product = product_name(model)
    if HANDSHAKES[model.generation].subject is SubjectShape.MIC:
        return _name(
            (NameOID.SERIAL_NUMBER, f"PID:{product} SN:{serial}"),
            (NameOID.ORGANIZATION_NAME, "Cisco Systems Inc."),
            (NameOID.ORGANIZATIONAL_UNIT_NAME, "CTG"),
            (NameOID.COMMON_NAME, f"{product}-SEP{mac.upper}"),
        )
    return _name(
        (NameOID.STATE_OR_PROVINCE_NAME, str(mac)),
        (NameOID.LOCALITY_NAME, serial),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, product),
        (NameOID.COMMON_NAME, f"{product}, MAC: {mac}, Serial: {serial}"),
    )


def compose_generic(model: Model) -> x509.Name:
    """The subject of the generic certificate of phones made before unique ones."""
    return _name(
        (NameOID.STATE_OR_PROVINCE_NAME, "ciscogeneric"),
        (NameOID.LOCALITY_NAME, "ciscogeneric"),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, "cisco.com"),
        (NameOID.COMMON_NAME,
         f"{product_name(model)}, MAC: ciscogeneric, Serial: ciscogeneric"),
    )  # fmt: skip


def _name(*pairs: tuple[x509.ObjectIdentifier, str]) -> x509.Name:
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in pairs])
