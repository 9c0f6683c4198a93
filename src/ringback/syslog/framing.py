"""Where one syslog message ends and the next begins in a TCP stream (RFC 6587).

Two framings, decided anew for every frame: octet counting (``11 <13>message``) and a trailer, LF
or NUL, with CR before it dropped. A count is believed only when ``<`` follows it: section 3.4.1
counts messages that begin with a priority, while a line such as ``1104 NOT Apr 11 ...`` from a
phone's own log, or a bare number, is a line. (rsyslog believes any leading digit and needs an
option against it.) Line breaks inside a message need octet counting: nothing else can tell.

Sans I/O: bytes in, frames out. What is kept is bounded by ``limit``; a longer frame is cut there,
the rest of it is passed over, and ``cut`` counts it.
"""

import re

LIMIT = 65_536
"""Octets of the longest frame."""

_COUNT = re.compile(rb"[1-9][0-9]{0,9} (?=<)")
_COUNT_BEGUN = re.compile(rb"[1-9][0-9]{0,9} ?")
_TRAILER = re.compile(rb"[\n\0]")


class Frames:
    """The frames of one connection; ``cut`` is how many were longer than ``limit``."""

    def __init__(self, limit: int = LIMIT) -> None:
        self.cut = 0
        self._limit = limit
        self._buffer = bytearray()
        self._searched = 0
        self._octets_to_skip = 0
        self._skipping_line = False

    def __len__(self) -> int:
        """Octets kept while waiting for the rest of a frame."""
        return len(self._buffer)

    def feed(self, data: bytes) -> list[bytes]:
        """Take what arrived; return the frames it completes, without their framing."""
        self._buffer += data
        frames: list[bytes] = []
        while self._buffer and self._skip():
            frame = self._take()
            if frame is None:
                break
            if frame:
                frames.append(frame)
        return frames

    def close(self) -> list[bytes]:
        """The connection has ended: what is left is the last frame, unless it was being skipped."""
        rest = b"" if self._skipping_line or self._octets_to_skip else bytes(self._buffer)
        counted = _COUNT.match(rest)
        self._drop(len(self._buffer))
        rest = rest[counted.end() :] if counted else rest.removesuffix(b"\r")
        return [rest] if rest else []

    def _skip(self) -> bool:
        """Pass over the rest of a frame that was too long; True when that is done."""
        if self._octets_to_skip:
            step = min(self._octets_to_skip, len(self._buffer))
            self._octets_to_skip -= step
            self._drop(step)
        elif self._skipping_line:
            trailer = _TRAILER.search(self._buffer)
            self._skipping_line = trailer is None
            self._drop(trailer.end() if trailer else len(self._buffer))
        return bool(self._buffer)

    def _take(self) -> bytes | None:
        """The next frame, or None until more has arrived."""
        counted = _COUNT.match(self._buffer)
        if counted:
            return self._take_counted(counted.end(), int(counted[0]))
        begun = _COUNT_BEGUN.match(self._buffer)
        if begun and begun.end() == len(self._buffer):
            return None
        return self._take_line()

    def _take_counted(self, start: int, count: int) -> bytes | None:
        wanted = min(count, self._limit)
        if len(self._buffer) < start + wanted:
            return None
        frame = bytes(self._buffer[start : start + wanted])
        self._drop(start + wanted)
        self._octets_to_skip = count - wanted
        self.cut += wanted < count
        return frame

    def _take_line(self) -> bytes | None:
        trailer = _TRAILER.search(self._buffer, self._searched)
        self._searched = len(self._buffer)
        end = trailer.start() if trailer else len(self._buffer)
        if end > self._limit:
            self.cut += 1
            self._skipping_line = True
            return self._cut_line()
        if trailer is None:
            return None
        frame = bytes(self._buffer[:end])
        self._drop(trailer.end())
        return frame.removesuffix(b"\r")

    def _cut_line(self) -> bytes:
        frame = bytes(self._buffer[: self._limit])
        self._drop(self._limit)
        return frame

    def _drop(self, count: int) -> None:
        """Forget octets at the front (cheap: a bytearray only moves its start)."""
        del self._buffer[:count]
        self._searched = 0
