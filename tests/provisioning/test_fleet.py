import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.errors import UsageError
from ringback.mac import Mac
from ringback.provisioning.device import Device
from ringback.provisioning.document import Document
from ringback.provisioning.fleet import Fleet
from ringback.provisioning.layer import Layer, Scope

DEVICES = [Device(Mac(f"000e0800000{number}"), "SPA504G") for number in range(5)]
LAYERS = [Layer(scope, name) for scope in (Scope.FLEET, Scope.SITE) for name in ("a", "b")]


@given(st.permutations(DEVICES), st.permutations(LAYERS))
def test_the_order_of_what_was_read_does_not_matter(devices, layers):
    assert Fleet.of(layers, (), devices, {"b": "", "a": ""}) == Fleet.of(
        LAYERS, (), DEVICES, {"a": "", "b": ""}
    )


def test_two_of_one_name_are_refused():
    with pytest.raises(UsageError, match="two devices are called 000e08000000"):
        Fleet.of(devices=[DEVICES[0], DEVICES[0]])
    with pytest.raises(UsageError, match="two layers are called a"):
        Fleet.of([LAYERS[0], LAYERS[0]])
    with pytest.raises(UsageError, match="two documents are called d"):
        Fleet.of(documents=[Document("d", ("/x",)), Document("d", ("/y",))])


def test_a_device_is_found_by_its_mac():
    fleet = Fleet.of(devices=DEVICES)
    assert fleet.device(DEVICES[3].mac) == DEVICES[3]
    assert fleet.device("ffffffffffff") is None
