"""SRV records: which server of a service is tried first (RFC 2782).

Lower priority first; within one priority a lottery in which the weight is the number of tickets.
Servers of weight 0 stand first in line, so that they win only when the ticket drawn is 0.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Protocol


class Dice(Protocol):
    """As much of ``random.Random`` as the lottery needs."""

    def randint(self, low: int, high: int, /) -> int:
        """A whole number between the two, both included."""


@dataclass(frozen=True, slots=True)
class Service:
    """One SRV record. ``target`` has no final dot; ``port`` is 0 to 65535."""

    priority: int
    weight: int
    port: int
    target: str


def order(services: Iterable[Service], dice: Dice) -> tuple[Service, ...]:
    """All services in the order in which they are to be tried."""
    ranked = sorted(services, key=lambda each: (each.priority, each.weight))
    groups = groupby(ranked, key=lambda each: each.priority)
    return tuple(each for _, group in groups for each in _lottery(list(group), dice))


def _lottery(waiting: list[Service], dice: Dice) -> Iterable[Service]:
    """Draw until nobody waits; ``waiting`` is sorted by weight, lightest first."""
    while waiting:
        ticket = dice.randint(0, sum(each.weight for each in waiting))
        for position, candidate in enumerate(waiting):
            ticket -= candidate.weight
            if ticket <= 0:
                yield waiting.pop(position)
                break
