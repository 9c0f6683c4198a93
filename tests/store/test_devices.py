from dataclasses import replace

import pytest

from ringback.mac import Mac
from ringback.store import changes
from ringback.store.devices import Devices


@pytest.fixture
def kept(store, phones):
    with store.fleet.writing() as connection:
        assert Devices(connection, store.seal).keep(phones) == 3
        changes.clear(connection)
    return store


def test_devices_come_back_as_they_were(kept, phones):
    with kept.fleet.reading() as connection:
        devices = Devices(connection, kept.seal)
        assert list(devices) == phones
        assert devices.get(phones[1].mac) == phones[1]
        assert devices.get(Mac("ffffffffffff")) is None
        assert devices.macs() == [str(each.mac) for each in phones]


def test_writing_what_is_there_changes_and_marks_nothing(kept, phones):
    with kept.fleet.writing() as connection:
        assert Devices(connection, kept.seal).keep(phones) == 0
        assert changes.marked(connection) == ()


def test_a_change_is_marked_and_a_lock_alone_is_not(kept, phones):
    with kept.fleet.writing() as connection:
        devices = Devices(connection, kept.seal)
        devices.lock(phones[0].mac, locked=True)
        assert changes.marked(connection) == ()
        locked = devices.get(phones[0].mac)
        assert locked is not None
        assert locked.locked
        devices.keep([replace(phones[1], site="other"), replace(phones[2], pinned=4)])
        assert [name for _, name in changes.marked(connection)] == ["000e08000002", "000e08aaaa03"]


def test_a_device_that_is_removed_is_gone_with_its_lines_and_marked(kept, phones):
    with kept.fleet.writing() as connection:
        devices = Devices(connection, kept.seal)
        assert devices.remove(["000e08000001", "ffffffffffff"]) == 1
        assert devices.macs() == ["000e08000002", "000e08aaaa03"]
        assert changes.marked(connection) == (("device", "000e08000001"),)
        devices.keep([phones[0]], back=True)
        assert devices.get(phones[0].mac) == phones[0]


def test_a_device_that_comes_again_begins_above_its_keys_and_stays_locked(kept, phones):
    with kept.fleet.writing() as connection:
        devices = Devices(connection, kept.seal)
        devices.keep([replace(phones[0], key=2, next_key=3), replace(phones[1], locked=True)])
        devices.remove([str(each.mac) for each in phones])
        devices.keep(phones)
        found = {each.mac: each for each in devices}
        assert found[phones[0].mac] == replace(phones[0], key=4, first_key=4)
        assert found[phones[1].mac] == replace(phones[1], key=2, first_key=2, locked=True)
        devices.remove([str(phones[0].mac)])
        devices.keep([replace(phones[0], key=9, next_key=10)])
        again = replace(phones[0], key=9, next_key=10, first_key=9)
        assert devices.get(phones[0].mac) == again


def test_the_database_does_not_hold_a_password(kept):
    folder = kept.path.parent
    files = [each.read_bytes() for each in folder.iterdir() if "key" not in each.name]
    assert not any(b"swordfish" in data for data in files)


def test_one_device_stands_for_each_model_site_and_group(kept, phones):
    twin = replace(phones[0], mac=Mac("000e08000009"))
    with kept.fleet.writing() as connection:
        devices = Devices(connection, kept.seal)
        devices.keep([twin])
        assert devices.representatives() == [str(each.mac) for each in phones]
        assert devices.representatives(["000e08000009", "000e08000002"]) == [
            "000e08000002", "000e08000009"
        ]  # fmt: skip
