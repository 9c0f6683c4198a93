"""What somebody may want of a phone that is up: a resync, a custom CA, settings, a restart.

``grant.py`` has the row that says what becomes of each.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ringback.cisco.resync import Cause
from ringback.errors import RingbackError
from ringback.phone.boot import Reason


class Wish:
    """Something wanted; a type of wish is a subclass with a row in ``grant.GRANTS``."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Order(Wish):
    """A resync. ``rule`` is a one-shot rule, not stored; None stands for the phone's own rules.

    ``host`` is who asked, and serves a one-shot rule that names no server (S15).
    """

    cause: Cause
    rule: str | None = None
    host: str = ""


@dataclass(frozen=True, slots=True)
class Update(Wish):
    """A custom authority: by a one-shot ``rule``, not stored, or by the phone's own (None)."""

    rule: str | None = None
    host: str = ""


@dataclass(slots=True, eq=False)
class Submission(Wish):
    """Settings submitted on the phone's page, and what became of them."""

    values: Mapping[str, str]
    done: bool = False
    error: RingbackError | None = None


@dataclass(frozen=True, slots=True)
class Restart(Wish):
    """A restart, once the phone is idle; ``resync`` False skips Resync_On_Reset this once."""

    reason: Reason
    resync: bool = True


@dataclass(frozen=True, slots=True)
class Reset(Wish):
    """Back to the factory's settings, once the phone is idle."""
