"""Certificates change while the server runs: no connection is dropped, no bad pair is served."""

import os
import signal
import socket
import ssl
import subprocess
from pathlib import Path

import pytest
from tests.house.secured import BASIC, A, B, Papers, Secure, opened
from tests.house.started import ringback

from ringback.certificate import key
from ringback.certificate.request import Hosts
from ringback.certificate.vault import Vault, read_pair
from ringback.cli.processes import Process


@pytest.fixture
def mine(papers: Papers, tmp_path: Path) -> Papers:
    return papers.copied_to(tmp_path)


@pytest.fixture
def secure(mine, root, program):
    (root / "basic.txt").write_text(BASIC)
    with opened(mine, root, program, doors=("http", "ask", "require")) as server:
        yield server


def hang_up(process: Process) -> None:
    os.kill(process.pid, signal.SIGHUP)


class Kept:
    """A phone's connection that stays open."""

    def __init__(self, secure: Secure, door: str = "require") -> None:
        context = ssl.create_default_context(cafile=str(secure.papers.root))
        context.load_cert_chain(secure.papers.phone(A))
        plain = socket.create_connection(("127.0.0.1", secure.ports[door]), timeout=10)
        self.tls = context.wrap_socket(plain, server_hostname="127.0.0.1")

    @property
    def serial(self) -> str:
        """Of the certificate that the server showed."""
        shown = self.tls.getpeercert()
        assert shown
        return str(shown["serialNumber"])

    def get(self) -> bytes:
        self.tls.sendall(b"GET /basic.txt HTTP/1.1\r\nHost: x\r\n\r\n")
        return self.tls.recv(4096)


def served(secure: Secure) -> str:
    """The serial number of the certificate that a new connection gets."""
    connection = Kept(secure)
    try:
        assert b"200 OK" in connection.get()
        return connection.serial
    finally:
        connection.tls.close()


@pytest.mark.parametrize(
    "change",
    [("renew", "localhost"), ("server", "localhost", "127.0.0.1", "--key-type", "rsa-2048")],
)
@pytest.mark.parametrize("how", ["told", "seen"])
def test_a_new_pair_is_served_and_no_connection_is_dropped(secure, mine, change, how):
    connection, before = Kept(secure), served(secure)
    said = secure.said
    done = ringback("cert", *change, "--state", str(mine.state))
    assert done.returncode == 0, done.stderr
    if how == "told":
        hang_up(secure.process)
    line = secure.process.wait_for("from now on", after=said)
    assert "localhost" in line
    assert served(secure) != before
    assert connection.serial == before
    assert b"200 OK" in connection.get()
    connection.tls.close()


