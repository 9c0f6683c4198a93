"""One setting of a phone: its name, its value, who may change it, and how its name is numbered.

A name is the label on the phone's web page with every blank and each of ``[ ] ( ) /`` turned
into ``_`` (S2, S11). Fields that repeat carry a number: ``Dial_Plan[1]`` is ``Dial_Plan_1_``, two
numbers follow each other (``Speed_Dial_2_2_``), and ``Default Ring (1)`` of extension 1 is
``Default_Ring__1__`` (C6). ``fold`` puts the letter ``n`` for such a number, so that one catalogue
row serves every line; ``unfold`` puts numbers back.

Not every number is an index. ``RFC_2543_Call_Hold``, ``Layer_2_Logging`` and ``TR-069`` carry
numbers of standards, ``Cadence_3`` and ``PSK_12`` name ten fields of one page. So a number is
taken for an index only where it is written as one: closed by ``_`` at the end of the name, after
``Unit``, or in the few names whose index stands open. A table of all names was rejected: new
releases add lines, never a new way to write them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

_SPELLED = str.maketrans(dict.fromkeys(" []()/", "_"))
_OPEN_STEMS = "RSS_Feed_URL|Log_Missed_Calls_for_EXT"
_INSIDE_STEMS = "Unit|Group|Quick_Number|Speed_Dial"
_INDEX = re.compile(
    rf"""
      (?<=_)(?P<double>\d{{1,3}})(?=_\d{{1,2}}_$)(?<!_18[0-9])  # Speed_Dial_2_2_
    | (?<=_)(?P<closed>\d{{1,3}})(?=__?$)                        # Line_Enable_2_, Default_Ring__1__
    | ^(?:{_INSIDE_STEMS})_(?P<inside>\d{{1,2}})(?=_[A-Z])       # Unit_1_Enable
    | ^(?:{_OPEN_STEMS})_(?P<open>\d{{1,2}})$                    # RSS_Feed_URL_1
    | (?<=_Key_)(?P<key>\d{{1,2}})$                              # Unit_1_Key_3 of a SPA525G
    """,
    re.VERBOSE,
)
_PLACEHOLDER = re.compile(r"(?<=_)n(?=_|$)")


class Access(StrEnum):
    """What the phone's *user* may do with a setting; the administrator may do everything."""

    NA = "na"
    RO = "ro"
    RW = "rw"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A setting as written in a profile. ``None`` says the value, or the access, is not given."""

    name: str
    value: str | None
    access: Access | None = None


def spell(label: str) -> str:
    """The element name of a web-page label: ``Resync At (HHmm)`` is ``Resync_At__HHmm_``."""
    return label.translate(_SPELLED)


def index(name: str) -> tuple[int, ...]:
    """The numbers of a per-line or per-key name, left to right; empty when it has none."""
    return tuple(int(found[found.lastgroup or 0]) for found in _INDEX.finditer(name))


def fold(name: str) -> str:
    """The name with ``n`` for each index: ``Unit_1_Key_3_`` gives ``Unit_n_Key_n_``."""
    if not any(map(str.isdigit, name)):
        return name
    parts, end = [], 0
    for found in _INDEX.finditer(name):
        start, stop = found.span(found.lastgroup or 0)
        parts += [name[end:start], "n"]
        end = stop
    return "".join([*parts, name[end:]])


def places(pattern: str) -> int:
    """How many numbers a folded name takes."""
    return len(_PLACEHOLDER.findall(pattern))


def unfold(pattern: str, numbers: Sequence[int]) -> str:
    """Put ``numbers`` for the ``n`` of a folded name, left to right.

    Raises:
        ValueError: when the pattern has more or fewer places than there are numbers.
    """
    pieces = _PLACEHOLDER.split(pattern)
    return "".join(
        piece + (str(number) if number is not None else "")
        for piece, number in zip(pieces, [*numbers, None], strict=True)
    )
