"""What an eavesdropper sees of a resync, and what testssl.sh says of our policy."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.house.foreign import privileged
from tests.house.secured import BASIC, A, Papers, Secure, opened

from ringback.certificate.request import Hosts


@pytest.fixture(scope="module")
def secure(papers: Papers, tmp_path_factory, program) -> Iterator[Secure]:
    """With an RSA key, as a first start makes one."""
    mine = papers.copied_to(tmp_path_factory.mktemp("rsa"))
    mine.registrar(mine.state).certify_server(Hosts.parse(["localhost", "127.0.0.1"]))
    root = tmp_path_factory.mktemp("root")
    (root / "basic.txt").write_text(BASIC)
    with opened(mine, root, program, doors=("http", "ask", "require")) as server:
        yield server


@pytest.fixture
def captured(secure: Secure, program, tmp_path: Path):
    """Capture what passes on a door's port while curl asks for ``basic.txt``."""
    privileged()

    def capture(door: str, *more: str) -> Path:
        to = tmp_path / f"{door}.pcap"
        command = [program("tcpdump"), "-i", "lo", "-U", "-s", "0", "--immediate-mode", "-w"]
        asked = [str(to), f"tcp port {secure.ports[door]}"]
        with subprocess.Popen([*command, *asked], stderr=subprocess.PIPE) as tcpdump:
            assert tcpdump.stderr
            if b"listening on" not in (said := tcpdump.stderr.readline()):
                said += tcpdump.stderr.readline()
            assert b"listening on" in said
            got = secure.get(
                door, "/basic.txt", secure.papers.phone(A), "-H", "Connection: close", *more
            )
            assert got.body == BASIC.encode()
            secure.get(door, "/the-last-packet", secure.papers.phone(A), *more)
            tcpdump.terminate()
        return to

    return capture


def test_ssldump_shows_the_symmetric_exchange_of_certificates_before_the_profile(captured, program):
    pcap = captured("require", "--tls-max", "1.2")
    shown = subprocess.run(
        [program("ssldump"), "-r", str(pcap)], capture_output=True, text=True, check=False
    ).stdout
    first = shown.split("New TCP connection #2")[0]
    steps = re.findall(r"^1 +\d+ .*?([CS]>[CS]) +(\w+)\n +(\w+)", first, re.MULTILINE)
    told = [(way, kind if kind == "application_data" else what) for way, kind, what in steps]
    wanted = [
        ("C>S", "ClientHello"), ("S>C", "ServerHello"), ("S>C", "Certificate"),
        ("S>C", "CertificateRequest"), ("C>S", "Certificate"), ("C>S", "CertificateVerify"),
    ]  # fmt: skip
    at = 0
    for each in wanted:
        assert each in told[at:], (each, told)
        at = told.index(each, at) + 1
    assert "application_data" in first


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_a_capture_holds_no_profile_text_and_one_in_clear_does(captured, version):
    data = captured("require", "--tls-max", version).read_bytes()
    assert len(data) > 2000
    for text in (b"12345678", b"flat-profile", b"GPP_A", b"basic.txt"):
        assert text not in data
    assert b"<GPP_A>12345678</GPP_A>" in captured("http").read_bytes()


def test_testssl_finds_no_weakness_above_low(secure, program, tmp_path):
    report = tmp_path / "report.json"
    subprocess.run(
        [program("testssl"), "--quiet", "--color", "0", "--warnings", "off", "--ip", "127.0.0.1",
         "--add-ca", str(secure.papers.root), "--jsonfile", str(report), "-p", "-s", "-S",
         f"https://localhost:{secure.ports['ask']}"],
        capture_output=True, timeout=110, check=False,
    )  # fmt: skip
    found = json.loads(report.read_text())
    assert len(found) > 40, "it did not get far"
    said = {each["id"]: each for each in found}
    assert said["TLS1"]["finding"] == "not offered"
    assert said["TLS1_3"]["severity"] == "OK"
    assert "passed" in json.dumps(said["cert_chain_of_trust"])
    weak = [
        (each["id"], each["severity"], each["finding"])
        for each in found
        if each["severity"] in ("MEDIUM", "HIGH", "CRITICAL", "FATAL")
    ]
    assert weak == []
