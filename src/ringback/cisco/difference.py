"""What two profiles say differently, secrets aside.

A phone's own page is a profile too, but not a whole one: passwords stand there as asterisks, and
``GPP_SA`` to ``_SD`` and keying material never come back (S5, S19). To call those differences would
bury the real ones, so a secret that either side hides is listed as hidden and counts for nothing.
A phone's page also names every parameter there is; compared with a file, only what the file says
is of interest.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from ringback.cisco.catalogue import Kind, catalogue, may_be_secret
from ringback.cisco.element import Element
from ringback.cisco.model import Model
from ringback.cisco.parameter import Access
from ringback.cisco.profile import SPELLINGS

MASK = re.compile(r"\*{3,}")


@dataclass(frozen=True, slots=True)
class Side:
    """One of two profiles: its winning elements, and whether a phone's own page shows it."""

    elements: Mapping[str, Element]
    from_phone: bool = False


@dataclass(frozen=True, slots=True)
class Difference:
    """All that differs. Values and accesses are pairs, first and second; hidden are names."""

    changed: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    only_first: Mapping[str, str] = field(default_factory=dict)
    only_second: Mapping[str, str] = field(default_factory=dict)
    access: Mapping[str, tuple[Access, Access]] = field(default_factory=dict)
    hidden: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.changed or self.only_first or self.only_second or self.access)


def compare(first: Side, second: Side, model: Model | None = None) -> Difference:
    """Compare two profiles by name; with a model, yes and Yes are the same in a bool."""
    names = {**first.elements, **second.elements}
    shared = [name for name in names if name in first.elements and name in second.elements]
    hidden = [name for name in names if _is_hidden(name, first, second)]
    seen = frozenset(hidden)
    pairs = {
        name: (_value(first.elements[name], model), _value(second.elements[name], model))
        for name in shared
        if name not in seen
    }
    return Difference(
        {name: pair for name, pair in pairs.items() if pair[0] != pair[1]},
        _alone(first, second, seen),
        _alone(second, first, seen),
        _accesses(first, second, shared),
        tuple(hidden),
    )


def _value(element: Element, model: Model | None) -> str:
    value = element.value or ""
    entry = catalogue(model).entry(element.name) if model else None
    return SPELLINGS.get(value.lower(), value) if entry and entry.type is Kind.BOOL else value


def _is_hidden(name: str, first: Side, second: Side) -> bool:
    """Whether one side does not tell what the other's value is to be compared with."""
    values = [each.elements[name].value or "" for each in (first, second) if name in each.elements]
    if len(values) == 2 and values[0] == values[1]:
        return False
    if any(MASK.fullmatch(value) for value in values):
        return True
    untold = [
        each.from_phone and not (name in each.elements and each.elements[name].value)
        for each in (first, second)
    ]
    return any(untold) and may_be_secret(name)


def _alone(one: Side, other: Side, hidden: frozenset[str]) -> dict[str, str]:
    """What ``one`` says and ``other`` does not; a phone's page says more than any file."""
    if one.from_phone and not other.from_phone:
        return {}
    return {
        name: element.value or ""
        for name, element in one.elements.items()
        if name not in other.elements and name not in hidden
    }


def _accesses(first: Side, second: Side, shared: list[str]) -> dict[str, tuple[Access, Access]]:
    pairs = ((name, first.elements[name].access, second.elements[name].access) for name in shared)
    return {name: (old, new) for name, old, new in pairs if old and new and old is not new}
