"""What somebody may want of a phone that is up: a resync, a custom CA, settings, a restart."""

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


@dataclass(frozen=True, slots=True)
class Update:
    """A custom authority: by a one-shot ``rule``, not stored, or by the phone's own (None)."""

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


Wish = Order | Update | Submission | Restart

URGENCY: Mapping[type[Wish], int] = {Submission: 0, Update: 1, Order: 2, Restart: 3}
"""Lower comes first: a person waits for a submission, a resync may need the authority, and a
restart would forget the others."""
