"""Disks that take nothing: full ones, and ones that may not be written.

Tests run as root in places where nothing can be mounted; a folder that its owner made read-only
is none to root. Linux keeps that power by thread, so a thread gives it away and ends.
"""

import ctypes
import os
import resource
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

Result = TypeVar("Result")
_DAC_OVERRIDE = 1
_DROP_FROM_BOUNDING_SET = 24
_VERSION_3 = 0x20080522


def powerless(call: Callable[[], Result]) -> Result:
    """Call it as one who may write only what its permissions let them."""
    with ThreadPoolExecutor(1, initializer=_give_away) as pool:
        return pool.submit(call).result()


def _give_away() -> None:
    if os.geteuid() != 0:
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header, held = (ctypes.c_uint32 * 2)(_VERSION_3, 0), (ctypes.c_uint32 * 6)()
    assert libc.prctl(_DROP_FROM_BOUNDING_SET, _DAC_OVERRIDE, 0, 0, 0) == 0
    assert libc.capget(header, held) == 0
    for number in range(3):  # effective, permitted, inheritable
        held[number] &= ~(1 << _DAC_OVERRIDE)
    assert libc.capset(header, held) == 0


@contextmanager
def shut(folder: Path):
    """A folder in which nobody may write, and no file of it either."""
    kept = {each: each.stat().st_mode for each in (folder, *folder.iterdir())}
    try:
        for each, mode in kept.items():
            each.chmod(mode & ~0o222)
        yield
    finally:
        for each, mode in kept.items():
            if each.exists():
                each.chmod(mode)


@contextmanager
def full():
    """A disk that takes nothing: no file of this process, or of one started meanwhile, may grow."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
