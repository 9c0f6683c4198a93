"""The letters of a profile: bytes to text, places in it, references, and what to complain of.

What a tag means to a phone is flat_profile.py's business. Here is what lies under it:

* **Encoding.** Phones read UTF-8 and nothing else; a file in another encoding is one they "cannot
  recognize" (S2, twice, and once more that they take ASCII only). So UTF-16 and its kin are
  refused. An XML header is read past (S2), therefore a declared ISO-8859-1 is believed only when
  the bytes are not UTF-8, and always complained of.
* **Forbidden characters.** A NUL ends a string in the phone's language, and XML has no place for
  the other controls: refused, with their place.
* **References.** Five entities and numbers, decimal and hexadecimal (S10). Whatever else follows
  an ``&`` stands for itself, as an unescaped URL shows (C6), and is complained of.

Lines and columns count characters from 1. Every function here is linear in its input.
"""

import re
from bisect import bisect_left
from dataclasses import dataclass, field
from enum import StrEnum

from ringback.errors import Place, ProfileError

LIMIT = 4 * 1024 * 1024
"""The largest file read, in bytes. A phone's own limit is smaller and not published."""
MOST_COMPLAINTS = 500
BLANK = " \t\n"

_BOMS: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xfe\0\0", "UTF-32"),
    (b"\0\0\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
    (b"<\0", "UTF-16"),
    (b"\0<", "UTF-16"),
    (b"\0\0\0<", "UTF-32"),
    (b"\x4c\x6f\xa7\x94", "EBCDIC"),
)
_SEALS: tuple[tuple[bytes, str], ...] = (
    (b"\x1f\x8b", "gzip"),
    (b"Salted__", "encrypted"),
)
_UTF8_BOM = b"\xef\xbb\xbf"
_DECLARED = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})")
_SAME_AS_UTF8 = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})
_LATIN = {"iso-8859-1": "latin-1", "latin1": "latin-1", "windows-1252": "cp1252"}
_FORBIDDEN = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_REFERENCE = re.compile(
    r"&(?:(amp|lt|gt|apos|quot)|#(?:0*+([0-9]{1,7})|x0*+([0-9A-Fa-f]{1,6})));"
    r"|&[\w.-]{0,40}+;?"
)
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "apos": "'", "quot": '"'}
_ESCAPED = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_TO_ESCAPE = re.compile(r"[&<>\r\n\t]|^ | $")


class Severity(StrEnum):
    """How much a complaint matters: an error is not well-formed, or does harm on a phone."""

    ERROR = "error"
    WARNING = "warning"
    HINT = "hint"


@dataclass(frozen=True, slots=True)
class Complaint:
    """Something about a file that its reader should know; ``remedy`` is what to type instead."""

    severity: Severity
    place: Place
    text: str
    remedy: str = ""


@dataclass(slots=True)
class Source:
    """A file's text, with its places and the complaints made of it so far."""

    text: str
    name: str = ""
    strict: bool = False
    complaints: list[Complaint] = field(default_factory=list)
    newlines: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.newlines = [found.start() for found in re.finditer("\n", self.text)]

    def place(self, offset: int) -> Place:
        """The line and column of ``text[offset]``."""
        line = bisect_left(self.newlines, offset)
        start = self.newlines[line - 1] + 1 if line else 0
        return Place(self.name, line + 1, offset - start + 1)

    def error(self, offset: int, what: str, remedy: str = "") -> ProfileError:
        """An error at ``text[offset]``, to be raised."""
        return ProfileError(what, place=self.place(offset), remedy=remedy)

    def malformed(self, offset: int, what: str, remedy: str = "") -> None:
        """Note what is no XML but forgiven by phones.

        Raises:
            ProfileError: when reading strictly.
        """
        if self.strict:
            raise self.error(offset, what, remedy)
        self.remark(offset, what, remedy, Severity.ERROR)

    def remark(
        self, offset: int, what: str, remedy: str = "", severity: Severity = Severity.WARNING
    ) -> None:
        """Note what is XML, yet not what a phone's guide allows. Past the bound it is dropped."""
        if len(self.complaints) < MOST_COMPLAINTS:
            self.complaints.append(Complaint(severity, self.place(offset), what, remedy))


