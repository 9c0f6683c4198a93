from dataclasses import replace

import pytest

from ringback.errors import UsageError
from ringback.provisioning.window import Breadth, Window, inside, parse_network

MAC = "000e08000001"
WINDOW = Window(1, Breadth.DEVICE, MAC, 100.0, "ann", 200.0, network="192.0.2.0/24")


def admits(window, *, mac=MAC, site="hq", group="sales", address="192.0.2.9", now=150.0):
    return window.admits(mac, site, group, address, now)


def test_a_window_is_for_its_device_its_network_and_its_time():
    assert admits(WINDOW)
    assert not admits(WINDOW, mac="000e08000002")
    assert not admits(WINDOW, address="198.51.100.1")
    assert not admits(WINDOW, now=99.0)
    assert not admits(WINDOW, now=200.0)
    assert not admits(replace(WINDOW, closed=140.0))


@pytest.mark.parametrize(("breadth", "name"), [(Breadth.GROUP, "sales"), (Breadth.SITE, "hq")])
def test_a_window_may_be_for_a_group_or_a_site(breadth, name):
    window = replace(WINDOW, breadth=breadth, name=name)
    assert admits(window, mac="000e08000002")
    assert not admits(window, site="", group="")


def test_a_window_for_nobodys_group_admits_nobody():
    assert not admits(replace(WINDOW, breadth=Breadth.GROUP, name=""), group="")


def test_addresses_of_both_versions_are_of_networks():
    assert inside("::ffff:192.0.2.9", "192.0.2.0/24")
    assert inside("2001:db8::9", "2001:db8::/32")
    assert not inside("2001:db8::9", "192.0.2.0/24")
    assert not inside("what", "192.0.2.0/24")
    assert inside("what", "")


def test_a_network_is_put_in_order_or_refused():
    assert parse_network("192.0.2.77/24") == "192.0.2.0/24"
    assert parse_network(" ") == ""
    with pytest.raises(UsageError, match="not a network"):
        parse_network("somewhere")
