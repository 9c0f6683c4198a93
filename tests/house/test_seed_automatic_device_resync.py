"""The vendor's exercise *Automatic Device Resync*: one second where it says thirty."""

import pytest
from tests.house.started import basic, serve


def test_a_changed_file_reaches_the_phone_by_itself(server, plug, ear):
    phone = plug(Syslog_Server=ear.address, Resync_On_Reset="No")
    phone.submit(Profile_Rule=server.url("basic.txt"), Resync_Periodic="1", Resync_On_Reset="Yes")
    for _ in range(2):
        ear.wait_for("Requesting resync")
        ear.wait_for("Successful resync")
    assert phone.field("GPP_A") == "12345678"

    (server.root / "basic.txt").write_text(basic("changed on the server"))
    phone.process.wait_for("Successful resync", after=len(phone.process.lines))
    phone.process.wait_for("Successful resync", after=len(phone.process.lines))

    assert phone.field("GPP_A") == "changed on the server"


def test_a_power_cycle_forces_a_resync_and_a_failed_one_is_tried_again(
    root, tmp_path, plug, ear, free_port
):
    port, state = free_port("udp"), tmp_path / "phone.state"
    where = (root, tmp_path / "server", "--tftp", f"127.0.0.1:{port}")
    with serve(*where):
        phone = plug(
            "--state", str(state),
            Syslog_Server=ear.address, Resync_On_Reset="No", Resync_Periodic="0",
        )  # fmt: skip
        phone.submit(
            Profile_Rule=f"tftp://127.0.0.1:{port}/basic.txt",
            Resync_On_Reset="Yes", Resync_Error_Retry_Delay="1", GPP_P="typed in",
        )  # fmt: skip
        ear.wait_for("Successful resync")
        phone.process.cut_power()
        phone = plug("--state", str(state))
        ear.wait_for("Successful resync")
        assert (phone.field("GPP_A"), phone.field("GPP_P")) == ("12345678", "typed in")
        phone.process.cut_power()

    phone = plug("--state", str(state))  # the server is disabled
    for _ in range(2):
        ear.wait_for("Requesting resync")
        ear.wait_for("Resync failed: tftp_get failed", within=20)
    with serve(*where):
        ear.wait_for("Successful resync", within=20)
    assert phone.field("GPP_A") == "12345678"


def test_a_retry_delay_of_zero_means_no_retry(plug, ear, free_port):
    phone = plug(
        f"http://127.0.0.1:{free_port()}/basic.txt",
        Syslog_Server=ear.address, Resync_Error_Retry_Delay="0", Debug_Level="1",
    )  # fmt: skip

    ear.wait_for("Resync failed: http_get failed")

    phone.said("Resync_Error_Retry_Delay is 0: no retry after a failure")


def test_with_resync_on_reset_no_a_power_cycle_brings_no_resync(plug, server):
    phone = plug(
        server.url("basic.txt"), Resync_On_Reset="No", Resync_Periodic="0", Debug_Level="1"
    )

    assert "Resync_On_Reset is No" in phone.said("started (Power On)")


@pytest.mark.parametrize("scheme", ["tftp", "http"])
def test_a_foreign_client_gets_the_changed_file_at_once(server, curl, scheme):
    for value in ("first", "second", "third, and longer"):
        (server.root / "basic.txt").write_text(basic(value))

        assert curl(server.url("basic.txt", scheme)).decode() == basic(value)


def test_our_phone_outlives_tftpd_hpa_and_comes_back_to_it(judges, plug, ear, free_port):
    port = free_port("udp")
    with judges.tftpd_hpa(port=port) as tftp:
        phone = plug(
            f"{tftp}/basic.txt",
            Syslog_Server=ear.address, Resync_Periodic="1", Resync_Error_Retry_Delay="1",
        )  # fmt: skip
        for _ in range(3):
            ear.wait_for("Successful resync")
    ear.wait_for("Resync failed: tftp_get failed", within=20)
    (judges.root / "basic.txt").write_text(basic("after the outage"))
    with judges.tftpd_hpa(port=port):
        ear.wait_for("Successful resync", within=20)

    assert phone.field("GPP_A") == "after the outage"
