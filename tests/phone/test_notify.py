import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.phone.world import SERVER, World, profile

from ringback.cisco.resync import Cause
from ringback.phone import notify
from ringback.phone.boot import Reason
from ringback.sip.errand import Errand
from ringback.sip.gate import LIFETIME, Gate
from ringback.sip.keyring import Keyring
from ringback.sip.message import Request, Response
from ringback.sip.peer import Peer

pytestmark = pytest.mark.duty(9)

PROXY = Peer("UDP", "192.0.2.2", 5060)
QUIET = {"Resync_On_Reset": "No", "User_ID_1_": "4711", "Proxy_1_": "h", "Password_1_": "pw"}
OPEN = {**QUIET, "Auth_Resync-Reboot_1_": "No"}


class Rung:
    """A phone that is up, and somebody who sends it requests."""

    def __init__(self, model="8841", **settings):
        self.world = World(model, **(OPEN | settings)).power_on()
        self.gate = Gate(b"secret")
        self.sent: list[Request] = []

    def send(self, request):
        world = self.world
        self.sent.append(request)
        response = notify.answer(world.phone, request, PROXY, world.now, self.gate)
        world.settle()
        return response

    def notify(self, event, body=b"", method="NOTIFY", user="4711", keyring=None):
        errand = Errand(
            method, f"sip:{user}@192.0.2.1", (("To", "<sip:x@y>"), ("Event", event)),
            sender="<sip:a@b>", name=lambda: "n", keyring=keyring, body=body,
        )  # fmt: skip
        response = self.send(errand.next())
        while response is not None and errand.receive(response):
            response = self.send(errand.next())
        return response

    def code(self, event, body=b"", **more):
        response = self.notify(event, body, **more)
        assert isinstance(response, Response)
        return response.code

    @property
    def reasons(self):
        return [boot.reason for boot in self.world.phone.history.boots]


@pytest.mark.parametrize("event", ["resync", "check-sync", "check-sync;reboot=false", "RESYNC"])
def test_a_resync_follows_the_phones_own_rules_as_an_explicit_request(event):
    rung = Rung(Profile_Rule="http://192.168.1.200/a.cfg?$PRVST")
    rung.world.put("a.cfg?-1", scheme="http")

    assert rung.code(event) == 200
    (outcome,) = rung.world.outcomes
    assert outcome.cause is Cause.REQUEST
    assert rung.world.value("GPP_A") == "12345678"


def test_a_resync_may_bring_a_rule_of_its_own():
    rung = Rung()
    url = rung.world.put("once.cfg", profile(GPP_A="once"))

    assert rung.code(f'resync;profile="{url}"') == 200
    assert rung.world.value("GPP_A") == "once"
    assert "once" not in rung.world.value("Profile_Rule")


def test_a_rule_without_a_server_means_the_one_who_asks():
    rung = Rung()
    rung.world.names[PROXY.host] = (PROXY.host,)
    rung.world.put("x.cfg", host=PROXY.host)

    assert rung.code("resync;profile=/x.cfg") == 200
    assert rung.world.asked == [f"tftp://{PROXY.host}/x.cfg"]


@pytest.mark.parametrize("gate", ["Resync_From_SIP", "Provision_Enable"])
def test_a_setting_may_forbid_it(gate):
    assert Rung(**{gate: "No"}).code("resync") == 403


@pytest.mark.parametrize(
    "event", ["reboot", "reboot_now", "restart", "restart_now", "reset", "reset_now"]
)
def test_a_phone_restarts_and_says_that_sip_asked_for_it(event):
    rung = Rung()

    assert rung.code(event) == 200
    assert not rung.world.up
    assert rung.reasons[0] is Reason.SIP


def test_now_means_now_and_otherwise_a_call_comes_first():
    rung = Rung()
    rung.world.phone.start_call(1, rung.world.now)
    assert rung.code("reboot") == 200
    assert rung.world.up

    assert rung.code("reboot_now") == 200
    assert not rung.world.up


def test_a_report_is_uploaded():
    rung = Rung(Report_Rule=f"http://{SERVER}/report.xml")

    assert rung.code("report") == 200
    assert len(rung.world.taken) == 1
    assert Rung().code("report") == 403


# Who may


def test_credentials_of_the_line_are_asked_for():
    rung = Rung(**{"Auth_Resync-Reboot_1_": "Yes"})
    refused = rung.notify("reboot")

    assert refused is not None
    assert refused.code == 401
    assert 'realm="h"' in refused.get("WWW-Authenticate")
    assert 'qop="auth"' in refused.get("WWW-Authenticate")
    assert rung.world.up
    assert rung.code("reboot", keyring=Keyring("4711", "wrong")) == 401
    assert rung.world.up
    assert rung.code("reboot", keyring=Keyring("4711", "pw")) == 200
    assert not rung.world.up


