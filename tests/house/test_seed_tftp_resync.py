"""The vendor's exercise *TFTP Resync*."""

import pytest
from tests.house.conftest import TFTP_CLIENTS
from tests.house.started import BASIC, resync

REGISTERS = [f"GPP_{letter}" for letter in "ABCDEFGHIJKLMNOP"]


def test_opening_the_resync_url_puts_the_files_value_on_the_phones_page(server, plug):
    phone = plug(Resync_On_Reset="No")
    fields = phone.open("/admin/advanced").fields
    assert [fields[name] for name in REGISTERS] == [""] * 16, "step 6: these should be empty"

    phone.open(f"/admin/resync?{server.url('basic.txt')}")

    phone.said(f"Successful resync {server.url('basic.txt')}")
    assert phone.field("GPP_A") == "12345678"
    server.wait_for('"RRQ /basic.txt" ok 59')


def test_the_resync_url_is_used_once_and_not_kept(server, plug):
    phone = plug(Resync_On_Reset="No")
    before = phone.field("Profile_Rule")

    phone.open(f"/admin/resync?{server.url('basic.txt')}")
    phone.said("Successful resync")

    assert phone.field("Profile_Rule") == before


@pytest.mark.parametrize("client", TFTP_CLIENTS)
def test_a_foreign_client_verifies_the_server(server, fetch_tftp, client):
    assert fetch_tftp(client, server.tftp, "basic.txt").decode() == BASIC
    server.wait_for('basic.txt" ok 59')


def test_our_phone_resyncs_to_tftpd_hpa(judges, plug):
    with judges.tftpd_hpa() as tftp:
        phone = plug(Resync_On_Reset="No")
        phone.open(f"/admin/resync?{tftp}/basic.txt")
        phone.said("Successful resync")

    assert phone.field("GPP_A") == "12345678"


@pytest.mark.parametrize("model", ["7832", "SPA504G"])
def test_our_phone_resyncs_to_dnsmasq_on_the_well_known_port(judges, loopback, model):
    with judges.dnsmasq_tftp(loopback) as tftp:
        report = resync(f"{tftp}/basic.txt", "--model", model)

    assert report["changed"] == {"GPP_A": ["", "12345678"]}
    assert report["said"][-1].endswith(f"-- Successful resync tftp://{loopback}:69/basic.txt")
