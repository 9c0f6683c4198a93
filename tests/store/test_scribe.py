import os
import signal
import subprocess
import sys
from functools import partial

import pytest

from ringback.errors import UsageError
from ringback.store.chain import Chain, Fact, Kind
from ringback.store.database import Store
from ringback.store.ledger import Ledger
from ringback.store.scribe import Scribe


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
from ringback.store.chain import Fact
from ringback.store.database import Store
from ringback.store.scribe import Scribe
scribe = Scribe(Store(Path(sys.argv[1])), print, period=0.01)
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


def test_what_could_not_be_kept_becomes_a_gap(store, monkeypatch):
    monkeypatch.setattr("ringback.store.scribe.MOST", 3)
    scribe = Scribe(store, print, period=30.0)
    for number in range(10):
        scribe.note(partial(Fact, float(number), Kind.ANSWER))
    scribe.close()
    assert kinds(store) == [Kind.OPEN, *[Kind.ANSWER] * 3, Kind.GAP, Kind.CLOSE]
    assert "7 records" in records(store)[4].fact.outcome
