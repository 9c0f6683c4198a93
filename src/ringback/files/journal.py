"""The request log: lines collected in one buffer, written ten times a second.

A structlog event costs 8 µs, a transfer in this house 40: so request lines are put together by
hand and handed over here. One ``write`` is a list append; ten times a second, and at the end,
everything goes to the file descriptor as one piece.

The log must never stop the house. Whoever reads it may be slow (``| less``), gone (EPIPE) or out
of disk (ENOSPC). So a write is only tried when it cannot block, what does not go out is kept up
to a bound, and beyond that lines are dropped and counted; the count is written as soon as writing
works again.

What devices say is data: every character that is not printable, line breaks and terminal escapes
and the marks that turn the direction of text among them, is written as an escape.
"""

import errno
import os
import select
import stat
from asyncio import AbstractEventLoop, TimerHandle
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from ringback import clock

PERIOD: Final = 0.1
"""Seconds between two writes."""
KEPT: Final = 4 * 1024 * 1024
"""Bytes kept for a reader that is slow."""
_PIPE_PIECE: Final = 4096
"""PIPE_BUF: when a pipe says it can be written, that much never blocks."""
_LATER: Final = (errno.EAGAIN, errno.EINTR, errno.ENOSPC, errno.EDQUOT, errno.EIO)


def escape(text: str) -> str:
    """Text of a stranger as one line that is safe on a terminal; printable text is unchanged."""
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii")
        for letter in text
    )


class Journal:
    """Writes lines to ``descriptor``, each with the time in UTC in front.

    Give it the loop with ``attach`` and it writes by itself; or call ``flush`` when it suits.
    """

    def __init__(
        self, descriptor: int = 1, *, kept: int = KEPT, now: Callable[[], float] = clock.now
    ) -> None:
        self.dropped = 0
        """Lines lost since the log was last heard."""
        self.lost = 0
        """Lines lost in all."""
        self._descriptor = descriptor
        self._regular = _is_regular(descriptor)
        self._now = now
        self._lines: list[str] = []
        self._size = 0
        self._kept = kept
        self._rest = b""
        self._second, self._stamp = -1, ""
        self._loop: AbstractEventLoop | None = None
        self._timer: TimerHandle | None = None

    def attach(self, loop: AbstractEventLoop, *, period: float = PERIOD) -> None:
        """Write by itself, ``period`` seconds after the first line that waits."""
        self._loop, self._period = loop, period

    def write(self, line: str, *, safe: bool = False) -> None:
        """Add one line, without its line break. Never blocks, never raises.

        ``safe`` lines come from us and are written as they are: they may hold colours.
        """
        if self._size > self._kept:
            self.dropped += 1
            return
        moment = self._now()
        second = int(moment)
        if second != self._second:
            self._second = second
            self._stamp = datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        if not safe and not line.isprintable():
            line = escape(line)
        self._lines.append(f"{self._stamp}.{int((moment - second) * 1000):03}Z {line}\n")
        self._size += len(line) + 26
        if self._timer is None and self._loop is not None:
            self._timer = self._loop.call_later(self._period, self._due)

    def flush(self) -> None:
        """Write what has been collected, as far as that is possible without waiting."""
        if self.dropped and self._size <= self._kept:
            count, self.dropped = self.dropped, 0
            self.lost += count
            self.write(f"log: {count} lines were dropped, the log could not be written")
        if self._lines:
            self._rest += "".join(self._lines).encode("utf-8", "backslashreplace")
            self._lines.clear()
        rest, done = memoryview(self._rest), 0
        size = len(rest) if self._regular else _PIPE_PIECE
        while done < len(rest):
            written = self._write_now(rest[done : done + size])
            if not written:
                break
            done += written
        self._rest = self._rest[done:]
        self._size = len(self._rest)

    def close(self, *, patience: float = 1.0) -> None:
        """Write the rest; a reader that is slow gets ``patience`` seconds."""
        if self._timer is not None:
            self._timer.cancel()
        self._loop = self._timer = None
        until = clock.monotonic() + patience
        self.flush()
        while self._rest and not self._regular and clock.monotonic() < until:
            if not self._writable(until - clock.monotonic()):
                break
            before = len(self._rest)
            self.flush()
            if len(self._rest) == before:
                break

    def _due(self) -> None:
        self._timer = None
        self.flush()
        if self._rest and self._loop is not None:
            self._timer = self._loop.call_later(self._period, self._due)

    def _writable(self, seconds: float) -> bool:
        poll = select.poll()
        poll.register(self._descriptor, select.POLLOUT)
        return bool(poll.poll(max(0, int(seconds * 1000))))

    def _write_now(self, piece: memoryview) -> int:
        """How many bytes went out; 0 when none can now. What can never go out counts as gone."""
        try:
            if not self._regular and not self._writable(0):
                return 0
            return os.write(self._descriptor, piece)
        except OSError as error:
            if error.errno in _LATER:
                return 0
            self.dropped += bytes(piece).count(b"\n")
            return len(piece)


def _is_regular(descriptor: int) -> bool:
    try:
        return stat.S_ISREG(os.fstat(descriptor).st_mode)
    except OSError:
        return False
