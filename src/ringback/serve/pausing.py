"""Slow answers: refusals that wait a while, for those who try out MACs.

A waiting answer costs a timer and its connection, so only so many wait; beyond them the guesser is
told to come back later, at once. Nobody else is ever given this answer.
"""

import asyncio
from dataclasses import dataclass
from typing import Final

from ringback.http.answer import Answer, plain

MOST: Final = 512
"""Answers that wait at once."""


@dataclass(slots=True)
class Pausing:
    """Lets answers wait."""

    waiting: int = 0

    async def later(self, seconds: float, answer: Answer) -> Answer:
        """The same answer, so much later."""
        if self.waiting >= MOST:
            return plain(503, why=f"{answer.why}; {MOST} refusals are waiting")
        self.waiting += 1
        try:
            await asyncio.sleep(seconds)
        finally:
            self.waiting -= 1
        return answer
