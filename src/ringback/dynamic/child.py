"""Run somebody's program with an end to everything: a door.

Never a shell: the program is started as it lies there, with the environment it is given and
nothing of ours. It leads a process group of its own, which is killed whole when the time is up,
when it prints too much, when nobody waits any more, and also when it ends well: what it left
running in the group has no business here.

How limits are set was measured (per start of ``true``, processor time of both sides, 70 MB
server): ``Popen`` with ``vfork`` and limits set from outside right after the start 0.9 ms; the
same through ``prlimit(1)`` 1.6 ms; ``preexec_fn``, which costs a real ``fork`` of the server, 6 ms.
So they are set from outside, in the moments in which the dynamic loader still reads the
program's libraries. A process that divides itself within those microseconds could escape the
limits, and not the deadline.

A program that leaves its process group on purpose (``setsid``) escapes the end of the group; its
limits stay with it. Containment of enemies is the service manager's: ``TasksMax=``, ``MemoryMax=``.
"""

import asyncio
import os
import resource
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import Final

from ringback import clock
from ringback.dynamic.limits import SCRIPT, Limits
from ringback.errors import RefusedError

_PIECE: Final = 64 * 1024
_COMPLAINT: Final = 4 * 1024
_GRACE: Final = 1.0
"""Seconds a program gets to end after it closed its output, and to die when it is killed."""


