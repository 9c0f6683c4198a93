"""Door: what phones say goes out, line by line, in order.

The lines pass through a queue, so that a syslog server whose name does not resolve holds nobody
up; when the queue is full the newest are dropped, as on a wire. One speaker serves one phone or
ten thousand: it owns one socket, and asks the resolver for each line.
"""

import asyncio
import contextlib
from datetime import datetime, timezone

from ringback.dns.resolver import Resolver
from ringback.errors import TransferError
from ringback.phone.action import Say
from ringback.syslog.sender import PORT, Sender

UNSAID = 1000
"""Lines kept for a syslog server that cannot be found yet; then the newest are dropped."""


class Speaker:
    """Sends lines; ``room`` is how many may wait."""

    def __init__(self, resolver: Resolver, room: int = UNSAID) -> None:
        self._resolver = resolver
        self._unsaid: asyncio.Queue[tuple[Say, str, float]] = asyncio.Queue(room)
        self._task: asyncio.Task[None] | None = None
        self.dropped = 0
        """Lines that found no room."""

    @property
    def speaking(self) -> bool:
        """Whether lines go out now."""
        return self._task is not None

    def start(self) -> None:
        """Begin to send; needs a running loop."""
        self._task = asyncio.create_task(self._speak())

    def say(self, line: Say, moment: float) -> None:
        """Have a line sent to everybody it is meant for; ``moment`` is when it was said."""
        for server in line.servers:
            try:
                self._unsaid.put_nowait((line, server, moment))
            except asyncio.QueueFull:
                self.dropped += 1

    async def stop(self, within: float) -> None:
        """Stop; what was said is still sent for so many seconds."""
        if self._task is None:
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._unsaid.join(), within)
        task, self._task = self._task, None
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    async def _speak(self) -> None:
        sender = Sender()
        try:
            while True:
                line, server, moment = await self._unsaid.get()
                await self._send(sender, line, server, moment)
                self._unsaid.task_done()
        finally:
            sender.close()

    async def _send(self, sender: Sender, line: Say, server: str, moment: float) -> None:
        host, port = _host_and_port(server)
        with contextlib.suppress(TransferError):  # Nobody can be told that nobody was told.
            address = (await self._resolver.addresses(host))[0]
            zone = None if line.offset is None else timezone(line.offset)
            when = datetime.fromtimestamp(moment, zone) if zone else None
            sender.send(line.text, address, port, when=when, device=line.device)


def _host_and_port(server: str) -> tuple[str, int]:
    """``host[:port]`` as Syslog_Server has it; an unreadable port is the usual one."""
    host, _, port = server.partition(":")
    known = port.isascii() and port.isdigit() and 0 < int(port[:6]) < 65536
    return host, int(port) if known else PORT
