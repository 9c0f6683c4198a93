import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.cisco.model import find_model
from ringback.cisco.profile import Profile
from ringback.mac import Mac
from ringback.phone.line import Line, sip_agent, timing
from ringback.sip.transaction import Timing

pytestmark = pytest.mark.duty(9)

text = st.text(max_size=20)


def line(model="8841", number=1, **settings):
    named = {f"{name}_{number}_": value for name, value in settings.items() if name != "Auth"}
    profile, _ = Profile.factory(find_model(model)).set(named)
    return Line.read(profile.value, number)


REGISTERING = {"User_ID": "4711", "Proxy": "sip.example.com"}


def test_a_line_with_a_user_and_a_proxy_registers():
    found = line(**REGISTERING, Password="pw")

    assert found.enabled
    assert found.registers
    assert found.transport == "UDP"
    assert found.account.aor == "sip:4711@sip.example.com"
    assert found.hop == "sip.example.com"
    assert found.account.expires == 3600


@pytest.mark.parametrize(
    "without", [{"User_ID": ""}, {"Proxy": ""}, {"Register": "No"}, {"Line_Enable": "No"}]
)
def test_without_these_it_does_not(without):
    assert not line(**(REGISTERING | without)).registers


def test_a_second_line_has_settings_of_its_own():
    assert line(number=2, User_ID="12", Proxy="h").account.user == "12"


@pytest.mark.parametrize(
    ("model", "settings", "hop"),
    [
        ("8841", {}, "sip.example.com"),
        ("8841", {"Outbound_Proxy": "edge:5070"}, "edge:5070"),
        ("SPA504G", {"Outbound_Proxy": "edge"}, "sip.example.com"),
        ("SPA504G", {"Outbound_Proxy": "edge", "Use_Outbound_Proxy": "Yes"}, "edge"),
    ],
)
def test_requests_go_to_the_outbound_proxy_where_it_counts(model, settings, hop):
    assert line(model, **REGISTERING, **settings).hop == hop


@pytest.mark.parametrize(
    ("model", "settings", "uid"),
    [
        ("8841", {"Auth_ID": "auth"}, "auth"),
        ("8841", {}, "4711"),
        ("SPA504G", {"Auth_ID": "auth"}, "4711"),
        ("SPA504G", {"Auth_ID": "auth", "Use_Auth_ID": "Yes"}, "auth"),
    ],
)
def test_the_auth_id_counts_where_it_is_used(model, settings, uid):
    assert line(model, **REGISTERING, **settings).lock.uid == uid


@pytest.mark.parametrize(
    ("transport", "spoken"), [("UDP", "UDP"), ("tcp", "TCP"), ("AUTO", "UDP"), ("TLS", "")]
)
def test_a_transport_is_spoken_or_not(transport, spoken):
    assert line(SIP_Transport=transport).transport == spoken


@pytest.mark.parametrize(("model", "guarded"), [("8841", True), ("SPA504G", False)])
def test_the_factory_says_whether_a_notify_is_challenged(model, guarded):
    assert line(model).guarded is guarded


def test_timers_are_the_phones_own():
    assert timing(Profile.factory(find_model("8841")).value) == Timing(0.5, 4.0, 5.0, 16.0, 16.0)
    assert timing(lambda _: "nonsense") == Timing(0.5, 4.0, 5.0, 16.0, 16.0)
    assert timing(lambda _: "0").t1 == 0.05


@given(st.dictionaries(st.sampled_from(["User_ID_1_", "Proxy_1_", "Register_Expires_1_", "SIP_T1",
    "SIP_Timer_F", "Reg_Retry_Intvl", "SIP_Transport_1_", "Line_Enable_1_"]), text))  # fmt: skip
def test_no_value_can_make_reading_fail(values):
    found = Line.read(lambda name: values.get(name, ""), 1)

    assert found.account.retry >= 0
    assert found.timing.t1 > 0


@pytest.mark.parametrize(
    ("model", "agent"),
    [("SPA504G", "Cisco/SPA504G-"), ("8841", "Cisco-CP-8841-3PCC/")],
)
def test_a_phone_calls_itself_as_it_does_over_http(model, agent):
    found = find_model(model)
    said = sip_agent(found, Mac.parse("000e08abcdef"), "1", found.load)

    assert said.startswith(agent)
    assert " " not in said
    assert said.endswith("_000e08abcdef") is (model == "8841")
