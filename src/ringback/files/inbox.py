"""Door: a folder in which strangers' uploads are kept, each whole and none over another.

Every device has a folder, and every name is ours: when it came and what it is. Whoever uploads has
no say in either, so no name climbs, collides or hides. A file is written under a name that begins
with a dot, forced to the disk, and then given its own name, which must be free: a cut at any
instruction leaves a whole file or none, and what was acknowledged is there.

Quotas keep a stranger from filling the disk: so many files a device, of which the oldest go; so
many bytes and so many devices altogether, beyond which nothing new is taken.
"""

import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Final

from ringback import clock
from ringback.errors import StorageError, UsageError

KEPT: Final = 20
"""Files of one device."""
ROOM: Final = 1024**3
"""Bytes of all of them."""
MOST_DEVICES: Final = 100_000
_UNFINISHED: Final = ".new-"
_CREATE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(slots=True)
class _Held:
    """What lies in the folder."""

    devices: int = 0
    octets: int = 0


class Inbox:
    """Keeps files in ``folder``, which is made for its owner only.

    Raises:
        UsageError: the folder cannot be made or read. One that cannot be written now keeps nothing,
            and nobody from serving.
    """

    def __init__(
        self, folder: Path, *, kept: int = KEPT, room: int = ROOM, devices: int = MOST_DEVICES
    ) -> None:
        self.folder = folder
        self._kept = max(1, kept)
        self._room = room
        self._devices = devices
        self._count = 0
        self._turn = Lock()
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._held = self._take_stock()
        except OSError as error:
            raise UsageError(
                f"cannot keep uploads in {folder} ({error.strerror})", remedy="name another folder"
            ) from error
        if not os.access(folder, os.R_OK | os.X_OK):
            raise UsageError(f"cannot keep uploads in {folder}", remedy="make it writable")

    def keep(self, device: str, kind: str, ending: str, data: bytes) -> str:
        """Keep ``data``; its name within the folder. The words are ours, never an uploader's.

        Any thread may call this; they take turns.

        Raises:
            StorageError: no room by our own quota, or the disk would not; nothing was kept.
        """
        with self._turn:
            return self._keep(device, kind, ending, data)

    def _keep(self, device: str, kind: str, ending: str, data: bytes) -> str:
        if self._held.octets + len(data) > self._room:
            raise StorageError(f"the {self._room} bytes for uploads are full", remedy="remove some")
        folder = self.folder / device
        try:
            self._make(folder)
            name = self._write(folder, kind, ending, data)
        except OSError as error:
            raise StorageError(f"cannot keep an upload in {folder}: {error.strerror}") from error
        self._held.octets += len(data)
        self._forget_oldest(folder)
        return f"{device}/{name}"

    def _make(self, folder: Path) -> None:
        if folder.is_dir():
            return
        if self._held.devices >= self._devices:
            raise StorageError(f"uploads of {self._devices} devices are kept, and no more")
        folder.mkdir(mode=0o700)
        self._held.devices += 1
        _sync(self.folder)

    def _write(self, folder: Path, kind: str, ending: str, data: bytes) -> str:
        self._count += 1
        unfinished = folder / f"{_UNFINISHED}{os.getpid()}-{self._count}"
        descriptor = os.open(unfinished, _CREATE, 0o600)
        try:
            with open(descriptor, "wb") as file:  # noqa: PTH123 (a descriptor, not a path)
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            name = self._name_it(unfinished, folder, kind, ending)
        finally:
            with suppress(OSError):
                unfinished.unlink()
        _sync(folder)
        return name

    def _name_it(self, unfinished: Path, folder: Path, kind: str, ending: str) -> str:
        """A second name for what is written; a link never takes the place of another file."""
        moment = datetime.fromtimestamp(clock.now(), UTC)
        stamp = f"{moment:%Y%m%dT%H%M%S}.{moment.microsecond // 1000:03}Z"
        for number in range(1, 100):
            name = f"{stamp}-{number:02}-{kind}.{ending}"
            try:
                os.link(unfinished, folder / name)
            except FileExistsError:
                continue
            return name
        raise FileExistsError(0, "too many uploads in one moment")

    def _forget_oldest(self, folder: Path) -> None:
        """Only what is over the quota goes; a file that will not go is no reason to fail."""
        with suppress(OSError):
            for name in _names(folder)[: -self._kept]:
                size = (folder / name).stat().st_size
                (folder / name).unlink()
                self._held.octets -= size

    def _take_stock(self) -> _Held:
        """What earlier runs left, without what they never finished."""
        held = _Held()
        for device in self.folder.iterdir():
            if not device.is_dir() or device.is_symlink():
                continue
            held.devices += 1
            for path in device.iterdir():
                if path.name.startswith(_UNFINISHED):
                    path.unlink()
                else:
                    held.octets += path.stat().st_size
        return held


def _names(folder: Path) -> list[str]:
    """The files that we named, oldest first."""
    return sorted(each.name for each in folder.iterdir() if each.name[:1].isdigit())


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
