"""What a phone uploads about itself: all its settings, what changed in them, or its status.

``Report_Rule`` asks for it (S6, S11): without a keyword the full configuration, with ``--delta``
the changed fields, with ``--status`` the status. A full report is a ``<flat-profile>`` with a
comment for each section and lines in the firmware's own format, ``  <%-32s ua="na">…`` (F). It can
be given back to a phone as a profile.

Passwords, keying material and GPP_SA to GPP_SD are never in it (S5, S19), and what stands after
``--key`` or ``--pwd`` in a rule is as on the phone's own pages: asterisks (*inferred*). That a
delta has no section comments is *inferred* too; it is how a reader tells the two apart.

The reader serves whoever receives reports. Reports are strangers' text: bounded by the profile
reader, one pass over a status, document types refused.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from itertools import groupby

from ringback.cisco import flat_profile, markup
from ringback.cisco.catalogue import catalogue
from ringback.cisco.element import Element
from ringback.cisco.model import Model
from ringback.cisco.parameter import spell
from ringback.cisco.profile import Profile

WIDTH = 32
"""Columns to which names are padded (F)."""
MOST_FACTS = 2000
"""Lines of a status that are read; the longest seen on a phone has some 400."""

STATUS_ROOT = "Status"
_HEADER = '<?xml version="1.0" encoding="UTF-8"?>'
_UNFIT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Characters that XML cannot hold; a form on the phone's page can."""
_STATUS = re.compile(rf"<{STATUS_ROOT}(?:\s[^<>]*)?>")
_FACT = re.compile(r"<([A-Za-z_][A-Za-z0-9_.-]{0,63})(?:\s[^<>]{0,200})?>([^<]*)</\1\s*>")
_DOCUMENT_TYPE = re.compile(r"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)


class Kind(StrEnum):
    """What a report is about."""

    FULL = "full"
    DELTA = "delta"
    STATUS = "status"


@dataclass(frozen=True, slots=True)
class Report:
    """A report as read: ``elements`` of a configuration, or ``facts`` of a status; by name."""

    kind: Kind
    elements: Mapping[str, Element] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def values(self) -> dict[str, str]:
        """What it says, by name."""
        return {name: each.value or "" for name, each in self.elements.items()} or dict(self.facts)


def full(profile: Profile, *, shown: Callable[[str], str] = str) -> bytes:
    """Every setting that may be told, section by section; ``shown`` masks keys in a value."""
    lines = _opening(profile.model)
    for section, names in _sections(profile.model):
        lines.append(f"  <!-- {section} -->")
        lines += [_line(profile, name, shown) for name in names]
    return _closed(lines, profile.model)


def delta(profile: Profile, names: Iterable[str], *, shown: Callable[[str], str] = str) -> bytes:
    """The settings called ``names``, in the order of the alphabet, as far as they may be told."""
    lines = _opening(profile.model)
    lines += [_line(profile, name, shown) for name in sorted(names) if told(profile, name)]
    return _closed(lines, profile.model)


def status(facts: Iterable[tuple[str, str]]) -> bytes:
    """What is so: labels, spelt as element names, and their values; the last of a label wins."""
    lines = [_HEADER, f"<{STATUS_ROOT}>"]
    for label, value in dict(facts).items():
        name = spell(label)
        lines.append(f"  <{name}>{_written(value)}</{name}>")
    return ("\n".join([*lines, f"</{STATUS_ROOT}>"]) + "\n").encode()


def told(profile: Profile, name: str) -> bool:
    """Whether a setting may be in a report: one the model has, and no secret."""
    return name in profile and not name.startswith("GPP_S") and not profile.secret(name)


def read(data: bytes, *, name: str = "", limit: int = markup.LIMIT) -> Report:
    """Read a report, out of its envelope.

    Raises:
        ProfileError: it is neither a configuration nor a status, or half of one.
    """
    begin = data[:2048]
    configures = f"<{flat_profile.ROOT}".encode() in begin
    if len(data) <= limit and not configures and f"<{STATUS_ROOT}".encode() in begin:
        facts = _facts(markup.open_source(data, name=name, limit=limit))
        if facts is not None:
            return Report(Kind.STATUS, facts=facts)
    reading = flat_profile.read(data, name=name, limit=limit)
    kind = Kind.FULL if b"<!--" in data else Kind.DELTA
    return Report(kind, elements=reading.last())


def _facts(source: markup.Source) -> dict[str, str] | None:
    """The lines of a status; None when it is none after all."""
    text = source.text
    start = _STATUS.search(text)
    if start is None:
        return None
    if found := _DOCUMENT_TYPE.search(text):
        raise source.error(found.start(), "a report has no document type")
    stop = text.rfind(f"</{STATUS_ROOT}>")
    if stop < start.end():
        raise source.error(start.start(), f"<{STATUS_ROOT}> is never closed", "send all of it")
    facts: dict[str, str] = {}
    for found in _FACT.finditer(text, start.end(), stop):
        if len(facts) >= MOST_FACTS:
            raise source.error(found.start(), f"more than {MOST_FACTS} lines of status")
        facts[found[1]] = markup.expand(source, found[2].strip(), found.start(2))
    return facts


@lru_cache(maxsize=128)
def _sections(model: Model) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Sections of the phone's pages with the names in each that may be told."""
    profile = Profile.factory(model)
    rows = catalogue(model).rows
    place = {name: (each.tab, each.section) for name, each in rows.items() if told(profile, name)}
    ordered = sorted(place, key=place.__getitem__)
    grouped = groupby(ordered, key=place.__getitem__)
    return tuple((_comment(*where), tuple(names)) for where, names in grouped)


def _comment(tab: str, section: str) -> str:
    return (section or tab or "Other").replace("--", "-")


def _opening(model: Model) -> list[str]:
    root = model.traits.xml_root
    return [_HEADER, *([f"<{root}>"] if root else []), f"<{flat_profile.ROOT}>"]


def _closed(lines: list[str], model: Model) -> bytes:
    root = model.traits.xml_root
    lines += [f"</{flat_profile.ROOT}>", *([f"</{root}>"] if root else []), ""]
    return "\n".join(lines).encode()


def _line(profile: Profile, name: str, shown: Callable[[str], str]) -> str:
    value = _written(shown(profile.value(name)))
    return f'  <{name:<{WIDTH}} ua="{profile.access(name)}">{value}</{name}>'


def _written(value: str) -> str:
    return markup.escape(_UNFIT.sub("\N{REPLACEMENT CHARACTER}", value))
