import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.provisioning.vigil import MOST_SOURCES, PERIOD, Bounds, Vigil, source

BOUNDS = Bounds(source=5, maker=12, pause=3.0)
HOME, AWAY = "192.0.2.7", "198.51.100.7"


def mac(number):
    return f"000e08{number:06x}"


def tried(vigil, address, count, now=0.0, first=0):
    return [
        notice
        for number in range(first, first + count)
        for notice in vigil.refused(address, mac(number), now)
    ]


def test_a_phone_that_asks_for_the_same_file_all_night_counts_once():
    vigil = Vigil(BOUNDS)
    assert not [each for now in range(500) for each in vigil.refused(HOME, mac(1), now)]
    assert vigil.pause(HOME, mac(1), 500) == 0


def test_who_tries_many_is_noticed_once_and_slowed_from_then_on():
    vigil = Vigil(BOUNDS)
    assert not tried(vigil, HOME, 4)
    (notice,) = tried(vigil, HOME, 1, first=4)
    assert notice.source == "192.0.2.0/24"
    assert mac(4) in notice.what
    assert not notice.alarm
    assert not [each for each in tried(vigil, HOME, 5, first=5) if "maker" not in each.what]
    assert vigil.pause("192.0.2.200", mac(99), 1.0) == 3.0
    assert vigil.pause(AWAY, "ffffff000000", 1.0) == 0.0


def test_it_is_forgotten_after_a_while():
    vigil = Vigil(BOUNDS)
    tried(vigil, HOME, 5)
    assert vigil.pause(HOME, "", PERIOD - 1) == 3.0
    assert vigil.pause(HOME, "", PERIOD + 1) == 0.0
    assert not tried(vigil, HOME, 4, PERIOD + 1, first=50)


def test_a_maker_is_counted_over_all_sources():
    vigil = Vigil(BOUNDS)
    told = [
        notice
        for number in range(12)
        for notice in vigil.refused(f"10.0.{number}.1", mac(number), 0.0)
    ]
    (notice,) = told
    assert "maker 000e08" in notice.what
    assert vigil.pause("10.9.9.9", mac(77), 1.0) == 3.0
    assert vigil.pause("10.9.9.9", "aaaaaa000000", 1.0) == 0.0


def test_a_decoy_is_an_alarm_at_once_and_once_a_period():
    vigil = Vigil(BOUNDS)
    (notice,) = vigil.decoyed(HOME, mac(1), 0.0)
    assert notice.alarm
    assert not vigil.decoyed(HOME, mac(1), 1.0)
    assert vigil.pause(HOME, mac(1), 1.0) == 3.0
    assert vigil.decoyed(AWAY, mac(1), 1.0)


def test_a_phone_that_proves_itself_clears_its_source():
    vigil = Vigil(BOUNDS)
    tried(vigil, HOME, 5)
    vigil.proven("192.0.2.99")
    assert vigil.pause(HOME, "", 1.0) == 0.0


@given(st.lists(st.tuples(st.integers(0, 9000), st.integers(0, 50), st.floats(0, 1000))))
def test_memory_is_bounded_whatever_is_asked(asked):
    vigil = Vigil(BOUNDS)
    for host, number, now in asked:
        vigil.refused(f"10.{host >> 8}.{host & 255}.1", mac(number), now)
    assert len(vigil._sources) <= MOST_SOURCES
    assert all(len(each.macs) <= BOUNDS.source for each in vigil._sources.values())
    assert all(len(each.macs) <= BOUNDS.maker for each in vigil._makers.values())


def test_those_who_were_quiet_longest_are_forgotten_first():
    vigil = Vigil(BOUNDS)
    for host in range(MOST_SOURCES + 10):
        vigil.refused(f"10.{host >> 8}.{host & 255}.1", mac(1), 0.0)
    assert len(vigil._sources) == MOST_SOURCES
    assert source("10.0.0.1") not in vigil._sources


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unix", "unix"),
    ],
)
def test_a_source_is_a_network(address, network):
    assert source(address) == network
