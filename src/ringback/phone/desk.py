"""Door: one phone plugged in: its alarm and its pages.

What the phone asks for is done by hands.py, as for the phones of a fleet; here is one alarm, and
the listener of the phone's own web pages.

Time is wall-clock time at the moment the first phone was plugged in, moved on by the monotonic
clock:
a machine whose clock is set an hour back does not make its phones wait an hour.
"""

import asyncio
import contextlib
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from ringback import clock
from ringback.cisco.resync import Cause, Result
from ringback.dns.resolver import Resolver
from ringback.errors import RingbackError
from ringback.http.answer import Access, Answer
from ringback.http.limits import Limits
from ringback.http.listener import Listener
from ringback.http.request import Request
from ringback.phone import panel
from ringback.phone.action import Outcome, Say
from ringback.phone.fault import NO_FAULTS, Faults
from ringback.phone.gate import Gate
from ringback.phone.hands import Hands, Plugged, report
from ringback.phone.handset import Handset, Phase
from ringback.phone.line import Dial
from ringback.phone.nvram import Nvram
from ringback.phone.panel import MOST_BODY, Visit
from ringback.phone.speaker import Speaker
from ringback.phone.switchboard import Switchboard

FAREWELL = 1.0
"""Seconds in which what is left to say may still go out when the phone is unplugged."""


def _wrong(now: Callable[[], float], seconds: float) -> Callable[[], float]:
    """A clock that is ahead by so many seconds."""
    return (lambda: now() + seconds) if seconds else now


def _ignore(_: Any) -> None:
    """Nobody listens."""


@lru_cache(maxsize=1)
def steady_clock() -> Callable[[], float]:
    """POSIX seconds that never go back; one clock for all phones, so that TLS is shared, too."""
    zero = clock.now() - clock.monotonic()
    return lambda: zero + clock.monotonic()


OUTAGE = 1.0
"""Seconds for which the power is away when it fails on purpose."""


