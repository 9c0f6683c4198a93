"""One resolver for many phones: who asks for the same name at the same time shares the answer.

A real phone asks DNS by itself each time, and so does a phone on a desk. Ten thousand in one
process would ask ten thousand times for one name, and what was measured would be this process's
own asking. An answer, or a failure, is kept for a few seconds: short enough that a record that
changes under a fleet is noticed, long enough for a storm.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from ringback import clock
from ringback.dns.resolver import Resolver
from ringback.dns.srv import Service
from ringback.errors import TransferError

KEPT = 5.0
"""Seconds for which an answer is good."""
MOST_NAMES = 10_000

Known = dict[tuple[str, str], tuple[float, "asyncio.Future[Any]"]]


class SharedResolver(Resolver):
    """A resolver that does not ask twice in a few seconds; arguments as for ``Resolver``."""

    def __init__(self, *, monotonic: Callable[[], float] = clock.monotonic, **given: Any) -> None:
        super().__init__(**given)
        self._monotonic = monotonic
        self._answers: Known = {}

    async def addresses(self, name: str) -> tuple[str, ...]:
        """As ``Resolver.addresses``."""
        itself = self._known(name)
        if itself:
            return itself
        found: tuple[str, ...] = await self._once(("A", name), super().addresses)
        return found

    async def services(self, name: str) -> tuple[Service, ...]:
        """As ``Resolver.services``."""
        found: tuple[Service, ...] = await self._once(("SRV", name), super().services)
        return found

    async def _once(self, what: tuple[str, str], ask: Callable[[str], Awaitable[Any]]) -> Any:
        until, answer = self._answers.get(what, (0.0, None))
        now = self._monotonic()
        if answer is None or (answer.done() and now >= until):
            if len(self._answers) >= MOST_NAMES:
                self._answers.clear()
            answer = asyncio.get_running_loop().create_future()
            self._answers[what] = (now + KEPT, answer)
            await self._fill(answer, what[1], ask)
        # Whoever is cancelled while it waits must not take the answer from the others.
        found = await asyncio.shield(answer)
        if isinstance(found, TransferError):
            raise TransferError(found.what, failure=found.failure, remedy=found.remedy) from found
        return found

    @staticmethod
    async def _fill(
        answer: "asyncio.Future[Any]", name: str, ask: Callable[[str], Awaitable[Any]]
    ) -> None:
        """Ask, and give everybody the answer or the failure."""
        try:
            found: Any = await ask(name)
        except TransferError as error:
            found = error
        except BaseException:
            # Cancelled: those who wait for this answer get a failure rather than wait for ever.
            answer.set_result(TransferError(f"{name} was not looked up to the end"))
            raise
        answer.set_result(found)
