"""What an older program wrote is still there, and still proves, after the tables have changed."""

import sqlite3
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, select
from tests.store.ledgers import CHAIN

from ringback import store
from ringback.store import tables
from ringback.store.batch import Record
from ringback.store.chain import Head
from ringback.store.database import Database
from ringback.store.fact import Fact
from ringback.store.ledger import Ledger

MIGRATIONS = Path(store.__file__).parent / "migrations"
A, B = "000e08000001", "000e08000002"
NEW = Head()
FACTS = [
    [Fact(1.0, "open")],
    [Fact(2.0, "answer", A, "é \x07", "device /x", 1, "ab", "sent"), Fact(1.5, "answer", B)],
    [Fact(4.0, "close")],
]
INTO = "INSERT INTO ledger VALUES (?,?,?,?,?,?,?,?,?,?,?)"


def at(path, which, version):
    """A database as that version made it."""
    config = Config()
    config.set_main_option("path_separator", "os")
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("version_locations", str(MIGRATIONS / which))
    with create_engine(f"sqlite:///{path}").begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, version)
    return path


@pytest.fixture
def old(tmp_path):
    """A ledger as version 0002 wrote it: a row for each record, the last of a batch sealed."""
    return at(tmp_path / "ledger", "ledger", "0002")


def written(path, facts, head=NEW):
    """Rows as they were: each with its chain, and a seal where a batch ended."""
    with sqlite3.connect(path) as connection:
        for each in facts:
            batch, head = CHAIN.extend(head, each)
            for number, fact, chain, seal in batch.records():
                connection.execute(INTO, (number, *fact, chain, seal))
        connection.execute("INSERT INTO head VALUES (1,?,?,?)", head)
    connection.close()
    return head.chain


def opened(path):
    found = Database(path, "ledger")
    with found.reading() as connection:
        ledger = Ledger(connection, CHAIN)
        yield ledger
    found.close()


def test_a_ledger_of_a_row_for_each_record_proves_as_it_did(old):
    chain = written(old, FACTS)
    for ledger in opened(old):
        records = list(ledger.records())
        assert [each.fact for each in records] == [fact for batch in FACTS for fact in batch]
        assert records[-1].chain == chain
        assert [each.number for each in ledger.records(device=B)] == [3]
        assert not list(ledger.faults())


def test_a_pruned_ledger_of_rows_proves_as_it_did(old):
    last = Record(7, Fact(0.5, "answer"), "ab" * 32)
    mark = CHAIN.checkpoint(last, 0.75, 7, 0.25)
    (record,) = mark.records()
    with sqlite3.connect(old) as connection:
        connection.execute(INTO, (7, *record.fact, mark.chain, mark.seal))
    connection.close()
    written(old, FACTS, Head(7, mark.chain))
    for ledger in opened(old):
        assert [each.number for each in ledger.records()] == [7, 8, 9, 10, 11]
        assert not list(ledger.faults())


def test_what_was_altered_before_is_still_found(old):
    written(old, FACTS)
    with sqlite3.connect(old) as connection:
        connection.execute("UPDATE ledger SET outcome = 'never' WHERE number = 2")
    connection.close()
    for ledger in opened(old):
        assert list(ledger.faults())


def test_devices_that_went_before_are_remembered_by_the_keys_of_their_files(tmp_path):
    path = at(tmp_path / "fleet.db", "fleet", "0004")
    device = "INSERT INTO devices VALUES (?, 'SPA504G', '', '', '', '', 0, NULL, 1, NULL, '', x'')"
    entry = (
        "INSERT INTO entries (path, mac, document, level, key, encoding, type, mark, hash, since)"
        " VALUES ('/', ?, 'device', 3, ?, '', '', '', x'', 1)"
    )
    with sqlite3.connect(path) as connection:
        connection.execute(device, (A,))
        connection.executemany(entry, [(A, 5), (B, 0), (B, 3), (B, 2), ("", None)])
    connection.close()
    made = Database(path, "fleet")
    with made.reading() as fleet:
        (left,) = fleet.execute(select(tables.departed)).all()
        assert tuple(left) == (B, False, 3, None, 1, None)
        assert fleet.scalar(select(tables.devices.c.first_key)) == 1
    made.close()
