from dataclasses import replace

import pytest
from tests.operations.fleets import device, fill, fleet

from ringback.errors import NotFoundError, RefusedError
from ringback.operations.publish import publish
from ringback.operations.restore import Back, restore
from ringback.operations.revise import fleet_of, revise
from ringback.provisioning.layer import Layer, Scope, Setting
from ringback.provisioning.line import Line
from ringback.provisioning.ready import DOCUMENTS
from ringback.store import changes
from ringback.store.devices import Devices
from ringback.store.documents import Documents
from ringback.store.layers import Layers
from ringback.store.secrets import Secrets

MACS = [str(device(number).mac) for number in range(5)]


@pytest.fixture
def published(store):
    fill(store, 4)
    publish(store, 5.0, hands=1)
    return store


def change(connection, seal):
    """Something of every kind is changed, added and removed."""
    devices, layers = Devices(connection, seal), Layers(connection, seal)
    devices.keep([replace(device(0), lines=(Line(1, "999"),)), device(4)])
    devices.remove(MACS[1:2])
    layers.keep(
        [Layer(Scope.DEVICE, MACS[0], (Setting("GPP_C", "x"),)), Layer(Scope.FLEET, "base")]
    )
    layers.remove(Scope.SITE, "lab")
    layers.set_facts({"server": "https://other.example.com", "proxy": "other.example.com"}, 0)
    Documents(connection, seal).keep(DOCUMENTS)


@pytest.mark.parametrize("live", [True, False])
def test_everything_is_made_what_it_was_and_marked(published, live):
    with published.fleet.writing() as connection:
        before = fleet_of(connection, published.seal)
        change(connection, published.seal)
    if live:
        publish(published, 6.0, hands=1)
    with published.fleet.writing() as connection:
        past = Back(1, discard=True).past(connection, published.seal)
        assert fleet_of(connection, published.seal) != before
        restore(past, 1.0)
        assert fleet_of(connection, published.seal) == before
        assert set(changes.marked(connection)) == past.differing


def test_only_what_differs_is_written(published):
    revise(published, fleet(4, "bye"), now=1.0)
    publish(published, 6.0, hands=1)
    with published.fleet.writing() as connection:
        restore(Back(1).past(connection, published.seal), 1.0)
        assert changes.marked(connection) == (("layer", "fleet/base"),)


def test_the_way_back_is_to_a_release_that_was(published):
    with published.fleet.reading() as connection, pytest.raises(NotFoundError, match="release 2"):
        Back(2).past(connection, published.seal)


def test_secrets_are_not_lost_and_other_changes_are_counted(published):
    with published.fleet.writing() as connection:
        Secrets(connection, published.seal).keep({"sip": "marlin"}, 6.0)
        with pytest.raises(RefusedError, match="1 secret changed and never published"):
            Back(1).pending(connection, published.seal)
        assert Back(1, discard=True).pending(connection, published.seal) == set()
        Devices(connection, published.seal).keep([device(4), replace(device(1), site="hq")])
        with pytest.raises(RefusedError, match="2 changes never published would be lost"):
            Back(1).pending(connection, published.seal)
        pending = Back(1, discard=True).pending(connection, published.seal)
        assert pending == {("device", MACS[1]), ("device", MACS[4])}


def test_keys_that_have_just_been_ended_are_no_loss_but_what_else_was_changed_is(published):
    mac = MACS[0]
    with published.fleet.writing() as connection:
        devices = Devices(connection, published.seal)
        devices.keep([replace(device(0), key=2)])
        assert Back(1).pending(connection, published.seal, [mac]) == {("device", mac)}
        devices.keep([replace(device(0), key=2, site="lab")])
        with pytest.raises(RefusedError, match="never published"):
            Back(1).pending(connection, published.seal, [mac])
