"""Generations of phones, and the one way to write down where they differ.

Generations disagree, and so do the vendor's own guides. Every disagreement is one ``Switch``: what
it is called, its value per generation, and the source of each value. A source key (``S2``, ``C3``,
``F``) refers to docs/sources.md; the word *inferred* marks what no source says. ``tabulate`` turns
rows into one value per generation, and refuses a row that is missing, strange or there twice.
No code anywhere asks "is this an SPA?": it asks the model for a trait.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any, TypeVar


class Generation(StrEnum):
    """Families whose firmware behaves alike."""

    SIPURA = "Sipura"
    SPA = "SPA"
    ATA = "ATA"
    MPP = "MPP"
    PHONEOS = "PhoneOS"


@dataclass(frozen=True, slots=True)
class Switch:
    """One trait: its value and source per generation. ``rest`` serves those not listed."""

    trait: str
    """The field of ``Traits`` or ``Handshake`` that it decides."""
    rest: tuple[Any, str]
    but: Mapping[Generation, tuple[Any, str]] = field(default_factory=dict)

    def row(self, generation: Generation) -> tuple[Any, str]:
        """The value and its source for one generation."""
        return self.but.get(generation, self.rest)


T = TypeVar("T")


def tabulate(kind: type[T], switches: Sequence[Switch]) -> Mapping[Generation, T]:
    """One ``kind`` (a dataclass) per generation, from rows that name its fields, each once.

    Raises:
        TypeError: the rows and the fields are not the same names.
    """
    rows = sorted(switch.trait for switch in switches)
    wanted = sorted(each.name for each in fields(kind))  # type: ignore[arg-type]
    if rows != wanted:
        odd = sorted({*rows} ^ {*wanted}) or [name for name in wanted if rows.count(name) != 1]
        raise TypeError(f"rows and fields of {kind.__name__} differ: {', '.join(odd)}")
    return {
        each: kind(**{switch.trait: switch.row(each)[0] for switch in switches})
        for each in Generation
    }
