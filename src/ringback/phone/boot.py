"""How a phone starts: why it restarted, the last five reasons it keeps, and how long it takes.

Reasons and their spelling are those of the phones' status page (S20), which shows them as
``[08/13/14 06:12:38] User Triggered``. Which parameters restart a phone: ``cisco/restart``.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Self

from ringback.cisco.restart import REBOOTING, needs_reboot

__all__ = ["REBOOTING", "Boot", "History", "Reason", "needs_reboot"]

KEPT = 5
"""How many reasons a phone keeps (S20)."""

SECONDS = 45.0
"""How long a restart takes; *inferred* from the page that reloads itself after 50 s (F)."""


class Reason(StrEnum):
    """Why a phone restarted, as its status page spells it (S20)."""

    POWER = "Power On"
    UPGRADE = "Upgrade"
    PROVISIONING = "Provisioning"
    SIP = "SIP Triggered"
    RC = "RC"
    USER = "User Triggered"
    ADDRESS = "IP Changed"


@dataclass(frozen=True, slots=True)
class Boot:
    """One start: when, in POSIX seconds, and why."""

    at: float
    reason: Reason

    def __str__(self) -> str:
        moment = datetime.fromtimestamp(self.at, UTC)
        return f"[{moment:%m/%d/%y %H:%M:%S}] {self.reason}"


@dataclass(frozen=True, slots=True)
class History:
    """The last starts, newest first; what a power cut does not take away."""

    boots: tuple[Boot, ...] = field(default=())

    def with_boot(self, boot: Boot) -> Self:
        """The history after one more start; only the last five are kept."""
        return type(self)((boot, *self.boots)[:KEPT])
