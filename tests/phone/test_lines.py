import gc
import tracemalloc

import pytest
from tests.phone.world import World

from ringback.phone.line import Dial
from ringback.phone.lines import Lines
from ringback.phone.view import sections
from ringback.sip.field import Uri
from ringback.sip.message import Response

pytestmark = pytest.mark.duty(9)

ACCOUNT = {"User_ID_1_": "4711", "Proxy_1_": "sip.example.com", "Password_1_": "pw"}
OK = Response((("Expires", "100"),), b"", 200)


class Wired(World):
    """A world in which somebody carries SIP; what is sent is kept."""

    def __init__(self, model="8841", **settings):
        self.dials = []
        super().__init__(model, Resync_On_Reset="No", Resync_Periodic="0", **settings)

    def _plug_in(self):
        phone = super()._plug_in()
        phone.part(Lines).plug("192.0.2.1", 5060)
        return phone

    def _do(self, action):
        if isinstance(action, Dial):
            self.dials.append(action)
        else:
            super()._do(action)

    def answer_last(self, response):
        self.lines_of_phone.answered(self.dials[-1], response, self.now)
        self.settle()

    @property
    def lines_of_phone(self):
        return self.phone.part(Lines)

    @property
    def methods(self):
        return [(each.request.method, each.request.get("Expires")) for each in self.dials]

    def regtmr(self, number=1):
        self.phone.now = self.now
        return self.phone.macros()[f"REGTMR{number}"]


def test_a_phone_registers_when_it_is_up():
    world = Wired(**ACCOUNT).power_on()
    world.wait(1)

    ((dial),) = world.dials
    assert dial.line.hop == "sip.example.com"
    assert dial.request.get("Contact") == "<sip:4711@192.0.2.1:5060>"
    assert dial.request.get("User-Agent").startswith("Cisco-CP-8841-3PCC/")
    world.answer_last(OK)
    assert world.lines_of_phone.registered(1, world.now)


def test_a_user_with_signs_that_no_uri_has_is_escaped_and_found_again():
    world = Wired(User_ID_1_="12#3", Proxy_1_="h").power_on()
    world.wait(1)

    (dial,) = world.dials
    assert dial.request.get("Contact") == "<sip:12%233@192.0.2.1:5060>"
    assert world.lines_of_phone.of(Uri.parse("sip:12%233@h").user) == dial.line


def test_a_registration_is_renewed_for_as_long_as_the_phone_is_on():
    world = Wired(**ACCOUNT).power_on()
    world.wait(1)
    world.answer_last(OK)
    world.wait(90)
    assert len(world.dials) == 2
    world.power_cut()
    world.wait(1000)

    assert len(world.dials) == 2
    assert world.regtmr() == "0"


def test_a_phone_that_nobody_carries_has_no_lines_to_register():
    world = World("8841", **ACCOUNT).power_on()

    assert world.phone.macros()["REGTMR1"] == "0"
    assert world.phone.part(Lines).timer() is None


def test_regtmr_says_for_how_long_a_line_has_been_lost():
    world = Wired(**ACCOUNT, Reg_Retry_Long_Intvl="0").power_on()
    world.wait(1)
    world.answer_last(Response((), b"", 403))
    world.wait(40)

    assert world.regtmr(1) == "41"
    assert world.regtmr(2) == "0"


def test_a_trigger_lets_a_phone_resync_once_its_line_is_lost():
    world = Wired(
        **ACCOUNT,
        Reg_Retry_Long_Intvl="0",
        Resync_Trigger_1="$REGTMR1 gt 300",
        Profile_Rule="tftp://192.168.1.200/a.cfg",
    )
    world.put("a.cfg")
    world.power_on().wait(1)
    world.answer_last(Response((), b"", 403))
    world.phone.adopt(world.phone.profile.set({"Resync_Periodic": "100"})[0])
    world.resync(None)
    world.asked.clear()

    world.wait(250)
    assert world.asked == []
    world.wait(100)
    assert world.asked == ["tftp://192.168.1.200/a.cfg"]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"Password_1_": "other"}, [("REGISTER", "0"), ("REGISTER", "3600")]),
        ({"Line_Enable_1_": "No"}, [("REGISTER", "0")]),
        ({"Register_Expires_1_": "60"}, [("REGISTER", "0"), ("REGISTER", "60")]),
        ({"GPP_A": "x"}, []),
    ],
)
def test_a_changed_account_says_goodbye_and_hello(settings, expected):
    world = Wired(**ACCOUNT).power_on()
    world.wait(1)
    world.answer_last(OK)
    world.dials.clear()
    profile, _ = world.phone.profile.set(settings)
    world.phone.now = world.now
    world.phone.adopt(profile)
    world.settle()
    world.wait(1)

    assert world.methods == expected


def test_an_answer_for_an_account_that_is_gone_is_nobodys():
    world = Wired(**ACCOUNT).power_on()
    world.wait(1)
    old = world.dials[-1]
    world.phone.now = world.now
    world.phone.adopt(world.phone.profile.set({"User_ID_1_": "4712"})[0])
    world.lines_of_phone.answered(old, OK, world.now)

    assert not world.lines_of_phone.registered(1, world.now)


def test_a_user_is_found_on_the_enabled_line_that_has_it():
    world = Wired(**ACCOUNT, User_ID_2_="12", User_ID_3_="13", Line_Enable_3_="No")

    def of(user):
        found = world.lines_of_phone.of(user)
        return found and found.number

    assert [of("4711"), of("12"), of("13"), of("")] == [1, 2, None, 1]


def test_info_tells_how_each_line_stands():
    world = Wired(**ACCOUNT, Proxy_2_="h", User_ID_2_="12").power_on()
    world.wait(1)
    world.lines_of_phone.answered(world.dials[0], OK, world.now)
    world.lines_of_phone.answered(world.dials[1], Response((), b"", 403, "No\x1b"), world.now)

    told = dict(dict(sections(world.phone, world.now))["Ext Status"])
    assert told["Ext 1 Registration State"] == "Registered"
    assert told["Ext 1 Next Registration In"] == "90 s"
    assert told["Ext 2 Registration State"] == "Failed (403 No?)"


def test_info_of_a_phone_without_lines_says_nothing_of_them():
    assert "Ext Status" not in dict(sections(World("8841").power_on().phone, 0.0))


CHALLENGE = Response((("WWW-Authenticate", 'Digest realm="r", nonce="n", qop="auth"'),), b"", 401)


def test_a_registered_line_costs_little_memory():
    def cost(count, **settings):
        worlds = [Wired(**(ACCOUNT | settings)) for _ in range(count)]
        gc.collect()
        tracemalloc.start()
        for world in worlds:
            world.power_on().wait(1)
            if world.dials:
                world.answer_last(CHALLENGE)
                world.wait(0)
                world.answer_last(OK)
            world.dials, world.disk = [], None
        gc.collect()
        used, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return used / count

    cost(2)  # what all phones share
    assert cost(50) - cost(50, Register_1_="No") < 4096
