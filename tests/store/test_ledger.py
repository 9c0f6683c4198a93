import pytest
from sqlalchemy import delete, update

from ringback.store import tables
from ringback.store.chain import Chain, Fact, Kind
from ringback.store.ledger import Ledger

A, B = "000e08000001", "000e08000002"


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


@pytest.mark.parametrize(
    "harm",
    [
        update(tables.ledger).where(tables.ledger.c.number == 2).values(device=B),
        update(tables.ledger).where(tables.ledger.c.number == 5).values(outcome="x"),
        update(tables.ledger).where(tables.ledger.c.number == 5).values(seal="00"),
        delete(tables.ledger).where(tables.ledger.c.number == 3),
        delete(tables.ledger).where(tables.ledger.c.number == 5),
        delete(tables.ledger),
        delete(tables.head),
        update(tables.head).values(number=4),
    ],
)
def test_whatever_is_done_to_the_file_is_found(written, harm):
    database, chain = written
    with database.writing() as connection:
        connection.execute(harm)
        assert list(Ledger(connection, chain).faults())


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
        assert ledger.prune(100.0, 9.0) == 3  # the newest stays
        assert not list(ledger.faults())
        first = next(ledger.records())
        assert "removed=3" in first.fact.outcome
        assert first.number == 5


def test_a_pruned_ledger_without_its_checkpoint_does_not_hold(written):
    database, chain = written
    with database.writing() as connection:
        ledger = Ledger(connection, chain)
        ledger.prune(3.5, 9.0)
        connection.execute(delete(tables.ledger).where(tables.ledger.c.kind == Kind.CHECKPOINT))
        assert list(ledger.faults())
