import pytest

from ringback import clock
from ringback.cisco.model import find_model
from ringback.cisco.profile import Profile
from ringback.mac import Mac
from ringback.phone.berth import Berth
from ringback.phone.depot import Depot
from ringback.phone.fault import NO_FAULTS, Faults, PowerFailureError
from ringback.phone.flashes import Flashes, Grip
from ringback.phone.handset import Handset
from ringback.phone.identity import Identity
from ringback.phone.memory import Memory
from ringback.phone.roll import Roll

MODEL = find_model("7832")
MAC = Mac("000e08100000")


class Nobody:
    """A landlord who need not be told."""

    def finished(self, berth, outcome):
        raise AssertionError(berth, outcome)

    def settled(self, berth):
        raise AssertionError(berth)

    power_failed = settled


@pytest.fixture
def depot(tmp_path):
    made = Depot(tmp_path / "fleet", {})
    yield made
    made.close()


def flashes(depot, faults=NO_FAULTS):
    roll = Roll(Identity(MODEL, MAC, "FCH1"), Profile.factory(MODEL), 3)
    return Flashes(depot, roll, clock.dice(), faults)


@pytest.fixture
def berth():
    phone = Handset(Identity(MODEL, MAC, "FCH1"), clock.dice())
    return Berth(Nobody(), 0, phone, NO_FAULTS)


def memory(value="x", mac=MAC):
    return Memory(MODEL.name, str(mac), "FCH1", {"GPP_A": value})


def test_without_a_depot_there_is_nothing_to_hold(berth):
    made = flashes(None)
    assert made.take(berth) is Grip.MINE
    assert made.hold(berth) is Grip.MINE
    assert berth.nvram is None


def test_a_phone_gets_what_its_flash_remembers(depot, berth):
    made = flashes(depot)
    assert made.take(berth) is Grip.MINE
    assert berth.phone.value("GPP_A") == ""
    berth.nvram.save(memory())
    made.give(berth)
    assert berth.nvram is None
    assert made.take(berth) is Grip.MINE
    assert berth.phone.value("GPP_A") == "x"
    made.give(berth)


def test_a_flash_in_other_hands_is_away(depot, berth):
    made = flashes(depot)
    other = depot.flash(MAC)
    assert made.take(berth) is Grip.AWAY
    assert made.hold(berth) is Grip.AWAY
    other.close()
    assert made.take(berth) is Grip.MINE
    made.give(berth)


def test_what_others_wrote_meanwhile_is_noticed(depot, berth):
    made = flashes(depot)
    assert made.take(berth) is Grip.MINE
    berth.nvram.save(memory())
    made.give(berth)
    assert made.hold(berth) is Grip.MINE
    made.give(berth)
    other = depot.flash(MAC)
    other.save(memory("other"))
    other.close()
    assert made.hold(berth) is Grip.CHANGED
    assert berth.nvram is None


@pytest.mark.parametrize("data", [b"scratched", bytes(memory(mac=Mac("000e08999999")))])
def test_a_flash_that_is_not_this_phones_is_lost_to_it(depot, berth, data):
    depot.path(MAC).write_bytes(data)
    made = flashes(depot)
    assert made.take(berth) is Grip.LOST
    assert berth.lost
    made.give(berth)
    assert depot.path(MAC).read_bytes() == data


def test_faults_reach_the_flash(depot, berth):
    made = flashes(depot, Faults(power=1.0))
    assert made.take(berth) is Grip.MINE
    with pytest.raises(PowerFailureError):
        berth.nvram.save(memory())
    made.give(berth)
