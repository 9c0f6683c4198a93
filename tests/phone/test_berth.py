from ringback import clock
from ringback.cisco.model import find_model
from ringback.cisco.resync import Cause, Result
from ringback.mac import Mac
from ringback.phone.action import Outcome
from ringback.phone.berth import Berth
from ringback.phone.fault import NO_FAULTS
from ringback.phone.handset import Handset
from ringback.phone.identity import Identity


class Landlord:
    def __init__(self):
        self.told = []

    def finished(self, berth, outcome):
        self.told.append((berth.index, outcome.result))

    def settled(self, berth):
        self.told.append((berth.index, "settled"))

    def power_failed(self, berth):
        self.told.append((berth.index, "power failed"))


def test_the_landlord_is_told_which_phone_it_is():
    landlord = Landlord()
    phone = Handset(Identity(find_model("7832"), Mac("000e08100000"), "FCH1"), clock.dice())
    berth = Berth(landlord, 7, phone, NO_FAULTS)
    berth.finished(Outcome(Cause.PERIODIC, Result.OK))
    berth.settled()
    berth.power_failed()
    assert landlord.told == [(7, Result.OK), (7, "settled"), (7, "power failed")]
