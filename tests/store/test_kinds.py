from dataclasses import replace

import pytest
from tests.operations.fleets import device

from ringback.mac import Mac
from ringback.provisioning.layer import Scope
from ringback.store.devices import Devices
from ringback.store.kinds import Kind, Kinds


@pytest.fixture
def kinds(store):
    """Six devices: three models, two sites in turn; the last is pinned to release 2."""
    with store.fleet.writing() as connection:
        given = [device(number) for number in range(6)]
        given[5] = replace(given[5], pinned=2)
        Devices(connection, store.seal).keep(given)
        yield Kinds(connection)


def macs(*numbers):
    return [str(device(number).mac) for number in numbers]


def test_models_are_told_once_and_with_an_example(kinds):
    assert kinds.models() == ["CP-7841-3PCC", "CP-8851-3PCC", "SPA504G"]
    assert dict(kinds.examples()) == dict(
        zip(["CP-8851-3PCC", "CP-7841-3PCC", "SPA504G"], macs(0, 1, 2), strict=True)
    )


def test_a_layer_reaches_one_of_each_kind_first(kinds):
    assert sorted(kinds.reached(Scope.SITE, ["hq"], 9)) == macs(0, 2, 4)
    assert sorted(kinds.reached(Scope.MODEL, ["SPA504G"], 9)) == macs(2, 5)
    assert kinds.reached(Scope.DEVICE, macs(3), 9) == macs(3)
    assert len(kinds.reached(Scope.FLEET, [], 4)) == 4
    assert kinds.reached(Scope.MODEL, [], 9) == []


def test_one_of_each_kind_among_some(kinds):
    assert kinds.firsts(macs(0, 1, 2, 3, 4, 5), 9) == macs(0, 1, 2, 3, 4, 5)  # all differ
    assert kinds.firsts(macs(0, 1, 2), 2) == macs(0, 1)
    assert kinds.firsts([], 9) == []


def test_kinds_besides_those_of_one_device(kinds):
    assert Kind("CP-8851-3PCC", "hq", "") not in kinds.besides(device(0).mac, 9)
    assert len(kinds.besides(Mac("000e08999999"), 9)) == 6
    assert len(kinds.besides(Mac("000e08999999"), 2)) == 2


@pytest.mark.parametrize("wrong", ["000e0800000a", "000e80000003", "100e08000003"])
def test_a_mac_like_one_that_is_not_there_is_found(kinds, wrong):
    assert not kinds.has(Mac(wrong))
    assert kinds.alike(Mac(wrong)).startswith("000e080000")


def test_a_mac_like_none_is_told_as_like_none(kinds):
    assert kinds.has(device(3).mac)
    assert kinds.alike(Mac("f4ffffffffff")) == ""


def test_pins_are_told_by_release_and_by_device(kinds):
    assert kinds.pins(macs(0, 1)) == []
    assert kinds.pins(macs(0, 5)) == [2]
    assert kinds.pinned() == macs(5)
