"""Whatever comes: the phone keeps every parameter and says why, the server answers and stays up."""

import gzip
import os
import resource
import socket
import struct
import threading
from contextlib import contextmanager

import pytest
from tests.house.conftest import tool
from tests.house.started import BASIC, basic, resync, ringback, serve

LARGE = 17 * 1024 * 1024
DEFLATED = gzip.compress(BASIC.encode(), mtime=0)

FILES = {
    "no XML at all": (b"hello", "corrupt file"),
    "an element that is not closed": (b"<flat-profile><GPP_A>1</flat-profile>", "corrupt file"),
    "an empty file": (b"", "corrupt file"),
    "bytes of nothing": (bytes(range(256)), "corrupt file"),
    "gzip cut off": (DEFLATED[:-9], "corrupt file"),
    "gzip with a wrong checksum": (DEFLATED[:-8] + b"\1\2\3\4" + DEFLATED[-4:], "corrupt file"),
    "gzip of nothing": (gzip.compress(b"", mtime=0), "corrupt file"),
    "a bomb": (
        gzip.compress(bytes(64 * 1024 * 1024), mtime=0),
        "file size exceeds internal buffer",
    ),
    "an oversized file": (b"<flat-profile>" + b" " * LARGE, "file size exceeds internal buffer"),
    "entities that grow": (
        b'<!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><flat-profile>&b;</flat-profile>',
        "corrupt file",
    ),
}


@pytest.mark.parametrize("scheme", ["tftp", "http"])
def test_a_bad_file_changes_nothing_and_is_said(server, plug, ear, scheme):
    phone = plug(Resync_On_Reset="No", Syslog_Server=ear.address, GPP_B="kept")
    before = phone.open("/admin/cfg.xml").text
    for number, (what, (data, error)) in enumerate(FILES.items()):
        (server.root / f"{number}.txt").write_bytes(data)

        phone.open(f"/admin/resync?{server.url(f'{number}.txt', scheme)}")

        ear.wait_for(f"Requesting resync {server.url(f'{number}.txt', scheme)}")
        assert ear.wait_for(" -- ").endswith(f"Resync failed: {error}"), what
        assert phone.open("/admin/cfg.xml").text == before, what


@pytest.mark.parametrize(
    ("rule", "error"),
    [
        ("(tftp://127.0.0.1/basic.txt", "Parse error in rule"),
        ('("$MA" eq)? tftp://127.0.0.1/x', "Parse error in rule"),
        ("[--kee secret] tftp://127.0.0.1/x", "Parse error in rule"),
        ("[--key] tftp://127.0.0.1/x", "Parse error in rule"),
        ("ftp://127.0.0.1/basic.txt", "ftp scheme not supported"),
        ("http://192.168.1.300/basic.txt", "DNS resolution"),
        ("tftp://192.168.1.300/basic.txt", "DNS resolution"),
        ("tftp://prov.example.invalid/basic.txt", "DNS resolution"),
        ("/basic.txt", "No server name"),
    ],
)  # fmt: skip
def test_a_rule_that_leads_nowhere_says_why(judges, rule, error):
    with judges.dns({"prov.telco.com": ["127.0.0.1"]}) as dns:
        report = resync(rule, "--dns", dns)

    assert report["error"] == error
    assert report["changed"] == {}
    assert report["said"][-1].endswith(f"Resync failed: {error}")


def test_a_macro_nobody_knows_stays_as_it_was_typed(server):
    report = resync(server.url("$STRANGE$MAU.cfg", "http"), "--mac", "000e08012345")

    assert report["error"] == "file not found"
    assert report["url"].endswith("/$STRANGE000E08012345.cfg")


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ("[--key SomebodyElses] ", "file decrypt error"),
        ("", "file decrypt error"),
        ('[--key ""] ', "Parse error in rule"),
    ],
)
def test_a_wrong_key_never_opens_a_profile(server, program, options, error):
    command = ("enc", "-aes-256-cbc", "-k", "MyOwnSecret", "-in", server.root / "basic.txt")
    (server.root / "basic.cfg").write_bytes(tool(program, "openssl")(*command))

    report = resync(options + server.url("basic.cfg"), "--model", "7832")

    assert (report["error"], report["changed"]) == (error, {})


