"""What may go wrong with a phone on purpose, so that a server can be tried against it.

Each fault is one ``NAME=VALUE``:

=============  ====================================================================================
``loss=5%``    that share of packets is lost, each way
``late=0.2``   packets are up to that many seconds late, and overtake one another
``slow=2400``  the link carries that many bytes a second
``power=1%``   the power fails, with that chance, at each step of the phone's work: before and after
               each answer, and at each instruction of a write to its flash; it comes back at once
``clock=-1h``  its clock is wrong by so much (s, m, h or d; seconds without a letter)
``flash=full`` its flash takes nothing any more
``bug=NAME``   firmware as it was met in the field, see ``Bug``
=============  ====================================================================================

Accidents fall by the phone's dice, so that a seeded run repeats itself.
"""

import errno
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Self

from ringback.cisco.delay import Dice
from ringback.errors import UsageError


class PowerFailureError(Exception):
    """The power failed. No error of ours: nobody may catch it but who holds the plug."""


class Bug(StrEnum):
    """Ways of real firmware that a server must survive."""

    NO_FILENAME = "no-filename"
    """A release of the SPA504G asked for no usable file name, only ``/`` (C5)."""
    ONE_BAD_VALUE = "one-bad-value"
    """One value that cannot be read keeps a phone from taking its whole profile (C1)."""
    IMPATIENT = "impatient"
    """Stuck at a bootstrap profile's Resync_Periodic of a few seconds (S25, C3, C4)."""


@dataclass(frozen=True, slots=True)
class Faults:
    """All that is wrong with one phone; nothing by default."""

    loss: float = 0.0
    late: float = 0.0
    """Seconds."""
    rate: float = 0.0
    """Bytes a second; 0 for a link without a bound."""
    power: float = 0.0
    clock: float = 0.0
    """Seconds that the phone's clock is ahead."""
    flash_full: bool = False
    bugs: frozenset[Bug] = frozenset()

    @classmethod
    def parse(cls, texts: Iterable[str]) -> Self:
        """Read ``NAME=VALUE`` each; bugs add up, of all else the last counts.

        Raises:
            UsageError: no such fault, or a value that cannot be read.
        """
        faults = cls()
        for text in texts:
            name, _, value = text.partition("=")
            read = _READERS.get(name.strip().lower())
            changes = read(faults, value.strip().lower()) if read else None
            if changes is None:
                raise UsageError(f"{text!r} is no fault", remedy=f"write one of {EXAMPLES}")
            faults = replace(faults, **changes)
        return faults

    @property
    def of_network(self) -> bool:
        """Whether packets fare ill."""
        return bool(self.loss or self.late or self.rate)

    def loses(self, dice: Dice) -> bool:
        """Whether this packet is lost."""
        return _falls(self.loss, dice)

    def cuts(self, dice: Dice) -> bool:
        """Whether the power fails now."""
        return _falls(self.power, dice)

    def step(self, dice: Dice) -> Callable[[str], None]:
        """What a write to the flash is to call before each of its instructions."""

        def step(_: str) -> None:
            if self.flash_full:
                raise OSError(errno.ENOSPC, "No space left on device")
            if self.cuts(dice):
                raise PowerFailureError

        return step

    def lateness(self, dice: Dice) -> float:
        """Seconds that this packet is late."""
        return dice.uniform(0.0, self.late) if self.late else 0.0


NO_FAULTS = Faults()


def _falls(share: float, dice: Dice) -> bool:
    return bool(share) and dice.uniform(0.0, 1.0) < share


EXAMPLES = (
    "loss=5%, late=0.2, slow=2400, power=1%, clock=-1h, flash=full, "
    + ", ".join(f"bug={bug}" for bug in Bug)
)  # fmt: skip
_NUMBER = re.compile(r"([+-]?)(\d{1,9}(?:\.\d{1,6})?)(ms|[smhd%])?")
_SECONDS = {None: 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}

Changes = dict[str, Any] | None


def _share(text: str) -> float | None:
    """``5%`` or ``0.05``."""
    found = _NUMBER.fullmatch(text)
    if found is None or found[1] == "-" or found[3] not in (None, "%"):
        return None
    share = float(found[2]) / (100 if found[3] else 1)
    return share if share <= 1 else None


def _seconds(text: str) -> float | None:
    found = _NUMBER.fullmatch(text)
    if found is None or found[3] not in _SECONDS:
        return None
    return float(found[1] + found[2]) * _SECONDS[found[3]]


def _delay(text: str) -> float | None:
    seconds = _seconds(text)
    return None if seconds is None or seconds < 0 else seconds


def _rate(text: str) -> float | None:
    found = _NUMBER.fullmatch(text)
    if found is None or found[1] == "-" or found[3] or not float(found[2]):
        return None
    return float(found[2])


def _full(text: str) -> bool | None:
    return True if text == "full" else None


def _field(name: str, read: Callable[[str], float | None]) -> Callable[[Faults, str], Changes]:
    """Reads a value into one field."""

    def reader(_: Faults, text: str) -> Changes:
        value = read(text)
        return None if value is None else {name: value}

    return reader


def _bug(faults: Faults, text: str) -> Changes:
    known = next((bug for bug in Bug if bug == text), None)
    return {"bugs": faults.bugs | {known}} if known else None


_READERS: Mapping[str, Callable[[Faults, str], Changes]] = {
    "loss": _field("loss", _share),
    "late": _field("late", _delay),
    "slow": _field("rate", _rate),
    "power": _field("power", _share),
    "clock": _field("clock", _seconds),
    "flash": _field("flash_full", _full),
    "bug": _bug,
}
