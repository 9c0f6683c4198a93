"""Templates of the served folder: from a request to the page that a worker renders: a door.

Workers stay warm and render many pages each. Measured, per page, processor time of both sides: a
worker that is there 0.2 ms, one made for each page by dividing more than 1.7 ms, a Python started
for each 110 ms. The one used last is asked first: its memory is still in the cache. What keeps one
request from another is then the sandbox and the limits per page, and both requests are rendered
by the same person's templates; a worker that had to be stopped, or that did anything unforeseen,
is never used again.

A file ``NAME`` wins over ``NAME.j2``. So files cost nothing for there being templates, a fixed
file can be put in front of a template at a moment's notice, and what lies there under its own name
is what is served. ``hidden`` tells which templates are out of work, for a word at start-up.

A template that had to be stopped is left alone for a few seconds: a fleet asking for it must not
keep all workers busy with what cannot succeed.
"""

import array
import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from typing import Final

from ringback import clock
from ringback.dynamic.facts import spell
from ringback.dynamic.folder import Folder, plain
from ringback.dynamic.limits import TEMPLATE, Limits
from ringback.dynamic.page import Page, failed
from ringback.dynamic.template import ENDING
from ringback.dynamic.worker import ERROR, HELLO, LONGEST_MESSAGE, PAGE, RENDER, SPENT, frame
from ringback.errors import NotFoundError, RefusedError

PAGES: Final = 5000
"""Pages a worker renders before it is retired, so that nothing it gathers can grow for ever."""
REST: Final = 5.0
"""Seconds a template is left alone after it had to be stopped."""
_MOST_RESTING: Final = 1000
_MOST_KNOWN: Final = 32_768
_HEAD: Final = 5
_PIECE: Final = 64 * 1024


class GoneError(Exception):
    """The worker ended before it answered."""


class Workshop:
    """Renders the templates of ``folder``. Nothing is started before the first request.

    Args:
        folder: the served folder.
        kind_of: gives the Content-Type of a name.
        limits: for one page; ``at_once`` is the number of workers.
    """

    def __init__(
        self, folder: Folder, kind_of: Callable[[str], str], limits: Limits = TEMPLATE
    ) -> None:
        self.folder, self.kind_of, self.limits = folder, kind_of, limits
        self._maid: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._idle: list[_Worker] = []
        self._all: set[_Worker] = set()
        self._turn = asyncio.Semaphore(limits.at_once)
        self._waiting = 0
        self._known: dict[str, tuple[int, int, int]] = {}
        self._resting: dict[str, tuple[float, tuple[int, int, int] | None]] = {}

    def wants(self, path: str) -> bool:
        """Whether there is a template for ``path``; asked when there is no file of that name."""
        return self.find(path) is not None

    def hidden(self) -> list[str]:
        """Templates that never answer because a file of their name is there."""
        names = self.folder.names(ENDING)
        return [each for each in names if self.folder.mark(each.removesuffix(ENDING)) is not None]

    def find(self, path: str) -> str | None:
        """The name of the template for ``path``."""
        try:
            parts = plain(path)
        except RefusedError:
            return None
        if not parts or parts[-1].lower().endswith((ENDING, ".pem", ".key")):
            return None
        name = "/".join(parts) + ENDING
        mark = self.folder.mark(name)
        return name if mark is not None and self._inside(name, mark) else None

    def _inside(self, name: str, mark: tuple[int, int, int]) -> bool:
        """Whether a template lies in the folder; looked up again only when it changed."""
        if self._known.get(name) == mark:
            return True
        try:
            self.folder.resolve(name)
        except (NotFoundError, RefusedError):
            return False
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known[name] = mark
        return True

    async def answer(self, path: str, told: bytes, name: str | None = None) -> Page:
        """The page that the template for ``path`` makes.

        Args:
            path: what was asked for.
            told: the facts, as ``facts.told`` spells them.
            name: what ``find`` has found, when it was asked a moment ago.

        Raises:
            NotFoundError, RefusedError: when there is none, for the uniform refusal.
        """
        name = name or self.find(path)
        if name is None:
            raise NotFoundError(f"no template for {path!r}")
        if self._rests(name):
            return failed(503, f"{name} had to be stopped a moment ago and is left alone")
        if self._waiting >= self.limits.waiting:
            return failed(503, "too many templates wait for their turn")
        self._waiting += 1
        try:
            await self._turn.acquire()
        finally:
            self._waiting -= 1
        try:
            kind, content = await self._render(name, told)
        finally:
            self._turn.release()
        if kind == PAGE:
            return Page(200, content, self.kind_of(path))
        what, _ = json.loads(content)
        if kind == SPENT:
            self._rest(name)
        return failed(500, what)

    async def _render(self, name: str, told: bytes) -> tuple[bytes, bytes]:
        """Have a worker render it; what it answers, or what there is to say of its end."""
        message = frame(RENDER, b"[%b, %b]" % (spell(name), told))
        if len(message) > LONGEST_MESSAGE:
            raise RefusedError("the request is too large for a template")
        worker = self._idle.pop() if self._idle else self._hire()
        try:
            kind, content = await worker.ask(message, self.limits.seconds)
        except GoneError:
            what = f"{name}: its worker ended unforeseen"
            kind, content = SPENT, json.dumps([what, name]).encode()
        except TimeoutError:
            what = f"{name}: stopped after {self.limits.seconds:.1f} s"
            kind, content = SPENT, json.dumps([what, name]).encode()
        except BaseException:
            self._dismiss(worker)
            raise
        if kind in (PAGE, ERROR) and worker.pages < PAGES:
            self._idle.append(worker)
        else:
            self._dismiss(worker)
        return kind, content

    def _rests(self, name: str) -> bool:
        found = self._resting.get(name)
        if found is None:
            return False
        if clock.monotonic() < found[0] and found[1] == self.folder.mark(name):
            return True
        del self._resting[name]
        return False

    def _rest(self, name: str) -> None:
        if len(self._resting) >= _MOST_RESTING:
            self._resting.clear()
        self._resting[name] = (clock.monotonic() + REST, self.folder.mark(name))

    # Workers come and go.

    def start(self) -> None:
        """Start what makes workers, and one of them, so that the first phone need not wait."""
        if not self._all:
            self._idle.append(self._hire())

    def _hire(self) -> "_Worker":
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                socket.send_fds(self._door(), [b"+"], [theirs.fileno()])
            except OSError:  # it was killed: start another
                self._close_door()
                socket.send_fds(self._door(), [b"+"], [theirs.fileno()])
        worker = _Worker(ours)
        self._all.add(worker)
        return worker

    def _dismiss(self, worker: "_Worker") -> None:
        self._all.discard(worker)
        worker.kill()

    def _door(self) -> socket.socket:
        if self._control is None:
            self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            with theirs:
                self._maid = _start_maid(theirs.fileno(), str(self.folder.path), self.limits)
        return self._control

    def _close_door(self) -> None:
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._maid is not None:
            self._maid.kill()
            self._maid.wait()
            self._maid = None

    def close(self) -> None:
        """End every process."""
        for worker in list(self._all):
            self._dismiss(worker)
        self._idle.clear()
        self._close_door()


