import pytest

from ringback.errors import RefusedError
from ringback.mac import Mac
from ringback.provisioning.admission import Admission, Channel
from ringback.provisioning.identity import Identity

A, B = Mac.parse("000e08aaaaaa"), Mac.parse("000e08bbbbbb")
PHONE_A = Identity("192.0.2.7", certificate="CN=CP-7832-3PCC-SEP000E08AAAAAA", mac=A)
STRANGER = Identity("192.0.2.66", agent=f"Cisco/SPA504G-7.6.2f ({B.upper})(X)")
BOUND = Admission(bind_devices=True)


def admitted(asked, identity, rule=BOUND, channel=Channel.TLS):
    try:
        rule.admit(asked, identity, channel)
    except RefusedError:
        return False
    return True


def test_a_phone_gets_its_own_file():
    assert admitted(f"/CP-7832-3PCC{A}.cfg", PHONE_A)


def test_a_phone_does_not_get_another_phones_file():
    assert not admitted(f"/CP-7832-3PCC{B}.cfg", PHONE_A)


@pytest.mark.parametrize("asked", [f"/{B}.cfg?mac={A}", f"/{A}.cfg?mac={B}", f"/{A}/{B}.cfg"])
def test_naming_itself_as_well_does_not_help(asked):
    assert not admitted(asked, PHONE_A)


def test_a_file_that_names_nobody_is_for_everyone():
    assert admitted("/basic.txt", STRANGER, channel=Channel.PLAIN)


def test_a_claim_in_the_user_agent_is_no_evidence():
    assert not admitted(f"/{B}.cfg", STRANGER)


def test_a_certificate_that_names_no_phone_is_no_evidence():
    assert not admitted(f"/{A}.cfg", Identity("192.0.2.7", certificate="CN=somebody"))


def test_in_clear_a_file_that_names_a_phone_is_refused():
    assert not admitted(f"/{A}.cfg", STRANGER, channel=Channel.PLAIN)


def test_plain_devices_frees_the_plain_listeners_only():
    rule = Admission(bind_devices=True, plain_devices=True)

    assert admitted(f"/{A}.cfg", STRANGER, rule, Channel.PLAIN)
    assert not admitted(f"/{A}.cfg", STRANGER, rule, Channel.TLS)


def test_without_the_rule_everything_passes():
    assert admitted(f"/{A}.cfg", STRANGER, Admission())


def test_a_refusal_tells_the_log_all_the_evidence():
    with pytest.raises(RefusedError) as caught:
        BOUND.admit(f"/{B}.cfg", PHONE_A, Channel.TLS)

    assert str(B) in caught.value.what
    assert "CN=CP-7832-3PCC-SEP000E08AAAAAA" in caught.value.who
    assert "192.0.2.7" in caught.value.who
    assert str(A) in caught.value.why


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        (Admission(), "anyone"),
        (BOUND, "not in clear"),
        (Admission(bind_devices=True, plain_devices=True), "over HTTPS"),
    ],
)
def test_the_rule_in_force_can_be_said_in_one_line(rule, says):
    assert says in str(rule)
