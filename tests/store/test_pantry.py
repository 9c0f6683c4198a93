import pytest

from ringback.mac import Mac
from ringback.store.devices import Devices
from ringback.store.entry import Entry, step
from ringback.store.pantry import Pantry
from ringback.store.releases import PLACE, Release, Releases


def serve(store, number: int, body: bytes) -> None:
    """A release whose only file has this body."""
    name = bytes([number]) * 32
    with store.fleet.writing() as connection:
        releases = Releases(connection, store.seal)
        releases.keep_bodies([(name, store.seal.close(body, f"{PLACE}/{name.hex()}"))])
        entry = Entry("/x.cfg", "000e08000001", "device", 3, 1, "", "text/xml", body.hex(), name)
        releases.take([step(list(releases.kept(["000e08000001"])), [entry])], number)
        releases.add(Release(number, 5.0 + number, "", 1, 1))


@pytest.fixture
def warned() -> list[str]:
    return []


@pytest.fixture
def pantry(store, warned, monkeypatch):
    monkeypatch.setattr("ringback.store.pantry.TRUST", -1.0)
    made = Pantry(store, warned.append)
    yield made
    made.close()


def test_a_file_is_found_with_all_that_admission_asks(store, pantry):
    assert pantry.find("/x.cfg") is None
    serve(store, 1, b"one")
    found = pantry.find("/x.cfg")
    assert found is not None
    assert (found.data, found.mac, found.level, found.key) == (b"one", "000e08000001", 3, 1)
    assert (found.release, found.modified, found.locked) == (1, 6.0, False)
    assert found.content == "01" * 32
    assert found.etag == '"' + "01" * 16 + '"'
    assert pantry.find("/y.cfg") is None
    assert pantry.find("x.cfg") is None


def test_a_switch_and_a_lock_hold_from_the_next_request_on(store, pantry, phones):
    with store.fleet.writing() as connection:
        Devices(connection, store.seal).keep(phones)
    serve(store, 1, b"one")
    assert pantry.find("/x.cfg").data == b"one"
    serve(store, 2, b"two")
    assert pantry.find("/x.cfg").data == b"two"
    with store.fleet.writing() as connection:
        Devices(connection, store.seal).lock(Mac("000e08000001"), locked=True)
    assert pantry.find("/x.cfg").locked


def test_what_is_found_again_is_the_same_object(store, pantry):
    serve(store, 1, b"one")
    assert pantry.find("/x.cfg") is pantry.find("/x.cfg")


def test_a_writer_under_way_keeps_nobody_waiting(store, pantry):
    serve(store, 1, b"one")
    with store.fleet.writing() as connection:
        Releases(connection, store.seal).take([], 2)
        assert pantry.find("/x.cfg").data == b"one"


def test_when_the_store_cannot_be_read_the_last_files_are_served(store, pantry, warned):
    serve(store, 1, b"one")
    assert pantry.find("/x.cfg").data == b"one"
    pantry._reader.close()
    assert pantry.find("/x.cfg").data == b"one"
    assert pantry.find("/never-asked.cfg") is None
    assert len(warned) == 1
    assert "cannot be read" in warned[0]


def test_a_body_that_was_tampered_with_is_not_served(store, pantry, warned):
    serve(store, 1, b"one")
    with store.fleet.writing() as connection:
        connection.exec_driver_sql("UPDATE contents SET body = zeroblob(40)")
    assert pantry.find("/x.cfg") is None
    assert warned
