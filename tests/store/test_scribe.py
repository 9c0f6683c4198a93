import os
import signal
import subprocess
import sys
import threading
from functools import partial

import pytest
from sqlalchemy import update
from tests.powerless import full, powerless, shut

from ringback.errors import UsageError
from ringback.store.chain import Chain
from ringback.store.database import Store
from ringback.store.fact import Fact, Kind
from ringback.store.ledger import Ledger
from ringback.store.scribe import Scribe
from ringback.store.sqlite import to_write
from ringback.store.tables import batches


def records(store):
    with store.ledger.reading() as connection:
        ledger = Ledger(connection, Chain(store.seal.draw("ledger")))
        assert not list(ledger.faults())
        return list(ledger.records())


def kinds(store):
    return [each.fact.kind for each in records(store)]


def test_what_is_noted_is_written_with_an_opening_and_a_close(store):
    scribe = Scribe(store, print)
    scribe.note(lambda: Fact(1.0, Kind.ANSWER, "000e08000001"))
    scribe.note(lambda: Fact(2.0, Kind.ANSWER))
    scribe.close()
    assert kinds(store) == [Kind.OPEN, Kind.ANSWER, Kind.ANSWER, Kind.CLOSE]


def test_what_is_noted_is_on_the_disk_soon_without_a_close(store):
    scribe = Scribe(store, print, period=0.01)
    scribe.note(lambda: Fact(1.0, Kind.ANSWER, "000e08000001"))
    for _ in range(2000):
        if Kind.ANSWER in kinds(store):
            break
    else:
        pytest.fail("never written")
    scribe.close()


def test_one_process_writes_a_ledger(store):
    scribe = Scribe(store, print)
    with pytest.raises(UsageError, match="another server"):
        Scribe(store, print)
    scribe.close()
    Scribe(store, print).close()


KILLED = """
import sys, time
from functools import partial
from pathlib import Path
from ringback.store.fact import Fact
from ringback.store.database import Store
from ringback.store.scribe import Scribe
from ringback.store.sqlite import to_write
scribe = Scribe(Store(Path(sys.argv[1])), print, period=0.01)
scribe.begun(10.0)
for number in range(10**9):
    scribe.note(partial(Fact, float(number), "answer", outcome=str(number)))
    if number % 50 == 0:
        print(number, flush=True)
        time.sleep(0.005)
"""


def test_after_a_kill_the_ledger_opens_with_a_gap(tmp_path):
    path = tmp_path / "fleet.db"
    Store(path).close()
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout
        for _ in range(20):
            child.stdout.readline()
        os.kill(child.pid, signal.SIGKILL)
    store = Store(path)
    before = kinds(store)
    assert before.count(Kind.ANSWER) > 50
    Scribe(store, print).close()
    assert kinds(store)[len(before) :] == [Kind.GAP, Kind.OPEN, Kind.CLOSE]
    gap = records(store)[len(before)]
    assert gap.fact.outcome.startswith("since=")
    outcomes = [each.fact.outcome for each in records(store)[1 : len(before)]]
    assert outcomes == [str(number) for number in range(len(outcomes))]  # none lost in between
    store.close()


def test_after_records_that_cannot_be_read_the_ledger_goes_on_and_says_so(store):
    Scribe(store, print).close()
    with store.ledger.writing() as connection:
        connection.execute(update(batches).where(batches.c.number == 2).values(body=b"\x00"))
    said: list[str] = []
    scribe = Scribe(store, said.append)
    scribe.note(partial(Fact, 7.0, Kind.ANSWER))
    scribe.close()
    assert not said
    with store.ledger.reading() as connection:
        ledger = Ledger(connection, Chain(store.seal.draw("ledger")))
        assert list(ledger.faults()) == ["record 2 was altered, or what stands before"]
        found = [each.fact for each in ledger.records(since=3.0, newest=4)][::-1]
    assert [each.kind for each in found] == [Kind.GAP, Kind.OPEN, Kind.ANSWER, Kind.CLOSE]
    assert "the last records cannot be read" in found[0].outcome


def test_whoever_holds_the_ledger_is_waited_for_and_nothing_is_lost(store):
    warned: list[str] = []
    scribe = Scribe(store, warned.append, period=0.01)
    other = Store(store.path)
    with other.ledger.writing():
        for number in range(100):
            scribe.note(partial(Fact, float(number), Kind.ANSWER, outcome=str(number)))
    scribe.close()
    answers = [each for each in records(store) if each.fact.kind == Kind.ANSWER]
    assert [each.fact.outcome for each in answers] == [str(number) for number in range(100)]
    assert not warned
    other.close()


def test_it_starts_while_another_writes_the_ledger(store):
    Scribe(store, print).close()
    other = Store(store.path)
    with other.ledger.writing():
        scribe = Scribe(store, print, period=0.001, now=lambda: 5.0)
        assert not scribe.begun(0.0)
        scribe.note(partial(Fact, 7.0, Kind.ANSWER))
    scribe.close()
    assert kinds(store)[2:] == [Kind.OPEN, Kind.ANSWER, Kind.CLOSE]
    other.close()


def test_what_could_not_be_kept_becomes_a_gap(store):
    scribe = Scribe(store, print, period=30.0, most=3)
    for number in range(10):
        scribe.note(partial(Fact, float(number), Kind.ANSWER))
    scribe.close()
    assert kinds(store) == [Kind.OPEN, *[Kind.ANSWER] * 3, Kind.GAP, Kind.CLOSE]
    assert "7 records" in records(store)[4].fact.outcome


def until(true):
    for _ in range(10_000):
        if true():
            return
        threading.Event().wait(0.001)
    pytest.fail("never")


