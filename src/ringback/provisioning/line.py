"""One extension of a device: what its user needs, in words that are the same on every model.

A line is sugar. ``cascade`` turns it into the model's own per-line parameters (``User_ID_1_``,
``Password_1_`` …), so that nobody has to know how a model numbers them. Every text may hold
``{{ … }}``; a password normally is ``{{ secret('NAME') }}``, so that no password stands in a
file or a repository.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ringback.errors import UsageError

MOST_LINES = 100
"""No phone has more; a number beyond is a slip of the pen."""


@dataclass(frozen=True, slots=True)
class Line:
    """One extension; ``number`` counts from 1 as on the phone. An empty text sets nothing."""

    number: int
    user: str = ""
    password: str = field(default="", repr=False)
    display_name: str = ""
    proxy: str = ""
    auth_id: str = ""
    """The name for authentication where it is not the user's."""
    variables: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Seen in expressions as ``line.NAME`` and ``lines[NUMBER].NAME``."""

    def __post_init__(self) -> None:
        if not 1 <= self.number <= MOST_LINES:
            raise UsageError(
                f"no phone has a line {self.number}", remedy="lines are numbered from 1"
            )
