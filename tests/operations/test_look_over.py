"""One device is looked over: what keeps it from being published, and nothing about others."""

from dataclasses import replace

import pytest

from ringback.mac import Mac
from ringback.operations.look_over import look_over
from ringback.provisioning.device import Device
from ringback.provisioning.layer import Layer, Scope, Setting
from ringback.provisioning.line import Line
from ringback.store.layers import Layers

FACTS = {"server": "https://prov.example.com"}
DEVICE = Device(Mac.parse("000e08000001"), "CP-8851-3PCC", site="hq")


@pytest.fixture
def look(store):
    def look(device, *layers, facts=FACTS):
        with store.fleet.writing() as connection:
            found = Layers(connection, store.seal)
            found.set_facts(facts, 1)
            found.keep(layers)
            return look_over(connection, store.seal, device)

    return look


def layer(scope, name, key, value):
    return Layer(scope, name, (Setting(key, value),))


def test_a_device_that_can_be_published_has_nothing_said_of_it(look):
    other = layer(Scope.DEVICE, "000e08000002", "No_Such_Name", "x")
    assert look(DEVICE, other, layer(Scope.SITE, "hq", "GPP_A", "x")) == ()


def test_a_line_that_the_model_has_not_is_told(look):
    (said,) = look(replace(DEVICE, lines=(Line(99, user="x"),)))
    assert "CP-8851-3PCC has 10 lines" in said


def test_what_another_model_does_not_know_is_told_with_its_layer(look):
    own = layer(Scope.DEVICE, "000e08000001", "Wifi_Enable", "x")
    assert any("layer device/000e08000001, Wifi_Enable" in each for each in look(DEVICE, own))


def test_a_secret_that_is_not_set_is_told(look):
    line = Line(1, user="x", password="{{ secret('sip') }}")
    (said,) = look(replace(DEVICE, lines=(line,)))
    assert "ringback secret set sip" in said


def test_variables_that_cannot_be_are_told_and_not_raised(look):
    assert look(DEVICE, facts={**FACTS, "mac": "x"})