def test_a_full_disk_is_told_once_and_what_waits_is_written_when_there_is_room(store):
    said: list[str] = []
    scribe = Scribe(store, said.append, period=0.001)
    assert scribe.begun(10.0)
    with full():
        for number in range(100):
            scribe.note(partial(Fact, float(number), Kind.ANSWER))
        until(lambda: said)
        for number in range(100, 200):
            scribe.note(partial(Fact, float(number), Kind.ANSWER))
    until(lambda: len(said) > 1)
    scribe.close()
    times = [each.fact.time for each in records(store) if each.fact.kind == Kind.ANSWER]
    assert times == [float(number) for number in range(200)]
    assert Kind.GAP not in kinds(store)
    assert len(said) == 2
    assert "warning the ledger cannot be written: files are served on" in said[0]
    assert said[1] == "the ledger is written again"


def test_beyond_the_bound_records_are_missing_and_a_gap_says_how_many_and_since_when(store):
    said: list[str] = []
    scribe = Scribe(store, said.append, period=0.001, now=lambda: 77.0, most=50)
    assert scribe.begun(10.0)
    with full():
        scribe.note(partial(Fact, 0.0, Kind.ANSWER))
        until(lambda: said)
        for number in range(1, 80):
            scribe.note(partial(Fact, float(number), Kind.ANSWER))
    until(lambda: len(said) > 1)
    scribe.close()
    found = records(store)
    kept = [each for each in found if each.fact.kind == Kind.ANSWER]
    (gap,) = (each.fact for each in found if each.fact.kind == Kind.GAP)
    lost = 80 - len(kept)
    assert lost > 0
    assert gap.outcome == f"since=77.0 until=77.0: {lost} records were not kept"
    assert f"{lost} records are missing" in said[1]
    assert found[-1].fact.kind == Kind.CLOSE


def test_a_server_that_ends_while_the_disk_is_full_leaves_a_gap_for_the_next(store):
    said: list[str] = []
    scribe = Scribe(store, said.append, period=0.001)
    assert scribe.begun(10.0)
    with full():
        scribe.note(partial(Fact, 1.0, Kind.ANSWER))
        scribe.close()
    assert said
    Scribe(store, print).close()
    assert kinds(store) == [Kind.OPEN, Kind.GAP, Kind.OPEN, Kind.CLOSE]


@pytest.mark.parametrize("made", [False, True])
def test_it_starts_on_a_full_disk_and_begins_the_ledger_when_there_is_room(store, made):
    said: list[str] = []
    if made:
        Scribe(store, print).close()
    before = [Kind.OPEN, Kind.CLOSE] if made else []
    with full():
        scribe = Scribe(store, said.append, period=0.001, now=lambda: 5.0)
        assert scribe.begun(10.0)
        assert "full" in said[0]
        assert scribe.trouble
        scribe.note(partial(Fact, 7.0, Kind.ANSWER))
    until(lambda: len(said) > 1)
    assert not scribe.trouble
    scribe.close()
    found = records(store)
    assert [each.fact.kind for each in found] == [*before, Kind.OPEN, Kind.ANSWER, Kind.CLOSE]
    assert found[len(before)].fact.time == 5.0
    assert len(said) == 2


def test_it_starts_where_it_may_write_nothing_not_even_its_lock(store):
    said: list[str] = []
    with shut(store.path.parent):
        scribe = powerless(partial(Scribe, store, said.append, period=0.001))
        scribe.note(partial(Fact, 7.0, Kind.ANSWER))
        assert scribe.begun(10.0)
        assert "cannot be written" in said[0]
    until(lambda: len(said) > 1)
    scribe.close()
    assert kinds(store) == [Kind.OPEN, Kind.ANSWER, Kind.CLOSE]


def test_where_nothing_can_be_written_it_still_finds_another_server(store):
    first = Scribe(store, print)
    assert first.begun(10.0)
    with shut(store.path.parent), pytest.raises(UsageError, match="another server"):
        powerless(partial(Scribe, store, print))
    first.close()


def test_what_is_lost_in_the_end_is_told(store):
    said: list[str] = []
    with full():
        scribe = Scribe(store, said.append, period=0.001)
        scribe.note(partial(Fact, 7.0, Kind.ANSWER))
        scribe.close()
    assert said[-1] == "warning 1 records are lost: the ledger cannot be written"


def test_between_batches_it_keeps_its_connection_and_nobody_waits(store):
    log = store.ledger_path.with_name(f"{store.ledger_path.name}-wal")
    scribe, other = Scribe(store, print, period=0.001), Store(store.path)
    for number in range(3):
        scribe.note(partial(Fact, float(number), Kind.ANSWER))
        until(lambda written=number + 1: kinds(store).count(Kind.ANSWER) == written)
        assert log.stat().st_size
        connection = to_write(store.ledger_path)
        connection.execute("PRAGMA busy_timeout=0")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")
        connection.close()
    other.close()
    scribe.close()
    assert not log.exists()


def test_nothing_is_written_into_a_ledger_that_was_taken_away(store):
    said: list[str] = []
    scribe = Scribe(store, said.append, period=0.001)
    scribe.note(partial(Fact, 1.0, Kind.ANSWER))
    until(lambda: Kind.ANSWER in kinds(store))
    away = store.path.parent / "away"
    away.mkdir()
    for each in store.path.parent.glob("*.ledger*"):
        each.rename(away / each.name)
    scribe.note(partial(Fact, 2.0, Kind.ANSWER))
    until(lambda: said)
    for each in away.iterdir():
        each.rename(store.path.parent / each.name)
    until(lambda: len(said) > 1)
    scribe.close()
    assert kinds(store) == [Kind.OPEN, Kind.ANSWER, Kind.ANSWER, Kind.CLOSE]
