"""What phones ask for is done, for one or for many, whatever comes back."""

import asyncio

import pytest
from tests.phone.world import profile

from ringback import clock
from ringback.cisco.model import find_model
from ringback.cisco.resync import Result
from ringback.dns.resolver import Resolver
from ringback.errors import StorageError
from ringback.mac import Mac
from ringback.phone.hands import Hands, Plugged
from ringback.phone.handset import Handset
from ringback.phone.identity import Identity
from ringback.phone.speaker import Speaker
from ringback.tftp.server import Server

BODY = profile(GPP_A="x")


class Held(Plugged):
    """A phone in hand that notes what it is told."""

    def __init__(self, phone, nvram=None):
        super().__init__(phone, nvram)
        self.outcomes = []
        self.settlings = 0
        self.ended = asyncio.Event()

    def finished(self, outcome):
        self.outcomes.append(outcome)
        self.ended.set()

    def settled(self):
        self.settlings += 1


class Flash:
    """A flash that keeps what it is given, or is full."""

    def __init__(self, *, full=False):
        self.full, self.saved = full, []

    def save(self, memory):
        if self.full:
            raise StorageError("no space left")
        self.saved.append(memory)


def handset(number, rule):
    who = Identity(find_model("7832"), Mac(f"{number:012x}"), str(number), boot_seconds=0.0)
    phone = Handset(who, clock.dice())
    phone.profile, _ = phone.profile.set({"Profile_Rule": rule, "Resync_On_Reset": "No"})
    return phone


def resynced(rule, *flashes, count=1):
    """Phones that are switched on and told to resync; their places, and what they said."""

    async def story():
        server = Server(lambda _: BODY, finished=lambda _: None)
        await server.start("127.0.0.1", 0)
        said = []
        hands = Hands(Resolver(), Speaker(Resolver()), hear=lambda say: said.append(say.text))
        places = []
        for number in range(count):
            asked = rule.format(port=server.sockname[1])
            places.append(Held(handset(number, asked), *flashes))
            phone = places[-1].phone
            phone.start(clock.now())
            hands.settle(places[-1])
            phone.handle_timer(clock.now())
            hands.settle(places[-1])
            phone.request(None, clock.now())
            hands.settle(places[-1])
        await asyncio.wait_for(asyncio.gather(*(each.ended.wait() for each in places)), 20)
        server.close()
        return places, said

    return asyncio.run(story())


def test_a_phone_is_given_what_it_asks_for():
    flash = Flash()
    (place,), said = resynced("tftp://127.0.0.1:{port}/x", flash)
    assert place.outcomes[0].result is Result.OK
    assert place.phone.value("GPP_A") == "x"
    assert flash.saved[-1].values["GPP_A"] == "x"
    assert any("Successful resync" in text for text in said)
    assert place.errand is None
    assert place.settlings > 3


def test_many_phones_share_a_pair_of_hands():
    places, said = resynced("tftp://127.0.0.1:{port}/x", count=30)
    assert all(each.phone.value("GPP_A") == "x" for each in places)
    assert sum("Successful resync" in text for text in said) == 30


@pytest.mark.parametrize(
    ("rule", "error"),
    [
        ("tftp://n..o/x", "DNS resolution"),
        ("http://127.0.0.1:1/x", "http_get failed"),
        ("tftp://127.0.0.1:1/x", "tftp_get failed"),
    ],
)
def test_what_goes_wrong_is_an_answer_too(rule, error):
    (place,), _ = resynced(rule)
    assert place.outcomes[0].error == error


def test_a_full_flash_keeps_the_phone_as_it_was():
    (place,), _ = resynced("tftp://127.0.0.1:{port}/x", Flash(full=True))
    assert place.outcomes[0].error == "resources exhausted"
    assert place.phone.value("GPP_A") == ""
