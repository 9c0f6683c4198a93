"""A folder whose files are run or rendered, and nothing outside of it: a door.

The served root has rules of its own (``files.root``): it hands out bytes and hides scripts,
templates and keys. Here is the other side: it finds just those, by names that may come from
strangers. The same three questions are asked: is the name plain, does it lead inside with
symbolic links resolved, is it an ordinary file.
"""

import os
import stat
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from ringback.errors import NotFoundError, RefusedError, UsageError

LONGEST: Final = 1024
KEYS: Final = (".pem", ".key")
_OPEN = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NOCTTY


@dataclass(frozen=True, slots=True)
class Script:
    """A program in the folder, and what of the path is left for it."""

    file: str
    folder: str
    name: str
    """Its name relative to the folder."""
    rest: str
    """PATH_INFO: empty, or a path that begins with a slash."""


class Folder:
    """One folder; names are relative to it.

    Raises:
        UsageError: when it is not a folder that can be read.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path).expanduser().absolute()
        if not self.path.is_dir() or not os.access(self.path, os.R_OK | os.X_OK):
            raise UsageError(f"{self.path} is no folder that can be read", remedy="name another")

    def script(self, path: str) -> Script:
        """The program that ``path`` names, which may go on behind it.

        Raises:
            NotFoundError: there is none.
            RefusedError: there is, but it cannot be run; the remedy says what to type.
        """
        parts = plain(path)
        for count, _ in enumerate(parts, start=1):
            name = "/".join(parts[:count])
            real = self.resolve(name)
            if os.path.isdir(real):  # noqa: PTH112 (names stay strings here)
                continue
            _runnable(name, real)
            rest = path.lstrip("/")[len(name) :] if path.lstrip("/").startswith(name) else ""
            return Script(real, os.path.dirname(real), name, rest)  # noqa: PTH120
        raise NotFoundError(f"no script {path!r}")

    def resolve(self, name: str) -> str:
        """The real path of a name.

        Raises:
            NotFoundError, RefusedError: when it is not there, or not inside.
        """
        root = os.path.realpath(self.path)
        try:
            real = os.path.realpath(f"{root}/{name}", strict=True)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise NotFoundError(f"no such file: {name!r}") from error
        except OSError as error:
            raise RefusedError(f"not served: {name!r}", why=_reason(error)) from error
        if not real.startswith(root.rstrip("/") + "/"):
            raise RefusedError(f"not served: {name!r}", why="leads out of the folder")
        return real

    def read(self, name: str, *, largest: int) -> tuple[bytes, tuple[int, int, int]]:
        """The bytes of an ordinary file, and a mark that changes with it.

        Raises:
            NotFoundError, RefusedError: when it is not there, or not to be read.
        """
        real = self.resolve("/".join(plain(name, private=True)))
        if real.lower().endswith(KEYS):
            raise RefusedError(f"not served: {name!r}", why="keys are private")
        try:
            handle = os.open(real, _OPEN)
        except OSError as error:
            remedy = f"chmod a+r {real}" if isinstance(error, PermissionError) else ""
            raise RefusedError(
                f"not served: {name!r}", why=_reason(error), remedy=remedy
            ) from error
        try:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode) or status.st_size > largest:
                what = f"not an ordinary file of at most {largest} bytes"
                raise RefusedError(f"not served: {name!r}", why=what)
            return os.read(handle, largest), _mark(status)
        finally:
            os.close(handle)

    def mark(self, name: str) -> tuple[int, int, int] | None:
        """The mark of a name, links followed; None when there is no such file."""
        try:
            status = os.stat(f"{self.path}/{name}")  # noqa: PTH116 (the hot path)
        except (OSError, ValueError):
            return None
        return _mark(status) if stat.S_ISREG(status.st_mode) else None

    def names(self, ending: str) -> list[str]:
        """Every file of that ending, in order."""
        return sorted(str(each.relative_to(self.path)) for each in self.path.rglob(f"*{ending}"))


@lru_cache(maxsize=4096)
def plain(path: str, *, private: bool = False) -> tuple[str, ...]:
    """The components of a name that neither climbs nor hides nor smuggles.

    Raises:
        RefusedError: when it does.
    """
    parts = tuple(part for part in path.split("/") if part not in ("", "."))
    why = ""
    if len(path) > LONGEST:
        why = f"longer than {LONGEST} characters"
    elif any(ord(letter) < 32 or letter in "\x7f\\" for letter in path):
        why = "control character or backslash in the name"
    elif ".." in parts:
        why = "climbs out of its folder"
    elif not private and any(part.startswith(".") for part in parts):
        why = "dot files are private"
    if why:
        raise RefusedError(f"not served: {path[:LONGEST]!r}", why=why)
    return parts


def _runnable(name: str, real: str) -> None:
    if not stat.S_ISREG(os.stat(real).st_mode):  # noqa: PTH116
        raise RefusedError(f"not run: {name!r}", why="it is not an ordinary file")
    if not os.access(real, os.R_OK | os.X_OK):
        raise RefusedError(
            f"not run: {name!r}", why="it is not executable", remedy=f"chmod 755 {real}"
        )


def _reason(error: OSError) -> str:
    return (error.strerror or "unreadable").lower()


def _mark(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_ino, status.st_size, status.st_mtime_ns
