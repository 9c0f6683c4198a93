"""The database: opened, made and migrated at first use, and kept in order. A door.

This is the only file that knows it is SQLite. Write-ahead logging, so that readers never wait for
a writer; ``synchronous=FULL``, so that what was acknowledged survives a power cut; transactions
begin as what they are (``BEGIN IMMEDIATE`` to write), so that two writers queue up instead of
failing half way. Every error of the driver becomes a ``StorageError`` that says what to do.

Beside ``FILE`` lie ``FILE.ledger`` (what was served) and ``FILE.key`` (what opens the secrets):
keep a copy of the key where the backups of the database are not.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, insert, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from ringback import clock
from ringback.certificate.vault import SECRET, read_bytes, write_file
from ringback.errors import MalformedError, NotFoundError, RefusedError, StorageError
from ringback.provisioning.fleet import READY
from ringback.store import tables
from ringback.store.seal import SIZE, Seal

PATIENCE: Final = 30
"""Seconds a writer waits for the one before it."""
_MIGRATIONS: Final = Path(__file__).parent / "migrations"
_READING: Final = "ringback_reading"
_REMEDIES: Final = (
    ("full", "free some space; nothing was changed"),
    ("locked", "another command is writing: try again"),
    ("readonly", "make the file and its folder writable"),
    ("unable to open", "make the file and its folder readable and writable"),
    ("not a database", "name another --store, or restore a backup"),
    ("malformed", "restore a backup"),
    ("disk i/o", "look at the disk; nothing was changed"),
)


class Database:
    """One database file of SQLite; ``which`` is ``fleet`` or ``ledger``."""

    def __init__(self, path: Path, which: str) -> None:
        self.path = path
        self._which = which
        self._engine = _engine(path)
        with _errors(path):
            _touch(path)
        self._migrate()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One state of the database, whatever is written meanwhile."""
        reading = self._engine.execution_options(**{_READING: True})
        with _driver_errors(self.path), reading.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction: all of it, or nothing. One at a time; others wait."""
        with _driver_errors(self.path), self._engine.begin() as connection:
            yield connection

    def _migrate(self) -> None:
        """Bring the tables up to date; most often they are."""
        newest = tables.NEWEST[self._which]
        with self.reading() as connection:
            if _version(connection) == newest:
                return
        with self.writing() as connection:
            found = _version(connection)
            if found > newest:
                raise StorageError(
                    f"{self.path} was written by a newer Ringback (its tables are at {found})",
                    remedy=f"this one knows {newest}: install the newer one",
                )
            _upgrade(connection, self._which)

    def close(self) -> None:
        """Let go of the file."""
        self._engine.dispose()


class Store:
    """A fleet's database, its ledger's and the key to both.

    Raises:
        StorageError: when a file cannot be had. RefusedError: for a key that is not this store's.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.parent.is_dir():
            raise StorageError(
                f"no folder {path.parent} for the store", remedy="make it, or name another --store"
            )
        self.fleet = Database(path, "fleet")
        self.seal = self._open_key(path.with_name(f"{path.name}.key"))

    @cached_property
    def ledger(self) -> Database:
        """The ledger, opened when it is asked for."""
        return Database(self.path.with_name(f"{self.path.name}.ledger"), "ledger")

    def _open_key(self, file: Path) -> Seal:
        """The key of this store; made with it, at first use."""
        check = self._check()
        if not check:
            return self._make_key(file)
        try:
            seal = _read_key(file)
        except NotFoundError as error:
            raise RefusedError(
                f"the key {file} of the store {self.path} is missing",
                remedy="put it back from where you keep a copy: nothing opens without it",
            ) from error
        if seal.check != check:
            raise RefusedError(
                f"{file} is not the key of the store {self.path}",
                remedy="put the right one back: nothing was changed",
            )
        return seal

    def _check(self) -> str:
        with self.fleet.reading() as connection:
            return key_check(connection)

    def _make_key(self, file: Path) -> Seal:
        with self.fleet.writing() as connection:
            check = key_check(connection)
            if not check:
                seal = _kept_or_new(file)
                made = {"key_check": seal.check, tables.READY_AT_FIRST: str(READY)}
                rows = [{"name": name, "value": value} for name, value in made.items()]
                connection.execute(insert(tables.meta), rows)
                return seal
        return self._open_key(file)

    def close(self) -> None:
        """Let go of the files."""
        self.fleet.close()
        if "ledger" in self.__dict__:
            self.ledger.close()