class Desk(Plugged):
    """Drives one phone.

    Args:
        phone: the phone's mind.
        resolver: looks names up.
        nvram: where settings survive; None for a phone that forgets.
        hear: is told of every line the phone says, whether or not a server hears it.
        now: POSIX seconds by a clock that somebody drives; call ``wake`` when it was moved.
        faults: what goes wrong with it on purpose.
    """

    def __init__(
        self,
        phone: Handset,
        resolver: Resolver,
        *,
        nvram: Nvram | None = None,
        hear: Callable[[Say], None] = _ignore,
        now: Callable[[], float] | None = None,
        faults: Faults = NO_FAULTS,
    ) -> None:
        super().__init__(phone, nvram, faults)
        self.now = _wrong(now or steady_clock(), faults.clock)
        self._resolver = resolver
        self._speaker = Speaker(resolver)
        self._hands = Hands(resolver, self._speaker, self.now, hear=hear, alone=True)
        self._alarm: asyncio.TimerHandle | None = None
        self._pages: tuple[str, int] | None = None
        self.switchboard: Switchboard | None = None
        """What carries the phone's SIP; None while nothing does."""
        self._gate = Gate(clock.random_bytes(16))
        self._listener: Listener | None = None
        self._switch: asyncio.Task[None] | None = None
        self._up = asyncio.Event()
        self._ended: asyncio.Future[Outcome] | None = None

    # -- plugging in and out

    async def plug_in(
        self,
        pages: tuple[str, int] | None = None,
        *,
        resync: bool = True,
        sip: tuple[str, int] | None = None,
    ) -> None:
        """Power the phone on, with its pages at ``pages`` and its lines at ``sip`` (host and port).

        ``resync`` False skips Resync_On_Reset this once.

        Raises:
            UsageError: nobody can listen at ``pages``, or at ``sip``.
        """
        self._speaker.start()
        if sip:
            self.switchboard = Switchboard(self._resolver, self.now)
            await self.switchboard.open(*sip)
            self.switchboard.seat(lambda: self.phone, self.settle)
            self.switchboard.plug(self.phone)
        if pages:
            self._listener = await self._listen(pages)
            self._pages = self._listener.sockname
        self.phone.start(self.now(), resync=resync)
        self.settle()

    @property
    def pages(self) -> tuple[str, int] | None:
        """Where the phone's pages are."""
        return self._pages

    @property
    def listening(self) -> bool:
        """Whether they can be opened now; Enable_Web_Server decides."""
        return self._listener is not None

    async def until_up(self) -> None:
        """Wait until the phone has started."""
        await self._up.wait()

    async def resync(self, rule: str | None) -> Outcome:
        """Resync to a one-shot ``rule``, or to the phone's own; how it ended.

        Raises:
            RefusedError: the phone's settings do not allow it.
        """
        await self.until_up()
        ended: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._ended = ended
        self.phone.request(rule, self.now())
        self.settle()
        return await ended

    async def unplug(self) -> None:
        """Pull the plug; what was said is still sent, for a moment."""
        self._pages = None
        self.phone.stop()
        self.settle()
        if self.switchboard:
            self.switchboard.close()
        if self._listener:
            await self._listener.close(drain=FAREWELL)
        await self._speaker.stop(FAREWELL)
        for task in filter(None, (self.errand, self._switch)):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    # -- doing what the phone asks for

    def settle(self) -> None:
        """Do all that the phone asks for now, and set the alarm for what it waits for."""
        self._hands.settle(self)

    def settled(self) -> None:
        """Set the alarm; open or close the pages."""
        if self._alarm:
            self._alarm.cancel()
            self._alarm = None
        due = self.phone.timer()
        if due is not None:
            wait = max(0.0, due - self.now())
            self._alarm = asyncio.get_running_loop().call_later(wait, self.wake)
        if self.phone.phase is Phase.UP:
            self._up.set()
        self._switch_pages()

    def wake(self) -> None:
        """Have the phone look at the clock; its alarm does, and so may who drives the clock."""
        self.phone.handle_timer(self.now())
        self.settle()

    def finished(self, outcome: Outcome) -> None:
        """Tell who waits for this resync."""
        if self._ended and not self._ended.done():
            self._ended.set_result(outcome)

    def power_failed(self) -> None:
        """Nobody will hear how the resync ended; the power comes back in a moment."""
        self._up.clear()
        self.finished(Outcome(Cause.REQUEST, Result.FAILED, "", "", "the power failed"))
        self.errand = asyncio.create_task(self._come_back())

    async def _come_back(self) -> None:
        await asyncio.sleep(OUTAGE)
        self.errand = None
        try:
            self.phone.recall(self.nvram.load() if self.nvram else None)
        except RingbackError as error:
            report("a phone does not come back", error)
            return
        self.phone.start(self.now())
        self.settle()

    def dial(self, dial: Dial) -> None:
        """Send what a line has to send."""
        if self.switchboard:
            self.switchboard.dial(self.phone, self.settle, dial)

    # -- pages

    async def _listen(self, pages: tuple[str, int]) -> Listener:
        def answer(request: Request) -> Answer:
            return panel.answer(Visit(self.phone, request, self.now(), self.settle, self._gate))

        listener = Listener(
            answer,
            log=self._log,
            methods=("GET", "HEAD", "POST"),
            limits=Limits(body=MOST_BODY, connections=64),
        )
        await listener.start(*pages)
        return listener

    def _switch_pages(self) -> None:
        """Open or close the pages as Enable_Web_Server says."""
        wanted = self.phone.holds("Enable_Web_Server")
        listening = self._listener is not None
        if self._pages and wanted != listening and not self._switch and self._speaker.speaking:
            self._switch = asyncio.create_task(self._turn_pages(on=wanted))

    async def _turn_pages(self, *, on: bool) -> None:
        assert self._pages is not None
        try:
            if on:
                self._listener = await self._listen(self._pages)
            elif self._listener:
                listener, self._listener = self._listener, None
                await listener.close(drain=FAREWELL)
        except RingbackError as error:
            report("the phone's pages cannot be opened again", error)
            self._pages = None
        self._switch = None
        self._switch_pages()

    def _log(self, access: Access) -> None:
        """A phone keeps no log of its pages; what goes wrong inside them must not be silent."""
        if access.error is not None:
            report(f"the phone's page {access.request.path} failed", access.error)
