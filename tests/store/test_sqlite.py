"""The ways into a file of SQLite: whatever can be read is, on whatever disk."""

import sqlite3
import subprocess
import sys
from functools import partial

import pytest
from tests.powerless import full, powerless, shut

from ringback.errors import StorageError
from ringback.store.sqlite import Reader, errors, to_read, to_write


@pytest.fixture
def path(tmp_path):
    """A database with one row, which nobody has open; in a folder of its own."""
    (tmp_path / "kept").mkdir()
    made = tmp_path / "kept" / "one %?#.db"
    made.touch()
    connection = to_write(made)
    connection.execute("CREATE TABLE things (name)")
    connection.execute("INSERT INTO things VALUES ('one')")
    connection.close()
    return made


@pytest.fixture
def killed(path):
    """The same, as a process leaves it that was killed: the log says more than the file."""
    connection = to_write(path)
    connection.execute("INSERT INTO things VALUES ('two')")
    kept = {each: each.read_bytes() for each in path.parent.iterdir()}
    connection.close()
    for each, data in kept.items():
        each.write_bytes(data)
    return path


ELSEWHERE = """
import sys
from pathlib import Path
from ringback.store.sqlite import to_write
connection = to_write(Path(sys.argv[1]))
connection.execute("INSERT INTO things VALUES (?)", (sys.argv[2],))
connection.close()
"""
"""Another process writes: within one, SQLite's connections share what they know of the log."""


def names(connection):
    return [name for (name,) in connection.execute("SELECT name FROM things")]


def read(path):
    connection = to_read(path)
    try:
        return names(connection)
    finally:
        connection.close()


def test_a_full_disk_is_read_with_and_without_a_log(path):
    with full():
        assert read(path) == ["one"]


@pytest.mark.parametrize("index", [None, b"", b"abc"])
def test_a_log_is_read_on_a_full_disk_whatever_became_of_its_index(killed, index):
    shm = killed.with_name(f"{killed.name}-shm")
    if index is None:
        shm.unlink()
    elif index:
        shm.write_bytes(index)
    with full():
        assert read(killed) == ["one", "two"]
    assert read(killed) == ["one", "two"]


def test_what_cannot_be_written_is_read(path):
    with shut(path.parent):
        assert powerless(partial(read, path)) == ["one"]


def test_a_log_with_its_index_is_read_where_nothing_can_be_written(killed):
    with shut(killed.parent):
        assert powerless(partial(read, killed)) == ["one", "two"]


def test_a_log_without_its_index_there_is_one_clear_error_and_no_old_state(killed):
    killed.with_name(f"{killed.name}-shm").unlink()
    with shut(killed.parent), pytest.raises(StorageError, match=r"log .*-wal says something"):
        powerless(partial(read, killed))
    assert read(killed) == ["one", "two"]


def test_writing_what_cannot_be_written_says_why(path):
    def write():
        with errors(path):
            connection = to_write(path)
            connection.execute("DELETE FROM things")

    with shut(path.parent), pytest.raises(StorageError, match="cannot be written: we may not"):
        powerless(write)
    with full(), pytest.raises(StorageError, match="disk is full: free some space"):
        write()


def test_a_reader_sees_what_others_write_and_writes_nothing(path):
    reader, writer = Reader(path), to_write(path)
    before = reader.version()
    assert reader.version() == before
    writer.execute("INSERT INTO things VALUES ('two')")
    assert reader.version() != before
    assert reader.rows("SELECT count(*) FROM things WHERE name <> ?", ("x",)) == [(2,)]
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader.rows("DELETE FROM things")
    reader.close()
    writer.close()


@pytest.mark.parametrize("closed", [False, True])
def test_a_reader_that_began_read_only_sees_what_is_written_later(path, closed):
    with shut(path.parent):
        reader = powerless(partial(Reader, path))
        before = reader.version()
        assert reader.rows("SELECT name FROM things") == [("one",)]
    writer = to_write(path)
    writer.execute("INSERT INTO things VALUES ('two')")
    if closed:
        writer.close()
    assert reader.version() != before
    assert reader.rows("SELECT name FROM things") == [("one",), ("two",)]
    reader.close()
    writer.close()


def test_a_reader_that_began_on_a_full_disk_sees_what_is_written_later(path):
    with full():
        reader = Reader(path)
        assert reader.rows("SELECT name FROM things") == [("one",)]
    for name in ("two", "three"):
        before = reader.version()
        subprocess.run([sys.executable, "-c", ELSEWHERE, str(path), name], check=True)
        assert reader.version() != before
    assert len(reader.rows("SELECT name FROM things")) == 3
    reader.close()


def test_a_reader_that_cannot_be_opened_again_pauses_between_two_attempts(path, monkeypatch):
    with shut(path.parent):
        reader = powerless(partial(Reader, path))
    away = path.rename(path.with_name("away"))
    with pytest.raises(sqlite3.OperationalError, match="unable to open"):
        reader.version()
    for _ in range(100):
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            reader.version()
    away.rename(path)
    monkeypatch.setattr("ringback.store.sqlite._AGAIN", 0.0)
    assert reader.version()
    assert reader.rows("SELECT name FROM things") == [("one",)]
    reader.close()


def test_a_reader_that_failed_is_opened_again_after_a_while(path, monkeypatch):
    reader = Reader(path)
    reader.close()
    with pytest.raises(sqlite3.Error):
        reader.rows("SELECT name FROM things")
    monkeypatch.setattr("ringback.store.sqlite._AGAIN", 0.0)
    assert reader.version()
    assert reader.rows("SELECT name FROM things") == [("one",)]
    reader.close()