def test_a_clear_file_under_a_key_is_refused(server):
    report = resync(f"[--key MyOwnSecret] {server.url('basic.txt')}")

    assert (report["error"], report["changed"]) == ("expecting an encrypted file", {})


def test_a_web_server_that_stops_in_the_middle_changes_nothing():
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" + BASIC.encode()
    with listening(socket.SOCK_STREAM, lambda server: send_and_hang_up(server, head)) as port:
        report = resync(f"http://127.0.0.1:{port}/basic.txt")

    assert (report["error"], report["changed"]) == ("interrupted", {})


def test_a_tftp_server_that_gives_up_in_the_middle_changes_nothing():
    with listening(socket.SOCK_DGRAM, one_block_then_an_error) as port:
        report = resync(f"tftp://127.0.0.1:{port}/basic.txt")

    assert (report["error"], report["changed"]) == ("tftp_get failed", {})


def test_a_dead_server_is_named_with_its_port(free_port):
    port = free_port()

    report = resync(f"http://127.0.0.1:{port}/basic.txt")

    assert report["error"] == "http_get failed"
    assert f"127.0.0.1:{port}" in report["explanation"]


def test_a_full_disk_stops_a_resync_and_not_the_phone(server, plug, tmp_path):
    state = tmp_path / "phone.state"
    phone = plug("--state", str(state), Resync_On_Reset="No")
    number, before = phone.process._popen.pid, state.read_bytes()
    soft, hard = resource.prlimit(number, resource.RLIMIT_FSIZE, (16, resource.RLIM_INFINITY))

    phone.open(f"/admin/resync?{server.url('basic.txt')}")

    phone.said("Resync failed: resources exhausted")
    assert phone.field("GPP_A") == ""
    assert state.read_bytes() == before
    resource.prlimit(number, resource.RLIMIT_FSIZE, (soft, hard))
    phone.open(f"/admin/resync?{server.url('basic.txt')}")
    phone.said("Successful resync")
    assert phone.field("GPP_A") == "12345678"


def test_a_full_disk_under_a_submission_is_told_to_the_person(plug, tmp_path, curl):
    phone = plug("--state", str(tmp_path / "phone.state"), Resync_On_Reset="No")
    number = phone.process._popen.pid
    resource.prlimit(number, resource.RLIMIT_FSIZE, (16, resource.RLIM_INFINITY))

    page = curl("--no-fail", "-d", "GPP_A=lost", f"{phone.pages}/admin/advanced").decode()

    assert "cannot save" in page
    assert phone.field("GPP_A") == ""


def test_a_full_disk_under_the_log_does_not_stop_the_server(root, tmp_path, free_port, curl):
    port = free_port()
    with serve(root, tmp_path / "s", "--http", f"127.0.0.1:{port}", "--log", "/dev/full"):
        for _ in range(3):
            assert curl(f"http://127.0.0.1:{port}/basic.txt").decode() == BASIC


def test_kill_9_at_any_moment_leaves_whole_settings(server, plug, tmp_path):
    """The plug is pulled when the request is announced; the write comes a moment later, or not."""
    state = tmp_path / "phone.state"
    values = ["12345678"]
    resync(server.url("basic.txt"), "--state", str(state), "--mac", "000e08012345",
           "--serial", "88012BA01234", "--model", "7832")  # fmt: skip
    for turn in range(4):
        phone = plug("--state", str(state), Resync_On_Reset="No")
        assert phone.field("GPP_A") in values, "what it held, or what it was about to hold"
        values = [phone.field("GPP_A")]
        for step in range(turn + 1):
            values.append(f"{turn}.{step}" + "x" * 4000)
            (server.root / f"{turn}.{step}").write_text(basic(values[-1]))
            phone.open(f"/admin/resync?{server.url(f'{turn}.{step}')}")
        phone.said(f"Requesting resync {server.url(f'{turn}.{turn}')}")
        phone.process.cut_power()
        saved = [line for line in phone.process.lines if "Successful" in line]
        values = values[len(saved) :]

    assert plug("--state", str(state), Resync_On_Reset="No").field("GPP_A") in values


