import pytest
from tests.operations.fleets import fill

from ringback.mac import Mac
from ringback.operations.publish import publish
from ringback.operations.settle import Settled, settle
from ringback.store.devices import Devices
from ringback.store.notebook import Notebook
from ringback.store.tokens import Tokens

ONE = Mac("000e08000001")


@pytest.fixture
def seen(store):
    """What a phone is seen with."""
    fill(store)
    publish(store, 1.0, hands=1)
    notebook = Notebook(store, print, period=0.0)

    def see(number, now=100.0):
        notebook.sighted(str(ONE), number, now)
        notebook.flush()

    yield see
    notebook.close()


def keys(store):
    with store.fleet.reading() as connection:
        device = Devices(connection, store.seal).get(ONE)
        assert device is not None
        return device.keys


def test_a_change_begins_and_ends_when_the_phone_was_seen_with_the_new(store, seen):
    seen(1)
    assert settle(store, 200.0, rotate=[ONE]).rotated == (str(ONE),)
    assert keys(store) == (1, 2)
    assert not settle(store, 201.0, rotate=[ONE]).rotated  # it is under way
    assert keys(store) == (1, 2)
    seen(2)
    assert settle(store, 202.0).settled == (str(ONE),)
    assert keys(store) == (2,)


def test_a_phone_that_still_has_the_old_one_keeps_it(store, seen):
    settle(store, 200.0, rotate=[ONE])
    seen(1)
    for now in (201.0, 202.0):
        assert not settle(store, now).settled
    assert keys(store) == (1, 2)


def test_made_tokens_end_when_the_phone_was_seen_with_its_own_and_later_ones_do_not(store, seen):
    with store.fleet.writing() as connection:
        Tokens(connection).keep(ONE, "first", 50.0, None)
        Tokens(connection).keep(ONE, "after a factory reset", 150.0, None)
    seen(1, 100.0)
    assert settle(store, 200.0).retired == 1


@pytest.mark.usefixtures("seen")
def test_nothing_seen_changes_nothing(store):
    assert settle(store, 200.0) == Settled()
    assert publish(store, 201.0, hands=1) is None
