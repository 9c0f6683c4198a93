"""The TCP senders: who is connected, and who has to go (a door: it is asyncio's protocol).

A syslog connection is opened once and kept, so that silence is normal; but every stranger may
open one. They are bounded in number (the one silent longest makes room for a newcomer), in memory
(``framing``), and in silence: one that completes no message for ``idle`` seconds is closed, and
trickling octets does not count as speaking.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

from ringback import clock
from ringback.syslog.framing import Frames


@dataclass(slots=True)
class Counts:
    """What has happened at a receiver so far."""

    heard: int = 0
    dropped: int = 0
    """Datagrams the kernel threw away because its buffer was full."""
    cut: int = 0
    """TCP messages longer than 64 KB."""
    crowded_out: int = 0
    """TCP connections closed to make room for another."""
    idle: int = 0
    """TCP connections closed because they completed no message for too long."""


class Crowd:
    """The open TCP connections, the one silent longest first."""

    def __init__(
        self,
        arrived: Callable[[Sequence[bytes], str], None],
        counts: Counts,
        most: int,
        idle: float,
    ) -> None:
        self.arrived = arrived
        self.counts = counts
        self._most = most
        self._idle = idle
        self._last_word: OrderedDict[Connection, float] = OrderedDict()
        self._paused = False
        self._alarm: asyncio.TimerHandle | None = None

    def connection(self) -> "Connection":
        """A protocol for one more connection."""
        return Connection(self)

    def join(self, newcomer: "Connection") -> None:
        """Let one in; when the room is full the one silent longest has to go."""
        if len(self._last_word) >= self._most:
            self.counts.crowded_out += 1
            self._show_out(next(iter(self._last_word)))
        self.spoke(newcomer)
        if self._paused:
            newcomer.listen(willing=False)
        if self._alarm is None:
            self._set_alarm(self._idle)

    def spoke(self, who: "Connection") -> None:
        """``who`` has completed a message."""
        self._last_word[who] = clock.monotonic()
        self._last_word.move_to_end(who)

    def leave(self, who: "Connection") -> None:
        """``who`` is gone."""
        self._last_word.pop(who, None)

    def pause(self) -> None:
        """Nobody is read from until ``resume``."""
        if not self._paused:
            self._paused = True
            for each in self._last_word:
                each.listen(willing=False)

    def resume(self) -> None:
        """Everybody is read from again."""
        if self._paused:
            self._paused = False
            for each in self._last_word:
                each.listen(willing=True)

    def close(self) -> None:
        """Everybody out."""
        if self._alarm:
            self._alarm.cancel()
        while self._last_word:
            self._show_out(next(iter(self._last_word)))

    def _show_out(self, who: "Connection") -> None:
        self.leave(who)
        who.finish()
        who.transport.abort()

    def _set_alarm(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        self._alarm = loop.call_later(seconds, self._close_idle) if self._last_word else None

    def _close_idle(self) -> None:
        now = clock.monotonic()
        while self._last_word:
            who, last = next(iter(self._last_word.items()))
            left = last + self._idle - now
            if left > 0:
                break
            self.counts.idle += 1
            self._show_out(who)
        self._set_alarm(left if self._last_word else 0)


class Connection(asyncio.Protocol):
    """One TCP sender."""

    transport: asyncio.Transport

    def __init__(self, crowd: Crowd) -> None:
        self._crowd = crowd
        self._frames = Frames()
        self._address = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Join the others."""
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is none by descent
        self._address = str(transport.get_extra_info("peername")[0])
        self._crowd.join(self)

    def data_received(self, data: bytes) -> None:
        """Pass on the messages this completes."""
        cut = self._frames.cut
        frames = self._frames.feed(data)
        self._crowd.counts.cut += self._frames.cut - cut
        if frames:
            self._crowd.spoke(self)
            self._crowd.arrived(frames, self._address)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 (asyncio's name)
        """Leave, with what was not ended by a trailer as the last word."""
        self._crowd.leave(self)
        self.finish()

    def listen(self, *, willing: bool) -> None:
        """Read on, or leave what comes to TCP's flow control."""
        if self.transport.is_closing():
            return
        if willing:
            self.transport.resume_reading()
        else:
            self.transport.pause_reading()

    def finish(self) -> None:
        """Pass on what was not ended by a trailer."""
        self._crowd.arrived(self._frames.close(), self._address)