@pytest.mark.parametrize(
    ("packet", "answer"),
    [
        (b"\0\1absent.txt\0octet\0", (5, 1)),
        (b"\0\1../../etc/passwd\0octet\0", (5, 1)),
        (b"\0\1basic.txt\0teletype\0", (5, 4)),
        (b"\0\1basic.txt", (5, 4)),
        (b"\0\2basic.txt\0octet\0", (5, 2)),
    ],
)
def test_the_tftp_server_answers_the_right_error_and_stays_up(server, fetch_tftp, packet, answer):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(5)
        client.sendto(packet, ("127.0.0.1", server.tftp))
        assert struct.unpack("!HH", client.recv(600)[:4]) == answer

    assert fetch_tftp("tftp-hpa", server.tftp, "basic.txt").decode() == BASIC


@pytest.mark.parametrize(
    ("message", "status"),
    [
        (b"GET /absent.txt HTTP/1.1\r\nHost: x\r\n\r\n", b"404"),
        (b"GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", b"40"),
        (b"PUT /basic.txt HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", b"405"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(40), b"400"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 1_000_000 + b"\r\n\r\n", b"431"),
        (b"no HTTP\r\n\r\n", b"400"),
    ],
)
def test_the_http_server_answers_the_right_status_and_stays_up(server, curl, message, status):
    with socket.create_connection(("127.0.0.1", server.http), timeout=5) as client:
        client.sendall(message)
        assert client.recv(600).split(b" ", 2)[1].startswith(status)

    assert curl(server.url("basic.txt", "http")).decode() == BASIC


def test_a_wrong_datagram_on_the_syslog_port_is_shown_and_harmless(server):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        for data in (b"", b"<", b"<999>1 \xff\xfe\x1b[2J", os.urandom(2000), b"<132>still up"):
            client.sendto(data, ("127.0.0.1", server.syslog))

    server.wait_for("still up")
    assert not any("\x1b[2J" in line for line in server.process.lines)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["phone", "resync", "tftp://x/y", "--model", "9999"], "9999"),
        (["phone", "resync", "tftp://x/y", "--mac", "12"], "12"),
        (["phone", "resync", "tftp://x/y", "--set", "GPP_A"], "NAME=VALUE"),
        (["phone", "resync", "tftp://x/y", "--set", "GPP_Q=1"], "GPP_Q"),
        (["phone", "resync", "tftp://x/y", "--nonsense"], "--nonsense"),
        (["serve"], "--root"),
        (["profile", "seal"], "FILE"),
        (["nonsense"], "nonsense"),
    ],
)
def test_wrong_usage_exits_2_and_names_what_is_wrong(tmp_path, command, words):
    done = ringback(*command, cwd=tmp_path)

    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


@contextmanager
def listening(kind, serve_one):
    """A bad server for one client, on a thread; its port."""
    with socket.socket(socket.AF_INET, kind) as server:
        server.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            server.listen()
        thread = threading.Thread(target=serve_one, args=(server,))
        thread.start()
        yield server.getsockname()[1]
        thread.join(10)


def send_and_hang_up(server, head):
    client, _ = server.accept()
    with client:
        client.recv(4096)
        client.sendall(head)


def one_block_then_an_error(server):
    _, client = server.recvfrom(600)
    server.sendto(struct.pack("!HH", 3, 1) + BASIC.encode().ljust(512), client)
    server.recvfrom(600)
    server.sendto(struct.pack("!HH", 5, 0) + b"the disk is gone\0", client)
