"""SQLite as we open it: the ways into a file, and its errors in our words. A door.

Whoever reads a write-ahead log writes: into ``FILE-shm``, an index of ``FILE-wal`` that its readers
share. On a full disk, or on one that is mounted read-only, it cannot be made; and what was
published must be read all the same. So there are three ways to read, tried in turn:

=====================  ============  ============================  =============================
``FILE-wal``           ``FILE-shm``  on a full disk                read-only
=====================  ============  ============================  =============================
missing or empty       there or not  2: both can be made, empty    3: ``immutable``, as it lies
says something         there         1, or 2: indexed in memory    1: SQLite indexes in memory
says something         missing       2: it can be made, empty      none: what it says is not lost,
                                                                   but cannot be told
=====================  ============  ============================  =============================

The first is the usual one. The third would not see a log, and does not hear of writers: it is
taken only where there is no log, and a ``Reader`` opens the file again when that has changed.
"""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy.exc import DBAPIError

from ringback import clock
from ringback.errors import StorageError

PATIENCE: Final = 30.0
"""Seconds a writer waits for the one before it."""
_IMPATIENCE: Final = 0.2
"""Seconds the device plane waits, once it is open."""
_AGAIN: Final = 1.0
"""Seconds between two attempts to open what cannot be read."""
_WITHOUT_INDEX: Final = "mode=ro&readonly_shm=1"
_AS_IT_LIES: Final = "immutable=1"
_FULL: Final = "free some space; nothing was changed"
_REMEDIES: Final = (
    ("full", _FULL),
    ("locked", "another command is writing: try again"),
    ("readonly", "make the file and its folder writable"),
    ("unable to open", "make the file and its folder readable and writable"),
    ("not a database", "name another --store, or restore a backup"),
    ("malformed", "restore a backup"),
    ("disk i/o", "look at the disk; nothing was changed"),
)
_INDEX: Final = ("SQLITE_IOERR_SHMOPEN", "SQLITE_IOERR_SHMSIZE")
"""The index of the log could not be made: no room."""
_NOT_WRITABLE: Final = ("readonly", "read-only", "unable to open", "permission denied")


# --- the ways in ----------------------------------------------------------------------------------


def to_write(path: Path) -> sqlite3.Connection:
    """A connection that may write; the file is there already."""
    found = _connect(path, "mode=rw")
    try:
        for each in ("journal_mode=WAL", "synchronous=FULL"):
            found.execute(f"PRAGMA {each}")
        return _prepared(found)
    except sqlite3.Error:
        found.close()
        raise


def to_read(path: Path) -> sqlite3.Connection:
    """A connection for readers, whether or not the file can be written.

    Raises:
        StorageError: its log cannot be read.
    """
    found, _ = _readable(path, "mode=rw", PATIENCE)
    return _prepared(found)


def _prepared(found: sqlite3.Connection) -> sqlite3.Connection:
    found.execute("PRAGMA temp_store=MEMORY")
    found.execute("PRAGMA cache_size=-65536")
    return found


def _readable(path: Path, usual: str, patience: float) -> tuple[sqlite3.Connection, str]:
    """A connection that was seen to read, and the way it took."""
    ways = (usual, _WITHOUT_INDEX, _AS_IT_LIES)
    for way in ways:
        if way == _AS_IT_LIES and _log_of(path):
            break
        found = _connect(path, way, patience)
        try:
            found.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
        except sqlite3.Error as error:
            found.close()
            if way == ways[-1] or not _for_want_of_an_index(error):
                raise
        else:
            return found, way
    raise StorageError(
        f"{path} cannot be read: its log {path.name}-wal says something, and {path.name}-shm, "
        "the index of it, cannot be made here",
        remedy=f"make the folder writable, or copy {path.name}* into one that is",
    )


def _for_want_of_an_index(error: sqlite3.Error) -> bool:
    name = getattr(error, "sqlite_errorname", "")
    return name in ("SQLITE_CANTOPEN", "SQLITE_FULL", *_INDEX) or "_READONLY" in name


def _connect(path: Path, way: str, patience: float = PATIENCE) -> sqlite3.Connection:
    return sqlite3.connect(
        f"file:{_quoted(path)}?{way}",
        uri=True,
        isolation_level=None,  # we say BEGIN ourselves
        timeout=patience,
        check_same_thread=False,
        cached_statements=16,
    )


