"""The database: made and migrated at first use, and kept in order. A door.

Write-ahead logging, so that readers never wait for a writer; ``synchronous=FULL``, so that what was
acknowledged survives a power cut; transactions begin as what they are (``BEGIN IMMEDIATE`` to
write), so that two writers queue up instead of failing half way. Every error of the driver becomes
a ``StorageError`` that says what to do. How the file is opened is ``sqlite``'s.

What cannot be written can be read: on a full disk, or one mounted read-only, a database opens all
the same, and ``writing`` alone says what is wrong, until it no longer is. Only tables that would
have to be migrated first cannot be read then.

Beside ``FILE`` lie ``FILE.ledger`` (what was served) and ``FILE.key`` (what opens the secrets):
keep a copy of the key where the backups of the database are not.
"""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Final, Self

from sqlalchemy import Connection, Engine, create_engine, event, insert, select
from sqlalchemy.pool import NullPool

from ringback import clock
from ringback.certificate.vault import SECRET, read_bytes, write_file
from ringback.errors import MalformedError, NotFoundError, RefusedError, StorageError
from ringback.provisioning.fleet import READY
from ringback.store import tables
from ringback.store.seal import SIZE, Seal
from ringback.store.sqlite import driver_errors, errors, to_read, to_write

_MIGRATIONS: Final = Path(__file__).parent / "migrations"
_TABLES: Final = {"fleet": tables.FLEET, "ledger": tables.LEDGER}


class Database:
    """One database file of SQLite; ``which`` is ``fleet`` or ``ledger``.

    One that is not there, and cannot be made now, reads as an empty one.

    Raises:
        StorageError: it cannot be read.
    """

    def __init__(self, path: Path, which: str) -> None:
        self.path = path
        self._which = which
        self._reader = _engine(partial(to_read, path), "BEGIN")
        self._writer = _engine(partial(to_write, path), "BEGIN IMMEDIATE")
        self._made = False
        try:
            self._make()
        except StorageError:
            if self._version():
                raise

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One state of the database, whatever is written meanwhile."""
        there = self._made or self._version()
        engine = self._reader if there else _nowhere()
        with driver_errors(self.path), engine.begin() as connection:
            if not there:
                _TABLES[self._which].create_all(connection)
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction: all of it, or nothing. One at a time; others wait."""
        with Writer(self) as writer, writer.writing() as connection:
            yield connection

    def connect(self) -> Connection:
        """A connection to write by."""
        if not self._made:
            self._make()
        with driver_errors(self.path):
            return self._writer.connect()

    def _make(self) -> None:
        """Make the file, and bring its tables up to date; most often they are."""
        with errors(self.path):
            _touch(self.path)
        newest, found = tables.NEWEST[self._which], self._version()
        if found > newest:
            raise StorageError(
                f"{self.path} was written by a newer Ringback (its tables are at {found})",
                remedy=f"this one knows {newest}: install the newer one",
            )
        if found != newest:
            try:
                with driver_errors(self.path), self._writer.begin() as connection:
                    _upgrade(connection, self._which)
            except StorageError as error:
                raise _left_behind(error, found, newest) from error
        self._made = True

    def _version(self) -> str:
        """The migration the tables are at; empty where there are none."""
        if not self.path.exists():
            return ""
        with driver_errors(self.path), self._reader.begin() as connection:
            return _version(connection)

    def close(self) -> None:
        """Let go of the file."""
        self._reader.dispose()
        self._writer.dispose()


class Writer:
    """Writes again and again, on one connection that stays open, by one thread at a time.

    Opening one costs more than a small transaction, and closing the last one moves the whole log
    into the file. Between transactions it holds nothing that others would wait for. After an error,
    and when another file has taken the place of this one, it is opened anew.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: Connection | None = None
        self._mark: tuple[int, int] = 0, 0

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction: all of it, or nothing."""
        with driver_errors(self._database.path):
            try:
                connection = self._open()
                with connection.begin():
                    yield connection
            except BaseException:
                self.close()
                raise

    def _open(self) -> Connection:
        mark = _file(self._database.path)
        if self._connection is not None and mark != self._mark:
            self.close()
        if self._connection is None:
            self._connection = self._database.connect()
            self._mark = _file(self._database.path)
        return self._connection

    def close(self) -> None:
        """Let go of the file."""
        held, self._connection = self._connection, None
        if held is not None:
            held.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Store:
    """A fleet's database, its ledger's and the key to both.

    Raises:
        StorageError: when a file cannot be had. RefusedError: for a key that is not this store's.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._ledger: Database | None = None
        self._opening = Lock()
        if not path.parent.is_dir():
            raise StorageError(
                f"no folder {path.parent} for the store", remedy="make it, or name another --store"
            )
        self.fleet = Database(path, "fleet")
        self.seal = self._open_key(path.with_name(f"{path.name}.key"))

    @property
    def ledger(self) -> Database:
        """The ledger, opened when it is first asked for, by whichever thread."""
        with self._opening:
            if self._ledger is None:
                self._ledger = Database(self.ledger_path, "ledger")
            return self._ledger

    @property
    def ledger_path(self) -> Path:
        """Where the ledger lies."""
        return self.path.with_name(f"{self.path.name}.ledger")

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
        if self._ledger is not None:
            self._ledger.close()


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


def _engine(opened: Callable[[], sqlite3.Connection], begin: str) -> Engine:
    """Connections as ``opened`` gives them, whose transactions begin by ``begin``."""
    engine = create_engine("sqlite://", creator=opened, poolclass=NullPool)

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _nowhere() -> Engine:
    """A database in memory, which is gone with its connection."""
    return _engine(partial(sqlite3.connect, ":memory:", isolation_level=None), "BEGIN")


def _touch(path: Path) -> None:
    """Make the file, for its owner only, before SQLite would make it for everyone.

    One that is there is not opened: closing it would let go of SQLite's locks (POSIX has it so).
    """
    if not path.exists():
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, SECRET))


def _file(path: Path) -> tuple[int, int]:
    """Which file lies there."""
    try:
        found = os.stat(path)  # noqa: PTH116 (one call for each batch)
    except OSError:
        return 0, 0
    return found.st_dev, found.st_ino


def _left_behind(error: StorageError, found: str, newest: str) -> StorageError:
    """Tables of an older program that cannot be brought up to date."""
    if not found:
        return error
    what = f"its tables are of an older Ringback ({found}, not {newest}) and must be migrated first"
    return StorageError(f"{error.what}; {what}", remedy=error.remedy)


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
