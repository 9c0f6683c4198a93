"""The vendor's exercise *HTTP GET Resync*."""

import pytest
from tests.house.conftest import tool
from tests.house.started import BASIC, MAC, SERIAL, basic, resync

AGENTS = {
    "7832": f"Cisco-CP-7832-3PCC/11.3.1 ({MAC})",
    "SPA504G": f"Cisco/SPA504G-7.6.2f ({MAC.upper()})({SERIAL})",
}


def test_the_phone_resyncs_again_and_again_over_http(server, plug, ear):
    phone = plug(Syslog_Server=ear.address, Resync_On_Reset="No")

    phone.submit(
        Profile_Rule=server.url("basic.txt", "http"), Resync_Periodic="1", Resync_On_Reset="Yes"
    )

    for _ in range(2):
        ear.wait_for(f"Requesting resync {server.url('basic.txt', 'http')}")
        ear.wait_for(f"Successful resync {server.url('basic.txt', 'http')}")
    assert phone.field("GPP_A") == "12345678"


@pytest.mark.parametrize(
    ("model", "facts"),
    [
        ("7832", f"manufacturer=Cisco product=CP-7832-3PCC firmware=11.3.1 mac={MAC} serial=-"),
        (
            "SPA504G",
            f"manufacturer=Cisco product=SPA504G firmware=7.6.2f mac={MAC} serial={SERIAL}",
        ),
    ],
)
def test_the_servers_log_identifies_the_phone(server, model, facts):
    fetched(server.url("basic.txt", "http"), model)

    assert facts in server.wait_for('"GET /basic.txt" 200 59')


def test_a_multiplatform_phone_sends_its_serial_if_its_agent_name_says_so(server):
    name = "HTTP_User_Agent_Name=$VERSION ($MA) ($SN)"

    fetched(server.url("basic.txt", "http"), "7832", "--set", name)

    assert f"serial={SERIAL}" in server.wait_for('"GET /basic.txt" 200')


def test_curl_and_wget_retrieve_the_profile(server, curl, program):
    url = server.url("basic.txt", "http")

    assert curl(url).decode() == tool(program, "busybox", "wget", "-qO-")(url).decode() == BASIC


def test_curl_is_told_when_nothing_has_changed_since(server, curl):
    head = curl("-I", server.url("basic.txt", "http")).decode()
    etag = next(line for line in head.splitlines() if line.lower().startswith("etag:"))
    again = ("-w", "%{http_code}", "-H", f"If-None-Match: {etag.partition(':')[2].strip()}")

    assert curl(*again, server.url("basic.txt", "http")) == b"304"
    (server.root / "basic.txt").write_text(basic("something new"))
    assert curl(*again, server.url("basic.txt", "http")).endswith(b"200")


@pytest.mark.parametrize("model", AGENTS)
def test_our_phone_resyncs_to_nginx_whose_log_identifies_it(judges, ear, model):
    with judges.nginx() as http:
        report = fetched(f"{http}/basic.txt", model)
        line = ear.wait_for("GET /basic.txt")

    assert report["changed"] == {"GPP_A": ["", "12345678"]}
    assert line.endswith(f"|{http.removeprefix('http://')}|{AGENTS[model]}|200")


def test_our_phone_resyncs_to_busybox_httpd(judges):
    with judges.busybox_httpd() as http:
        report = fetched(f"{http}/basic.txt", "7832")

    assert report["changed"] == {"GPP_A": ["", "12345678"]}


@pytest.mark.usefixtures("privileged")
def test_our_phone_names_port_80_to_nginx_as_phones_do(judges, ear, loopback):
    with judges.nginx(loopback, 80):
        report = fetched(f"http://{loopback}/basic.txt", "7832")
        line = ear.wait_for("GET /basic.txt")

    assert f"|{loopback}:80|" in line
    assert report["said"][-1].endswith(f"Successful resync http://{loopback}:80/basic.txt")


def fetched(url, model, *arguments):
    return resync(url, "--model", model, "--mac", MAC, "--serial", SERIAL, *arguments)
