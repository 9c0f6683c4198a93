"""The two commands for whoever has never seen Ringback."""

import os
import signal
import time
from pathlib import Path

from tests.house.started import ringback

from ringback.cli.processes import Process


def test_demo_walks_through_every_exercise_within_forty_seconds(tmp_path):
    started = time.monotonic()

    done = ringback("demo", cwd=tmp_path)

    assert done.returncode == 0, done.stdout + done.stderr
    assert time.monotonic() - started < 40
    for exercise in (
        "TFTP Resync", "Logging with syslog", "Automatic Device Resync",
        "Provision a Specific IP Phone Profile on a TFTP Server", "HTTP GET Resync",
        "Provisioning Through Cisco XML", "URL Resolution by Using Macro Expansion",
        "Open Profile gzip Compression", "Profile Encryption by Using OpenSSL",
        "Partitioned Profiles",
    ):  # fmt: skip
        assert exercise in done.stdout
    assert list(tmp_path.iterdir()) == [], "it leaves nothing behind"


def test_demo_secure_walks_through_https_and_certificates_within_forty_seconds(tmp_path):
    started = time.monotonic()

    done = ringback("demo", "--secure", cwd=tmp_path)

    assert done.returncode == 0, done.stdout + done.stderr
    assert time.monotonic() - started < 40
    for exercise in (
        "Basic HTTPS Resync", "HTTPS with Client Certificate Authentication",
        "HTTPS Client Filtering and Dynamic Content", "Obtain a Server Certificate",
        "Configure a Custom Certificate Authority",
    ):  # fmt: skip
        assert exercise in done.stdout
    assert list(tmp_path.iterdir()) == [], "it leaves nothing behind"


def test_try_resyncs_a_phone_and_ends_with_its_children_when_told_to(tmp_path):
    with Process(["try", str(tmp_path / "example")]) as process:
        assert "phone" in process.wait_for("-- Successful resync", within=30)
        process.wait_for("It works.")
        children = children_of(process._popen.pid)
        told = time.monotonic()
        os.kill(process._popen.pid, signal.SIGTERM)
        status = process.wait()

        assert time.monotonic() - told < 3
        assert status == 0
        assert len(children) == 2, "a server and a phone"
        assert not any(is_running(child) for child in children)


def test_try_says_where_it_listens_so_that_curl_can_fetch_the_example(tmp_path, curl):
    with Process(["try", str(tmp_path / "example")]) as process:
        process.wait_for("It works.", within=30)
        where = process.wait_for(" HTTP ").rpartition(" ")[2]

        assert b"<flat-profile" in curl(f"http://{where}/CP-7832-3PCC.cfg")


def children_of(parent: int) -> list[int]:
    """The processes that ``parent`` has started."""
    task = Path(f"/proc/{parent}/task/{parent}/children")
    return [int(number) for number in task.read_text().split()]


def is_running(number: int) -> bool:
    """Whether that process is there, and not only waiting to be buried."""
    try:
        return "Z" not in Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
