"""Which parameters a model has: type, default, choices, range, secret, access, page.

Two kinds of data file, both tab-separated text that a person can read and diff:

* ``mpp.tsv``, ``spa.tsv``, ``ata.tsv``: one row for each folded name of a family of phones;
* one file a catalogue, such as ``7832.tsv``: the names that these models have, how far their
  numbers run, and a default where it differs. ``line`` means as far as the model has lines.

Every row says how it is known: D documented by the vendor, T seen in deployed data, I inferred.
No guide lists all names of one model, and deployed data mixes firmware with its authors' choices,
so nobody is refused a name or a value for not being here: lint warns, the virtual phone ignores
unknown names as phones do (S2). Defaults on which generations differ come from model.py's table.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files
from itertools import product
from types import MappingProxyType

from ringback.cisco.model import LOG_FAILURE_DEFAULT, LOG_REQUEST_DEFAULT, Model, Traits
from ringback.cisco.parameter import Access, fold, index, places, unfold

_SHEETS: Mapping[str, tuple[str, ...]] = {
    "8841": ("mpp",),
    "7832": ("mpp",),
    "9861": ("mpp",),
    "spa504g": ("spa",),
    "spa525g2": ("spa",),
    "spa942": ("spa",),
    "spa112": ("spa", "ata"),
    "spa2102": ("spa", "ata"),
}
"""Which row files each catalogue draws on."""
_CHOICE = "\u00a6"
_AND_OTHERS = "\u2026"
_NUMBER = "{n}"
_DIGITS = re.compile(r"[0-9]+")


class Kind(StrEnum):
    """What a value is."""

    BOOL = "bool"
    INT = "int"
    STRING = "string"
    CHOICE = "choice"
    IP = "ip"
    PORT = "port"
    FQDN = "fqdn"
    TIME = "time"
    LIST = "list"
    SCRIPT = "script"
    RULE = "rule"
    SECRET = "secret"  # noqa: S105 - the name of a type


@dataclass(frozen=True, slots=True)
class Entry:
    """One row: what is known of a parameter, under its folded name."""

    name: str
    type: Kind
    default: str
    """The factory value; "" too when nobody knows it (``default_known``)."""
    choices: tuple[str, ...]
    """Known values; empty when any, or when none are known."""
    closed: bool
    """The guide allows no other value than ``choices``."""
    minimum: float | None
    maximum: float | None
    secret: bool
    """The value itself is a password or a key."""
    embeds: bool
    """The value may hold one, as a rule with ``--key`` does."""
    ua: Access
    """The user's access from the factory."""
    tab: str
    section: str
    label: str
    known: str
    """D documented, T seen in deployed data, I inferred: that this model has it."""
    default_known: bool = True


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every name of one model, with numbers put in. Shared by all phones of that model."""

    rows: Mapping[str, Entry]
    numbers: Mapping[str, str] = field(default_factory=dict)
    """How far the numbers of each folded name run: "", ``1-10`` or ``1-3,1-40``."""

    def names(self) -> tuple[str, ...]:
        """All names, by alphabet and number."""
        return tuple(self.rows)

    def entry(self, name: str) -> Entry | None:
        """What is known of a name, exactly as spelt; None when the model has none such."""
        return self.rows.get(name)

    def nearest(self, name: str) -> str:
        """The name most like this one, "" when none is; the same in another case comes first."""
        numbers = index(name)
        pattern = _nearest(tuple(self.numbers), fold(name))
        if not pattern or not numbers:
            return pattern if pattern in self.rows else ""
        numbered = unfold(pattern, numbers) if places(pattern) == len(numbers) else ""
        return numbered if numbered in self.rows else ""

    def __contains__(self, name: object) -> bool:
        return name in self.rows

    def __iter__(self) -> Iterator[str]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


def catalogue(model: Model) -> Catalogue:
    """The catalogue of a model; read once, then shared."""
    found = _BY_MODEL.get(model.name)
    if found is None:
        # By name: a phone asks a hundred times a resync, and hashing its traits costs 1 us each.
        found = _BY_MODEL[model.name] = _catalogue(model.catalogue, model.lines, model.traits)
    return found


_BY_MODEL: dict[str, Catalogue] = {}


def may_be_secret(name: str) -> bool:
    """Whether a parameter of this name is a password or key on any model."""
    folded = fold(name)
    sheets = (_sheet(each) for each in ("mpp", "spa", "ata"))
    return any(folded in sheet and sheet[folded].secret for sheet in sheets)


@lru_cache(maxsize=64)
def _catalogue(family: str, lines: int, traits: Traits) -> Catalogue:
    sheets = [_sheet(each) for each in _SHEETS[family]]
    decided = _decided(traits)
    rows: dict[str, Entry] = {}
    spans: dict[str, str] = {}
    for name, numbers, known, *default in _table(f"{family}.tsv"):
        entry = next(sheet[name] for sheet in sheets if name in sheet)
        entry = replace(entry, known=known)
        for value in (decided.get(name), *default):
            if value is not None:
                entry = replace(entry, default=value, default_known=True)
        spans[name] = numbers.replace("line", f"1-{lines}")
        rows.update(_numbered(entry, spans[name]))
    return Catalogue(MappingProxyType(rows), MappingProxyType(spans))


@lru_cache(maxsize=4096)
def _nearest(patterns: tuple[str, ...], wanted: str) -> str:
    """The folded name most like another. One that differs in digits alone is no slip of the pen."""
    lower = wanted.lower()
    for pattern in patterns:
        if pattern.lower() == lower:
            return pattern
    letters = _DIGITS.sub("", wanted)
    for close in get_close_matches(wanted, patterns, n=3, cutoff=0.8):
        if _DIGITS.sub("", close) != letters:
            return close
    return ""


def _decided(traits: Traits) -> Mapping[str, str]:
    """The defaults on which generations differ, by the traits table."""
    return {
        "Profile_Rule": traits.default_rule,
        "Resync_Error_Retry_Delay": traits.retry_delay_default,
        traits.log_request: LOG_REQUEST_DEFAULT,
        traits.log_success: traits.log_success_default,
        traits.log_failure: LOG_FAILURE_DEFAULT,
    }


def _numbered(entry: Entry, numbers: str) -> Iterator[tuple[str, Entry]]:
    """A row under each of its names: ``numbers`` is "", ``2-9`` or ``1-3,1-40``."""
    if not numbers:
        yield entry.name, entry
        return
    for each in product(*(_range(part) for part in numbers.split(","))):
        own = replace(entry, default=str(each[-1])) if entry.default == _NUMBER else entry
        yield unfold(entry.name, each), own


def _range(written: str) -> range:
    first, last = written.split("-")
    return range(int(first), int(last) + 1)


@lru_cache(maxsize=8)
def _sheet(name: str) -> Mapping[str, Entry]:
    return {row[0]: _entry(row) for row in _table(f"{name}.tsv")}


def _entry(row: list[str]) -> Entry:
    name, kind, default, source, choices, low, high, guard, ua, tab, section, label, known = row
    listed = choices.split(_CHOICE) if choices else []
    return Entry(
        name=name,
        type=Kind(kind),
        default=default,
        choices=tuple(each for each in listed if each != _AND_OTHERS),
        closed=bool(listed) and listed[-1] != _AND_OTHERS,
        minimum=float(low) if low else None,
        maximum=float(high) if high else None,
        secret=guard == "secret",
        embeds=guard == "embeds",
        ua=Access(ua),
        tab=tab,
        section=section,
        label=label,
        known=known,
        default_known=source != "?",
    )


def _table(file: str) -> Iterator[list[str]]:
    """The rows of a data file; lines that begin with # are for people."""
    text = (files("ringback.cisco") / "data" / file).read_text(encoding="utf-8")
    for line in text.splitlines():
        if not line.startswith("#"):
            yield line.split("\t")