def _read_key(file: Path) -> Seal:
    try:
        return Seal.parse(read_bytes(file).strip())
    except MalformedError as error:
        raise RefusedError(
            f"{file} is not a store's key: it holds 64 hexadecimal digits",
            remedy="put the right one back from where you keep a copy",
        ) from error


def _kept_or_new(file: Path) -> Seal:
    """A key that lies there already (a backup's, or of a start that was cut short), or a new one.

    It is on the disk before the database knows it.
    """
    if file.exists():
        return _read_key(file)
    seal = Seal(clock.random_bytes(SIZE))
    write_file(file, bytes(seal), SECRET)
    return seal


def key_check(connection: Connection) -> str:
    """What tells a store's own key from others; empty in a store that has none yet."""
    column = select(tables.meta.c.value).where(tables.meta.c.name == "key_check")
    return connection.execute(column).scalar_one_or_none() or ""


def plain(path: Path) -> sqlite3.Connection:
    """A connection of the bare driver that only reads: for the device plane.

    Raises:
        StorageError: when the file cannot be had.
    """
    with _errors(path):
        found = sqlite3.connect(
            f"file:{_quoted(path)}?mode=ro",
            uri=True,
            isolation_level=None,
            timeout=0.2,
            check_same_thread=False,
            cached_statements=16,
        )
        found.execute("PRAGMA query_only=ON")
        found.execute("PRAGMA mmap_size=1073741824")
        return found


def _quoted(path: Path) -> str:
    """A path inside a ``file:`` URI."""
    return str(path).replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def _engine(path: Path) -> Engine:
    engine = create_engine(
        f"sqlite:///{path}", poolclass=NullPool, connect_args={"timeout": PATIENCE}
    )

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        for each in ("journal_mode=WAL", "synchronous=FULL", "temp_store=MEMORY"):
            connection.execute(f"PRAGMA {each}")
        connection.execute("PRAGMA cache_size=-65536")

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        reading = connection.get_execution_options().get(_READING)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return engine


def _touch(path: Path) -> None:
    """Make the file, for its owner only, before SQLite would make it for everyone."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, SECRET))


def _version(connection: Connection) -> str:
    """The migration the tables are at; empty for a new file."""
    there = "SELECT name FROM sqlite_master WHERE name = 'alembic_version'"
    if connection.exec_driver_sql(there).first() is None:
        return ""
    found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return str(found or "")


def _upgrade(connection: Connection, which: str) -> None:
    """Run what is missing, inside the transaction that is open."""
    from alembic import command  # noqa: PLC0415 (a third of a second, and seldom needed)
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("path_separator", "os")
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("version_locations", str(_MIGRATIONS / which).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


@contextmanager
def _driver_errors(path: Path) -> Iterator[None]:
    """Turn the driver's errors into ours; what else goes wrong meanwhile is not the store's."""
    try:
        yield
    except DBAPIError as error:
        raise _storage(path, str(error.orig)) from error
    except sqlite3.Error as error:
        raise _storage(path, str(error)) from error


@contextmanager
def _errors(path: Path) -> Iterator[None]:
    """The same, and the system's when a file is opened."""
    try:
        with _driver_errors(path):
            yield
    except OSError as error:
        raise _storage(path, error.strerror or str(error)) from error


def _storage(path: Path, why: str) -> StorageError:
    remedy = next((text for word, text in _REMEDIES if word in why.lower()), "")
    return StorageError(f"{path}: {why}", remedy=remedy or "nothing was changed")
