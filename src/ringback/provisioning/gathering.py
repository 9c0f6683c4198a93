"""Complaints of many devices, gathered: each is told once, with everybody whom it concerns.

A slip of the pen in a layer is found again for every device and every model that the layer
reaches. What is the same sentence at the same place is one complaint.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from ringback.cisco.markup import Severity
from ringback.provisioning.complaint import UNCHECKED_HERE, Complaint

_MOST: Final = 200
Key = tuple[str, str, str, int, int]


def key(complaint: Complaint) -> Key:
    """What makes two complaints one: where it is and what is said."""
    return (complaint.layer, complaint.name, complaint.what, complaint.line, complaint.column)


@dataclass(slots=True)
class _Concerned:
    """A complaint and whom it concerns, each once and in the order of their coming."""

    complaint: Complaint
    devices: dict[str, None] = field(default_factory=dict)
    models: dict[str, None] = field(default_factory=dict)
    needed: dict[str, None] = field(default_factory=dict)

    def take(self, more: Complaint) -> None:
        self.devices |= dict.fromkeys(more.devices)
        self.models |= dict.fromkeys(more.models)
        self.needed |= dict.fromkeys(more.needed)

    def whole(self) -> Complaint:
        return replace(
            self.complaint,
            devices=tuple(self.devices),
            models=tuple(self.models),
            needed=tuple(self.needed),
        )


class Gathering:
    """Complaints, each once. Hints are left out: nobody has to mend those."""

    def __init__(self) -> None:
        self._found: dict[Key, _Concerned] = {}

    def take(self, complaints: Iterable[Complaint]) -> None:
        """Take more of them."""
        for each in complaints:
            if each.severity is not Severity.HINT:
                self._found.setdefault(key(each), _Concerned(each)).take(each)

    def complaints(self) -> tuple[Complaint, ...]:
        """All of them, what forbids publishing first, then by layer and name."""
        whole = [each.whole() for each in self._found.values()]
        return tuple(sorted(whole, key=lambda each: (not each.fatal, each.layer, each.name)))


def gathered(complaints: Iterable[Complaint]) -> tuple[Complaint, ...]:
    """These, each once."""
    found = Gathering()
    found.take(complaints)
    return found.complaints()


def listed(complaints: Sequence[Complaint], unchecked: str = UNCHECKED_HERE) -> str:
    """One a line, below a sentence that says what they have prevented."""
    more = f"\n  and {len(complaints) - _MOST} more" if len(complaints) > _MOST else ""
    return "".join(f"\n  {each.said(unchecked)}" for each in complaints[:_MOST]) + more
