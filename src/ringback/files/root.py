"""The root: one folder that is served over every transport, and nothing outside of it.

Three questions are asked of every name, in this order: may it be asked for at all (``name``),
where does it lead (symbolic links resolved; the answer must lie inside the resolved root), and is
it an ordinary file of a sensible size. Links that stay inside are welcome: ``current`` pointing
at this week's folder is how careful people publish.

Hot answers come from memory. An entry is trusted as long as one ``stat`` of the name, links
followed, still gives the device, inode, size and both times it was read with. A file that was
touched a moment before it was read could change once more within the same tick of the file
system's clock, so such an entry is read again until it has settled.

A file that changes while it is read is never served half: it is read again, and if it keeps
changing the last whole version goes on being served. Opening never blocks (``O_NONBLOCK``), and
only ordinary files are opened: a FIFO in the root must not stop the house.
"""

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ringback import clock
from ringback.errors import NotFoundError, RefusedError, UsageError
from ringback.files.name import components, content_type, private
from ringback.files.nearest import Index

LARGEST_FILE: Final = 128 * 1024 * 1024
MEMORY: Final = 256 * 1024 * 1024
MOST_NAMES: Final = 32_768
SETTLING: Final = 0.1
"""Seconds for which a file that just changed is read afresh; coarser than any clock tick."""
_ATTEMPTS: Final = 3
_OPEN = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NOCTTY

_Mark = tuple[int, int, int, int, int]
"""Device, inode, size, time of change of content, time of change of anything."""


@dataclass(frozen=True, slots=True)
class File:
    """A file as it was at one moment."""

    data: bytes
    etag: str
    """Quoted, strong: changes whenever the file is written."""
    modified: float
    """POSIX seconds."""
    name: str
    """Relative to the root, as it was asked for, without leading slashes."""
    content_type: str


@dataclass(frozen=True, slots=True)
class _Entry:
    file: File
    mark: _Mark
    settled: bool


class Root:
    """Reads files of ``folder``; ``largest`` bounds one file, ``memory`` all that are kept, bytes.

    Raises:
        UsageError: when ``folder`` is not a folder that can be read.
    """

    def __init__(
        self, folder: Path | str, *, largest: int = LARGEST_FILE, memory: int = MEMORY
    ) -> None:
        self.folder = Path(folder).expanduser().absolute()
        if not self.folder.is_dir():
            raise UsageError(
                f"the root {self.folder} is not a folder", remedy="create it, or name another one"
            )
        if not os.access(self.folder, os.R_OK | os.X_OK):
            raise UsageError(
                f"the root {self.folder} cannot be read", remedy=f"chmod a+rx {self.folder}"
            )
        self._prefix = f"{self.folder}/"
        self._largest = largest
        self._memory = memory
        self._kept = 0
        self._hot: dict[str, _Entry] = {}
        self._names: dict[str, str] = {}
        self._signposts = Signposts()

    def read(self, path: str) -> File:
        """The file called ``path``, relative to the root; leading slashes do not matter.

        ``path`` is taken as it stands: whoever speaks HTTP has percent-decoded it once.

        Raises:
            NotFoundError: there is no such file; ``nearest`` is the most similar name there is.
            RefusedError: there may be, but it is not served; ``why`` says why, for the log only.
        """
        place = self._names.get(path)
        if place is not None:
            entry = self._hot.get(place)
            if entry is not None and entry.settled and _mark_of(place) == entry.mark:
                return entry.file
        return self._read_cold(path)

    def _read_cold(self, path: str) -> File:
        parts = components(path)
        name = "/".join(parts)
        place = self._prefix + name
        real = self._resolve(place, path, parts)
        try:
            entry = self._load(real, name)
        except FileNotFoundError as error:
            raise self._missing(path, parts) from error
        except _ChangingError as error:
            last = self._hot.get(place)
            if last is not None:
                return last.file
            raise RefusedError(
                f"not served: {path!r}",
                why="it is being written",
                remedy="write to another name, then rename it to this one",
            ) from error
        except OSError as error:
            raise _unreadable(path, real, error) from error
        self._keep(path, place, entry)
        return entry.file

    def _resolve(self, place: str, path: str, parts: tuple[str, ...]) -> str:
        """The real name, which lies inside the real root and is not private either."""
        try:
            real = os.path.realpath(place, strict=True)
            root = os.path.realpath(self.folder, strict=True)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise self._missing(path, parts) from error
        except OSError as error:
            raise _unreadable(path, place, error) from error
        inside = real.startswith(root if root.endswith("/") else f"{root}/")
        if not inside and real != root:
            raise RefusedError(f"not served: {path!r}", why="leads out of the root")
        why = private(tuple(real[len(root) :].strip("/").split("/")))
        if why:
            raise RefusedError(f"not served: {path!r}", why=why)
        return real

    def _load(self, real: str, name: str) -> _Entry:
        self._ordinary(os.lstat(real), name)
        descriptor = os.open(real, _OPEN)
        try:
            for _ in range(_ATTEMPTS):
                before = self._ordinary(os.fstat(descriptor), name)
                data = _read_all(descriptor, before.st_size)
                mark = _mark(os.fstat(descriptor))
                if mark == _mark(before) and len(data) == before.st_size:
                    return _entry(data, name, before)
        finally:
            os.close(descriptor)
        raise _ChangingError

    def _ordinary(self, status: os.stat_result, name: str) -> os.stat_result:
        if not stat.S_ISREG(status.st_mode):
            kind = "a folder" if stat.S_ISDIR(status.st_mode) else "not an ordinary file"
            raise RefusedError(f"not served: {name!r}", why=f"it is {kind}")
        if status.st_size > self._largest:
            raise RefusedError(
                f"not served: {name!r}",
                why=f"its {status.st_size} bytes are more than the {self._largest} allowed",
            )
        return status

    def _keep(self, path: str, place: str, entry: _Entry) -> None:
        """Remember an answer; the oldest go when there is no room."""
        old = self._hot.pop(place, None)
        self._kept += len(entry.file.data) - (len(old.file.data) if old else 0)
        self._hot[place] = entry
        while self._kept > self._memory or len(self._hot) > MOST_NAMES:
            oldest = next(iter(self._hot))
            self._kept -= len(self._hot.pop(oldest).file.data)
        if len(self._names) >= MOST_NAMES:
            self._names.clear()
        self._names[path] = place

    def _missing(self, path: str, parts: tuple[str, ...]) -> NotFoundError:
        nearest = self._nearest(parts)
        hint = f"the nearest name there is: {nearest}" if nearest else ""
        return NotFoundError(f"no such file: {path!r}", nearest=nearest, remedy=hint)

    def _nearest(self, parts: tuple[str, ...]) -> str:
        """Walk down as far as the folders exist and stay inside, then look for the next name."""
        root = os.path.realpath(self.folder)
        here = root
        for depth, part in enumerate(parts):
            below = os.path.realpath(f"{here}/{part}")
            last = depth + 1 == len(parts)
            if not last and below.startswith(f"{root}/") and os.path.isdir(below):  # noqa: PTH112 (names stay strings here)
                here = below
                continue
            found = self._signposts.index(here).nearest(part)
            return "/".join([*parts[:depth], found]) if found else ""
        return ""


