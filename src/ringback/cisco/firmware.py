"""Load names and version numbers of both generations: read them, and say which of two is newer.

Two formats exist and are never compared with each other: the vendor calls that a format parsing
error, and so do we (the caller sees ``comparable``).

- Dotted, Sipura and SPA (S10, S11): ``2.0.6``, ``2.0.3(0412s)``; in the field also ``7.5.2b``,
  ``7.6.2.a`` (C6) and, from the first Sipura guides, two numbers alone: ``1.0``.
- Dashed, ATA, MPP and PhoneOS (S2, S5): ``sip88xx.11-3-2MPP0001-609``, ``11-1-0MPP-19``,
  ``PHONEOS.3-2-1-0001-102``. The part before the dot names the model and is ignored, as is a
  closing ``.loads``.

Comparison follows the vendor's note on MPP upgrade rules: part by part from the left; in each
part the digits first, then the letters in alphabetical order. For dotted versions that order is
*inferred*, as are two details: digits inside letters count as numbers (``SR10`` is newer than
``SR2``), and ``7.6.2.a``, ``7.6.2a`` and ``7.6.2(a)`` are the same version.
Ordering MPP builds before release letters was rejected: it would call ``11-3-1MPP-678`` newer
than the later maintenance release ``11-3-1MSR3-3``.
"""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Self, TypeAlias

LONGEST = 80
"""Characters of the longest version we read; the longest load name seen has 30."""

_Chunk: TypeAlias = tuple[int, int, str]
_Part: TypeAlias = tuple[int, tuple[_Chunk, ...]]

_DOTTED = re.compile(
    r"(?P<numbers>[0-9]{1,9}(?:\.[0-9]{1,9}){1,3})"
    r"(?:\((?P<build>[A-Za-z0-9_.-]+)\)|[.-]?(?P<letters>[A-Za-z][A-Za-z0-9_-]*))?"
)
_DASHED = re.compile(
    r"(?:[A-Za-z][A-Za-z0-9_]*\.)?"
    r"(?P<parts>[0-9]{1,9}(?:-[0-9]{1,9}(?:[A-Za-z][A-Za-z0-9]*)?){2,5})"
    r"(?:\.loads)?"
)
_NUMBER_THEN_REST = re.compile(r"([0-9]+)(.*)")
_CHUNKS = re.compile(r"[0-9]+|[^0-9]+")


class Format(StrEnum):
    """The two ways to write a version."""

    DOTTED = "1.2.3(build)"
    DASHED = "sip<model>.1-2-3MPP-build"


def _letters(text: str) -> tuple[_Chunk, ...]:
    """Sortable form of the letters of a part: digits among them count as numbers."""
    return tuple(
        (0, int(chunk), "") if chunk[0].isdigit() else (1, 0, chunk)
        for chunk in _CHUNKS.findall(text.lower())
    )


def _part(text: str) -> _Part:
    found = _NUMBER_THEN_REST.fullmatch(text)
    assert found is not None
    return int(found[1]), _letters(found[2])


def _dotted_parts(numbers: str, letters: str) -> tuple[_Part, ...]:
    """Three parts at least, so that 1.0 equals 1.0.0; the letters belong to the last."""
    parts = [(int(number), ()) for number in numbers.split(".")]
    parts += [(0, ())] * (3 - len(parts))
    return (*parts[:-1], (parts[-1][0], _letters(letters)))


@lru_cache(maxsize=1024)
def _read(text: str) -> tuple[Format, tuple[_Part, ...]] | None:
    """Format and parts; remembered, because a fleet compares the same few loads all day."""
    if len(text) > LONGEST:
        return None
    if found := _DOTTED.fullmatch(text):
        letters = found["build"] or found["letters"] or ""
        return Format.DOTTED, _dotted_parts(found["numbers"], letters)
    if found := _DASHED.fullmatch(text):
        return Format.DASHED, tuple(_part(each) for each in found["parts"].split("-"))
    return None


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """A version number or load name; versions of one ``format`` sort from old to new."""

    format: Format
    parts: tuple[_Part, ...]
    text: str = field(compare=False)

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read a version of either format; ``None`` when it is neither."""
        read = _read(text)
        return cls(*read, text) if read else None

    def comparable(self, other: "Version") -> bool:
        """Whether both are written in the same format; others have no order (S2)."""
        return self.format is other.format

    def __str__(self) -> str:
        return self.text
