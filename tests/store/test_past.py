"""The past reads as the shelves read then, whatever was done to them since."""

from dataclasses import replace

import pytest
from sqlalchemy import update
from tests.operations.fleets import device, fill

from ringback.operations.publish import publish
from ringback.provisioning.layer import Layer, Scope, Setting
from ringback.provisioning.line import Line
from ringback.provisioning.ready import DOCUMENTS
from ringback.store import changes
from ringback.store.devices import Devices
from ringback.store.documents import Documents
from ringback.store.layers import Layers
from ringback.store.past import Past
from ringback.store.releases import Releases
from ringback.store.tables import devices, history, layers

COUNT = 6
MACS = [str(device(number).mac) for number in range(COUNT + 2)]


def own(number, *names):
    return Layer(Scope.DEVICE, MACS[number], tuple(Setting(name, "x") for name in names))


def read(shelves, documents):
    """Everything that files are prepared from."""
    return (
        list(shelves.several(MACS)),
        sorted(shelves.common(), key=str),
        sorted(shelves.own(MACS), key=str),
        shelves.own_names(),
        places(shelves, None),
        places(shelves, MACS[:3]),
        shelves.variables,
        shelves.ready,
        sorted(documents, key=str),
    )


def places(shelves, macs):
    """Models, sites and groups; which device stands for them is all one."""
    found = shelves.several(shelves.representatives(macs))
    return sorted((each.model, each.site, each.group) for each in found)


class Now:
    """The shelves of today, as one."""

    def __init__(self, connection, seal):
        self._shelves = Devices(connection, seal), Layers(connection, seal)

    def __getattr__(self, name):
        return next(getattr(each, name) for each in self._shelves if hasattr(each, name))


def differing(connection, seal, number):
    releases = Releases(connection, seal)
    before, after = releases.sources_between(number, releases.newest)
    return frozenset({*changes.marked(connection), *before, *after})


@pytest.fixture
def changed(store):
    """A store of which everything was changed somehow, and what was read before."""
    fill(store, COUNT)
    with store.fleet.writing() as connection:
        shelf = Layers(connection, store.seal)
        shelf.keep([own(0, "GPP_C"), own(1, "GPP_C", "GPP_D"), own(2, "GPP_E"), own(3, "GPP_F")])
        Documents(connection, store.seal).keep(DOCUMENTS)
    publish(store, 5.0, hands=1)
    with store.fleet.writing() as connection:
        then = read(Now(connection, store.seal), Documents(connection, store.seal))
        change(connection, store.seal)
    publish(store, 6.0, hands=1)
    with store.fleet.writing() as connection:
        change_more(connection, store.seal)
        assert read(Now(connection, store.seal), Documents(connection, store.seal)) != then
    return store, then


def change(connection, seal):
    Devices(connection, seal).keep([
        replace(device(0), lines=(Line(1, "999"),)), replace(device(1), site="moved"), device(COUNT)
    ])  # fmt: skip
    Devices(connection, seal).remove([MACS[2]])
    shelf = Layers(connection, seal)
    shelf.keep([own(0, "GPP_G"), own(4, "GPP_C"), Layer(Scope.GROUP, "new")])
    shelf.remove(Scope.DEVICE, MACS[2])
    shelf.remove(Scope.SITE, "lab")
    shelf.set_facts({"proxy": "other.example.com", "server": "https://other.example.com"}, 0)
    Documents(connection, seal).keep([replace(DOCUMENTS[1], patterns=("/other/{psn}.cfg",))])


def change_more(connection, seal):
    """What is never published."""
    Devices(connection, seal).keep([device(2), replace(device(3), group="moved")], back=True)
    Devices(connection, seal).remove([MACS[4]])
    shelf = Layers(connection, seal)
    shelf.keep([own(3, "GPP_H"), Layer(Scope.FLEET, "base", (Setting("GPP_A", "new"),))])
    Documents(connection, seal).remove("common")


def test_everything_reads_as_it_was(changed):
    store, then = changed
    with store.fleet.reading() as connection:
        past = Past(connection, store.seal, 1, differing(connection, store.seal, 1))
        assert read(past, past.documents()) == then


def test_it_does_no_harm_to_take_more_for_differing(changed):
    store, then = changed
    with store.fleet.reading() as connection:
        more = {("device", mac) for mac in MACS} | {("layer", f"device/{mac}") for mac in MACS}
        more |= {("layer", "fleet/base"), ("layer", "site/none"), ("fleet", "ready")}
        past = Past(connection, store.seal, 1, differing(connection, store.seal, 1) | more)
        assert read(past, past.documents()) == then


def test_locks_pins_and_keys_are_of_today(store):
    fill(store, 2)
    publish(store, 5.0, hands=1)
    with store.fleet.writing() as connection:
        shelf = Devices(connection, store.seal)
        shelf.keep([replace(device(0), key=2, next_key=3, pinned=1, lines=())])
        shelf.lock(device(1).mac, locked=True)
        past = Past(connection, store.seal, 1, differing(connection, store.seal, 1))
        first, second = past.several(MACS[:2])
    assert first == replace(device(0), key=2, next_key=3, pinned=1)
    assert second == replace(device(1), locked=True)


def test_a_device_that_is_away_reads_with_the_lock_and_keys_it_went_with(store):
    fill(store, 2)
    publish(store, 5.0, hands=1)
    with store.fleet.writing() as connection:
        shelf = Devices(connection, store.seal)
        shelf.keep([replace(device(0), locked=True, key=2, next_key=3, pinned=1)])
        shelf.remove(MACS[:1])
        past = Past(connection, store.seal, 1, differing(connection, store.seal, 1))
        (found,) = past.several(MACS[:1])
    assert found == replace(device(0), locked=True, key=2, next_key=3)


def test_of_what_has_not_changed_nothing_is_opened_to_know_places_and_names(changed):
    store, then = changed
    with store.fleet.writing() as connection:
        found = differing(connection, store.seal, 1)
        past = Past(connection, store.seal, 1, found)
        for table, column, kind, prefix in (
            (devices, devices.c.mac, "device", ""), (layers, layers.c.name, "layer", "device/")
        ):  # fmt: skip
            names = [name.removeprefix(prefix) for each, name in found if each == kind]
            spoilt = update(table).where(column.not_in(names), column.in_(MACS))
            assert connection.execute(spoilt.values(body=b"")).rowcount
            names = [name for each, name in found if each == kind]
            spoilt = update(history).where(history.c.kind == kind, history.c.name.not_in(names))
            assert connection.execute(spoilt.values(body=b"")).rowcount
        assert past.own_names() == then[3]
        assert past.representatives()
