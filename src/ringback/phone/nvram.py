"""Door: a phone's flash memory, one file that survives power cuts.

A save writes a new file beside the old one, forces it to the disk, keeps the old one as
``FILE.last`` and only then renames the new one into place: a cut at any instruction leaves either
the old settings or the new ones, whole. A file that is damaged all the same (a bad disk, an
editor) is reported and left alone; nothing is ever written over it.

Forcing costs two waits for the disk at every save. A fleet of thousands may do without
(``forced=False``): then the death of a process still loses nothing, and only when the machine
itself loses power may the last saves be gone, or a file be reported as damaged.

``FILE.lock`` keeps a second phone from using the same memory. The name of the lock stays behind;
the lock itself ends with the process, however that ends.
"""

import contextlib
import fcntl
import os
from collections.abc import Callable
from pathlib import Path

from ringback.errors import MalformedError, Place, StorageError
from ringback.phone.memory import LIMIT, Memory


def _nothing(_: str) -> None:
    """No step is of interest."""


class Nvram:
    """The memory of one phone in ``path``; locked until ``close``."""

    __slots__ = ("_forced", "_lock", "_step", "path")

    def __init__(
        self, path: str | Path, *, forced: bool = True, step: Callable[[str], None] = _nothing
    ) -> None:
        """Take hold of the file, which need not exist yet.

        ``step`` is called before each instruction of a save with its name; whatever it raises ends
        the save there and then, as a power cut would, and an OSError as a disk that fails.

        Raises:
            StorageError: another phone uses it, or its folder cannot be written.
        """
        self.path = Path(path)
        self._forced = forced
        self._step = step
        self._lock = _locked(self._beside(".lock"))

    def _beside(self, ending: str) -> Path:
        return self.path.with_name(self.path.name + ending)

    def load(self) -> Memory | None:
        """What the phone remembered; None for a phone fresh from the factory.

        Raises:
            MalformedError: the file is damaged; it was not touched.
            StorageError: the file cannot be read.
        """
        try:
            with self.path.open("rb") as file:
                data = file.read(LIMIT + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StorageError(f"cannot read {self.path}: {error.strerror}") from error
        try:
            return Memory.parse(data)
        except MalformedError as error:
            raise MalformedError(
                f"damaged phone memory: {error.what}",
                place=Place(str(self.path)),
                remedy=self._remedy(),
            ) from error

    def _remedy(self) -> str:
        last = self._beside(".last")
        if last.exists():
            return f"the settings before the last change are in {last}; copy them back"
        return "move the file away to start with a factory-fresh phone"

    def save(self, memory: Memory) -> None:
        """Remember ``memory``; when this returns, a power cut cannot take it away, if forced.

        Raises:
            StorageError: it could not be written (a full disk, say); the old memory is untouched.
        """
        new = self._beside(".new")
        try:
            self._write(new, bytes(memory))
            if self._forced:
                self._step("keep the old file")
                self._keep_last()
            self._step("rename")
            new.rename(self.path)
            if self._forced:
                self._step("force the folder")
                _sync_folder(self.path.parent)
        except OSError as error:
            with contextlib.suppress(OSError):
                new.unlink()
            raise StorageError(
                f"cannot save {self.path}: {error.strerror}",
                remedy="free space or choose another --state file",
            ) from error

    def _write(self, path: Path, data: bytes) -> None:
        """All of it; a step in the middle, because a cut there leaves half a file."""
        self._step("open")
        half = len(data) // 2
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(data[:half])
            self._step("write the other half")
            file.write(data[half:])
            file.flush()
            if self._forced:
                self._step("force the file")
                os.fsync(file.fileno())

    def _keep_last(self) -> None:
        """Give the present file a second name, so that it outlives the rename."""
        spare = self._beside(".spare")
        # A comfort, not the promise: a file system without second names must not stop a save.
        with contextlib.suppress(OSError):
            spare.unlink(missing_ok=True)
            spare.hardlink_to(self.path)
            spare.rename(self._beside(".last"))

    def mark(self) -> tuple[int, int, int]:
        """What changes whenever somebody saves; zeros while there is no file."""
        try:
            state = self.path.stat()
        except OSError:
            return (0, 0, 0)
        return (state.st_ino, state.st_mtime_ns, state.st_size)

    def close(self) -> None:
        """Let another phone use the file."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


def _locked(path: Path) -> int:
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StorageError(
            f"cannot use {path.parent} for a phone's memory: {error.strerror}",
            remedy="choose another --state file",
        ) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        raise StorageError(
            f"{path.with_suffix('')} is used by another phone",
            remedy="stop that one or choose another --state file",
        ) from error
    return handle


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
