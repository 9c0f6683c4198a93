"""Tags of a profile: their names, their attributes, and what phones forgive in them.

``ua`` is who may change the parameter (S2), ``preserve-value="y"`` keeps what the user has set
(S7), ``group`` says on which page it stands (C2, C5) and is ignored, like every other attribute.
Values belong in double quotes (S2, S11): anything else is read, and complained of. Attributes
repeat in every line of a profile, so what they say is remembered.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from ringback.cisco.markup import Severity
from ringback.cisco.parameter import Access

LEAF = re.compile(
    r"[ \t\n]*+<([A-Za-z_][A-Za-z0-9_.-]*+)"
    r"((?:[ \t\n]++[A-Za-z][A-Za-z0-9_:.-]*+=\"[^\"<&]*+\")*+)[ \t\n]*+"
    r"(?:/>|>([^<]*+)</\1[ \t\n]*+>)"
)
"""One whole plain parameter, as nineteen in twenty are written: name, attributes, raw value."""
START = re.compile(r"<([^\s<>/=\"'&!?][^\s<>/=\"'&]*+)((?:[^<>\"']|\"[^\"<]*+\"|'[^'<]*+')*+)>")
"""A start or empty tag: name, and the rest up to ``>``."""
END = re.compile(r"</([^\s<>]*+)([^<>]*+)>")
"""An end tag: name, and whatever else stands in it."""

_ATTRIBUTE = re.compile(
    r"([ \t\n]*+)([^\s<>/=\"'&]++)"
    r"(?:[ \t\n]*+=[ \t\n]*+(?:(\"[^\"]*+\"|'[^']*+')|([^\s\"'/]++)))?"
)
_FIRST = (
    ":A-Z_a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c\u200d"
    "\u2070-\u218f\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_XML_NAME = re.compile(rf"[{_FIRST}][-.0-9\u00b7\u0300-\u036f\u203f\u2040{_FIRST}]*+")
_BAD_REFERENCE = re.compile(r"&(?!(?:amp|lt|gt|apos|quot|#\d{1,7}|#x[0-9A-Fa-f]{1,6});)")
_ACCESS: Final[Mapping[str, Access]] = MappingProxyType({each.value: each for each in Access})
_MOST_REMARKS = 20
_REMEMBERED = 200

Remark = tuple[Severity, str, str]
"""Severity, text, remedy."""


@dataclass(frozen=True, slots=True)
class Attributes:
    """What the attributes of one tag say, and what is wrong: severity, text, remedy."""

    access: Access | None = None
    preserve: bool = False
    wrong: tuple[Remark, ...] = ()


def is_xml_name(name: str) -> bool:
    """Whether XML 1.0 (2.3) takes this for a name."""
    return _XML_NAME.fullmatch(name) is not None


def read_attributes(written: str) -> Attributes:
    """Read the inside of a start tag after its name, without the slash of an empty one."""
    return _remembered(written) if len(written) <= _REMEMBERED else _read(written)


def _read(written: str) -> Attributes:
    values: dict[str, str] = {}
    wrong: list[Remark] = []
    for name, value, remarks in _each(written):
        if name in values:
            wrong.append((Severity.ERROR, f"attribute {name} is given twice", "give it once"))
        values[name] = value
        wrong += remarks
    access = _ACCESS.get(values.get("ua", "").strip())
    if "ua" in values and access is None:
        remedy = 'write ua="na", ua="ro" or ua="rw"'
        wrong.append((Severity.WARNING, f"ua={values['ua'][:20]!r} is no access", remedy))
    preserve = values.get("preserve-value", "").strip().lower() == "y"
    return Attributes(access, preserve, tuple(wrong[:_MOST_REMARKS]))


_remembered = lru_cache(maxsize=1024)(_read)


def _each(written: str) -> Iterator[tuple[str, str, list[Remark]]]:
    """Each attribute: its name, its value without quotes, and what is wrong with how it stands."""
    position = 0
    while position < len(written):
        found = _ATTRIBUTE.match(written, position)
        if not found:
            rest = written[position:].strip()
            if rest:
                yield "", "", [(Severity.ERROR, f"stray {rest[:20]!r} in a tag", "remove it")]
            return
        position = found.end()
        blank, name, quoted, bare = found.groups()
        value = quoted[1:-1] if quoted else bare or ""
        yield name, value, list(_remarks(blank, name, quoted, bare))


def _remarks(blank: str, name: str, quoted: str | None, bare: str | None) -> Iterator[Remark]:
    if not blank:
        yield Severity.ERROR, f"no blank before attribute {name[:40]}", "write a blank"
    if not is_xml_name(name):
        yield Severity.ERROR, f"{name[:40]!r} is no name for an attribute", "use letters"
    if quoted is None:
        remedy = f'write {name[:40]}="{(bare or "")[:40]}" with straight double quotes'
        yield Severity.ERROR, f"attribute {name[:40]} has no quoted value", remedy
    elif quoted.startswith("'") and name == "ua":
        yield Severity.WARNING, "ua stands in single quotes", 'write ua="…": phones want double'
    if quoted and _BAD_REFERENCE.search(quoted):
        yield Severity.ERROR, f"a bare & in attribute {name[:40]}", "write &amp;"
    if _is_ignored(name):
        yield Severity.HINT, f"attribute {name[:40]} is ignored by phones", ""


def _is_ignored(name: str) -> bool:
    known = name in {"ua", "group", "preserve-value", "xmlns"}
    return not known and not name.startswith(("xmlns:", "xml:", "xsi:"))
