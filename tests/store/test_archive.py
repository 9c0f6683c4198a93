"""A release as it was: the bytes that were served then, and the things they were made from."""

from dataclasses import replace

import pytest
from tests.operations.fleets import device, fill

from ringback.errors import NotFoundError
from ringback.operations.publish import publish
from ringback.provisioning.layer import Layer, Scope, Setting
from ringback.provisioning.line import Line
from ringback.store.archive import Archive, live_at, made
from ringback.store.devices import Devices
from ringback.store.layers import Layers
from ringback.store.pantry import Pantry

MAC = str(device(1).mac)
PATHS = (f"/device/{MAC}-0.cfg", f"/device/{MAC}-1.cfg", "/common/7841-3PCC.cfg", "/nothing")


@pytest.fixture
def three(store):
    """Three releases: of time 10, 20 and 30; the second changes a device, the third a layer."""
    fill(store)
    publish(store, 10.0)
    with store.fleet.writing() as connection:
        changed = replace(device(1), lines=(Line(1, "999"),))
        Devices(connection, store.seal).keep([changed])
    publish(store, 20.0)
    with store.fleet.writing() as connection:
        layer = Layer(Scope.SITE, "lab", (Setting("GPP_B", "other"),))
        Layers(connection, store.seal).keep([layer])
    publish(store, 30.0)
    return store


def looked_at(store, number, look):
    with store.fleet.reading() as connection:
        return look(Archive(connection, store.seal, number))


def test_of_today_it_finds_what_the_pantry_finds(three):
    pantry = Pantry(three, print)
    for path in PATHS:
        assert looked_at(three, 3, lambda found, path=path: found.find(path)) == pantry.find(path)
    pantry.close()


def test_each_release_has_its_own_bytes_and_what_did_not_change_is_the_same(three):
    own = [looked_at(three, number, lambda found: found.find(PATHS[0])) for number in (1, 2, 3)]
    assert len({each.content for each in own}) == 3
    assert [each.release for each in own] == [1, 2, 3]
    shared = [looked_at(three, number, lambda found: found.find(PATHS[2])) for number in (1, 2)]
    assert shared[0] == shared[1]


def test_things_are_as_they_were(three):
    users = [
        looked_at(three, number, lambda found: found.device(MAC)).lines[0].user
        for number in (1, 2, 3)
    ]
    assert users == ["1", "999", "999"]
    since = [looked_at(three, n, lambda found: found.since("layer", "site/lab")) for n in (1, 2, 3)]
    assert since == [1, 1, 3]
    assert looked_at(three, 1, lambda found: found.fact("variables"))["proxy"] == "sip.example.com"
    assert looked_at(three, 1, lambda found: found.device("ffffffffffff")) is None


def test_layers_of_other_devices_are_left_out(store):
    fill(store)
    with store.fleet.writing() as connection:
        Layers(connection, store.seal).keep(
            Layer(Scope.DEVICE, str(device(number).mac), (Setting("GPP_C", "x"),))
            for number in (1, 2)
        )
    publish(store, 10.0)
    found = looked_at(store, 1, lambda found: [str(each) for each in found.layers(MAC)])
    assert sorted(found) == [f"device/{MAC}", "fleet/base", "site/lab"]


def test_a_time_picks_the_release_that_was_served_then(three):
    with three.fleet.reading() as connection:
        assert [live_at(connection, moment) for moment in (10.0, 19.9, 20.0, 99.0)] == [1, 1, 2, 3]
        with pytest.raises(
            NotFoundError, match="published at that time: a time from 1970-01-01T00:00:10Z on"
        ):
            live_at(connection, 9.9)


def test_a_release_that_never_was_is_said_to_be_none(three):
    with three.fleet.reading() as connection:
        assert made(connection, 2).made == 20.0
        with pytest.raises(NotFoundError, match="releases 1 to 3"):
            made(connection, 4)
