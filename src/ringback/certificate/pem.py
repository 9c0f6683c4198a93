"""PEM bundles: labelled blocks of base64 between dashes (RFC 7468), and bare DER beside them.

Certificates come with the text ``openssl x509 -text`` prints above them, in any order, several
to a file, with Windows line ends: all of that is read. Inside a block nothing is forgiven, and a
NUL byte is refused anywhere: programs disagree on what follows it. Every complaint names its
line.

Rejected: the loaders of the cryptography library, which stop at the first block they like, say
"Unable to load PEM file" without a place, and take text that other programs read otherwise.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from ringback.errors import CertificateError, Place

LARGEST_BUNDLE: Final = 4 * 1024 * 1024
MOST_BLOCKS: Final = 2000
_BEGIN = re.compile(r"-----BEGIN ([A-Z0-9 ]{1,64})-----")
_END = re.compile(r"-----END ([A-Z0-9 ]{1,64})-----")
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/= \t]")
_WIDTH: Final = 64
_BYTE_ORDER_MARKS: Final = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Block:
    """One labelled thing: ``label`` as between the dashes, its DER, and where it began."""

    label: str
    der: bytes = field(repr=False)
    place: Place = field(default_factory=Place)
    headers: tuple[str, ...] = ()
    """Lines such as ``Proc-Type: 4,ENCRYPTED`` (RFC 1421) of old encrypted keys."""

    def __bytes__(self) -> bytes:
        text = base64.b64encode(self.der).decode("ascii")
        lines = [text[i : i + _WIDTH] for i in range(0, len(text), _WIDTH)]
        heads = [*self.headers, ""] if self.headers else []
        whole = [f"-----BEGIN {self.label}-----", *heads, *lines, f"-----END {self.label}-----"]
        return ("\n".join(whole) + "\n").encode("ascii")


def read(data: bytes, *, name: str = "") -> tuple[Block, ...]:
    """Split a bundle into its blocks; bare DER gives one block with an empty label.

    Raises:
        CertificateError: for anything that is not a whole bundle; ``place`` says where.
    """
    der = data[:1] == b"\x30" and b"-----BEGIN" not in data
    _refuse_oddities(data, name, nul_allowed=der)
    if der:
        return (Block("", data, Place(name)),)
    blocks = tuple(_blocks(data.decode("latin-1").splitlines(), name))
    if not blocks:
        raise CertificateError(
            "no certificate, key or request in it",
            place=Place(name),
            remedy="a PEM file has lines such as -----BEGIN CERTIFICATE-----",
        )
    return blocks


def _refuse_oddities(data: bytes, name: str, *, nul_allowed: bool) -> None:
    if len(data) > LARGEST_BUNDLE:
        what = f"larger than {LARGEST_BUNDLE // (1024 * 1024)} MiB"
        raise CertificateError(what, place=Place(name), remedy="split the bundle")
    if data.startswith(_BYTE_ORDER_MARKS):
        raise CertificateError(
            "begins with a byte-order mark", place=Place(name), remedy="save it as plain ASCII"
        )
    nul = data.find(0)
    if nul >= 0 and not nul_allowed:
        line = data.count(b"\n", 0, nul) + 1
        column = nul - data.rfind(b"\n", 0, nul)
        raise CertificateError("a NUL byte", place=Place(name, line, column))


def _blocks(lines: list[str], name: str) -> Iterator[Block]:
    at, count = 0, 0
    while at < len(lines):
        line = lines[at].strip()
        begin = _BEGIN.fullmatch(line)
        if begin:
            count += 1
            if count > MOST_BLOCKS:
                what = f"more than {MOST_BLOCKS} blocks"
                raise CertificateError(what, place=Place(name, at + 1))
            end = _find_end(lines, at, begin[1], name)
            yield _block(begin[1], lines[at + 1 : end], Place(name, at + 1))
            at = end
        elif line.startswith(("-----BEGIN", "-----END")):
            what = "an END without its BEGIN" if "END" in line[:8] else "a broken BEGIN line"
            raise CertificateError(what, place=Place(name, at + 1), remedy=_whole("…"))
        at += 1


def _whole(label: str) -> str:
    return f"a block runs from -----BEGIN {label}----- to -----END {label}-----, each on a line"


def _find_end(lines: list[str], begin: int, label: str, name: str) -> int:
    """Index of the END line that belongs to the BEGIN at ``begin``."""
    for at in range(begin + 1, len(lines)):
        line = lines[at].strip()
        if line.startswith("-----"):
            end = _END.fullmatch(line)
            if end and end[1] == label:
                return at
            what = f"{line[:40]} where -----END {label}----- belongs"
            raise CertificateError(what, place=Place(name, at + 1), remedy=_whole(label))
    raise CertificateError(
        f"truncated: the {label.lower()} that begins here has no END line",
        place=Place(name, begin + 1),
        remedy="copy the whole file again",
    )


def _block(label: str, body: list[str], place: Place) -> Block:
    headers = _headers(body)
    skip = len(headers) + 1 if headers else 0
    for number, line in enumerate(body[skip:], start=place.line + 1 + skip):
        wrong = _NOT_BASE64.search(line.rstrip())
        if wrong:
            where = Place(place.name, number, wrong.start() + 1)
            raise CertificateError(f"{wrong[0]!r} does not occur in base64", place=where)
    text = "".join("".join(line.split()) for line in body[skip:])
    try:
        der = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        what = f"the base64 of this {label.lower()} is cut short or damaged"
        raise CertificateError(what, place=place, remedy="copy the file again") from error
    if not der:
        raise CertificateError(f"an empty {label.lower()}", place=place)
    return Block(label, der, place, headers)


def _headers(body: list[str]) -> tuple[str, ...]:
    """The RFC 1421 headers that open a block, up to the blank line after them."""
    if not body or ":" not in body[0]:
        return ()
    for at, line in enumerate(body):
        if not line.strip():
            return tuple(each.strip() for each in body[:at])
    return ()
