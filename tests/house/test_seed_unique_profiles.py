"""The vendor's exercise *Provision a Specific IP Phone Profile on a TFTP Server*."""

import pytest
from tests.house.conftest import TFTP_CLIENTS
from tests.house.started import MAC, SERIAL, basic, resync

RULE = "CP-7832-3PCC$MA.cfg"


def test_submitting_the_rule_brings_the_phone_its_own_file(server, plug, ear):
    (server.root / f"CP-7832-3PCC{MAC}.cfg").write_text(basic("specific"))
    phone = plug(Syslog_Server=ear.address, Resync_On_Reset="No")

    phone.submit(Profile_Rule=server.url(RULE), Resync_On_Reset="Yes")

    ear.wait_for(f"Successful resync {server.url(f'CP-7832-3PCC{MAC}.cfg')}")
    assert phone.field("GPP_A") == "specific"
    assert phone.field("Profile_Rule") == server.url(RULE), "kept as it was typed"


def test_each_phone_gets_its_own_profile_by_one_rule(server):
    macs = ["000e08aabbcc", "000e08ddeeff"]
    for mac in macs:
        (server.root / f"CP-7832-3PCC{mac}.cfg").write_text(basic(f"for {mac}"))

    for mac in macs:
        report = resync(server.url(RULE), "--model", "7832", "--mac", mac.upper())

        assert report["changed"]["GPP_A"][1] == f"for {mac}"


def test_a_serial_number_and_a_register_name_a_file_too(server):
    (server.root / f"site7-{SERIAL}.cfg").write_text(basic("by serial"))

    report = resync(server.url("$A-$SN.cfg"), "--serial", SERIAL, "--set", "GPP_A=site7")

    assert report["changed"] == {"GPP_A": ["site7", "by serial"]}


def test_a_file_name_in_the_wrong_case_is_logged_with_the_right_one(server):
    (server.root / f"CP-7832-3PCC{MAC}.cfg").write_text(basic("specific"))

    report = resync(server.url("CP-7832-3PCC$MAU.cfg"), "--model", "7832", "--mac", MAC)

    assert report["error"] == "file not found"
    line = server.wait_for(f'"RRQ /CP-7832-3PCC{MAC.upper()}.cfg" failed')
    assert f"CP-7832-3PCC{MAC}.cfg" in line


@pytest.mark.parametrize("client", TFTP_CLIENTS)
def test_a_foreign_client_fetches_the_specific_file(server, fetch_tftp, client):
    name = f"CP-7832-3PCC{MAC}.cfg"
    (server.root / name).write_text(basic("specific"))

    assert fetch_tftp(client, server.tftp, name) == (server.root / name).read_bytes()


def test_our_phone_finds_its_file_on_dnsmasq(root, judges, loopback):
    (root / f"CP-7832-3PCC{MAC}.cfg").write_text(basic("specific"))
    with judges.dnsmasq_tftp(loopback) as tftp:
        report = resync(f"{tftp}/{RULE}", "--model", "7832", "--mac", MAC)

    assert report["url"] == f"tftp://{loopback}/CP-7832-3PCC{MAC}.cfg"
    assert report["changed"] == {"GPP_A": ["", "specific"]}
