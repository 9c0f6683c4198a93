"""A crew: as many processes as there are cores, each at work on one piece after the other. A door.

Forked, so that what is loaded is there already. A worker that dies (out of memory, killed) is an
error at once and never a wait for ever, and a worker never outlives whoever started it.
"""

import ctypes
import gc
import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from typing import Any, Final, TypeVar

from ringback.errors import StorageError

Piece = TypeVar("Piece")
Result = TypeVar("Result")
_PR_SET_PDEATHSIG: Final = 1
_SELDOM: Final = 100_000
"""Objects between two looks for garbage in a worker, which makes little: it saves a tenth."""
_AHEAD: Final = 3
"""Pieces under way for each worker, so that none waits for us and results do not pile up."""


def cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0))


def each(
    work: Callable[[Piece], Result],
    pieces: Sequence[Piece],
    *,
    begin: Callable[..., None],
    arguments: tuple[Any, ...],
    hands: int,
) -> Generator[Result, None, None]:
    """The result of every piece, in order; ``begin(*arguments)`` comes first in each process.

    One piece, or one hand, and it is done here: no process is worth its start then.

    Raises:
        StorageError: a worker was killed.
    """
    if hands <= 1 or len(pieces) <= 1:
        begin(*arguments)
        yield from map(work, pieces)
        return
    pool = ProcessPoolExecutor(
        min(hands, len(pieces)),
        mp_context=multiprocessing.get_context("fork"),
        initializer=_start,
        initargs=(begin, arguments),
    )
    rest = iter(pieces)
    gc.freeze()  # what is there already is no worker's garbage, and stays shared memory
    try:
        first = islice(rest, hands * _AHEAD)
        waiting: deque[Future[Result]] = deque(pool.submit(work, one) for one in first)
        while waiting:
            result = waiting.popleft().result()
            waiting.extend(pool.submit(work, one) for one in islice(rest, 1))
            yield result
    except BrokenProcessPool as error:
        raise StorageError(
            "a process that prepared files was killed", remedy="is there enough memory? try again"
        ) from error
    finally:
        gc.unfreeze()
        pool.shutdown(cancel_futures=True)


def _start(begin: Callable[..., None], arguments: tuple[Any, ...]) -> None:
    """In a new worker: Ctrl-C is for whoever started us, and its end is ours."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.set_threshold(_SELDOM)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    begin(*arguments)