BAD = {
    "no PEM": (lambda _, __: b"nonsense", "no certificate, key or request in it"),
    "empty": (lambda _, __: b"", ""),
    "cut": (lambda pair, _: bytes(pair)[:-200], ""),
    "without its key": (lambda pair, _: pair.certificate.pem(), "no private key"),
    "another's key": (
        lambda pair, other: pair.certificate.pem() + key.write(other.key),
        "the private key does not belong to the certificate",
    ),
    "NUL": (lambda pair, _: bytes(pair).replace(b"MII", b"M\0I"), ""),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_pair_is_one_line_and_the_old_one_goes_on(secure, mine, name):
    make, why = BAD[name]
    by = mine.registrar(mine.state)
    good = by.vault.server_file.read_bytes()
    ours = read_pair(by.vault.server_file)
    other = read_pair(mine.phone(B))
    before, connection = served(secure), Kept(secure)
    said = secure.said
    by.vault.server_file.write_bytes(make(ours, other))
    hang_up(secure.process)
    line = secure.process.wait_for("the old one is served", after=said)
    assert why in line
    assert served(secure) == before
    assert b"200 OK" in connection.get()
    connection.tls.close()
    hang_up(secure.process)
    secure.said  # noqa: B018 (waits until everything is said)
    warnings = [each for each in secure.process.lines[said:] if "the old one is served" in each]
    assert len(warnings) == 1
    by.vault.server_file.write_bytes(good)
    hang_up(secure.process)
    assert served(secure) == before
    assert not any("Traceback" in each for each in secure.process.lines)


def test_a_pair_that_cannot_be_read_is_one_line_and_is_taken_when_it_can_be(secure, mine):
    file = mine.state / "server.pem"
    said = secure.said
    aside = file.with_suffix(".aside")
    file.rename(aside)
    hang_up(secure.process)
    assert "server.pem" in secure.process.wait_for("the old one is served", after=said)
    assert served(secure)
    mine.registrar(mine.state).certify_server(Hosts.parse(["127.0.0.1"]), kind=key.Kind.ECDSA_P256)
    hang_up(secure.process)
    secure.process.wait_for("from now on", after=said)


def test_files_of_your_own_are_taken_up_one_after_the_other(papers, tmp_path, root, program):
    mine = papers.copied_to(tmp_path)
    by = mine.registrar(mine.state)
    cert, private = tmp_path / "fullchain.pem", tmp_path / "privkey.pem"

    def lay(name: str) -> tuple[bytes, bytes]:
        pair = by.certify_server(Hosts.parse([name, "127.0.0.1"]), kind=key.Kind.ECDSA_P256)
        chain = b"".join(each.pem() for each in (pair.certificate, *pair.chain))
        return chain, key.write(pair.key)

    chain, secret = lay("one.example")
    cert.write_bytes(chain)
    private.write_bytes(secret)
    own = ("--tls-cert", str(cert), "--tls-key", str(private))
    with opened(mine, root, program, *own, doors=("http", "require")) as secure:
        before, said = served(secure), secure.said
        chain, secret = lay("two.example")
        cert.write_bytes(chain)
        hang_up(secure.process)
        secure.process.wait_for("does not belong to the certificate", after=said)
        assert served(secure) == before
        private.write_bytes(secret)
        hang_up(secure.process)
        assert "two.example" in secure.process.wait_for("from now on", after=said)
        assert served(secure) != before


@pytest.mark.parametrize("door", ["ask", "require"])
def test_a_revoked_phone_is_refused_within_seconds(secure, mine, door):
    assert secure.get(door, "/basic.txt", mine.phone(A)).status == 200
    said = secure.said
    done = ringback("cert", "revoke", A, "--reason", "keyCompromise", "--state", str(mine.state))
    assert done.returncode == 0, done.stderr
    hang_up(secure.process)
    got = secure.get(door, "/basic.txt", mine.phone(A))
    assert got.status == 404
    assert got.dateless == secure.get(door, "/absent", mine.phone(B)).dateless
    line = secure.process.wait_for("was revoked", after=said)
    assert "keyCompromise" in line
    assert "address=127.0.0.1" in line
    assert secure.get(door, "/basic.txt", mine.phone(B)).status == 200


@pytest.mark.parametrize("spoil", ["cut", "gone", "false"])
def test_a_revocation_list_that_is_spoilt_leaves_the_old_one_in_force(secure, mine, papers, spoil):
    assert ringback("cert", "revoke", A, "--state", str(mine.state)).returncode == 0
    hang_up(secure.process)
    lists = Vault(mine.state).lists_file
    assert secure.get("require", "/basic.txt", mine.phone(A)).status == 404
    said = secure.said
    good = lists.read_bytes()
    if spoil == "gone":
        lists.unlink()
    elif spoil == "cut":
        lists.write_bytes(good[:120])
    else:
        lists.write_bytes((papers.strange / "authority" / "crl.pem").read_bytes())
    hang_up(secure.process)
    secure.process.wait_for("the revocation list was not taken, the old one holds", after=said)
    assert secure.get("require", "/basic.txt", mine.phone(A)).status == 404
    assert secure.get("require", "/basic.txt", mine.phone(B)).status == 200


@pytest.mark.parametrize("where", ["client-ca", "listener"])
def test_authorities_that_come_and_go_are_taken_up_without_a_restart(
    papers, tmp_path, root, program, where
):
    mine = papers.copied_to(tmp_path)
    (root / "basic.txt").write_text(BASIC)
    theirs = papers.strange / "authority" / "root.pem"
    named = tmp_path / "named.pem"
    named.write_bytes(mine.root.read_bytes())
    options = {
        "client-ca": ("--client-ca", str(named), "--https", "127.0.0.1:0,client=require"),
        "listener": ("--https", f"127.0.0.1:0,client=require,ca={named}"),
    }[where]
    with opened(mine, root, program, *options, doors=("http",)) as secure:

        def refuses(who: Path) -> bool:
            return secure.get("more", "/basic.txt", who).exit != 0

        def changed(text: bytes, word: str) -> None:
            said = secure.said
            named.write_bytes(text)
            hang_up(secure.process)
            secure.process.wait_for(word, after=said)

        assert refuses(mine.stranger)
        changed(mine.root.read_bytes() + theirs.read_bytes(), "other authorities from now on")
        assert secure.get("more", "/basic.txt", mine.stranger).status == 200
        assert secure.get("more", "/basic.txt", mine.phone(A)).status == 200
        changed(b"nonsense", "the authorities were not taken, the old ones are believed")
        assert secure.get("more", "/basic.txt", mine.stranger).status == 200
        changed(mine.root.read_bytes(), "other authorities from now on")
        assert refuses(mine.stranger)
        assert secure.get("more", "/basic.txt", mine.phone(A)).status == 200


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--tls-cert", "{folder}/absent.pem"), "absent.pem"),
        (("--tls-key", "{phone}"), "--tls-key without --tls-cert"),
        (("--tls-cert", "{server}", "--tls-key", "{phone}"), "more than one private key"),
        (("--tls-cert", "{root}", "--tls-key", "{key}"), "does not belong"),
        (("--tls-cert", "{root}"), "no private key"),
        (("--client-ca", "{folder}/absent.pem"), "absent.pem"),
        (("--https", "127.0.0.1:0,client=maybe"), "client=maybe"),
        (("--https", "127.0.0.1:0,client=ask,ca={folder}/none.pem"), "none.pem"),
    ],
)
def test_a_wrong_start_is_one_clear_line(mine, tmp_path, root, options, why):
    facts = {
        "folder": tmp_path, "phone": mine.phone(A), "root": mine.root,
        "key": mine.state / "authority" / "issuing.key",
        "server": mine.state / "server.pem",
    }  # fmt: skip
    done = ringback(
        "serve", "--root", str(root), "--state", str(mine.state),
        "--https", "127.0.0.1:0,client=require", *(each.format(**facts) for each in options),
    )  # fmt: skip
    assert done.returncode in (1, 2)
    assert why in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "Traceback" not in done.stderr


def test_an_encrypted_key_is_refused_with_the_command_that_opens_it(mine, tmp_path, root, program):
    locked = tmp_path / "locked.key"
    subprocess.run(
        [program("openssl"), "pkey", "-aes256", "-passout", "pass:secret",
         "-in", str(mine.state / "server.pem"), "-out", str(locked)],
        check=True, capture_output=True,
    )  # fmt: skip
    done = ringback(
        "serve", "--root", str(root), "--state", str(mine.state), "--https", "127.0.0.1:0",
        "--tls-cert", str(mine.root), "--tls-key", str(locked),
    )  # fmt: skip
    assert done.returncode in (1, 2)
    assert f"openssl pkey -in {locked}" in done.stderr
