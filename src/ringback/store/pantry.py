"""The pantry: files made ready by the last release, as the device plane takes them. A door.

One plain read of the bare driver (about 10 µs) finds a file by its path, with all that admission
asks of it; what was found stays in memory as long as ``PRAGMA data_version`` says that nobody has
written to the file since (3 µs, and it sees another process's commit at once; asked at most once
a millisecond). So a switch, a lock and a rollback hold a millisecond later, and no one has to tell
us.

It never waits: readers of a write-ahead log wait for no writer, and when the database cannot be
read, what was served last is served on.
"""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from ringback import clock
from ringback.errors import StorageError
from ringback.provisioning.entitlement import for_anyone
from ringback.store.database import Store
from ringback.store.releases import PLACE
from ringback.store.sqlite import Reader

MEMORY: Final = 128 * 1024 * 1024
"""Bytes of files kept in memory."""
MOST: Final = 65_536
"""Paths kept in memory, known or unknown."""
TRUST: Final = 0.001
"""Seconds for which one look at whether anybody wrote will do: under load, not for each request."""
_FIND: Final = """
SELECT e.mac, e.document, e.level, e."key", e.encoding, e.type, e.since, e.hash, c.body, r.made,
       d.locked
FROM entries e
JOIN contents c ON c.hash = e.hash
JOIN releases r ON r.number = e.since
LEFT JOIN devices d ON d.mac = e.mac
WHERE e.path = ? AND e.until IS NULL
"""


@dataclass(frozen=True, slots=True)
class Ready:
    """A file made ready, and what is known of it."""

    data: bytes
    path: str
    mac: str
    """Whose it is; empty when phones share it."""
    document: str
    level: int
    key: int | None
    encoding: str
    content_type: str
    release: int
    """The release that last changed it."""
    content: str
    """Its SHA-256, 64 hex digits."""
    modified: float
    """When that release was made, POSIX seconds."""
    locked: bool
    free: bool = field(init=False)
    """Whether whoever asks gets it. Decided when it is read, not at each request."""

    def __post_init__(self) -> None:
        free = not self.locked and for_anyone(self.level, self.key)
        object.__setattr__(self, "free", free)

    @property
    def etag(self) -> str:
        """Quoted, strong: the content's hash."""
        return f'"{self.content[:32]}"'


class Pantry:
    """Finds prepared files of ``store``; ``warn`` is told when the database cannot be read."""

    def __init__(self, store: Store, warn: Callable[[str], None]) -> None:
        self._seal = store.seal
        self._reader = Reader(store.path)
        self._warn = warn
        self._version, self._looked = (0, -1), float("-inf")
        self._kept: dict[str, Ready | None] = {}
        self._size = 0
        self._broken = False

    def find(self, path: str) -> Ready | None:
        """The file that is served at ``path`` (from ``/``), if the release has one."""
        now = clock.monotonic()
        if now - self._looked < TRUST and path in self._kept:
            return self._kept[path]
        try:
            version = self._reader.version()
            self._looked = now
            if version == self._version and path in self._kept:
                return self._kept[path]
            fresh = self._read(path)
        except (sqlite3.Error, StorageError) as error:
            return self._last(path, error)
        if version != self._version:
            self._forget()
            self._version = version
        self._broken = False
        self._keep(path, fresh)
        return fresh

    def _read(self, path: str) -> Ready | None:
        row = next(iter(self._reader.rows(_FIND, (path,))), None)
        if row is None:
            return None
        mac, document, level, key, encoding, kind, since, digest, sealed, made, locked = row
        content = digest.hex()
        data = self._seal.open(sealed, f"{PLACE}/{content}")
        return Ready(
            data, path, mac, document, level, key, encoding, kind, since, content, made,
            bool(locked),
        )  # fmt: skip

    def _last(self, path: str, error: Exception) -> Ready | None:
        if not self._broken:
            self._broken = True
            self._warn(f"warning the store cannot be read, the last files are served: {error}")
        return self._kept.get(path)

    def _keep(self, path: str, found: Ready | None) -> None:
        self._size += len(found.data) if found else 0
        if self._size > MEMORY or len(self._kept) >= MOST:
            self._forget()
            self._size = len(found.data) if found else 0
        self._kept[path] = found

    def _forget(self) -> None:
        self._kept.clear()
        self._size = 0

    def close(self) -> None:
        """Let go of the database."""
        self._reader.close()
