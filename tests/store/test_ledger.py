import zlib
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, event, insert, update
from tests.store.ledgers import CHAIN, batches, facts

from ringback.errors import MalformedError, UsageError
from ringback.store import tables
from ringback.store.chain import Chain
from ringback.store.database import Database
from ringback.store.fact import Fact, Kind
from ringback.store.ledger import Ledger

A, B = "000e08000001", "000e08000002"
OTHER = zlib.compress(b'[3,3.0,"answer","","","",0,"",""]')
BOMB = zlib.compress(bytes(100_000_000), 1)


@pytest.fixture
def written(store):
    chain = Chain(store.seal.draw("ledger"))
    with store.ledger.writing() as connection:
        ledger = Ledger(connection, chain)
        ledger.append([Fact(1.0, Kind.OPEN), Fact(2.25, Kind.ANSWER, A, "who", "d /x", 1, "ab")])
        ledger.append([Fact(3.0, Kind.ANSWER, B), Fact(4.0, Kind.REFUSAL, A), Fact(5.0, "close")])
    return store.ledger, chain


def test_records_are_found_by_device_and_time(written):
    database, chain = written
    with database.reading() as connection:
        ledger = Ledger(connection, chain)
        assert [each.number for each in ledger.records()] == [1, 2, 3, 4, 5]
        assert [each.number for each in ledger.records(device=A)] == [2, 4]
        assert [each.number for each in ledger.records(since=3.0, until=5.0)] == [3, 4]
        assert [each.number for each in ledger.records(device=A, newest=1)] == [4]
        assert not list(ledger.faults())
        assert ledger.head.number == 5


def test_a_batch_is_read_once_for_all_devices_that_are_asked_for(written):
    database, chain = written
    asked: list[str] = []
    with database.reading() as connection:
        event.listen(connection, "before_cursor_execute", lambda *each: asked.append(each[2]))
        found = list(Ledger(connection, chain).facts([A, B]))
        assert not list(Ledger(connection, chain).facts([]))
    assert [each.time for each in found] == [2.25, 3.0, 4.0]
    assert len(asked) == 1


@pytest.mark.parametrize("device", ["", A])
def test_what_is_young_is_found_without_a_look_at_what_is_old(written, device):
    database, chain = written
    asked: list[tuple[str, Any]] = []
    with database.reading() as connection:
        event.listen(
            connection,
            "before_cursor_execute",
            lambda _connection, _cursor, query, values, *_: asked.append((query, values)),
        )
        assert list(Ledger(connection, chain).records(device=device, since=3.0))
        ((query, values),) = asked
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", values).all()
    plan = [row[-1] for row in rows]
    assert any("COVERING INDEX batches_by_until (until>?)" in each for each in plan)
    assert not any(each.startswith("SCAN batches") for each in plan)


@pytest.mark.parametrize(
    "harm",
    [
        update(tables.batches).where(tables.batches.c.number == 1).values(body=b"[]"),
        update(tables.batches).where(tables.batches.c.number == 3).values(body=b""),
        update(tables.batches).where(tables.batches.c.number == 3).values(body=OTHER),
        update(tables.batches).where(tables.batches.c.number == 3).values(body=BOMB),
        update(tables.batches).where(tables.batches.c.number == 3).values(seal="00"),
        update(tables.batches).where(tables.batches.c.number == 3).values(seal=""),
        update(tables.batches).where(tables.batches.c.number == 3).values(time=4.0),
        update(tables.batches).where(tables.batches.c.number == 3).values(before="00"),
        delete(tables.batches).where(tables.batches.c.number == 1),
        delete(tables.batches).where(tables.batches.c.number == 3),
        delete(tables.batches),
        delete(tables.head),
        update(tables.head).values(number=4),
        delete(tables.visits).where(tables.visits.c.device == A, tables.visits.c.batch == 3),
        update(tables.visits).where(tables.visits.c.device == B).values(batch=1),
        insert(tables.visits).values(device=B, batch=1),
    ],
)
def test_whatever_is_done_to_the_file_is_found(written, harm):
    database, chain = written
    with database.writing() as connection:
        connection.execute(harm)
        assert list(Ledger(connection, chain).faults())


