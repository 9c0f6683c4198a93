from dataclasses import replace

import pytest
from tests.operations.fleets import device, fill, fleet, served

from ringback.errors import NotFoundError, RefusedError
from ringback.mac import Mac
from ringback.operations.publish import publish
from ringback.operations.revise import current, revise
from ringback.operations.roll_back import roll_back
from ringback.provisioning.layer import Layer, Scope
from ringback.provisioning.line import Line
from ringback.store.devices import Devices
from ringback.store.layers import Layers


def test_what_was_served_then_is_served_again_byte_by_byte(store):
    fill(store, 6)
    publish(store, 5.0)
    before, sources = served(store), current(store)
    revise(store, fleet(4, "bye"))
    with store.fleet.writing() as connection:
        Layers(connection, store.seal).keep([Layer(Scope.GROUP, "new")])
        Devices(connection, store.seal).keep([device(70)])
    publish(store, 6.0)
    assert served(store) != before
    release = roll_back(store, 1, 7.0)
    assert release is not None
    assert (release.number, release.note) == (3, "rolled back to release 1")
    assert served(store) == before
    assert current(store) == sources
    assert publish(store, 8.0) is None


def test_back_and_forth_again(store):
    fill(store, 3)
    publish(store, 5.0)
    revise(store, fleet(3, "bye"))
    publish(store, 6.0)
    second = served(store)
    roll_back(store, 1, 7.0)
    roll_back(store, 2, 8.0)
    assert served(store) == second
    assert roll_back(store, 2, 9.0) is None


def test_changes_that_were_never_published_are_not_lost_unasked(store):
    fill(store, 3)
    publish(store, 5.0)
    revise(store, fleet(3, "bye"))
    with pytest.raises(RefusedError, match="never published"):
        roll_back(store, 1, 6.0)
    assert current(store) == fleet(3, "bye")
    roll_back(store, 1, 6.0, discard=True)
    assert current(store) == fleet(3)


def test_locks_and_keys_stay_and_the_files_are_under_the_key_the_phone_has(store):
    fill(store, 2)
    publish(store, 5.0)
    mac = str(device(0).mac)
    with store.fleet.writing() as connection:
        devices = Devices(connection, store.seal)
        devices.keep([replace(device(0), key=2, locked=True, lines=(Line(1, "9"),))])
    publish(store, 6.0)
    roll_back(store, 1, 7.0)
    kept = current(store).device(Mac(mac))
    assert kept is not None
    assert (kept.key, kept.locked, kept.lines) == (2, True, device(0).lines)
    assert (f"/device/{mac}-2.cfg", mac) in served(store)
    assert (f"/device/{mac}-1.cfg", mac) not in served(store)


def test_a_release_that_never_was_is_named(store):
    with pytest.raises(NotFoundError, match="no release 7"):
        roll_back(store, 7, 5.0)