def open_source(data: bytes, *, name: str = "", strict: bool = False, limit: int = LIMIT) -> Source:
    """Decode a file as phones do, with line ends made LF.

    Raises:
        ProfileError: when it is too large, empty, sealed, in an encoding no phone reads, or holds
            characters no profile may hold.
    """
    _refuse_foreign_bytes(data, name, limit)
    bom = data.startswith(_UTF8_BOM)
    text, notes = _decode(data[3:] if bom else data)
    source = Source(text.replace("\r\n", "\n").replace("\r", "\n"), name, strict)
    if bom:
        source.remark(0, "starts with a byte order mark", "save as UTF-8 without BOM")
    for severity, what in notes:
        remedy = "save as UTF-8: phones read nothing else"
        if severity is Severity.ERROR:
            source.malformed(max(0, source.text.find("\ufffd")), what, remedy)
        else:
            source.remark(0, what, remedy)
    found = _FORBIDDEN.search(source.text)
    if found:
        what = f"character U+{ord(found[0]):04X} cannot stand in a profile"
        raise source.error(found.start(), what, "remove it; is this a profile at all?")
    return source


def _refuse_foreign_bytes(data: bytes, name: str, limit: int) -> None:
    place = Place(name, 1, 1)
    if not data:
        raise ProfileError("the file is empty", place=place, remedy="write a <flat-profile>")
    if len(data) > limit:
        what = f"the file has {len(data)} bytes, more than the {limit} that are read"
        raise ProfileError(what, place=place, remedy="split it over Profile_Rule A to D")
    for start, kind in _SEALS:
        if data.startswith(start):
            remedy = "unseal it first: ringback profile open"
            raise ProfileError(f"the file is {kind}, not XML", place=place, remedy=remedy)
    for start, kind in _BOMS:
        if data.startswith(start):
            remedy = f"convert it: iconv -f {kind} -t UTF-8"
            what = f"the file is in {kind}, and phones read UTF-8 only"
            raise ProfileError(what, place=place, remedy=remedy)


def _decode(data: bytes) -> tuple[str, list[tuple[Severity, str]]]:
    """The text, and what is to be said of its encoding."""
    found = _DECLARED.match(data.lstrip()[:300])
    declared = found[1].decode("ascii") if found else "UTF-8"
    notes: list[tuple[Severity, str]] = []
    if declared.lower() not in _SAME_AS_UTF8:
        notes.append((Severity.WARNING, f"declares encoding {declared}"))
    try:
        return data.decode("utf-8"), notes
    except UnicodeDecodeError as error:
        codec = _LATIN.get(declared.lower())
        if codec:
            return data.decode(codec, errors="replace"), notes
        what = f"byte 0x{data[error.start]:02X} is not UTF-8"
        return data.decode("utf-8", errors="replace"), [*notes, (Severity.ERROR, what)]


def expand(source: Source, raw: str, offset: int) -> str:
    """Translate the references in ``raw``, which starts at ``offset``."""

    def translate(found: re.Match[str]) -> str:
        entity, decimal, hexadecimal = found.groups()
        if entity:
            return _ENTITIES[entity]
        if decimal or hexadecimal:
            code = int(decimal) if decimal else int(hexadecimal, 16)
            if _is_character(code):
                return chr(code)
        _complain_of_reference(source, found[0], offset + found.start())
        return found[0]

    return _REFERENCE.sub(translate, raw)


def _is_character(code: int) -> bool:
    """Whether XML 1.0 (2.2) has this character."""
    if code < 0x20:
        return code in {0x9, 0xA, 0xD}
    return code < 0xD800 or 0xE000 <= code < 0xFFFE or 0x10000 <= code < 0x110000


def _complain_of_reference(source: Source, written: str, offset: int) -> None:
    if written.startswith("&#") or written.endswith(";"):
        what, remedy = f"{written} stands for no character", "write the character, or &amp;"
    else:
        what, remedy = "a bare & stands for itself only by luck", "write &amp;"
    source.malformed(offset, what, remedy)


def unwritable(value: str) -> str:
    """The first character that XML has no way to write, as ``U+0001``; most often none, ""."""
    found = None if value.isprintable() else _FORBIDDEN.search(value)
    return f"U+{ord(found[0]):04X}" if found else ""


def escape(value: str) -> str:
    """Write text so that reading gives it back, white space at its ends included.

    Raises:
        ValueError: when XML has no way to write one of its characters.
    """
    found = _FORBIDDEN.search(value)
    if found:
        raise ValueError(f"character U+{ord(found[0]):04X} cannot be written")
    return _TO_ESCAPE.sub(lambda each: _ESCAPED.get(each[0]) or f"&#{ord(each[0])};", value)
