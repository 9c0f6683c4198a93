import pytest
from sqlalchemy import delete, update

from ringback.provisioning.fleet import READY
from ringback.provisioning.layer import Layer, Scope, Setting
from ringback.store import changes
from ringback.store.layers import Layers
from ringback.store.tables import meta

FOUND = [
    Layer(Scope.FLEET, "base", (Setting("GPP_A", "x"), Setting("GPP_B", None))),
    Layer(Scope.SITE, "hq", (Setting("GPP_A", "y"),), {"desk": "7"}),
    Layer(Scope.DEVICE, "000e08000001", (Setting("GPP_C", "z"), Setting("GPP_D", "z"))),
    Layer(Scope.DEVICE, "000e08000002", (Setting("GPP_C", "z"),)),
]


@pytest.fixture
def kept(store):
    with store.fleet.writing() as connection:
        layers = Layers(connection, store.seal)
        assert layers.keep(FOUND) == 4
        layers.set_facts({"server": "https://x.example"}, 1)
        changes.clear(connection)
    return store


def test_layers_come_back_the_weakest_first(kept):
    with kept.fleet.reading() as connection:
        layers = Layers(connection, kept.seal)
        assert list(layers) == FOUND
        assert list(layers.common()) == FOUND[:2]
        assert list(layers.own(["000e08000002", "ffffffffffff"])) == FOUND[3:]
        assert layers.get(Scope.SITE, "hq") == FOUND[1]
        assert layers.get(Scope.GROUP, "hq") is None
        assert layers.own_names() == {"GPP_C", "GPP_D"}


def test_a_store_keeps_the_ready_made_layers_of_its_first_day(store):
    with store.fleet.writing() as connection:
        assert Layers(connection, store.seal).ready == READY
        old = {"name": "ready", "value": "1"}
        connection.execute(update(meta).where(meta.c.name == old["name"]).values(old))
        assert Layers(connection, store.seal).ready == 1
        connection.execute(delete(meta).where(meta.c.name == old["name"]))
        assert Layers(connection, store.seal).ready == 1  # made before stores noted it
        Layers(connection, store.seal).set_facts({}, READY)
        assert Layers(connection, store.seal).ready == READY


def test_names_that_only_some_devices_set_go_with_them(kept):
    with kept.fleet.writing() as connection:
        layers = Layers(connection, kept.seal)
        layers.keep([Layer(Scope.DEVICE, "000e08000003", (Setting("GPP_C", "y"),))])
        assert layers.own_names(without=["000e08000001"]) == {"GPP_C"}
        assert layers.own_names(without=["000e08000002", "ffffffffffff"]) == {"GPP_C", "GPP_D"}
        both = ["000e08000002", "000e08000003"]
        assert layers.own_names(without=both) == {"GPP_C", "GPP_D"}
        assert layers.own_names(without=["000e08000001", *both]) == frozenset()


def test_only_what_differs_is_written_and_marked(kept):
    with kept.fleet.writing() as connection:
        layers = Layers(connection, kept.seal)
        assert layers.keep([*FOUND[:3], Layer(Scope.DEVICE, "000e08000002")]) == 1
        assert changes.marked(connection) == (("layer", "device/000e08000002"),)
        assert layers.set_facts({"server": "https://x.example"}, 1) == 0
        assert layers.set_facts({}, 1) == 1
        assert layers.variables == {}
        assert ("fleet", "variables") in changes.marked(connection)


def test_a_layer_that_is_removed_is_gone_and_marked(kept):
    with kept.fleet.writing() as connection:
        layers = Layers(connection, kept.seal)
        assert layers.remove(Scope.SITE, "hq")
        assert not layers.remove(Scope.SITE, "hq")
        assert layers.get(Scope.SITE, "hq") is None
        assert changes.marked(connection) == (("layer", "site/hq"),)
