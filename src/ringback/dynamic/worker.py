"""The process in which templates are rendered: a door, and the only file that runs there.

Two kinds of process. The *nursery maid* (``main``) is started once; it imports Jinja2, then does
nothing but divide itself when asked. What it makes are workers: each with limits of its own, each
rendering one template after the other until it is retired or killed. Dividing a small process that
has everything loaded costs a millisecond; starting a Python with Jinja2 costs a hundred.

A worker knows the served folder and what it is sent. It has no descriptor of the server but the
socket it was born with; when the server goes, the socket closes, and both kinds end.

Messages on that socket: a length (four bytes, big-endian), then a kind, then content. To the
worker: ``R`` JSON of name and facts. From it: ``H`` once, with its pidfd beside it; ``P`` a page;
``E`` JSON of an error; ``S`` the same, after which it ends.
"""

import gc
import json
import os
import resource
import select
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from types import FrameType
from typing import Final, NoReturn

from ringback.dynamic.folder import Folder
from ringback.dynamic.limits import Limits
from ringback.dynamic.template import (
    LARGEST,
    Load,
    SpentError,
    Stationery,
    TemplateError,
    render,
    where,
)
from ringback.errors import NotFoundError, Place, RefusedError

HELLO, RENDER, PAGE, ERROR, SPENT = b"H", b"R", b"P", b"E", b"S"
LONGEST_MESSAGE: Final = 128 * 1024
"""Of a request: what fits a socket's buffer, and far more than a listener lets in."""


def main(control: int, root: str, limits: Limits) -> None:
    """Make a worker for every socket that arrives on ``control``, until it closes."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    door = socket.socket(fileno=control)
    gc.freeze()
    while True:
        message, handles, _, _ = socket.recv_fds(door, 1, 1)
        if not message:
            return
        if handles and os.fork() == 0:
            door.close()
            _live(socket.socket(fileno=handles[0]), Folder(root), limits)
        for handle in handles:
            os.close(handle)


def _live(link: socket.socket, folder: Folder, limits: Limits) -> NoReturn:
    """A worker's life."""
    code = 1
    with suppress(BaseException):
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        handle = os.pidfd_open(os.getpid())
        socket.send_fds(link, [frame(HELLO, b"")], [handle])
        os.close(handle)
        _restrict(limits)
        stationery = Stationery(_loader(folder))
        coming = select.poll()
        coming.register(link, select.POLLIN)
        while (request := _receive(link, coming)) is not None:
            kind, content = _answer(stationery, request, limits)
            link.sendall(frame(kind, content))
            if kind == SPENT:
                break
        code = 0
    os._exit(code)


def frame(kind: bytes, content: bytes) -> bytes:
    """One message."""
    return b"".join((len(content).to_bytes(4, "big"), kind, content))


def _receive(link: socket.socket, coming: select.poll) -> bytes | None:
    """One request; None when nobody is there any more.

    It is waited for by ``poll``: who sleeps in ``recv`` is also woken when the other end has read
    our last page, for nothing.
    """
    data = b""
    while len(data) < 5 or len(data) < 5 + int.from_bytes(data[:4], "big"):
        coming.poll()
        piece = link.recv(64 * 1024)
        if not piece:
            return None
        data += piece
    return data[5:]


def _restrict(limits: Limits) -> None:
    for kind, most in (
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_NPROC, limits.processes),
        (resource.RLIMIT_NOFILE, limits.files),
        (resource.RLIMIT_FSIZE, limits.file_size),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        value = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (value, value))
    signal.signal(signal.SIGPROF, _spent)


def _spent(_number: int, _frame: FrameType | None) -> NoReturn:
    raise SpentError


def _answer(stationery: Stationery, request: bytes, limits: Limits) -> tuple[bytes, bytes]:
    """Render one page, within the time for one."""
    name, facts = json.loads(request)
    try:
        try:
            _start_the_clock(limits)
            return PAGE, render(stationery, name, facts, most=limits.output)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
    except TemplateError as error:
        return ERROR, _told(error)
    except SpentError as error:
        what = f"stopped after {limits.cpu} s of processor time"
        place = where(stationery, error.__traceback__, name)
        return SPENT, _told(TemplateError(what, place=place))
    except MemoryError as error:
        what = f"stopped: it needs more than {limits.memory // (1024 * 1024)} MB of memory"
        place = where(stationery, error.__traceback__, name)
        return SPENT, _told(TemplateError(what, place=place))


def _start_the_clock(limits: Limits) -> None:
    """Our own signal first, which finds the place; the kernel's a second later, which does not."""
    _allow(int(time.process_time()) + limits.cpu + 2)
    signal.setitimer(signal.ITIMER_PROF, limits.cpu)


@lru_cache(maxsize=1)
def _allow(seconds: int) -> None:
    """The kernel's limit, in seconds of this process: said anew only when it is another one."""
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    soft = seconds if hard == resource.RLIM_INFINITY else min(seconds, hard)
    resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def _told(error: TemplateError) -> bytes:
    return json.dumps([str(error), str(error.place)]).encode()


def _loader(folder: Folder) -> Load:
    def load(name: str) -> tuple[str, str, Callable[[], bool]] | None:
        try:
            data, mark = folder.read(name, largest=LARGEST)
        except (NotFoundError, RefusedError):
            return None
        return _text(data, name), name, lambda: folder.mark(name) == mark

    return load


def _text(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = len(data[data.rfind(b"\n", 0, error.start) + 1 : error.start].decode()) + 1
        where_it_is = Place(name, line, column)
        raise TemplateError("not UTF-8", place=where_it_is, remedy="save it as UTF-8") from error


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], Limits(**json.loads(sys.argv[3])))
