"""Every value in a file can be traced to its layer, and to its words there."""

from dataclasses import replace

import pytest

from ringback.errors import NotFoundError
from ringback.mac import Mac
from ringback.provisioning.device import Device
from ringback.provisioning.fleet import Fleet
from ringback.provisioning.layer import Layer, Scope, Setting
from ringback.provisioning.line import Line
from ringback.provisioning.origin import Origin, Origins, Staying
from ringback.provisioning.pin import Pin
from ringback.provisioning.preparation import Preparation

KEY = bytes(range(32))
HERE = "https://prov.example.com"
MAC = Mac("000e08abcdef")
LINE = f"device/{MAC} line 1"
DEVICE = Device(
    MAC, "CP-8851-3PCC", site="berlin",
    lines=(Line(1, "100", "{{ secret('pw') }}", "Desk", "{{ proxy }}"),),
)  # fmt: skip
LAYERS = (
    Layer(Scope.FLEET, "all", (Setting("GPP_A", "for all"), Setting("GPP_B", "lost"))),
    Layer(
        Scope.SITE, "berlin", (Setting("GPP_B", "{{ site }}!"), Setting("Line_Enable_n_", "Yes"))
    ),
    Layer(Scope.DEVICE, str(MAC), (Setting("GPP_C", "{{ mac_upper }}"),)),
)
VARIABLES = {"server": HERE, "proxy": "sip.example.com"}


def secret(name):
    if name != "pw":
        raise NotFoundError(name)
    return "s3cret"


def origins(device=DEVICE, known=secret):
    fleet = Fleet.of(LAYERS, (), (device,), VARIABLES)
    return Origins(Preparation(fleet, key=KEY, secret=known), device)


def test_what_stands_there_for_the_pin_alone_is_said_to():
    then, later = (
        Preparation(Fleet.of(layers, (), (DEVICE,), VARIABLES), key=KEY, secret=secret)
        for layers in (LAYERS, (Layer(Scope.FLEET, "new", (Setting("VLAN_ID", "77"),)),))
    )
    found = Origins(then, DEVICE, Staying(Pin(1, then, later), DEVICE))
    assert found.of("device", "VLAN_ID", "1") == Origin("pin")
    assert found.of("device", "Profile_Rule", "") == Origin("pin")
    assert found.of("device", "GPP_B", "berlin!") == Origin("site/berlin", "{{ site }}!")


@pytest.mark.parametrize(
    ("name", "value", "origin"),
    [
        ("GPP_A", "for all", Origin("fleet/all")),
        ("GPP_B", "berlin!", Origin("site/berlin", "{{ site }}!")),
        ("GPP_C", "000E08ABCDEF", Origin(f"device/{MAC}", "{{ mac_upper }}")),
        ("Line_Enable_1_", "Yes", Origin("site/berlin")),
        ("Password_1_", "s3cret", Origin(LINE, "{{ secret('pw') }}", secret=True)),
        ("Proxy_1_", "sip.example.com", Origin(LINE, "{{ proxy }}")),
        ("Resync_On_Reset", "Yes", Origin("ready/all")),
        ("Profile_Rule", f"{HERE}/common/8851-3PCC.cfg", Origin("document/common")),
    ],
)  # fmt: skip
def test_a_value_of_the_devices_own_file(name, value, origin):
    assert origins().of("device", name, value) == origin


def test_the_same_name_has_another_origin_in_another_document():
    told = origins().of("bootstrap", "Profile_Rule_B", f"{HERE}/device/$(MA)-0.cfg")
    assert told == Origin("document/device")


def test_a_value_that_the_layers_do_not_give_has_no_origin():
    assert origins().of("device", "GPP_A", "something else") is None
    assert origins().of("device", "GPP_O", "never said") is None
    assert origins().of("file /plain.cfg", "GPP_A", "for all") is None


def test_the_number_of_the_release_in_a_value_may_be_any():
    for number in (1, 23):
        text = f"$PN $MAC -- Resync failed: $ERR -- release={number} prvst=$PRVST swver=$SWVER"
        told = origins().of("device", "Log_Failure_Msg", text)
        assert told is not None
        assert told.layer == "ready/MPP"
        assert "{{ release }}" in told.template


def test_a_secret_that_is_gone_leaves_the_rest_without_harm():
    def nothing(name):
        raise NotFoundError(name)

    made = origins(known=nothing)
    assert made.of("device", "Password_1_", "s3cret") is None


def test_a_device_with_a_line_that_no_longer_is_there():
    made = origins(replace(DEVICE, lines=()))
    assert made.of("device", "User_ID_1_", "100") is None
