"""One phone's place in a fleet: the phone, and what the fleet notes about it."""

from typing import Protocol

from ringback.phone.action import Outcome
from ringback.phone.fault import Faults
from ringback.phone.hands import Plugged
from ringback.phone.handset import Handset


class Landlord(Protocol):
    """Who is told what becomes of a phone."""

    def finished(self, berth: "Berth", outcome: Outcome) -> None:
        """A resync has ended."""

    def settled(self, berth: "Berth") -> None:
        """Its timer is to be looked at."""

    def power_failed(self, berth: "Berth") -> None:
        """A fault has cut its power."""


class Berth(Plugged):
    """A phone's place; all times are POSIX seconds by the fleet's clock."""

    __slots__ = (
        "applied", "began", "counted", "index", "landlord", "lost", "mark", "powered", "stamp",
    )  # fmt: skip

    def __init__(self, landlord: Landlord, index: int, phone: Handset, faults: Faults) -> None:
        super().__init__(phone, faults=faults)
        self.landlord = landlord
        self.index = index
        self.stamp = 0
        """Which of its entries in the agenda counts: the newest."""
        self.began = 0.0
        self.counted = False
        """Whether it is among those at work."""
        self.applied = False
        self.lost = ""
        """Why its flash cannot be used, if it cannot."""
        self.mark = (0, 0, 0)
        """What its flash looked like when it was last given back."""
        self.powered = False

    def finished(self, outcome: Outcome) -> None:
        """A resync has ended."""
        self.landlord.finished(self, outcome)

    def settled(self) -> None:
        """Wait for what is due next."""
        self.landlord.settled(self)

    def power_failed(self) -> None:
        """The power comes back in a moment."""
        self.landlord.power_failed(self)
