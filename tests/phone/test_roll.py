from hypothesis import given
from hypothesis import strategies as st

from ringback.cisco.model import find_model
from ringback.cisco.profile import Profile
from ringback.mac import Mac
from ringback.phone.identity import Identity
from ringback.phone.roll import Roll, serial_of

MODEL = find_model("8851")


def roll(mac, count=10):
    return Roll(Identity(MODEL, Mac(mac), "FCH1"), Profile.factory(MODEL), count)


def test_phones_follow_one_another():
    macs = [str(roll("000e081000ff").identity(index).mac) for index in range(3)]
    assert macs == ["000e081000ff", "000e08100100", "000e08100101"]


def test_each_shows_the_certificate_of_its_own_or_all_that_of_the_pattern():
    asked: list[Mac] = []
    pattern = Identity(MODEL, Mac("000e08100000"), "FCH1")
    own = Roll(pattern, Profile.factory(MODEL), 2, asked.append)
    assert [own.identity(index).pair for index in range(2)] == [None, None]
    assert [str(mac) for mac in asked] == ["000e08100000", "000e08100001"]
    assert roll("000e08100000").identity(1).pair is pattern.pair


def test_the_last_address_is_followed_by_the_first():
    assert str(roll("ffffffffffff").identity(1).mac) == "000000000000"


@given(st.integers(0, 2**48 - 1), st.integers(0, 10**6))
def test_every_phone_has_an_address_and_a_serial_number_of_the_usual_shape(first, index):
    who = roll(f"{first:012x}").identity(index)
    assert Mac.parse(str(who.mac)) == who.mac
    assert who.serial == serial_of(who.mac)
    assert len(who.serial) == 11
    assert who.model is MODEL
