from functools import partial

import pytest
from tests.powerless import powerless, shut

from ringback.mac import Mac
from ringback.store.devices import Devices
from ringback.store.notebook import Notebook, sighted
from ringback.store.strangers import Decoys, Stranger, admit, pending, reject
from ringback.store.windows import used

ONE, TWO = "000e08d00001", "000e08d00002"


def seen(mac=ONE, now=100.0, path="/x.cfg"):
    return Stranger(mac, now, now, 1, "192.0.2.1", "an agent", path, "")


@pytest.fixture
def warned():
    return []


@pytest.fixture
def notebook(store, warned):
    made = Notebook(store, warned.append, period=0.0, most=3)
    yield made
    made.close()


def queue(store):
    with store.ledger.reading() as ledger, store.fleet.reading() as fleet:
        return list(pending(fleet, ledger))


def test_a_stranger_is_noted_as_it_was_last_seen_and_how_often(notebook, store):
    notebook.stranger(seen())
    notebook.flush()
    notebook.stranger(seen(now=200.0, path="/y.cfg"))
    notebook.flush()
    (found,) = queue(store)
    assert (found.first, found.last, found.times, found.path) == (100.0, 200.0, 2, "/y.cfg")


def test_the_queue_is_bounded_and_those_not_seen_for_longest_go(notebook, store):
    for number in range(10):
        notebook.stranger(seen(f"000e08d000{number:02d}", 100.0 + number))
    notebook.flush()
    assert [each.last for each in queue(store)] == [109.0, 108.0, 107.0]


def test_devices_decoys_and_those_rejected_wait_for_nobody(notebook, store, phones):
    for mac in (ONE, TWO, str(phones[0].mac)):
        notebook.stranger(seen(mac))
    notebook.flush()
    with store.fleet.writing() as connection:
        Devices(connection, store.seal).keep(phones)
        Decoys(connection).add(Mac(TWO), 1.0)
    assert [each.mac for each in queue(store)] == [ONE]
    with store.fleet.writing() as connection:
        reject(connection, [Mac(ONE)], 1.0, "ann")
        reject(connection, [Mac(ONE)], 2.0, "ann")
    assert queue(store) == []
    with store.fleet.writing() as connection:
        admit(connection, Mac(ONE))
    assert [each.mac for each in queue(store)] == [ONE]


def test_a_pass_is_counted_up_to_its_uses_for_each_device(notebook, store):
    assert notebook.let_pass(1, ONE, 2, 100.0)
    assert notebook.let_pass(1, ONE, 2, 101.0)
    assert not notebook.let_pass(1, ONE, 2, 102.0)
    assert notebook.let_pass(1, TWO, 2, 102.0)
    assert notebook.let_pass(2, ONE, 1, 102.0)
    with store.ledger.reading() as ledger:
        assert used(ledger) == {1: {ONE: 2, TWO: 1}, 2: {ONE: 1}}


def test_a_sighting_is_the_last_number(notebook, store):
    for number in (1, 1, 2):
        notebook.sighted(ONE, number, 100.0 + number)
        notebook.flush()
    with store.ledger.reading() as ledger:
        assert sighted(ledger) == {ONE: (2, 102.0)}


def test_what_waits_is_written_when_it_closes(store, warned):
    notebook = Notebook(store, warned.append, period=60.0)
    notebook.stranger(seen())
    notebook.close()
    assert [each.mac for each in queue(store)] == [ONE]
    assert not warned


def test_where_nothing_can_be_written_it_starts_and_nobody_comes_through_a_window(store, warned):
    with shut(store.path.parent):
        notebook = powerless(partial(Notebook, store, warned.append, period=0.0))
        notebook.stranger(seen())
        assert not powerless(partial(notebook.let_pass, 1, ONE, 2, 100.0))
    assert any("nobody comes through window 1" in each for each in warned)
    assert notebook.let_pass(1, ONE, 1, 101.0)
    notebook.stranger(seen(TWO))
    notebook.close()
    assert TWO in [each.mac for each in queue(store)]