class Signposts:
    """The names of the folders last looked through, kept until a folder changes.

    A folder that changes all the time is listed again for at most a twentieth of the time.
    """

    def __init__(self, most: int = 16) -> None:
        self._most = most
        self._known: dict[str, tuple[int, float, Index]] = {}

    def index(self, folder: str) -> Index:
        """The names of ``folder`` that could be served."""
        changed, now = _changed(folder), clock.monotonic()
        known = self._known.get(folder)
        if known is not None and (known[0] == changed or now < known[1]):
            return known[2]
        index = Index(_servable(folder))
        if len(self._known) >= self._most:
            self._known.clear()
        done = clock.monotonic()
        self._known[folder] = (changed, done + 20 * (done - now), index)
        return index


class _ChangingError(Exception):
    """The file did not stay the same for the time it takes to read it."""


def _mark(status: os.stat_result) -> _Mark:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _mark_of(place: str) -> _Mark | None:
    try:
        return _mark(os.stat(place))  # noqa: PTH116 (the hot path: Path would cost more than stat)
    except OSError:
        return None


def _read_all(descriptor: int, size: int) -> bytes:
    """Up to ``size`` bytes and one more, which shows that the file grew."""
    os.lseek(descriptor, 0, os.SEEK_SET)
    pieces = []
    left = size + 1
    while left > 0:
        piece = os.read(descriptor, left)
        if not piece:
            break
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


def _entry(data: bytes, name: str, status: os.stat_result) -> _Entry:
    etag = f'"{status.st_mtime_ns:x}-{status.st_size:x}"'
    file = File(data, etag, status.st_mtime, name, content_type(name))
    settled = clock.now() - max(status.st_ctime, status.st_mtime) > SETTLING
    return _Entry(file, _mark(status), settled)


def _unreadable(path: str, real: str, error: OSError) -> RefusedError:
    reason = error.strerror or "unreadable"
    remedy = f"chmod a+r {real}" if isinstance(error, PermissionError) else ""
    return RefusedError(f"not served: {path!r}", why=reason.lower(), remedy=remedy)


def _changed(folder: str) -> int:
    try:
        return os.stat(folder).st_mtime_ns  # noqa: PTH116
    except OSError:
        return 0


def _servable(folder: str) -> list[str]:
    """Names in ``folder`` that could be served, in order."""
    try:
        with os.scandir(folder) as found:
            return sorted(item.name for item in found if not private((item.name,)))
    except OSError:
        return []
