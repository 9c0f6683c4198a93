"""Faults on purpose, against our server as a process of its own."""

import pytest
from tests.house.started import resync, ringback


@pytest.mark.parametrize("kind", ["tftp", "http"])
def test_a_phone_on_a_bad_line_gets_its_profile_all_the_same(server, kind):
    report = resync(
        server.url("basic.txt", kind), "--fault", "loss=5%", "--fault", "late=20ms",
        "--fault", "slow=20000",
    )  # fmt: skip
    assert report["applied"]
    assert report["changed"]["GPP_A"] == ["", "12345678"]


def test_a_full_flash_is_told_and_keeps_the_old_settings(server, tmp_path):
    state = tmp_path / "phone.state"
    report = resync(server.url("basic.txt"), "--state", str(state), "--fault", "flash=full")
    assert (report["applied"], report["error"]) == (False, "resources exhausted")
    assert resync(server.url("basic.txt"), "--state", str(state))["applied"]


def test_the_server_survives_a_phone_that_asks_for_no_file(server):
    report = resync(server.url("basic.txt"), "--fault", "bug=no-filename")
    assert report["error"] == "file not found"
    assert resync(server.url("basic.txt"))["applied"]


@pytest.mark.parametrize("fault", ["power=1%", "flash=full"])
def test_a_fault_of_the_flash_needs_a_flash(fault):
    done = ringback("phone", "resync", "tftp://127.0.0.1/x", "--fault", fault)
    assert done.returncode == 2
    assert "add --state FILE" in done.stderr


def test_a_phone_whose_power_never_holds_is_given_up(tmp_path):
    report = resync(
        "tftp://127.0.0.1/x", "--state", str(tmp_path / "flash"), "--fault", "power=100%"
    )
    assert (report["applied"], report["error"]) == (False, "interrupted")
    assert "power fails too often" in report["explanation"]