def test_words_that_were_heard_before_open_nothing():
    rung = Rung(**{"Auth_Resync-Reboot_1_": "Yes"})
    assert rung.code("check-sync", keyring=Keyring("4711", "pw")) == 200
    again = rung.send(rung.sent[-1])

    assert again is not None
    assert again.code == 401
    assert "stale=TRUE" in again.get("WWW-Authenticate")
    rung.world.now += LIFETIME + 5
    later = rung.send(rung.sent[-2])
    assert later is not None
    assert later.code == 401


def test_each_line_has_credentials_of_its_own():
    more = {"User_ID_2_": "12", "Password_2_": "two", "Proxy_2_": "h"}
    rung = Rung(**{"Auth_Resync-Reboot_2_": "Yes"}, **more)

    assert rung.code("reboot", user="12", keyring=Keyring("4711", "pw")) == 401
    assert rung.code("reboot", user="12", keyring=Keyring("12", "two")) == 200


@pytest.mark.parametrize("event", ["message-summary", "keep-alive"])
def test_what_commands_nothing_is_not_challenged(event):
    assert Rung(**{"Auth_Resync-Reboot_1_": "Yes"}).code(event) == 200


# Bodies

OBJECT = (
    b'<CiscoIPPhoneExecute><ExecuteItem URL="Resync:http://192.168.1.200/x.cfg"/>'
    b"</CiscoIPPhoneExecute>"
)
AS_PRINTED = b"<CP-7832-3PCCExecute><ExecuteItem URL=Resync:http://192.168.1.200/x.cfg/></CP-7832-3PCCExecute>"
YES = {"CISCO_XML_EXE_Enable": "Yes"}


@pytest.mark.parametrize("body", [OBJECT, AS_PRINTED])
def test_a_cisco_xml_object_is_executed(body):
    rung = Rung(**YES)
    rung.world.put("x.cfg", scheme="http")

    assert rung.code("XML-Service", body) == 200
    assert rung.world.value("GPP_A") == "12345678"


def test_a_phone_may_take_no_objects():
    assert Rung().code("XML-Service", OBJECT) == 403


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", 400),
        (b"http://192.168.1.200/x.xml\r\n", 400),
        (b"http://192.168.1.200/x.xml\n", 400),
        (b"http://192.168.1.200/x.xml http://h/", 400),
        (b"ftp://192.168.1.200/x.xml", 400),
        (b"\xff\xfe", 400),
        (b"<CiscoIPPhoneExecute>", 400),
        (b"<CiscoIPPhoneExecute/>", 400),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><CiscoIPPhoneExecute>&b;</CiscoIPPhoneExecute>', 400),
        (b"<CiscoIPPhoneExecute>" + b"<ExecuteItem URL='Key:Info'/>" * 99, 400),
        (b"<a>" * 20_000, 400),
        (b'<CiscoIPPhoneExecute><ExecuteItem URL="Play:x"/></CiscoIPPhoneExecute>', 403),
    ],
)
def test_a_body_that_cannot_be_used_is_refused(body, code):
    assert Rung(**YES).code("XML-Service", body) == code


def test_a_bomb_is_refused(corpus):
    for path in sorted((corpus / "xml").glob("*/*.xml")):
        assert Rung(**YES).code("XML-Service", path.read_bytes()) in (400, 403), path


@given(st.binary(max_size=200))
def test_any_body_is_answered(body):
    rung = Rung(**YES)

    assert rung.code("XML-Service", body) in (200, 400, 403)
    assert rung.code("XML-Service", b"<CiscoIPPhoneExecute>" + body) in (200, 400, 403)


# Everything else


@pytest.mark.parametrize("event", ["", "nonsense", "prt-gen", "presence"])
def test_an_event_that_no_phone_knows_is_a_bad_event(event):
    response = Rung().notify(event)

    assert response is not None
    assert response.code == 489
    assert "resync" in response.get("Allow-Events")


def test_options_says_what_the_phone_understands():
    response = Rung().notify("", method="OPTIONS")

    assert response is not None
    assert response.code == 200
    assert "NOTIFY" in response.get("Allow")
    assert response.get("Server").startswith("Cisco-CP-8841-3PCC/")


@pytest.mark.parametrize(
    ("method", "code"), [("INVITE", 486), ("BYE", 481), ("SUBSCRIBE", 405), ("nonsense", 405)]
)
def test_what_the_phone_does_not_do_is_refused(method, code):
    assert Rung().code("", method=method) == code


def test_a_user_on_none_of_its_lines_is_not_found():
    assert Rung().code("resync", user="4712") == 404


def test_a_phone_that_is_not_up_says_nothing():
    rung = Rung()
    rung.world.power_cut()

    assert rung.notify("resync") is None


def test_a_phone_with_too_much_to_do_refuses():
    rung = Rung()
    rung.world.holding = True
    codes = [rung.code(f"resync;profile=tftp://192.168.1.200/{each}") for each in range(8)]

    assert codes[0] == 200
    assert codes[-1] == 403


@given(st.text(st.characters(codec="latin-1", exclude_characters="\r\n"), max_size=80))
def test_any_event_is_answered(event):
    rung = Rung()
    response = rung.send(Request((("Event", event),), b"", "NOTIFY", "sip:4711@h"))

    assert response is not None
    assert response.code in (200, 403, 489)