def _quoted(path: Path) -> str:
    """A path inside a ``file:`` URI."""
    return str(path).replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def _log_of(path: Path) -> int:
    """Bytes in the write-ahead log."""
    try:
        return path.with_name(f"{path.name}-wal").stat().st_size
    except OSError:
        return 0


# --- for the device plane -------------------------------------------------------------------------


class Reader:
    """Reads by the bare driver, on one connection, which is opened again when that is needed.

    Raises:
        StorageError: the file cannot be had.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._opened = path, 0
        self._mark: tuple[int, ...] = ()
        """What the file looked like, if we would hear of no writer."""
        with errors(path):
            self._open(PATIENCE)

    def _open(self, patience: float = _IMPATIENCE) -> None:
        self._tried, before = clock.monotonic(), _look(self._path)
        connection, way = _readable(self._path, "mode=ro", patience)
        connection.execute(f"PRAGMA busy_timeout={_IMPATIENCE * 1000:.0f}")
        connection.execute("PRAGMA query_only=ON")
        connection.execute("PRAGMA mmap_size=1073741824")
        self._cursor = connection.cursor()
        self._mark = before if way == _AS_IT_LIES else ()
        self._failing = False
        self._opened += 1

    def version(self) -> tuple[int, int]:
        """Another one as soon as anybody has written.

        Raises:
            sqlite3.Error, StorageError: it cannot be told.
        """
        stale = self._mark and self._mark != _look(self._path)
        if stale or (self._failing and clock.monotonic() - self._tried >= _AGAIN):
            self.close()
            self._failing, self._mark = True, ()  # so that a failure is tried again after a while
            self._open()
        ((version,),) = self.rows("PRAGMA data_version")
        return self._opened, version

    def rows(self, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """All that a query finds.

        Raises:
            sqlite3.Error: it cannot be read.
        """
        try:
            return self._cursor.execute(query, values).fetchall()
        except sqlite3.Error:
            self._failing = True
            raise

    def close(self) -> None:
        """Let go of the file."""
        self._cursor.connection.close()


def _look(path: Path) -> tuple[int, ...]:
    """What a file looks like from outside; another one when it, or a log of it, was written."""
    try:
        found = os.stat(path)  # noqa: PTH116 (one call, once a millisecond)
    except OSError:
        return ()
    log = os.path.exists(f"{path}-wal")  # noqa: PTH110
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, log


# --- errors ---------------------------------------------------------------------------------------


@contextmanager
def driver_errors(path: Path) -> Iterator[None]:
    """Turn the driver's errors into ours; what else goes wrong meanwhile is not the store's."""
    try:
        yield
    except DBAPIError as error:
        raise _storage(path, error.orig) from error
    except sqlite3.Error as error:
        raise _storage(path, error) from error


@contextmanager
def errors(path: Path) -> Iterator[None]:
    """The same, and the system's when a file is opened."""
    try:
        with driver_errors(path):
            yield
    except OSError as error:
        raise _storage(path, error) from error


def _storage(path: Path, error: BaseException | None) -> StorageError:
    why = getattr(error, "strerror", None) or str(error)
    if getattr(error, "sqlite_errorname", "") in _INDEX:
        why = "database or disk is full"
    elif any(each in why.lower() for each in _NOT_WRITABLE) and (closed := _closed(path)):
        return StorageError(
            f"{path} cannot be written: {closed}",
            remedy="make the file and its folder writable; what is there can be read",
        )
    remedy = next((text for word, text in _REMEDIES if word in why.lower()), "")
    return StorageError(f"{path}: {why}", remedy=remedy or "nothing was changed")


def _closed(path: Path) -> str:
    """Why a file cannot be written, or made; empty when it can.

    It is not opened to find out: closing it would let go of SQLite's locks (POSIX has it so).
    """
    if _writable(path.parent) and (_writable(path) or not path.exists()):
        return ""
    mounted = os.statvfs(path.parent).f_flag & os.ST_RDONLY
    return "its file system is read-only" if mounted else "we may not write it"


def _writable(path: Path) -> bool:
    return os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids)
