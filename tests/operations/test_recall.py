"""What a device's files were made from, as a release had it."""

from dataclasses import replace

from tests.operations.fleets import device, fill

from ringback.operations.publish import publish
from ringback.operations.recall import recall
from ringback.provisioning.layer import Layer, Scope, Setting
from ringback.store.archive import Archive
from ringback.store.devices import Devices
from ringback.store.layers import Layers

MAC = str(device(1).mac)


def keep_layer(store, value):
    with store.fleet.writing() as connection:
        layer = Layer(Scope.SITE, "lab", (Setting("GPP_B", value),))
        Layers(connection, store.seal).keep([layer])


def origins(store, number, *asked, whose=None):
    """Layers of values, by name and value, and since when each says so."""
    with store.fleet.reading() as connection:
        recalled = recall(Archive(connection, store.seal, number), whose or device(1))
        found = [recalled.explained("device", name, value) for name, value in asked]
        return [(each.layer, recalled.since(each.layer)) if each else None for each in found]


def test_a_value_is_traced_as_its_release_had_it(store):
    fill(store)
    publish(store, 10.0)
    keep_layer(store, "new")
    publish(store, 20.0)
    asked = (("GPP_B", "lab"), ("GPP_B", "new"), ("GPP_A", "hello"))
    assert origins(store, 1, *asked) == [("site/lab", 1), None, ("fleet/base", 1)]
    assert origins(store, 2, *asked) == [None, ("site/lab", 2), ("fleet/base", 1)]


def test_ready_made_layers_documents_and_lines_have_a_release_too(store):
    fill(store)
    publish(store, 10.0)
    asked = (("Resync_On_Reset", "Yes"), ("User_ID_1_", "1"))
    rule = ("Profile_Rule", "https://prov.example.com/common/7841-3PCC.cfg")
    assert origins(store, 1, *asked, rule) == [
        ("ready/all", 1), (f"device/{MAC} line 1", 1), ("document/common", 1),
    ]  # fmt: skip


def test_a_pinned_device_is_traced_in_the_release_it_is_pinned_to(store):
    fill(store)
    publish(store, 10.0)
    pinned = replace(device(1), pinned=1)
    with store.fleet.writing() as connection:
        Devices(connection, store.seal).keep([pinned])
    keep_layer(store, "new")
    publish(store, 20.0)
    assert origins(store, 2, ("GPP_B", "lab"), whose=pinned) == [("site/lab", 1)]
