"""The parts of one phone, in the order in which they are told what happens.

Whoever adds a part adds its class to ``PARTS``, and reaches it by ``phone.part(ItsClass)``.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from ringback.phone.call import Calls
from ringback.phone.lines import Lines
from ringback.phone.part import Part
from ringback.phone.report import Reports
from ringback.phone.schedule import Schedule
from ringback.phone.trust import Trust
from ringback.phone.upgrade import Upgrades
from ringback.phone.zero_touch import ZeroTouch

if TYPE_CHECKING:
    from ringback.phone.handset import Handset

PARTS: tuple[type[Part], ...] = (Calls, Schedule, Trust, ZeroTouch, Upgrades, Reports, Lines)

P = TypeVar("P", bound=Part)


class Parts:
    """One of each."""

    __slots__ = ("_by_class",)

    def __init__(self, phone: "Handset") -> None:
        self._by_class: dict[type[Part], Part] = {each: each(phone) for each in PARTS}

    def __iter__(self) -> Iterator[Part]:
        return iter(self._by_class.values())

    def one(self, kind: type[P]) -> P:
        """The part of that class."""
        found = self._by_class[kind]
        assert isinstance(found, kind)
        return found

    def timer(self) -> float | None:
        """The next moment that one of them waits for."""
        moments = (part.timer() for part in self)
        return min((each for each in moments if each is not None), default=None)

    def macro(self, name: str) -> str | None:
        """What one of them knows ``$name`` to be."""
        told = (part.macro(name) for part in self)
        return next((each for each in told if each is not None), None)

    def kept(self, *, after_reset: bool = False) -> Mapping[str, Mapping[str, Any]]:
        """What they keep over a power cut, by their names; or even over a factory reset."""
        parts = (part for part in self if part.outlives_reset or not after_reset)
        return {part.name: facts for part in parts if (facts := part.keep())}
