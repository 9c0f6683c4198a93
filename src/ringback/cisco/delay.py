"""Waiting lists: ``60,120+30,…`` as Resync_Periodic and the two retry delays spell them (S2).

Each element is a wait in seconds, ``+r`` adds a random 0…r; the last element repeats for ever.
What 0 or an empty value means depends on the parameter and the generation, so this file only
says ``off``; the caller asks the model.
"""

import re
from dataclasses import dataclass
from typing import Protocol, Self

from ringback.errors import Place, RuleError

_ELEMENT = re.compile(r"\s*([0-9]{1,9})\s*(?:\+\s*([0-9]{1,9})\s*)?(?=,|$)", re.ASCII)
_SHAPE = "seconds separated by commas, each with an optional +random part: 60,120+30"


class Dice(Protocol):
    """The one throw we need of ``random.Random``."""

    def uniform(self, a: float, b: float, /) -> float:
        """A number from ``a`` to ``b``."""
        ...


@dataclass(frozen=True, slots=True)
class Delay:
    """Wait ``seconds`` and then up to ``spread`` seconds more."""

    seconds: int
    spread: int = 0

    def __str__(self) -> str:
        return f"{self.seconds}+{self.spread}" if self.spread else str(self.seconds)


@dataclass(frozen=True, slots=True)
class DelayList:
    """The waits of one parameter, in order."""

    delays: tuple[Delay, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a waiting list; blanks are allowed anywhere, an empty text is an empty list.

        Raises:
            RuleError: with the column of the first character that does not fit.
        """
        if not text.strip():
            return cls()
        delays: list[Delay] = []
        start = 0
        while True:
            found = _ELEMENT.match(text, start)
            if found is None:
                raise _not_a_delay(text, start)
            delays.append(Delay(int(found[1]), int(found[2] or 0)))
            if found.end() == len(text):
                return cls(tuple(delays))
            start = found.end() + 1

    @property
    def off(self) -> bool:
        """Whether there is nothing to wait for: an empty list, or nothing but zeros."""
        return not any(delay.seconds or delay.spread for delay in self.delays)

    def wait(self, index: int, dice: Dice) -> float:
        """Seconds to wait before attempt ``index`` (from 0); 0.0 for an empty list."""
        if not self.delays:
            return 0.0
        delay = self.delays[min(max(index, 0), len(self.delays) - 1)]
        return delay.seconds + (dice.uniform(0, delay.spread) if delay.spread else 0.0)

    def __str__(self) -> str:
        return ",".join(str(delay) for delay in self.delays)


def _not_a_delay(text: str, start: int) -> RuleError:
    rest = text[start:]
    column = start + len(rest) - len(rest.lstrip()) + 1
    shown = rest.split(",", 1)[0].strip()
    return RuleError(
        f"not a delay: {shown[:40]!r}" if shown else "a delay is missing",
        place=Place(column=column),
        remedy=_SHAPE,
    )
