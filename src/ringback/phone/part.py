"""A part of a phone: something with a timer, a memory or macros of its own, hung on the handset.

The handset knows no part by name beyond what it needs itself. It tells every part what happens,
in the order of the table in ``parts.py``, and asks each for its next timer. A part that wants
work done asks for it as anybody does, by a wish; what it says to the world it hands to
``phone.act``. Everything here may be left as it is: a part overrides what concerns it.

Parts are called with ``phone.now`` set to the moment of the event.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from ringback.cisco.profile import Profile
    from ringback.phone.action import Outcome
    from ringback.phone.handset import Handset
    from ringback.phone.memory import Memory
    from ringback.phone.wish import Order


class Part:
    """One part of one phone; ``name`` is its key in the phone's memory."""

    __slots__ = ("phone",)
    name: ClassVar[str] = ""
    outlives_reset: ClassVar[bool] = False
    """Whether what it keeps stays over a factory reset, as the firmware does."""

    def __init__(self, phone: "Handset") -> None:
        self.phone = phone

    # -- power

    def recall(self, memory: "Memory") -> None:
        """Take over what survived; called once, before the first start."""

    def keep(self) -> Mapping[str, Any]:
        """What must survive a power cut, as JSON can hold it; empty for nothing.

        It is saved whenever the phone saves, and comes back as ``memory.kept[name]``.
        """
        return {}

    def forget(self) -> None:
        """The power is gone, or the phone restarts."""

    def up(self, now: float) -> None:
        """The phone has started."""

    # -- time

    def timer(self) -> float | None:
        """When ``handle_timer`` wants to be called while the phone is up; None for never.

        A part that rests while the phone works answers None while ``phone.busy``.
        """
        return None

    def handle_timer(self, now: float) -> None:
        """Do what is due by ``now``; called only once ``timer()`` has passed."""

    # -- what happens on the phone

    def adopted(self, before: "Profile", *, local: bool) -> None:
        """The phone has new settings; ``local`` when they were typed on its page."""

    def concluded(self, order: "Order", outcome: "Outcome", now: float) -> None:
        """A resync has ended."""

    # -- macros

    def macro(self, name: str) -> str | None:
        """What ``$name`` is now; None for a macro that this part knows nothing about."""
        del name
        return None
