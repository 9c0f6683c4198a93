"""A story on a terminal: numbered, eighty columns, no secret, and nobody's control characters."""

import pytest
from tests.operations.fleets import device, fill
from tests.phone.world import NOON

from ringback.cli.facts import Facts
from ringback.cli.serving import with_default_addresses
from ringback.cli.stories import WIDTH, Teller
from ringback.operations.publish import publish
from ringback.provisioning.layer import Layer, Scope, Setting
from ringback.serve.explain import explain
from ringback.serve.setting import Inquiry
from ringback.settings import Serve
from ringback.store.layers import Layers

MAC = str(device(0).mac)


@pytest.fixture
def said(store, capsys):
    """What is printed of the first device; ``more`` is a setting for all, and the inquiry."""

    def say(value="hello", **more):
        fill(store)
        with store.fleet.writing() as connection:
            layer = Layer(Scope.FLEET, "more", (Setting("GPP_E", value),))
            Layers(connection, store.seal).keep([layer])
        publish(store, 10.0)
        settings = with_default_addresses(Serve())
        told = explain(store, settings, Inquiry(MAC, **more), NOON)
        Teller(Facts(told)).tell()
        return capsys.readouterr().out

    return say


def test_a_story_is_numbered_and_ends_with_what_the_phone_would_hold(said):
    lines = said().splitlines()
    assert all(len(line) <= WIDTH for line in lines)
    assert "1. Resync: power-on, after 30 s" in lines
    assert any(line.startswith("   1.1 DHCP option 66: ") for line in lines)
    assert any(line.startswith("2. Resync: periodic") for line in lines)
    assert "    GPP_E = hello" in lines
    assert not any("swordfish" in line for line in lines)


def test_long_values_are_wrapped_and_control_characters_spelt(said):
    text = said("x" * 300 + " \u202e end")
    assert all(len(line) <= WIDTH for line in text.splitlines())
    assert "\u202e" not in text


def test_a_refusal_is_told_with_its_reason(said):
    text = " ".join(said(certificate=False).split())
    assert "refused, as a file that is not there" in text
    assert "there is no certificate" in text
    assert "There it stops" in text
