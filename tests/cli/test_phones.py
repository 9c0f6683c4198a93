"""``ringback phone``, as installed and run by a shell; the server is Python's own."""

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tests.certificate.house import found
from tests.phone.servers import s_server

from ringback.certificate import key
from ringback.cisco.envelope import seal

HOUSE = found()
RINGBACK = Path(sys.executable).with_name("ringback")
WHO = "CP-7832-3PCC 00:0e:08:ab:cd:ef --"


def phone(*arguments):
    return subprocess.run(
        [str(RINGBACK), "phone", *map(str, arguments)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def resynced(*arguments, code=0):
    done = phone("resync", *arguments, "--json")
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout)


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    (root / "basic.txt").write_text("<flat-profile>\n <GPP_A> 12345678\n</GPP_A></flat-profile>")
    return root


@pytest.fixture
def url(folder):
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


class Up:
    """A phone that stays up, and the lines it prints."""

    def __init__(self, *arguments, boot_seconds=0):
        wait = ("--boot-seconds", str(boot_seconds))
        self.process = subprocess.Popen(
            [str(RINGBACK), "phone", "run", *wait, *map(str, arguments)],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    def says(self, text):
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if text in line:
                return line.rstrip("\n")
        raise AssertionError(f"never said {text!r}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


# phone resync


def test_json_says_what_was_applied_and_what_was_said(url):
    assert resynced(f"{url}/basic.txt") == {
        "applied": True,
        "url": f"{url}/basic.txt",
        "error": None,
        "explanation": None,
        "restart": False,
        "changed": {"GPP_A": ["", "12345678"]},
        "said": [
            f"{WHO} Requesting resync {url}/basic.txt",
            f"{WHO} Successful resync {url}/basic.txt",
        ],
    }


def test_a_person_reads_the_same(url):
    done = phone("resync", f"{url}/basic.txt")
    assert done.returncode == 0
    assert done.stderr == ""
    assert "Successful resync" in done.stdout
    assert "GPP_A: '' became '12345678'" in done.stdout


def test_a_failed_resync_exits_1_with_the_reason(url):
    found = resynced(f"{url}/none.txt", code=1)
    assert (found["applied"], found["error"], found["changed"]) == (False, "file not found", {})
    assert "404" in found["explanation"]
    done = phone("resync", f"{url}/none.txt")
    assert done.returncode == 1
    assert done.stderr.startswith("ringback: resync failed: file not found")


def test_a_bad_rule_names_the_column():
    found = resynced("[--kee x]/a", code=1)
    assert found["error"] == "Parse error in rule"
    assert found["explanation"].startswith("column 2: unknown option --kee: did you mean --key")


def test_who_the_phone_is_comes_from_the_options(url, folder):
    (folder / "SPA504G-0004f2aabbcc-S1").write_text("<flat-profile><GPP_B>x</GPP_B></flat-profile>")
    who = ("--model", "spa504g", "--mac", "00:04:F2:AA:BB:CC", "--serial", "S1")
    found = resynced(f"{url}/$PN-$MA-$SN", *who)
    assert found["changed"] == {"GPP_B": ["", "x"]}
    assert found["said"][0].startswith("SPA504G 00:04:f2:aa:bb:cc -- ")


def test_without_a_rule_the_phones_own_rules_run(url, folder):
    (folder / "b").write_text("<flat-profile><GPP_B>second</GPP_B></flat-profile>")
    found = resynced(
        "--set", f"Profile_Rule={url}/$A", "--set", "GPP_A=basic.txt",
        "--set", f"Profile_Rule_B={url}/b",
    )  # fmt: skip
    assert found["changed"] == {"GPP_A": ["basic.txt", "12345678"], "GPP_B": ["", "second"]}
    assert found["url"] == f"{url}/b"


def test_a_key_opens_and_a_pinned_derivation_refuses(url, folder):
    profile = b"<flat-profile><GPP_A>sealed</GPP_A></flat-profile>"
    (folder / "s.cfg").write_bytes(seal(profile, key="MyOwnSecret", digest="sha256", salt=bytes(8)))
    rule = f"[--key MyOwnSecret] {url}/s.cfg"
    assert resynced(rule)["changed"] == {"GPP_A": ["", "sealed"]}
    assert resynced(rule, "--strict", "md5", code=1)["error"] == "file decrypt error"
    done = phone("resync", rule, "--model", "SPA504G", "--strict", "sha256")
    assert (done.returncode, "knows no sha256" in done.stderr) == (2, True)


def test_a_name_is_resolved_as_told(url):
    named = url.replace("127.0.0.1", "prov.telco.com")
    found = resynced(f"{named}/basic.txt", "--resolve", "prov.telco.com=127.0.0.1")
    assert found["said"][0].endswith(f"Requesting resync {url}/basic.txt")
    done = phone("resync", f"{named}/basic.txt", "--resolve", "prov.telco.com=nowhere")
    assert done.returncode == 2


def test_the_server_dhcp_gave_serves_a_rule_without_server():
    found = resynced("/x.cfg", code=1)
    assert found["error"] == "No server name"
    found = resynced("/x.cfg", "--dhcp-tftp", "192.168.1.300", code=1)
    assert found["url"] == "tftp://192.168.1.300/x.cfg"
    assert found["error"] == "DNS resolution"


def test_syslog_hears_what_is_said(url):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind(("127.0.0.1", 0))
        ear.settimeout(10)
        resynced(f"{url}/basic.txt", "--syslog", f"127.0.0.1:{ear.getsockname()[1]}")
        heard = [ear.recv(4096).decode() for _ in range(2)]
    assert [line.partition(WHO)[2].split()[0] for line in heard] == ["Requesting", "Successful"]


def test_settings_stay_in_the_state_file(url, tmp_path):
    state = tmp_path / "phone.state"
    resynced(f"{url}/basic.txt", "--state", state, "--mac", "000000000001", "--set", "GPP_B=typed")
    found = resynced(f"{url}/basic.txt", "--state", state)
    assert found["changed"] == {}
    assert "00:00:00:00:00:01" in found["said"][0]
    assert resynced(f"{url}/$B", "--state", state, code=1)["url"] == f"{url}/typed"


def test_another_phones_state_file_is_refused(url, tmp_path):
    state = tmp_path / "phone.state"
    resynced(f"{url}/basic.txt", "--state", state)
    done = phone("resync", f"{url}/basic.txt", "--state", state, "--mac", "000000000002")
    assert done.returncode == 1
    assert "is the memory of CP-7832-3PCC 000e08abcdef" in done.stderr


def test_a_damaged_state_file_is_one_clear_error_and_stays_as_it_is(url, tmp_path):
    state = tmp_path / "phone.state"
    state.write_text("scribble")
    done = phone("resync", f"{url}/basic.txt", "--state", state)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert str(state) in done.stderr
    assert state.read_text() == "scribble"


def test_provisioning_that_is_disabled_is_a_failed_resync(url):
    found = resynced(f"{url}/basic.txt", "--set", "Provision_Enable=No", code=1)
    assert found["explanation"] == "provisioning is disabled: Provision_Enable is No"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--set", "GPP_a=1"], "did you mean GPP_A?"),
        (["--set", "GPP_A"], "NAME=VALUE"),
        (["--mac", "12"], "twelve hex"),
        (["--model", "9999"], "unknown phone model"),
        (["--resolve", "x"], "NAME=IP"),
        (["--dns", "dns.example"], "not an IP address"),
        (["--syslog", "h:p"], "h:p"),
        (["--strict", "sha1"], "--strict"),
        (["--speed", "9"], "--speed"),
    ],
)
def test_wrong_usage_exits_2_and_says_what(arguments, said):
    done = phone("resync", "/a", *arguments)
    assert done.returncode == 2, done.stderr
    assert said in " ".join((done.stderr + done.stdout).replace("│", " ").split())


# phone run


def test_a_phone_stays_up_says_what_it_does_and_ends_when_told(url, free_port):
    pages = f"127.0.0.1:{free_port()}"
    settings = ("--set", "Resync_Random_Delay=0", "--set", "Resync_Periodic=1")
    with Up(f"{url}/basic.txt", "--pages", pages, *settings) as up:
        assert up.says("is up").endswith(f"its pages: http://{pages}/admin/advanced")
        for _ in range(2):
            assert up.says("Successful resync") == f"{WHO} Successful resync {url}/basic.txt"
        began = time.monotonic()
        up.process.send_signal(signal.SIGTERM)
        assert up.process.wait(3) == 0
        assert time.monotonic() - began < 3


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
def test_pages_without_a_port_get_a_free_one_that_is_said(host):
    with Up("/x", "--pages", host) as up:
        said = up.says("is up")
    port = said.removesuffix("/admin/advanced").rpartition(":")[2]
    assert f"http://{host}:" in said
    assert int(port) > 1023


def test_pages_without_a_port_are_at_the_phones_own_port_once_somebody_set_it(free_port):
    port = free_port()
    with Up("/x", "--pages", "127.0.0.1", "--set", f"Web_Server_Port={port}") as up:
        assert up.says("is up").endswith(f"http://127.0.0.1:{port}/admin/advanced")


@pytest.mark.parametrize("nonsense", ["", "0", "70000", "eighty", "8" * 5000, "-1"])
def test_a_port_that_is_none_is_passed_over(nonsense):
    with Up("/x", "--pages", "127.0.0.1", "--set", f"Web_Server_Port={nonsense}") as up:
        port = up.says("is up").removesuffix("/admin/advanced").rpartition(":")[2]
    assert int(port) > 1023


def test_a_phone_can_be_stopped_while_it_boots_and_while_it_waits_for_a_server(free_port):
    for rule, said in ((f"tftp://127.0.0.9:{free_port('udp')}/x", "Requesting"), ("/x", "is up")):
        with Up(rule, "--set", "Resync_Random_Delay=0") as up:
            up.says(said)
            up.process.send_signal(signal.SIGINT)
            assert up.process.wait(3) == 0
    with Up("/x", boot_seconds=60) as up:
        up.says("starts")
        up.process.send_signal(signal.SIGTERM)
        assert up.process.wait(3) == 0


def test_what_a_phone_holds_survives_a_power_cut(url, tmp_path):
    state = tmp_path / "phone.state"
    with Up(f"{url}/basic.txt", "--state", state, "--set", "Resync_Random_Delay=0") as up:
        up.says("Successful resync")
        up.process.kill()
        up.process.wait()
    assert resynced(f"{url}/basic.txt", "--state", state)["changed"] == {}


def test_two_phones_never_share_a_state_file(url, tmp_path):
    state = tmp_path / "phone.state"
    with Up("/x", "--state", state) as up:
        up.says("is up")
        done = phone("resync", f"{url}/basic.txt", "--state", state)
    assert done.returncode == 1
    assert "used by another phone" in done.stderr


def test_a_port_that_is_taken_is_one_clear_line():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = phone("run", "--pages", f"127.0.0.1:{taken.getsockname()[1]}")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "cannot listen" in done.stderr


# https


@pytest.fixture
def secure(program, folder, tmp_path, free_port):
    """A TLS server that requires a certificate, and the files a phone needs: ``(url, files)``."""
    root, pair = HOUSE.root.certificate.pem(), HOUSE.device("7832")
    files = {
        "ca": root,
        "server": bytes(HOUSE.server("localhost")),
        "both": bytes(pair),
        "cert": b"".join(each.pem() for each in (pair.certificate, *pair.chain)),
        "key": key.write(pair.key),
        "other key": key.write(key.make(key.Kind.ECDSA_P256)),
    }
    paths = {name: tmp_path / name.replace(" ", "-") for name in files}
    for name, data in files.items():
        paths[name].write_bytes(data)
    port = free_port()
    asking = ("-Verify", "3", "-verify_return_error", "-CAfile", paths["ca"])
    with s_server(program("openssl"), folder, port, paths["server"], *asking):
        yield f"https://localhost:{port}/basic.txt", paths


@pytest.mark.parametrize("given", [("--cert", "both"), ("--cert", "cert", "--key", "key")])
def test_a_phone_shows_its_certificate_and_trusts_what_it_is_given(secure, given):
    url, files = secure
    options = [files.get(each, each) for each in given]
    found = resynced(url, "--ca", files["ca"], *options)
    assert found["changed"] == {"GPP_A": ["", "12345678"]}
    assert found["said"][1] == f"{WHO} Successful resync {url.replace('localhost', '127.0.0.1')}"


def test_a_phone_trusts_nobody_until_told_and_says_how_to_tell_it(secure):
    url, files = secure
    found = resynced(url, code=1)
    assert found["error"] == "https_get failed"
    assert "--ca" in found["explanation"]
    assert "--cert" in resynced(url, "--ca", files["ca"], code=1)["explanation"]


def test_a_certificate_and_its_key_must_fit_and_a_key_alone_is_wrong_usage(secure):
    url, files = secure
    done = phone("resync", url, "--cert", files["cert"], "--key", files["other key"])
    assert done.returncode == 1
    assert "does not belong to the certificate" in done.stderr
    done = phone("resync", url, "--key", files["key"])
    assert done.returncode == 2
    assert "--key without --cert" in done.stderr
    done = phone("resync", url, "--ca", "/no/such/file")
    assert done.returncode == 1
    assert "/no/such/file" in done.stderr


def test_what_a_custom_ca_rule_installed_is_remembered(secure, url, folder, tmp_path):
    address, files = secure
    (folder / "ca.crt").write_bytes(files["ca"].read_bytes())
    options = ("--state", tmp_path / "phone", "--cert", files["both"])
    resynced(address, *options, "--set", f"Custom_CA_Rule={url}/ca.crt")
    (folder / "ca.crt").unlink()
    (folder / "basic.txt").write_text("<flat-profile><GPP_A>again</GPP_A></flat-profile>")
    assert resynced(address, *options)["changed"] == {"GPP_A": ["12345678", "again"]}