class End(Enum):
    """How it came to an end."""

    EXITED = "exited"
    DEADLINE = "took too long"
    FLOOD = "printed too much"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a program printed and how it ended."""

    end: End
    code: int
    """Exit status; a negative one is the number of the signal that killed it."""
    output: bytes
    complaint: bytes
    """The beginning of what it wrote to standard error."""
    seconds: float

    @property
    def well(self) -> bool:
        """Whether it ended of its own accord and found nothing wrong."""
        return self.end is End.EXITED and self.code == 0

    def __str__(self) -> str:
        """How it ended, in a few words."""
        if self.end is not End.EXITED:
            return f"{self.end.value} and was stopped after {self.seconds:.1f} s"
        if self.code in (-signal.SIGXCPU, -signal.SIGKILL):
            return "used too much processor time or was killed"
        if self.code < 0:
            return f"was killed by {_signal_name(-self.code)}"
        return f"exited with status {self.code}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


class BusyError(Exception):
    """More programs wait for their turn than may."""


class Nursery:
    """Runs programs, never more than ``limits.at_once`` at a time."""

    def __init__(self, limits: Limits = SCRIPT) -> None:
        self.limits = limits
        self._turn = asyncio.Semaphore(limits.at_once)
        self._waiting = 0

    async def run(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, bytes],
        folder: str,
        given: bytes = b"",
    ) -> Outcome:
        """Run a program in ``folder`` to its end; ``given`` is its standard input.

        Raises:
            RefusedError: when it cannot be started, with the remedy.
            BusyError: when too many wait already.
        """
        if self._waiting >= self.limits.waiting:
            raise BusyError
        self._waiting += 1
        try:
            await self._turn.acquire()
        finally:
            self._waiting -= 1
        try:
            return await _Child(_start(command, environment, folder, given), self.limits).end()
        finally:
            self._turn.release()


def _start(
    command: Sequence[str], environment: Mapping[str, bytes], folder: str, given: bytes
) -> subprocess.Popen[bytes]:
    source = _in_memory(given) if given else os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return subprocess.Popen(  # noqa: S603 (the one program the owner put there, and no shell)
            command,
            stdin=source,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=folder,
            env=environment,
            process_group=0,
            bufsize=0,
        )
    except OSError as error:
        raise _cannot_start(command[0], error) from error
    finally:
        os.close(source)


def _in_memory(data: bytes) -> int:
    """A file without a name: it can be read at any pace, and nobody has to feed it."""
    handle = os.memfd_create("stdin", os.MFD_CLOEXEC)
    with os.fdopen(os.dup(handle), "wb") as file:
        file.write(data)
    os.lseek(handle, 0, os.SEEK_SET)
    return handle


def _cannot_start(program: str, error: OSError) -> RefusedError:
    remedies = {
        "FileNotFoundError": "check the interpreter that its first line names",
        "PermissionError": f"chmod 755 {program}",
        "OSError": "its first line must name its interpreter, such as #!/usr/bin/perl",
    }
    reason = (error.strerror or str(error)).lower()
    return RefusedError(
        f"cannot run {program}", why=reason, remedy=remedies.get(type(error).__name__, "")
    )


class _Child:
    """One running program and all we hold of it."""

    def __init__(self, process: subprocess.Popen[bytes], limits: Limits) -> None:
        assert process.stdout is not None
        assert process.stderr is not None
        self.process, self.limits = process, limits
        self.loop = asyncio.get_running_loop()
        self.began = clock.monotonic()
        self.output = bytearray()
        self.complaint = bytearray()
        self.done: asyncio.Future[End] = self.loop.create_future()
        self.buried: asyncio.Future[None] = self.loop.create_future()
        self.streams = {
            process.stdout.fileno(): self.output,
            process.stderr.fileno(): self.complaint,
        }
        self.printing = process.stdout.fileno()
        self.lingers = False
        self.timer = self.loop.call_later(limits.seconds, self._finish, End.DEADLINE)
        self.handle = os.pidfd_open(process.pid)

    async def end(self) -> Outcome:
        """Wait for the end, or bring it about."""
        try:
            _limit(self.process.pid, self.limits)
            for descriptor in self.streams:
                os.set_blocking(descriptor, False)
                self.loop.add_reader(descriptor, self._read, descriptor)
            self.loop.add_reader(self.handle, self._exited)
            end = await self.done
        finally:
            self._let_go()
        await asyncio.wait((self.buried,), timeout=_GRACE)
        return Outcome(
            end,
            self._code(),
            bytes(self.output),
            bytes(self.complaint[:_COMPLAINT]),
            clock.monotonic() - self.began,
        )

    def _read(self, descriptor: int) -> bool:
        """Take what is there; false when nothing more will come, or not now."""
        try:
            piece = os.read(descriptor, _PIECE)
        except BlockingIOError:
            return False
        kept = self.streams[descriptor]
        if not piece:
            self.loop.remove_reader(descriptor)
            if descriptor == self.printing and not self.done.done():
                self.timer.cancel()
                self.timer = self.loop.call_later(_GRACE, self._linger)
            return False
        if descriptor == self.printing or len(kept) < _COMPLAINT:
            kept += piece
        if descriptor == self.printing and len(kept) > self.limits.output:
            self._finish(End.FLOOD)
            return False
        return True

    def _exited(self) -> None:
        """It is gone. What it printed last may still be in the pipes."""
        self.loop.remove_reader(self.handle)
        for descriptor in self.streams:
            while self._read(descriptor):
                pass
        self._finish(End.EXITED)

    def _linger(self) -> None:
        """It closed its output and goes on: what it printed is its answer."""
        self.lingers = True
        self._finish(End.EXITED)

    def _finish(self, end: End) -> None:
        if not self.done.done():
            self.done.set_result(end)

    def _let_go(self) -> None:
        """Kill the group while its leader still holds its number, then bury the leader."""
        self.timer.cancel()
        for descriptor in (*self.streams, self.handle):
            self.loop.remove_reader(descriptor)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()
        if self.process.poll() is None:
            self.loop.add_reader(self.handle, self._bury)
        else:
            self._bury()

    def _bury(self) -> None:
        """Take note of its death, which follows at once unless a disk puts it off."""
        self.loop.remove_reader(self.handle)
        os.close(self.handle)
        self.process.wait()
        self.buried.set_result(None)

    def _code(self) -> int:
        """The exit status; one that we ended in its grace had said all it had to say."""
        return 0 if self.lingers else (self.process.returncode or 0)


def _limit(process: int, limits: Limits) -> None:
    """Set the limits of a process that has just been started.

    Raises:
        RefusedError: when it runs as somebody else, whom we cannot limit.
    """
    for kind, most in (
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_CPU, limits.cpu),
        (resource.RLIMIT_NPROC, limits.processes),
        (resource.RLIMIT_NOFILE, limits.files),
        (resource.RLIMIT_FSIZE, limits.file_size),
        (resource.RLIMIT_CORE, 0),
    ):
        try:
            _, hard = resource.prlimit(process, kind)
            value = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.prlimit(process, kind, (value, value))
        except ProcessLookupError:
            return
        except PermissionError as error:
            raise RefusedError(
                "a script that runs as another user", why="its limits cannot be set",
                remedy="take its set-user-id bit away",
            ) from error  # fmt: skip
