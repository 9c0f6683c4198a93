from dataclasses import replace

import pytest
from sqlalchemy import func, select
from tests.operations.fleets import device, fill, fleet, served

from ringback import clock
from ringback.cisco import flat_profile
from ringback.errors import NotFoundError, RefusedError
from ringback.mac import Mac
from ringback.operations.publish import publish
from ringback.operations.revise import current, revise
from ringback.operations.roll_back import roll_back
from ringback.provisioning.layer import Layer, Scope
from ringback.provisioning.line import Line
from ringback.store.devices import Devices
from ringback.store.layers import Layers
from ringback.store.releases import Releases
from ringback.store.tables import contents


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


@pytest.fixture
def newer(monkeypatch):
    """The program is replaced by one that writes the same settings otherwise."""
    return lambda: monkeypatch.setattr(flat_profile, "_DECLARATION", "<?xml version='1.0'?>")


def sealed_count(store):
    with store.fleet.reading() as connection:
        return connection.scalar(select(func.count()).select_from(contents))


def test_a_newer_program_gives_the_bytes_of_then(store, newer):
    fill(store, 4)
    publish(store, clock.now(), hands=1)
    before = served(store)
    newer()
    revise(store, fleet(4, "bye"))
    publish(store, clock.now() + 1, hands=1)
    count = sealed_count(store)
    roll_back(store, 1, clock.now() + 2, hands=1)
    assert served(store) == before
    assert sealed_count(store) == count


def test_files_that_only_the_program_changed_go_back_too(store, newer):
    fill(store, 4)
    publish(store, clock.now() + 1, hands=1)
    before = served(store)
    newer()
    revise(store, fleet(4, "bye"))
    publish(store, clock.now() + 2, hands=1)
    revise(store, fleet(4))
    publish(store, clock.now() + 3, hands=1)  # the same sources, other bytes
    assert served(store) != before
    assert roll_back(store, 1, clock.now() + 4, hands=1) is not None
    assert served(store) == before


def test_after_a_change_of_secret_or_key_the_files_are_made_anew(store, newer):
    fill(store, 4)
    publish(store, 5.0, hands=1)  # older than its secret, as it is for all that is known
    before = served(store)
    newer()
    revise(store, fleet(4, "bye"))
    publish(store, 6.0, hands=1)
    roll_back(store, 1, 7.0, hands=1)
    assert served(store).keys() == before.keys()
    assert not set(served(store).values()) & set(before.values())


def test_what_was_forgotten_is_made_anew_and_cannot_be_pinned(store):
    fill(store, 4)
    publish(store, clock.now() + 1, hands=1)
    before = served(store)
    revise(store, fleet(4, "bye"))
    publish(store, clock.now() + 2, hands=1)
    with store.fleet.writing() as connection:
        assert Releases(connection, store.seal).forget(clock.now() + 1.5)
    assert served(store)
    with pytest.raises(NotFoundError, match="no content"):
        served(store, 1)
    roll_back(store, 1, clock.now() + 3, hands=1)
    assert served(store).keys() == before.keys()
    with store.fleet.writing() as connection:
        Devices(connection, store.seal).keep([replace(device(0), pinned=1)])
    with pytest.raises(RefusedError, match="not kept any more"):
        publish(store, clock.now() + 4, hands=1)


def test_what_is_served_is_never_forgotten(store):
    fill(store, 4)
    publish(store, 5.0, hands=1)
    before = served(store)
    with store.fleet.writing() as connection:
        assert Releases(connection, store.seal).forget(1e12) == 0
    assert served(store) == before
