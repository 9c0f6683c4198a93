"""A phone that is told to resync over SIP: by SIPp, by our own command, and through Kamailio."""

import json
import time

import pytest
from tests.house.proxy import PASSWORD, kamailio
from tests.house.started import ringback
from tests.sip.scenario import request, scenario, send, sipp

pytestmark = pytest.mark.duty(9)

LINE = {"User_ID_1_": "4711", "Password_1_": PASSWORD, "Auth_Resync-Reboot_1_": "Yes"}
ALONE = LINE | {"Register_1_": "No", "Proxy_1_": "sip.example.com", "Resync_On_Reset": "No"}
CREDENTIALS = f"[authentication username=4711 password={PASSWORD}]"
MODES = ["u1", "t1"]
"""UDP and TCP, as SIPp calls them."""


@pytest.fixture
def secret(tmp_path):
    file = tmp_path / "password"
    file.write_text(PASSWORD + "\n")
    return str(file)


@pytest.fixture
def wired(plug, free_port):
    """A phone with lines, and where they are."""

    def make(*arguments, **settings):
        port = free_port("udp")
        phone = plug(*arguments, "--model", "8841", "--sip", f"127.0.0.1:{port}", **settings)
        return phone, port

    return make


@pytest.fixture
def proxied(program, tmp_path, free_port):
    """Kamailio, with what it is to do."""
    return lambda **settings: kamailio(program, tmp_path, free_port(), **settings)


def told(target, *arguments):
    """What ``ringback notify --json`` says, and its exit status."""
    done = ringback("notify", target, "--json", "--bind", "127.0.0.1:0", *arguments)
    assert done.stdout, done.stderr
    return json.loads(done.stdout), done.returncode


@pytest.fixture
def judge(program, tmp_path):
    """SIPp, against a port; it must be content."""

    def run(port, text, *arguments):
        sipp(program, tmp_path, text, f"127.0.0.1:{port}", "-s", "4711", *arguments)

    return run


@pytest.mark.parametrize("mode", MODES)
def test_sipp_is_challenged_authenticates_and_the_phone_resyncs(server, wired, ear, judge, mode):
    rule = server.url("basic.txt")
    _, port = wired(rule, Syslog_Server=ear.address, **ALONE)
    text = scenario(
        send(request("NOTIFY", "Event: resync")),
        '<recv response="401" auth="true"/>',
        send(request("NOTIFY", "Event: resync", CREDENTIALS, number=2)),
        '<recv response="200"/>',
    )

    judge(port, text, "-t", mode, "-m", "1")

    ear.wait_for(f"Successful resync {rule}")
    server.wait_for('"RRQ /basic.txt" ok 59')


def test_sipp_with_a_wrong_password_moves_nothing(server, wired, ear, judge):
    phone, port = wired(server.url("basic.txt"), Syslog_Server=ear.address, **ALONE)
    wrong = CREDENTIALS.replace(PASSWORD, "wrong")
    text = scenario(
        send(request("NOTIFY", "Event: resync")),
        '<recv response="401" auth="true"/>',
        send(request("NOTIFY", "Event: resync", wrong, number=2)),
        '<recv response="401"/>',
    )

    judge(port, text, "-m", "2")

    assert phone.field("GPP_A") == ""
    assert not [line for line in ear.drain() if "resync" in line]


def test_without_auth_resync_reboot_nobody_is_challenged(server, wired, judge):
    phone, port = wired(server.url("basic.txt"), **ALONE | {"Auth_Resync-Reboot_1_": "No"})
    text = scenario(
        send(request("NOTIFY", "Event: check-sync")),
        '<recv response="200"/>',
        send(request("OPTIONS", number=2)),
        '<recv response="200"/>',
        send(request("NOTIFY", "Event: nonsense", number=3)),
        '<recv response="489"/>',
    )

    judge(port, text, "-m", "1")

    phone.said("Successful resync")


def test_the_seeds_cisco_xml_exercise_works_by_notify(server, wired, secret, tmp_path):
    phone, port = wired(CISCO_XML_EXE_Enable="Yes", **ALONE)
    url = server.url("basic.txt")
    file = tmp_path / "object.xml"
    file.write_text(f"<CP-8841-3PCCExecute><ExecuteItem URL=Resync:{url}/></CP-8841-3PCCExecute>")

    answer, status = told(
        f"127.0.0.1:{port}", "--event", "XML-Service", "--body", str(file),
        "--user", "4711", "--password-file", secret,
    )  # fmt: skip

    assert (answer["status"], answer["challenged"], status) == (200, True, 0)
    phone.said(f"Successful resync {url}")


def test_a_one_shot_rule_comes_with_the_event(server, wired, secret):
    phone, port = wired(**ALONE)
    url = server.url("basic.txt")

    answer, status = told(
        f"127.0.0.1:{port}", "--rule", url, "--user", "4711", "--password-file", secret, "--tcp"
    )

    assert (answer["status"], status) == (200, 0)
    phone.said(f"Successful resync {url}")


