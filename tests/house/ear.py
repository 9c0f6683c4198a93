"""An ear for datagrams: what phones, nginx and rsyslog send to a syslog server."""

import socket
import time
from typing import Self

WITHIN = 10.0


class Ear:
    """A UDP socket on loopback. Messages are heard in order, and each wait goes on from the last:
    waiting for two texts one after the other proves that they were said in this order."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.heard: list[str] = []
        self._next = 0

    @property
    def port(self) -> int:
        """Where it listens on 127.0.0.1."""
        number: int = self._socket.getsockname()[1]
        return number

    @property
    def address(self) -> str:
        """``host:port``, as in Syslog_Server."""
        return f"127.0.0.1:{self.port}"

    def wait_for(self, text: str, *, within: float = WITHIN) -> str:
        """The next message that holds ``text``."""
        deadline = time.monotonic() + within
        while True:
            while self._next < len(self.heard):
                self._next += 1
                if text in self.heard[self._next - 1]:
                    return self.heard[self._next - 1]
            left = deadline - time.monotonic()
            assert left > 0, f"nobody said {text!r}; what was said: {self.heard}"
            self._listen(left)

    def _listen(self, seconds: float) -> None:
        self._socket.settimeout(seconds)
        try:
            self.heard.append(self._socket.recv(65535).decode(errors="replace"))
        except TimeoutError:
            return

    def drain(self) -> list[str]:
        """All that was heard, what has arrived and nobody waited for included."""
        self._socket.settimeout(0)
        try:
            while True:
                self.heard.append(self._socket.recv(65535).decode(errors="replace"))
        except BlockingIOError:
            return self.heard

    def forget(self) -> None:
        """From here on only new messages count."""
        self.drain().clear()
        self._next = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._socket.close()
