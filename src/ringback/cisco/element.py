"""One parameter as it stands in a file, and a file read: parameters, and what to say of them.

An element is not a parameter yet: what an empty or bare one does, and what a missing ``ua`` means,
depends on the phone that reads it (S2, S10, S14 disagree), so it keeps how it was written.
"""

from dataclasses import dataclass

from ringback.cisco.markup import Complaint
from ringback.cisco.parameter import Access
from ringback.errors import Place


@dataclass(frozen=True, slots=True)
class Element:
    """One parameter as it stands in a file. ``value`` is None for ``<X/>``, "" for ``<X></X>``."""

    name: str
    value: str | None
    access: Access | None
    preserve: bool
    place: Place


@dataclass(frozen=True, slots=True)
class Reading:
    """All parameters of a file in its order, duplicates too, and what is to be said of it."""

    elements: tuple[Element, ...]
    complaints: tuple[Complaint, ...] = ()

    def last(self) -> dict[str, Element]:
        """The element that wins, by name: the last one (S2)."""
        return {element.name: element for element in self.elements}
