"""Door: what this machine allows a fleet: file descriptors, and how much memory it has taken."""

import gc
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PER_PHONE = 3
"""File descriptors of a phone at work: its socket, the lock on its flash, the file it writes."""
SPARE = 128
GARBAGE = (20_000, 20, 50)
"""Thresholds of the collector: it need not look at waiting phones again and again."""


def room_for(count: int) -> int:
    """How many of ``count`` phones may be at work; asks for as many descriptors as they need."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count * PER_PHONE + SPARE
    if soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return max(1, (soft - SPARE) // PER_PHONE)


def memory() -> int:
    """Bytes of memory that this process occupies; 0 where the system does not tell."""
    try:
        text = Path("/proc/self/statm").read_text("ascii")
    except OSError:
        return 0
    return int(text.split()[1]) * resource.getpagesize()


@contextmanager
def rarely_collected() -> Iterator[None]:
    """The collector passes over what is there now, and looks seldom at what comes."""
    usual = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE)
    try:
        yield
    finally:
        gc.unfreeze()
        gc.set_threshold(*usual)