def test_whatever_is_written_can_be_read_again(written):
    database, chain = written
    long = [Fact(float(at), Kind.ANSWER, A, "\x07" * 2_000_000) for at in range(7)]
    with database.writing() as connection:
        ledger = Ledger(connection, chain)
        ledger.append(long)
        assert not list(ledger.faults())
        assert [each.fact for each in ledger.records(device=A)][2:] == long
        with pytest.raises(UsageError, match="read again"):
            ledger.append([Fact(9.0, Kind.ANSWER, A, "x" * 12_000_000)])


def test_old_records_go_and_what_is_left_proves(written):
    database, chain = written
    with database.writing() as connection:
        ledger = Ledger(connection, chain)
        assert ledger.prune(3.5, 9.0) == 3
        assert [each.fact.kind for each in ledger.records()] == [
            Kind.CHECKPOINT, Kind.REFUSAL, Kind.CLOSE,
        ]  # fmt: skip
        assert not list(ledger.faults())
        assert ledger.prune(3.5, 9.0) == 0
        ledger.append([Fact(6.0, Kind.OPEN)])
        assert ledger.prune(100.0, 9.0) == 2  # the newest stays
        assert not list(ledger.faults())
        first = next(ledger.records())
        assert first.fact.outcome == "removed=5 since=1.0 until=5.0"
        assert first.number == 5


@pytest.mark.parametrize(
    "harm", [{"time": 0.0}, {"until": 0.0}, {"last": 9}, {"seal": "00"}, {"body": OTHER}]
)
def test_a_checkpoint_that_was_altered_is_found_and_the_next_one_does_not_seal_it(written, harm):
    database, chain = written
    with database.writing() as connection:
        ledger = Ledger(connection, chain)
        ledger.prune(3.5, 9.0)
        connection.execute(update(tables.batches).where(tables.batches.c.number == 3).values(harm))
        assert list(ledger.faults())
        with pytest.raises(MalformedError, match="record"):
            ledger.prune(4.5, 9.0)


def test_a_pruned_ledger_without_its_checkpoint_does_not_hold(written):
    database, chain = written
    with database.writing() as connection:
        ledger = Ledger(connection, chain)
        ledger.prune(3.5, 9.0)
        connection.execute(delete(tables.batches).where(tables.batches.c.number == 3))
        assert list(ledger.faults())


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    made = Database(tmp_path_factory.mktemp("ledger") / "ledger", "ledger")
    yield made
    made.close()


@contextmanager
def forgotten(database):
    """A transaction of which nothing stays."""
    with suppress(ZeroDivisionError), database.writing() as connection:
        yield Ledger(connection, CHAIN)
        raise ZeroDivisionError


@settings(deadline=None)
@given(batches, st.floats(0, 4e9), st.floats(0, 4e9), st.integers(1, 5))
def test_what_is_asked_for_is_what_a_look_at_every_record_finds(database, found, one, other, few):
    since, until = sorted((one, other))
    with forgotten(database) as ledger:
        for each in found:
            ledger.append(each)
        every = list(ledger.records())
        for device in {each.fact.device for each in every}:
            wanted = [
                each for each in every
                if each.fact.device == device and since <= each.fact.time < until
            ]  # fmt: skip
            if device:
                assert list(ledger.records(device=device, since=since, until=until)) == wanted
                mine = [each.fact for each in every if each.fact.device == device]
                assert list(ledger.facts([device])) == mine
                assert list(ledger.facts([device], newest=few)) == mine[::-1][:few]
        assert list(ledger.records(newest=few)) == every[::-1][:few]
        assert not list(ledger.faults())


@settings(deadline=None)
@given(batches, st.floats(0, 4e9), st.lists(facts, min_size=1, max_size=2))
def test_pruning_anywhere_leaves_a_ledger_that_proves_and_goes_on(database, found, before, more):
    with forgotten(database) as ledger:
        for each in found:
            ledger.append(each)
        every = list(ledger.records())
        gone = ledger.prune(before, 5e9)
        left = list(ledger.records())
        assert left[-(len(every) - gone) :] == every[gone:]
        young = [at for at, each in enumerate(every) if each.fact.time >= before]
        assert gone == min(young[0] if young else len(every), len(every) - 1)
        ledger.append(more)
        assert not list(ledger.faults())
        for device in {each.fact.device for each in every} - {""}:
            mine = [each for each in every[gone:] if each.fact.device == device]
            assert list(ledger.records(device=device))[: len(mine)] == mine