def test_a_restart_is_told_on_the_phones_page(wired, secret):
    phone, port = wired(**ALONE)
    target = f"4711@127.0.0.1:{port}"

    _, status = told(target, "--event", "reboot", "--user", "4711", "--password-file", secret)

    assert status == 0
    assert "SIP Triggered" in phone.open("/").text


@pytest.mark.parametrize(
    ("arguments", "code", "status"),
    [
        ([], 401, 1),
        (["--event", "nonsense"], 489, 1),
        (["--user", "4711"], 401, 1),
    ],
)
def test_a_refusal_is_told_as_one(wired, arguments, code, status):
    _, port = wired(**ALONE)

    assert told(f"4711@127.0.0.1:{port}", *arguments)[0]["status"] == code
    assert told(f"4711@127.0.0.1:{port}", *arguments)[1] == status


def test_silence_is_told_as_silence(free_port):
    done = ringback("notify", f"127.0.0.1:{free_port('udp')}", "--timeout", "0.3")

    assert done.returncode == 3
    assert "no answer" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("target", ["", "a b", "sips:a@b", "http://h", "h:99999"])
def test_a_target_that_is_none_is_wrong_usage(target):
    done = ringback("notify", target)

    assert done.returncode == 2
    assert "Traceback" not in done.stderr


# Through Kamailio


def registering(proxy, transport="udp", **settings):
    account = LINE | {"Proxy_1_": "sip.example.com", "Outbound_Proxy_1_": proxy.address}
    account |= {"SIP_Transport_1_": transport.upper(), "Debug_Level": "INFO"}
    return account | {"Resync_On_Reset": "No", "Syslog_Server": "127.0.0.1"} | settings


@pytest.mark.parametrize(("transport", "algorithm"), [("udp", "MD5"), ("tcp", "SHA-256")])
def test_a_registered_phone_is_reached_by_its_address_of_record(  # noqa: PLR0917 (its whole stage)
    server, wired, proxied, secret, transport, algorithm
):
    rule = server.url("basic.txt")
    with proxied(algorithm=algorithm) as proxy:
        phone, _ = wired(rule, **registering(proxy, transport))
        phone.said("line 1 registered")

        answer, status = told(
            "sip:4711@sip.example.com", "--proxy", proxy.address, "--user", "4711",
            "--password-file", secret, *(["--tcp"] if transport == "tcp" else []),
        )  # fmt: skip

        assert (answer["status"], answer["challenged"], status) == (200, True, 0)
        phone.said(f"Successful resync {rule}")


def test_the_proxy_and_the_phone_may_both_challenge(server, wired, proxied, secret):
    with proxied(guard="yes") as proxy:
        phone, _ = wired(server.url("basic.txt"), **registering(proxy))
        phone.said("line 1 registered")

        answer, _ = told(
            "sip:4711@sip.example.com", "--proxy", proxy.address, "--user", "4711",
            "--password-file", secret, "--from", "sip:4711@sip.example.com",
        )  # fmt: skip

        assert answer["status"] == 200
        phone.said("Successful resync")


def test_a_registration_is_renewed_with_a_nonce_that_went_stale(wired, proxied):
    with proxied(expires=2, nonce=1) as proxy:
        phone, _ = wired(**registering(proxy))
        phone.said("line 1 registered")

        def reached():
            return told("sip:4711@sip.example.com", "--proxy", proxy.address)[0]["status"] == 401

        lapsed = time.monotonic() + 2 * 2
        while time.monotonic() < lapsed:
            reached()
        # A busy machine may renew a moment late; one that cannot renew would never be back.
        assert any(reached() for _ in range(5)), "the phone's own challenge"


def test_a_wrong_password_does_not_register(wired, proxied):
    with proxied() as proxy:
        phone, _ = wired(**registering(proxy, Password_1_="wrong"))
        phone.said("line 1 failed (401 Unauthorized)")

        assert told("sip:4711@sip.example.com", "--proxy", proxy.address)[0]["status"] == 404


def test_regtmr_is_true_for_a_line_that_is_registered_and_for_one_that_is_not(
    server, wired, proxied, secret
):
    rule = f"{server.url('basic.txt', 'http')}?one=$REGTMR1&two=$REGTMR2"
    two = {"User_ID_2_": "12", "Proxy_2_": "127.0.0.1:9", "Password_2_": PASSWORD}
    with proxied() as proxy:
        phone, _ = wired(rule, **registering(proxy), **two)
        phone.said("line 1 registered")
        lost, until = 0, time.monotonic() + 10
        while lost < 1 and time.monotonic() < until:
            seen = len(phone.process.lines)
            told("sip:4711@sip.example.com", "--proxy", proxy.address, "--user", "4711",
                 "--password-file", secret)  # fmt: skip
            said = phone.said("Successful resync", after=seen)
            assert "one=0&two=" in said
            lost = int(said.rpartition("two=")[2])

    assert lost >= 1
