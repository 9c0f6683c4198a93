"""CPU seconds of a process and everything it starts.

The kernel's own ``task-clock`` counter is attached to every thread of the process and inherited by
whatever it starts (perf_event_open(2)). Reading /proc instead misses children that end unwaited,
and that is where tftpd-hpa, which forks for every request, spends nearly all of its time.
"""

import contextlib
import ctypes
import errno
import os
import platform
import struct
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

_SYSCALL = {"x86_64": 298, "aarch64": 241}
_SOFTWARE, _TASK_CLOCK, _ATTRIBUTE_SIZE = 1, 1, 128
_INHERIT, _EXCLUDE_KERNEL, _EXCLUDE_HYPERVISOR = 1 << 1, 1 << 5, 1 << 6
"""The exclusions do not change what a task clock counts, but let users other than root have it."""
_CLOSE_ON_EXEC = 8


class CpuClock:
    """Counts from ``with`` on: the processes under ``pid`` and what they start meanwhile."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._counters: list[int] = []
        self._processes = 0

    def __enter__(self) -> Self:
        processes = _tree(self._pid)
        self._processes = len(processes)
        for each in processes:
            for task in _tasks(each):
                with contextlib.suppress(ProcessLookupError):
                    self._counters.append(_attach(task))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for each in self._counters:
            os.close(each)

    def seconds(self) -> float:
        """Seconds on a CPU so far, in user and kernel mode."""
        return sum(int.from_bytes(os.read(each, 8), sys.byteorder) for each in self._counters) / 1e9

    def settle(self, seconds: float = 3.0) -> None:
        """Wait until what was started has ended, for ``seconds`` at most."""
        deadline = time.monotonic() + seconds
        while len(_tree(self._pid)) > self._processes and time.monotonic() < deadline:
            time.sleep(0.02)


def _attach(task: int) -> int:
    attribute = bytearray(_ATTRIBUTE_SIZE)
    struct.pack_into("=IIQ", attribute, 0, _SOFTWARE, _ATTRIBUTE_SIZE, _TASK_CLOCK)
    flags = _INHERIT | _EXCLUDE_KERNEL | _EXCLUDE_HYPERVISOR
    struct.pack_into("=Q", attribute, 40, flags)
    libc = ctypes.CDLL(None, use_errno=True)
    number = _SYSCALL.get(platform.machine())
    if number is None:
        raise SystemExit(f"no perf_event_open number known for {platform.machine()}")
    counter: int = libc.syscall(number, bytes(attribute), task, -1, -1, _CLOSE_ON_EXEC)
    if counter < 0:
        reason = os.strerror(ctypes.get_errno())
        if ctypes.get_errno() == errno.ESRCH:
            raise ProcessLookupError(task)
        raise SystemExit(
            f"the CPU clock of a process cannot be read ({reason}): "
            "sysctl -w kernel.perf_event_paranoid=2, or run as root"
        )
    return counter


def _tasks(pid: int) -> list[int]:
    """Its threads; none when it has ended meanwhile."""
    try:
        return [int(each.name) for each in Path(f"/proc/{pid}/task").iterdir()]
    except OSError:
        return []


def _tree(pid: int) -> list[int]:
    """``pid`` and its living descendants."""
    children: dict[int, list[int]] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(status.read_text().rpartition(")")[2].split()[1])
        except OSError:  # it has ended meanwhile
            continue
        children.setdefault(parent, []).append(int(status.parent.name))
    found = [pid]
    for each in found:
        found += children.get(each, [])
    return found
