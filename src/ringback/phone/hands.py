"""Door: the hands that phones' minds lack. Does what a handset asks for, for one phone or for many.

A desk has one phone and a fleet has thousands; what each action means to the world is written
here once. A save is done on the spot, because a phone does nothing else meanwhile either; looking
up and fetching are a task, of which each phone has one at most. A new kind of request gets a case
in ``_answer``.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ringback import clock
from ringback.dns.resolver import Resolver
from ringback.errors import RingbackError, TransferError
from ringback.phone.action import (
    Action,
    Ask,
    Fetch,
    Finished,
    Outcome,
    Resolve,
    Save,
    Say,
    Send,
    Services,
)
from ringback.phone.fault import NO_FAULTS, Faults, PowerFailureError
from ringback.phone.fetch import fetch, send
from ringback.phone.handset import Handset
from ringback.phone.line import Dial
from ringback.phone.link import Link
from ringback.phone.nvram import Nvram
from ringback.phone.speaker import Speaker


def _ignore(_: Any) -> None:
    """Nobody listens."""


class Plugged:
    """A phone that is plugged in, its flash (None for one that forgets) and its errand.

    ``faults`` are what goes wrong with it on purpose.
    """

    __slots__ = ("errand", "faults", "link", "nvram", "phone")

    def __init__(
        self, phone: Handset, nvram: Nvram | None = None, faults: Faults = NO_FAULTS
    ) -> None:
        self.phone = phone
        self.nvram = nvram
        self.faults = faults
        self.link = Link(faults, phone.dice) if faults.of_network else None
        self.errand: asyncio.Task[None] | None = None

    def power_failed(self) -> None:
        """The phone is off; whoever holds the plug brings it back, or not."""

    def finished(self, outcome: Outcome) -> None:
        """A resync has ended."""

    def dial(self, dial: Dial) -> None:
        """A line has something to send; where nobody carries SIP it is not sent."""

    def settled(self) -> None:
        """All that the phone asked for is done or under way: look at its timer."""


class Hands:
    """Acts for phones.

    Args:
        resolver: looks names up.
        speaker: sends what they say.
        now: POSIX seconds by the phones' clock.
        hear: is told of every line a phone says, whether or not a server hears it.
        alone: whether there is but one phone, which may have the ports it wants.
    """

    def __init__(
        self,
        resolver: Resolver,
        speaker: Speaker,
        now: Callable[[], float] = clock.now,
        *,
        hear: Callable[[Say], None] = _ignore,
        alone: bool = False,
    ) -> None:
        self._alone = alone
        self._resolver = resolver
        self._speaker = speaker
        self._now = now
        self._hear = hear

    def settle(self, plugged: Plugged) -> None:
        """Do all that a phone asks for now; then its timer is to be looked at."""
        try:
            while actions := plugged.phone.actions():
                for action in actions:
                    self._do(plugged, action)
        except PowerFailureError:
            _cut(plugged)
        plugged.settled()

    def _do(self, plugged: Plugged, action: Action) -> None:
        match action:
            case Ask(number, Save(memory)):
                plugged.phone.answer(number, _save(plugged.nvram, memory), self._now())
            case Ask():
                if plugged.errand:
                    plugged.errand.cancel()
                plugged.errand = asyncio.create_task(self._run(plugged, action))
            case Say():
                self._hear(action)
                self._speaker.say(action, self._now())
            case Finished(outcome):
                plugged.finished(outcome)
            case Dial():
                plugged.dial(action)

    async def _run(self, plugged: Plugged, ask: Ask) -> None:
        """Look up or fetch, and tell the phone."""
        try:
            answer = await self._answer(ask.request, plugged.link)
        except RingbackError as error:
            answer = error
        except Exception as error:  # noqa: BLE001 (a fault of a door must not silence the phone)
            report("a phone's errand failed", error)
            answer = TransferError(f"{type(error).__name__}: {error}")
        plugged.errand = None
        if plugged.faults.cuts(plugged.phone.dice):
            _cut(plugged)
        else:
            plugged.phone.answer(ask.number, answer, self._now())
        self.settle(plugged)

    async def _answer(self, request: Any, link: Link | None) -> Any:
        match request:
            case Resolve(name):
                return await self._resolver.addresses(name)
            case Services(name):
                return await self._resolver.services(name)
            case Fetch() as wanted:
                if not self._alone:
                    wanted = replace(wanted, source_ports=())
                return await fetch(wanted, self._resolver, now=self._now, link=link)
            case Send() as wanted:
                return await send(wanted, self._resolver, now=self._now, link=link)
        raise TransferError(f"nobody can {type(request).__name__}")


def _cut(plugged: Plugged) -> None:
    """The power failed: what was under way is gone, and the phone with it."""
    if plugged.errand:
        plugged.errand.cancel()
        plugged.errand = None
    plugged.phone.stop()
    plugged.power_failed()


def _save(nvram: Nvram | None, memory: Any) -> RingbackError | None:
    try:
        if nvram:
            nvram.save(memory)
    except RingbackError as error:
        return error
    return None


def report(what: str, error: Exception) -> None:
    """Tell the loop of a fault of ours, which must not be silent."""
    asyncio.get_running_loop().call_exception_handler({"message": what, "exception": error})
