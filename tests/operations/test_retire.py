from dataclasses import replace

import pytest
from sqlalchemy import update
from tests.operations.fleets import fill

from ringback.mac import Mac
from ringback.operations.publish import publish
from ringback.operations.retire import QUIET, Change, Seen, change_of, retire
from ringback.store.chain import Chain
from ringback.store.devices import Devices
from ringback.store.fact import Fact, Kind
from ringback.store.ledger import Ledger
from ringback.store.notebook import Notebook
from ringback.store.pantry import Pantry
from ringback.store.tables import batches

ONE = Mac("000e08000001")
DAY = 86_400.0
PHONE, STRANGER = "192.0.2.7", "198.51.100.1"


def device(store):
    with store.fleet.reading() as connection:
        found = Devices(connection, store.seal).get(ONE)
    assert found is not None
    return found


def rotate(store):
    with store.fleet.writing() as connection:
        devices = Devices(connection, store.seal)
        found = devices.get(ONE)
        assert found is not None
        devices.keep([found.rotated()])


@pytest.fixture
def changing(store):
    """A published fleet in which one key is being changed, since release 2."""
    fill(store)
    publish(store, 1.0, hands=1)
    rotate(store)
    publish(store, 2.0, hands=1)
    return store


def told(store):
    found = change_of(store, device(store))
    assert found is not None
    return found


def sent(store, key, when, became=(PHONE, "sent 999 bytes", Kind.ANSWER)):
    """The ledger says that the file under this key was sent."""
    address, outcome, kind = became
    who = f"address={address} certificate=- mac=- agent=-"
    fact = Fact(when, kind, str(ONE), who, f"device /device/{ONE}-{key}.cfg", 1, "", outcome)
    with store.ledger.writing() as connection:
        Ledger(connection, Chain(store.seal.draw("ledger"))).append([fact])


def prove(store, key, when):
    notebook = Notebook(store, print, period=0.0)
    notebook.sighted(str(ONE), key, when)
    notebook.close()


def test_without_a_change_of_keys_there_is_nothing_to_do(store):
    fill(store)
    assert retire(store, 1.0) == ()
    assert change_of(store, device(store)) is None
    assert not store.path.with_name(f"{store.path.name}.ledger").exists()


def test_a_phone_that_proved_itself_with_the_next_key_loses_the_old_at_the_next_publish(changing):
    prove(changing, 2, 50.0)
    assert told(changing).seen == Seen(50.0, proven=True)
    publish(changing, 51.0, hands=1)
    assert device(changing).keys == (2,)
    pantry = Pantry(changing, print)
    assert pantry.find(f"/device/{ONE}-1.cfg") is None
    assert pantry.find(f"/device/{ONE}-2.cfg") is not None
    pantry.close()


def test_while_the_next_key_is_not_published_no_history_is_read(store):
    fill(store)
    publish(store, 1.0, hands=1)
    rotate(store)
    sent(store, 1, 10.0)
    with store.ledger.writing() as connection:
        connection.execute(update(batches).values(body=b""))
    assert retire(store, 11.0) == ()


def test_an_address_is_believed_after_a_day_without_the_old_key(changing):
    sent(changing, 1, 10.0)
    sent(changing, 2, 20.0)
    assert told(changing).seen == Seen(20.0, proven=False)
    assert retire(changing, 20.0 + QUIET - 1) == ()
    assert retire(changing, 20.0 + QUIET) == (str(ONE),)
    assert device(changing).keys == (2,)


@pytest.mark.parametrize(
    "happened",
    [
        [(2, 20.0, STRANGER, "sent 9 bytes", Kind.ANSWER)],
        [(1, 10.0, PHONE, "sent 9 bytes", Kind.ANSWER),
         (2, 20.0, STRANGER, "sent 9 bytes", Kind.ANSWER)],
        [(1, 10.0, PHONE, "sent 9 bytes", Kind.ANSWER),
         (2, 20.0, PHONE, "timed out", Kind.ANSWER)],
        [(1, 10.0, PHONE, "200, sent 9 bytes", Kind.ANSWER),
         (2, 20.0, PHONE, "200, broke off after 9 bytes", Kind.ANSWER)],
        [(1, 10.0, PHONE, "sent 9 bytes", Kind.ANSWER),
         (2, 20.0, PHONE, "sent 9 bytes", Kind.REFUSAL)],
        [(1, 10.0, PHONE, "sent 9 bytes", Kind.ANSWER),
         (2, 20.0, PHONE, "sent 9 bytes", Kind.ANSWER),
         (1, 30.0, PHONE, "sent 9 bytes", Kind.ANSWER)],
    ],
    ids=["nobody was here before", "another address", "cut off", "cut off over HTTP", "refused",
         "the old key again"],
)  # fmt: skip
def test_whoever_only_asks_cannot_end_the_old_key(changing, happened):
    for key, when, *became in happened:
        sent(changing, key, when, became)
    assert told(changing).seen is None
    assert retire(changing, 10 * DAY) == ()
    assert device(changing).keys == (1, 2)


def test_a_phone_that_comes_back_with_the_old_key_starts_the_day_anew(changing):
    for key, when in ((1, 10.0), (2, 20.0), (1, 30.0), (2, 40.0)):
        sent(changing, key, when)
    assert told(changing).seen == Seen(40.0, proven=False)
    assert retire(changing, 39.0 + DAY) == ()
    assert retire(changing, 40.0 + DAY) == (str(ONE),)


def test_what_is_told_names_the_release_that_began_it(store):
    fill(store)
    publish(store, 1.0, hands=1)
    rotate(store)
    assert told(store) == Change(None, None)
    publish(store, 2.0, hands=1)
    release = told(store).release
    assert release is not None
    assert release.number == 2


def test_a_change_that_another_command_finished_meanwhile_is_left_alone(changing):
    prove(changing, 2, 50.0)
    with changing.fleet.writing() as connection:
        Devices(connection, changing.seal).keep([replace(device(changing), key=2, next_key=None)])
    assert retire(changing, 51.0) == ()
    assert device(changing).keys == (2,)
