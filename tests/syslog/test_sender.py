import contextlib
import socket
import subprocess
from datetime import UTC, datetime

import pytest

from ringback.cisco.remark import recognise
from ringback.syslog.message import Severity
from ringback.syslog.receiver import Receiver
from ringback.syslog.sender import Sender

SAID = "CP-7832-3PCC 00:0e:08:ab:cd:ef -- Resync failed: file not found"
WHEN = datetime(2026, 4, 1, 18, 16, 44, tzinfo=UTC)

RSYSLOG = """
module(load="imudp")
template(name="fields" type="string" string="%pri%|%hostname%|%programname%|%msg%|%rawmsg%\\n")
ruleset(name="judge") {{
  action(type="omfwd" target="127.0.0.1" port="{out}" protocol="udp" template="fields")
}}
input(type="imudp" address="127.0.0.1" port="{port}" ruleset="judge")
"""


@pytest.fixture
def sender():
    opened = Sender()
    yield opened
    opened.close()


@pytest.fixture
def listener():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        opened.bind(("127.0.0.1", 0))
        opened.settimeout(5)
        yield opened


def port_of(opened):
    return opened.getsockname()[1]


def test_one_line_is_one_datagram_with_its_priority(sender, listener):
    assert sender.send(SAID, "127.0.0.1", port_of(listener)) == ""
    assert listener.recv(4096) == f"<133>{SAID}".encode()


def test_time_and_device_id_come_before_the_text(sender, listener):
    sender.send(
        SAID, "127.0.0.1", port_of(listener), severity=Severity.ERROR, when=WHEN, device="CBT1"
    )

    assert listener.recv(4096) == f"<131>Apr  1 18:16:44 CBT1 {SAID}".encode()


def test_ipv6_is_reached(sender):
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as listener:
        listener.bind(("::1", 0))
        listener.settimeout(5)
        assert sender.send("six", "::1", port_of(listener)) == ""
        assert listener.recv(100) == b"<133>six"


@pytest.mark.parametrize(
    ("address", "port"),
    [("255.255.255.255", 514), ("127.0.0.1", 70_000), ("127.0.0.1", -1), ("fe80::1%nowhere", 514)],
)
def test_what_cannot_be_sent_is_words_and_never_raised(sender, address, port):
    assert sender.send(SAID, address, port).startswith(f"syslog to {address}:{port}: ")


def test_nobody_listening_is_nobodys_fault(sender, free_port):
    port = free_port("udp")

    assert [sender.send(SAID, "127.0.0.1", port) for _ in range(3)] == ["", "", ""]


def test_a_closed_sender_opens_again(sender, listener):
    sender.send("one", "127.0.0.1", port_of(listener))
    sender.close()

    assert sender.send("two", "127.0.0.1", port_of(listener)) == ""


@pytest.mark.parametrize("when", [None, WHEN])
@pytest.mark.parametrize("device", ["", "000e08abcdef"])
def test_our_receiver_hears_what_our_sender_says(run, new_ear, sender, when, device):
    async def story():
        ear = new_ear()
        ours = Receiver(ear)
        address, port = await ours.start("127.0.0.1", 0)
        sender.send(SAID, address, port, when=when, device=device if when else "")
        await ear.heard_all(1)
        await ours.close()
        return ear.heard[0].message

    heard = run(story())
    assert recognise(heard.text) == recognise(SAID) is not None
    assert heard.host == (device if when else "")


@contextlib.contextmanager
def rsyslog(path, folder, port, out):
    """rsyslogd as an ordinary process with its own configuration."""
    config = folder / "rsyslog.conf"
    config.write_text(RSYSLOG.format(port=port, out=out))
    command = [path, "-n", "-f", str(config), "-i", str(folder / "rsyslog.pid")]
    with (folder / "rsyslog.out").open("wb") as log:
        daemon = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            yield daemon
        finally:
            daemon.terminate()
            daemon.wait(10)


def judged(daemon, sender, listener, port, **header):
    """Say it until rsyslog, which takes a moment to start, has passed it on."""
    listener.settimeout(0.25)
    for _ in range(40):
        sender.send(SAID, "127.0.0.1", port, **header)
        with contextlib.suppress(TimeoutError):
            return listener.recv(4096).decode().rstrip("\n").split("|")
        if daemon.poll() is not None:
            pytest.skip(f"rsyslogd cannot start as this user (exit {daemon.returncode})")
    raise AssertionError("rsyslog said nothing in 10 s")


def test_rsyslog_reads_our_header_as_we_mean_it(program, tmp_path, sender, listener, free_port):
    port = free_port("udp")
    with rsyslog(program("rsyslogd"), tmp_path, port, port_of(listener)) as daemon:
        pri, host, _, text, raw = judged(
            daemon, sender, listener, port, when=WHEN, device="000e08abcdef"
        )

    assert (pri, host) == ("133", "000e08abcdef")
    assert SAID.endswith(text.strip())
    assert raw == f"<133>Apr  1 18:16:44 000e08abcdef {SAID}"


def test_rsyslog_takes_a_line_without_timestamp(program, tmp_path, sender, listener, free_port):
    port = free_port("udp")
    with rsyslog(program("rsyslogd"), tmp_path, port, port_of(listener)) as daemon:
        pri, *_, raw = judged(daemon, sender, listener, port)

    assert (pri, raw) == ("133", f"<133>{SAID}")
