"""Now, and dice: the only place that asks the machine for either.

Everything below the doors is told the time as POSIX seconds and given a ``random.Random``;
tests hand in their own.
"""

import os
import random  # noqa: TID251 (this is the door)
import time
from datetime import UTC, datetime


def now() -> float:
    """Wall-clock time in POSIX seconds."""
    return time.time()  # noqa: TID251 (this is the door)


def monotonic() -> float:
    """Seconds that never go back; for deadlines and durations."""
    return time.monotonic()


def utc() -> datetime:
    """Wall-clock time as an aware datetime."""
    return datetime.fromtimestamp(now(), UTC)


def dice(seed: int | None = None) -> random.Random:
    """A source of chance; repeatable when ``seed`` is given."""
    return random.Random(seed)  # noqa: S311 (jitter, not secrets)


def random_bytes(count: int) -> bytes:
    """Bytes fit for keys and salts."""
    return os.urandom(count)
