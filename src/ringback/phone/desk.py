"""Door: one phone plugged in. All the asyncio, sockets and disk that a handset has.

The driver is short on purpose: do what the phone asks for, hand back what came of it, set one
alarm. A save is done on the spot, because a phone does nothing else meanwhile either; looking up
and fetching are a task, of which there is one at most. What is said goes out in order through a
queue, so that a syslog server whose name does not resolve holds nobody up.

Time is wall-clock time at the moment the first phone was plugged in, moved on by the monotonic
clock:
a machine whose clock is set an hour back does not make its phones wait an hour.
"""

import asyncio
import contextlib
from collections.abc import Callable
from datetime import datetime, timezone
from functools import lru_cache
from typing import Any

from ringback import clock
from ringback.dns.resolver import Resolver
from ringback.errors import RingbackError, TransferError
from ringback.http.answer import Access, Answer
from ringback.http.limits import Limits
from ringback.http.listener import Listener
from ringback.http.request import Request
from ringback.phone import panel
from ringback.phone.action import Action, Ask, Fetch, Finished, Outcome, Resolve, Save, Say
from ringback.phone.fetch import fetch
from ringback.phone.handset import Handset, Phase
from ringback.phone.nvram import Nvram
from ringback.phone.panel import MOST_BODY, Visit
from ringback.syslog.sender import PORT, Sender

UNSAID = 1000
"""Lines kept for a syslog server that cannot be found yet; then the newest are dropped."""
FAREWELL = 1.0
"""Seconds in which what is left to say may still go out when the phone is unplugged."""


def _ignore(_: Any) -> None:
    """Nobody listens."""


@lru_cache(maxsize=1)
def _steady_clock() -> Callable[[], float]:
    """POSIX seconds that never go back; one clock for all phones, so that TLS is shared, too."""
    zero = clock.now() - clock.monotonic()
    return lambda: zero + clock.monotonic()


class Desk:
    """Drives one phone.

    Args:
        phone: the phone's mind.
        resolver: looks names up.
        nvram: where settings survive; None for a phone that forgets.
        hear: is told of every line the phone says, whether or not a server hears it.
        now: POSIX seconds by a clock that somebody drives; call ``wake`` when it was moved.
    """

    def __init__(
        self,
        phone: Handset,
        resolver: Resolver,
        *,
        nvram: Nvram | None = None,
        hear: Callable[[Say], None] = _ignore,
        now: Callable[[], float] | None = None,
    ) -> None:
        self.phone = phone
        self._resolver = resolver
        self._nvram = nvram
        self._hear = hear
        self.now = now or _steady_clock()
        self._alarm: asyncio.TimerHandle | None = None
        self._errand: asyncio.Task[None] | None = None
        self._unsaid: asyncio.Queue[tuple[Say, str, float]] = asyncio.Queue(UNSAID)
        self._speaker: asyncio.Task[None] | None = None
        self._pages: tuple[str, int] | None = None
        self._listener: Listener | None = None
        self._switch: asyncio.Task[None] | None = None
        self._up = asyncio.Event()
        self._ended: asyncio.Future[Outcome] | None = None

    # -- plugging in and out

    async def plug_in(self, pages: tuple[str, int] | None = None, *, resync: bool = True) -> None:
        """Power the phone on, with its pages at ``pages`` (host and port).

        ``resync`` False skips Resync_On_Reset this once.

        Raises:
            UsageError: nobody can listen at ``pages``.
        """
        self._speaker = asyncio.create_task(self._speak())
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
        if self._listener:
            await self._listener.close(drain=FAREWELL)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._unsaid.join(), FAREWELL)
        for task in filter(None, (self._speaker, self._errand, self._switch)):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    # -- doing what the phone asks for

    def settle(self) -> None:
        """Do all that the phone asks for now, and set the alarm for what it waits for."""
        while actions := self.phone.actions():
            for action in actions:
                self._do(action)
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

    def _do(self, action: Action) -> None:
        match action:
            case Ask(number, Save(memory)):
                self.phone.answer(number, self._save(memory), self.now())
            case Ask():
                if self._errand:
                    self._errand.cancel()
                self._errand = asyncio.create_task(self._run(action))
            case Say():
                self._hear(action)
                for server in action.servers:
                    with contextlib.suppress(asyncio.QueueFull):
                        self._unsaid.put_nowait((action, server, self.now()))
            case Finished(outcome):
                if self._ended and not self._ended.done():
                    self._ended.set_result(outcome)

    def _save(self, memory: Any) -> RingbackError | None:
        try:
            if self._nvram:
                self._nvram.save(memory)
        except RingbackError as error:
            return error
        return None

    async def _run(self, ask: Ask) -> None:
        """Look up or fetch, and tell the phone."""
        answer: Any
        try:
            match ask.request:
                case Resolve(name):
                    answer = await self._resolver.addresses(name)
                case Fetch() as wanted:
                    answer = await fetch(wanted, self._resolver, now=self.now)
        except RingbackError as error:
            answer = error
        except Exception as error:  # noqa: BLE001 (a fault of a door must not silence the phone)
            self._report("a phone's errand failed", error)
            answer = TransferError(f"{type(error).__name__}: {error}")
        self._errand = None
        self.phone.answer(ask.number, answer, self.now())
        self.settle()

    # -- syslog

    async def _speak(self) -> None:
        """Send what is said, line by line, in order."""
        sender = Sender()
        try:
            while True:
                say, server, moment = await self._unsaid.get()
                await self._send(sender, say, server, moment)
                self._unsaid.task_done()
        finally:
            sender.close()

    async def _send(self, sender: Sender, say: Say, server: str, moment: float) -> None:
        host, port = _host_and_port(server)
        with contextlib.suppress(TransferError):  # Nobody can be told that nobody was told.
            address = (await self._resolver.addresses(host))[0]
            zone = None if say.offset is None else timezone(say.offset)
            when = datetime.fromtimestamp(moment, zone) if zone else None
            sender.send(say.text, address, port, when=when, device=say.device)

    # -- pages

    async def _listen(self, pages: tuple[str, int]) -> Listener:
        def answer(request: Request) -> Answer:
            return panel.answer(Visit(self.phone, request, self.now(), self.settle))

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
        if self._pages and wanted != listening and not self._switch and self._speaker:
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
            self._report("the phone's pages cannot be opened again", error)
            self._pages = None
        self._switch = None
        self._switch_pages()

    def _log(self, access: Access) -> None:
        """A phone keeps no log of its pages; what goes wrong inside them must not be silent."""
        if access.error is not None:
            self._report(f"the phone's page {access.request.path} failed", access.error)

    @staticmethod
    def _report(what: str, error: Exception) -> None:
        context = {"message": what, "exception": error}
        asyncio.get_running_loop().call_exception_handler(context)


def _host_and_port(server: str) -> tuple[str, int]:
    """``host[:port]`` as Syslog_Server has it; an unreadable port is the usual one."""
    host, _, port = server.partition(":")
    known = port.isascii() and port.isdigit() and 0 < int(port[:6]) < 65536
    return host, int(port) if known else PORT
