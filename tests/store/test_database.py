import stat

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import insert, select
from tests.powerless import powerless, shut

from ringback.errors import RefusedError, StorageError
from ringback.store import tables
from ringback.store.database import Database, Store, Writer, key_check
from ringback.store.tables import meta, passes


def test_a_store_is_made_at_first_use_and_found_again(tmp_path):
    first = Store(tmp_path / "fleet.db")
    key = first.seal
    first.close()
    second = Store(tmp_path / "fleet.db")
    assert second.seal == key
    second.close()


def test_files_and_key_are_for_their_owner_only(store, tmp_path):
    assert store.ledger
    for each in tmp_path.iterdir():
        assert stat.S_IMODE(each.stat().st_mode) == 0o600, each


@pytest.mark.parametrize("which", ["fleet", "ledger"])
def test_migrations_lead_to_the_tables(tmp_path, which):
    database = Database(tmp_path / "one.db", which)
    metadata = {"fleet": tables.FLEET, "ledger": tables.LEDGER}[which]
    with database.reading() as connection:
        found = compare_metadata(MigrationContext.configure(connection), metadata)
    assert [each for each in found if each[1].name != "alembic_version"] == []
    database.close()


def test_a_store_of_a_newer_program_is_left_alone(store):
    with store.fleet.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StorageError, match="newer Ringback"):
        Store(store.path)


def test_a_wrong_key_is_one_clear_error(store, tmp_path):
    key = tmp_path / "fleet.db.key"
    key.write_text("00" * 32)
    with pytest.raises(RefusedError, match="is not the key of the store"):
        Store(store.path)
    key.write_text("rubbish")
    with pytest.raises(RefusedError, match=r"fleet\.db\.key is not a store's key: it holds 64"):
        Store(store.path)
    key.unlink()
    with pytest.raises(RefusedError, match="is missing: put it back"):
        Store(store.path)


def test_a_key_that_lies_there_is_taken_for_a_new_store(tmp_path):
    (tmp_path / "fleet.db.key").write_text("ab" * 32)
    made = Store(tmp_path / "fleet.db")
    assert made.seal.master == b"\xab" * 32
    made.close()


def test_a_file_that_is_no_database_is_refused_and_not_touched(tmp_path):
    path = tmp_path / "fleet.db"
    path.write_text("something else entirely, and longer than a header of SQLite" * 20)
    before = path.read_bytes()
    with pytest.raises(StorageError, match="not a database"):
        Store(path)
    assert path.read_bytes() == before


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(StorageError, match=r"no folder .*missing"):
        Store(tmp_path / "missing" / "fleet.db")


def write_and_fail(store):
    with store.fleet.writing() as connection:
        connection.execute(insert(meta).values(name="x", value="y"))
        raise ZeroDivisionError


def test_a_transaction_that_fails_leaves_nothing(store):
    with pytest.raises(ZeroDivisionError):
        write_and_fail(store)
    with store.fleet.reading() as connection:
        assert "x" not in set(connection.scalars(select(meta.c.name)))


def test_readers_do_not_wait_for_a_writer_and_see_what_was_before(store):
    with store.fleet.writing() as writer:
        writer.execute(insert(meta).values(name="x", value="y"))
        with store.fleet.reading() as reader:
            assert "x" not in set(reader.scalars(select(meta.c.name)))


def fill(store):
    with store.fleet.writing() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        rows = [{"name": f"n{number}", "value": "x" * 900} for number in range(500)]
        connection.execute(insert(meta), rows)


def test_a_full_disk_is_a_clear_error_and_nothing_is_lost(store):
    with pytest.raises(StorageError, match=r"full.*free some space"):
        fill(store)
    with store.fleet.reading() as connection:
        assert set(connection.scalars(select(meta.c.name))) == {"key_check", "ready"}


def test_a_store_that_cannot_be_written_is_read(store):
    Store(store.path).ledger.close()
    store.close()

    def read():
        found = Store(store.path)
        with found.fleet.reading() as connection, found.ledger.reading():
            assert key_check(connection) == found.seal.check
        with pytest.raises(StorageError, match=r"cannot be written.*what is there can be read"):
            write(found)
        found.close()

    with shut(store.path.parent):
        powerless(read)
    write(store)


def write(store):
    with store.fleet.writing() as connection:
        connection.execute(insert(meta).values(name="x", value="y"))


def test_a_ledger_that_cannot_be_made_reads_as_an_empty_one_until_it_can(store):
    with shut(store.path.parent):
        made = powerless(lambda: store.ledger)
        with made.reading() as connection:
            assert list(connection.execute(select(passes))) == []
    with made.writing() as connection:
        connection.execute(insert(passes).values(window=1, mac="x", times=1, last=1.0))
    with made.reading() as connection:
        assert len(list(connection.execute(select(passes)))) == 1


def test_a_store_that_cannot_be_made_says_so(tmp_path):
    with shut(tmp_path), pytest.raises(StorageError, match=r"fleet\.db cannot be written"):
        powerless(lambda: Store(tmp_path / "fleet.db"))


def test_tables_that_must_be_migrated_first_are_one_clear_error_where_nothing_can_be_written(store):
    with store.fleet.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    store.close()
    why = r"cannot be written.*tables are of an older Ringback .*must be migrated first"
    with shut(store.path.parent), pytest.raises(StorageError, match=why):
        powerless(lambda: Store(store.path))


def test_a_writer_is_used_again_and_opened_anew_after_an_error(store):
    with Writer(store.fleet) as writer:
        with writer.writing() as first:
            first.execute(insert(meta).values(name="x", value="y"))
        with writer.writing() as second:
            assert second is first
        with pytest.raises(StorageError), writer.writing() as second:
            second.execute(insert(meta).values(name="x", value="twice"))
        with writer.writing() as third:
            assert third is not first
            assert list(third.scalars(select(meta.c.value).where(meta.c.name == "x"))) == ["y"]
