"""What the items of a Cisco XML object do to a phone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.phone.world import SERVER, World

from ringback.phone.obey import may_execute, obey

pytestmark = pytest.mark.duty(8)


def do(world, url, host=""):
    said = obey(world.phone, url, world.now, host=host)
    world.settle()
    return said


@pytest.mark.parametrize(
    ("model", "value", "taken"),
    [("7832", "Yes", True), ("7832", "No", False), ("7832", "", False), ("SPA504G", "yes", True)],
)
def test_a_phone_listens_to_cisco_xml_only_when_it_is_told_to(new_world, model, value, taken):
    assert may_execute(new_world(model, CISCO_XML_EXE_Enable=value).phone) is taken


def test_a_model_without_the_setting_takes_none(new_world):
    assert not may_execute(new_world("SPA942").phone)


@pytest.mark.parametrize("url", [f"Resync:tftp://{SERVER}/basic.txt", " resync : /basic.txt "])
def test_a_resync_item_resyncs(world, url):
    assert do(world, url, host=SERVER) == ""
    assert world.value("GPP_A") == "12345678"


def test_a_resync_item_without_a_rule_follows_the_phones_own(world):
    world.submit(Profile_Rule=f"tftp://{SERVER}/basic.txt")
    assert do(world, "Resync:") == ""
    assert world.value("GPP_A") == "12345678"


def test_what_the_settings_forbid_is_said(world):
    world.submit(Provision_Enable="No")
    assert do(world, "Resync:") == "provisioning is disabled: Provision_Enable is No"


def test_a_reboot_item_restarts_the_phone(world):
    assert do(world, "Reboot:") == ""
    assert not world.up
    world.wait(5)
    assert str(world.phone.history.boots[0].reason) == "User Triggered"


@pytest.mark.parametrize(
    "key", ["Services", "KeyPad0", "KeyPadStar", "Soft5", "Line34", "NavSelect", "VolUp", "hold"]
)
def test_a_key_is_pressed_and_said(new_world, key):
    world = new_world(Debug_Level="1", Resync_On_Reset="No").power_on()
    assert do(world, f"Key:{key}") == ""
    assert any(line.endswith(f"key pressed: {key}") for line in world.details)


@pytest.mark.parametrize("key", ["", "Line35", "Line0", "Soft6", "KeyPad10", "Any"])
def test_a_key_that_is_on_no_phone_is_refused(world, key):
    assert do(world, f"Key:{key}").startswith("there is no such key")


@pytest.mark.parametrize(
    "url", ["", "Resync", "Play:ring.raw", "Dial:4711", "http://h/menu.xml", "Init:Services", ":"]
)
def test_what_needs_a_screen_or_a_keypad_is_not_supported(world, url):
    before = world.phone.profile
    assert do(world, url) == "not supported"
    assert (world.phone.profile, world.up, world.asked) == (before, True, [])


@given(st.text(max_size=80) | st.text(max_size=40).map("Key:".__add__))
def test_any_url_is_done_or_refused_in_words(url):
    world = World(Resync_On_Reset="No").power_on()
    assert isinstance(do(world, url), str)
