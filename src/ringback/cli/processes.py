"""Processes started for ``demo`` and ``try``: Ringback's own commands, run as a user runs them."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Condition, Thread
from typing import IO, Self

from ringback import clock
from ringback.errors import RingbackError

STOP_WITHIN = 3.0
"""Seconds every command needs at most to end after SIGTERM."""


class Process:
    """One ``ringback`` command in a process of its own; its lines are kept and can be awaited."""

    def __init__(
        self, arguments: Sequence[str], *, show: Callable[[str], None] | None = None
    ) -> None:
        self.arguments = list(arguments)
        self.lines: list[str] = []
        self._show = show
        self._changed = Condition()
        self._popen = subprocess.Popen(  # noqa: S603 (our own program, no shell)
            [sys.executable, "-m", "ringback", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        assert self._popen.stdout is not None
        self._reader = Thread(target=self._read, args=(self._popen.stdout,), daemon=True)
        self._reader.start()

    def _read(self, output: IO[str]) -> None:
        with output:
            for line in output:
                if self._show:  # First, so that nothing said because of it stands before it.
                    self._show(line.rstrip("\n"))
                with self._changed:
                    self.lines.append(line.rstrip("\n"))
                    self._changed.notify_all()

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._popen.pid

    @property
    def running(self) -> bool:
        """Whether the process has not ended yet."""
        return self._popen.poll() is None

    def wait_for(self, text: str, *, within: float = 15.0, after: int = 0) -> str:
        """Wait for a line that holds ``text``, from line number ``after`` on; return it.

        Raises:
            RingbackError: when it does not come ``within`` so many seconds, or the process ended.
        """
        deadline = clock.monotonic() + within
        with self._changed:
            while True:
                for line in self.lines[after:]:
                    if text in line:
                        return line
                left = deadline - clock.monotonic()
                if left <= 0 or not self.running:
                    break
                self._changed.wait(min(left, 0.2))
        said = "\n  ".join(self.lines[-8:]) or "(nothing)"
        raise RingbackError(
            f"'ringback {self.arguments[0]}' did not say {text!r}; it said:\n  {said}"
        )

    def wait(self) -> int:
        """Wait until the process ends; its exit status."""
        return self._popen.wait()

    def stop(self) -> None:
        """End the process: SIGTERM, and SIGKILL when that is not heard in time."""
        if self.running:
            self._popen.send_signal(signal.SIGTERM)
        try:
            self._popen.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired:
            self.cut_power()
        self._reader.join(STOP_WITHIN)

    def cut_power(self) -> None:
        """End the process as a power cut would: SIGKILL."""
        self._popen.kill()
        self._popen.wait()
        self._reader.join(STOP_WITHIN)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()


def free_port(*, udp: bool = False, wanted: int = 0) -> int:
    """A port on 127.0.0.1 nobody uses: ``wanted`` if it is free, else any."""
    kind = socket.SOCK_DGRAM if udp else socket.SOCK_STREAM
    with socket.socket(socket.AF_INET, kind) as probe:
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def example_folder() -> Path:
    """The example folder that comes with the program."""
    return Path(__file__).resolve().parent.parent / "example"