def _start_maid(control: int, root: str, limits: Limits) -> subprocess.Popen[bytes]:
    """Isolated (-I): neither the current folder nor the environment decides what is imported."""
    return subprocess.Popen(  # noqa: S603 (our own interpreter, and no shell)
        [sys.executable, "-I", "-m", "ringback.dynamic.worker", str(control), root,
         json.dumps(asdict(limits))],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={"LC_ALL": "C.UTF-8"},
        pass_fds=(control,),
        process_group=0,
    )  # fmt: skip


class _Worker:
    """Our end of a worker: one question at a time."""

    def __init__(self, link: socket.socket) -> None:
        self.link = link
        self.pages = 0
        self.process = -1
        self.dead = False
        self.loop = asyncio.get_running_loop()
        self._buffer = bytearray()
        self._coming: asyncio.Future[tuple[bytes, bytes]] | None = None
        os.set_blocking(link.fileno(), False)
        link.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2 * LONGEST_MESSAGE)
        self.loop.add_reader(link.fileno(), self._hear)

    async def ask(self, message: bytes, seconds: float) -> tuple[bytes, bytes]:
        """Send a question and wait for its answer.

        Raises:
            GoneError: the worker is gone.
            TimeoutError: it takes too long.
        """
        if self.dead:
            raise GoneError
        self.pages += 1
        coming: asyncio.Future[tuple[bytes, bytes]] = self.loop.create_future()
        self._coming = coming
        timer = self.loop.call_later(seconds, _give_up, coming)
        try:
            if self.link.send(message) < len(message):
                raise RefusedError("the request is too large for a template")
            return await coming
        except OSError as error:
            if isinstance(error, TimeoutError):
                raise
            raise GoneError from error
        finally:
            timer.cancel()
            self._coming = None

    def _hear(self) -> None:
        try:
            data = self._greeting() if self.process < 0 else self.link.recv(_PIECE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._gone()
            return
        self._buffer += data
        self._read()

    def _greeting(self) -> bytes:
        """The first message, with a handle on the worker that no other process can inherit."""
        room = socket.CMSG_SPACE(array.array("i").itemsize)
        data, extra, _, _ = self.link.recvmsg(_PIECE, room, socket.MSG_CMSG_CLOEXEC)
        for level, kind, content in extra:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                self.process = array.array("i", content)[0]
        return data

    def _read(self) -> None:
        while len(self._buffer) >= _HEAD:
            end = _HEAD + int.from_bytes(self._buffer[:4], "big")
            if len(self._buffer) < end:
                return
            kind, content = bytes(self._buffer[4:5]), bytes(self._buffer[_HEAD:end])
            del self._buffer[:end]
            if kind != HELLO and self._coming is not None and not self._coming.done():
                self._coming.set_result((kind, content))

    def _gone(self) -> None:
        self.dead = True
        self.loop.remove_reader(self.link.fileno())
        if self._coming is not None and not self._coming.done():
            self._coming.set_exception(GoneError())

    def kill(self) -> None:
        """End it, whatever it is doing."""
        if self.link.fileno() >= 0:
            self.loop.remove_reader(self.link.fileno())
            self.link.close()
        if self.process >= 0:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.process, signal.SIGKILL)
            os.close(self.process)
            self.process = -1


def _give_up(coming: "asyncio.Future[tuple[bytes, bytes]]") -> None:
    if not coming.done():
        coming.set_exception(TimeoutError())
