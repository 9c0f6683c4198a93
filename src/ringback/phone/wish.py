"""What somebody may want of a phone that is up: a resync, other settings, a restart."""

from collections.abc import Mapping
from dataclasses import dataclass

from ringback.cisco.resync import Cause
from ringback.errors import RingbackError
from ringback.phone.boot import Reason


@dataclass(frozen=True, slots=True)
class Order:
    """A resync. ``rule`` is a one-shot rule, not stored; None stands for the phone's own rules.

    ``host`` is who asked, and serves a one-shot rule that names no server (S15).
    """

    cause: Cause
    rule: str | None = None
    host: str = ""


@dataclass(slots=True, eq=False)
class Submission:
    """Settings submitted on the phone's page, and what became of them."""

    values: Mapping[str, str]
    done: bool = False
    error: RingbackError | None = None


@dataclass(frozen=True, slots=True)
class Restart:
    """A restart, once the phone is idle."""

    reason: Reason


Wish = Order | Submission | Restart

URGENCY: Mapping[type[Wish], int] = {Submission: 0, Order: 1, Restart: 2}
"""Lower comes first: a person waits for a submission, and a restart would forget the others."""
