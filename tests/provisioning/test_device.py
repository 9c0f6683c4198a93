import pytest

from ringback.errors import NotFoundError, UsageError
from ringback.mac import Mac
from ringback.provisioning.device import Device
from ringback.provisioning.line import Line

DEVICE = Device(Mac("000e08abcdef"), "CP-8851-3PCC")


def test_lines_are_in_order_and_each_once():
    with pytest.raises(UsageError, match="not in order: 2, 1"):
        Device(DEVICE.mac, DEVICE.model, lines=(Line(2), Line(1)))
    with pytest.raises(UsageError, match="not in order: 1, 1"):
        Device(DEVICE.mac, DEVICE.model, lines=(Line(1), Line(1)))


def test_a_change_of_keys_ends_when_the_phone_was_seen_with_the_next():
    assert DEVICE.keys == (1,)
    changing = DEVICE.rotated()
    assert changing.keys == (1, 2)
    assert changing.rotated() == changing
    assert changing.settled(1) == changing
    assert changing.settled(2).keys == (2,)
    assert DEVICE.settled(2) == DEVICE


def test_a_device_can_be_hashed_and_compared_with_its_variables():
    one = Device(DEVICE.mac, DEVICE.model, variables={"a": "b"})
    assert one != DEVICE
    assert len({one, DEVICE, Device(DEVICE.mac, DEVICE.model, variables={"a": "b"})}) == 2


def test_its_model_is_looked_up():
    assert DEVICE.kind.lines == 10
    with pytest.raises(NotFoundError):
        _ = Device(DEVICE.mac, "toaster").kind
