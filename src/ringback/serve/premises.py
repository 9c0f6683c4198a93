"""The disk that a server stands on: its state folder and its log, as far as they can be written.

What cannot be written keeps nobody from serving what can be read: it is one line of advice.
"""

import errno
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from ringback.errors import UsageError
from ringback.settings import check_folders

_SHUT: Final = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES)


def open_state(root: Path, state: Path) -> Path:
    """Make the state folder, for its owner only, outside the served one.

    One that is there and cannot be written now will do: what lies in it is served.

    Raises:
        UsageError: when it lies inside the served folder or around it, or cannot be made.
    """
    check_folders(root, state)
    try:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"cannot keep state in {state} ({error.strerror})", remedy="name another --state"
        ) from error
    return state


def open_log(log: Path | None, advise: Callable[[str], None]) -> int:
    """Where the request log goes: standard output, or a file that only ever grows.

    Where it cannot be written, standard output does instead.

    Raises:
        UsageError: there can be no such file.
    """
    if log is None:
        return sys.stdout.fileno()
    try:
        return os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o640)
    except OSError as error:
        if error.errno in _SHUT:
            advise(f"the log {log} cannot be written ({error.strerror}): it goes here")
            return sys.stdout.fileno()
        raise UsageError(
            f"cannot write the log {log} ({error.strerror})", remedy="name another --log"
        ) from error


def shut(*folders: Path | None) -> Iterator[Path]:
    """Those in which nothing can be kept now."""
    for each in folders:
        if each is not None and not os.access(each, os.W_OK | os.X_OK):
            yield each
