"""Certificates that are not as they should be: each its refusal, one line, and nothing is left."""

import socket
import ssl
import struct
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread

import pytest
from tests.house.secured import BASIC, A, Odd, Papers, Secure, opened


@pytest.fixture(scope="module")
def secure(papers: Papers, tmp_path_factory, program) -> Iterator[Secure]:
    root = tmp_path_factory.mktemp("root")
    (root / "basic.txt").write_text(BASIC)
    (root / f"{A}.cfg").write_text("for A only")
    with opened(
        papers, root, program, doors=("http", "none", "ask", "require", "legacy")
    ) as server:
        yield server


@pytest.fixture(scope="module")
def odd(papers: Papers, tmp_path_factory) -> Odd:
    return Odd(papers, tmp_path_factory.mktemp("odd"))


CASES = {
    "expired": "is past its date",
    "early": "not valid yet",
    "purpose": "not meant for",
    "self_signed": "signed itself",
}
"""What OpenSSL refuses in a handshake, and a part of the line that says so."""


@pytest.mark.parametrize("case", CASES)
def test_a_bad_certificate_is_refused_where_one_is_required(secure, odd, case):
    said = secure.said
    got = secure.get("require", "/basic.txt", getattr(odd, case)())
    assert got.status == 0
    assert got.body == b""
    line = secure.process.wait_for("handshake failed", after=said)
    secure.said  # noqa: B018 (waits until everything is said)
    told = [each for each in secure.process.lines[said:] if "so-far" not in each]
    assert told == [line], "one line"
    assert "the client's certificate is not believed" in line


@pytest.mark.parametrize("case", CASES)
def test_a_bad_certificate_counts_as_none_where_one_is_asked_for(secure, odd, case):
    shown = getattr(odd, case)()
    said = secure.said
    assert secure.get("ask", "/basic.txt", shown).status == 200
    secure.process.wait_for("certificate not believed", after=said)
    assert secure.get("ask", f"/{A}.cfg", shown).status == 404


def test_a_certificate_of_ours_past_its_date_is_refused_on_a_legacy_listener_too(secure, odd):
    said = secure.said
    assert secure.get("legacy", f"/{A}.cfg", odd.expired()).status == 404
    assert "address=127.0.0.1" in secure.process.wait_for("warning refused", after=said)


@pytest.fixture(scope="module")
def weak(papers: Papers, program, tmp_path_factory) -> Path:
    """Phone A's as old factories made them: RSA 1024, SHA-1. Made by openssl, for tests only."""
    folder: Path = tmp_path_factory.mktemp("weak")
    subject = f"/OU=CP-8861/L=FCH2133E8B9/ST={A}"
    authority = papers.state / "authority"

    def openssl(*arguments: str) -> None:
        command = [program("openssl"), *arguments]
        subprocess.run(command, check=True, capture_output=True, cwd=folder)

    openssl("req", "-new", "-newkey", "rsa:1024", "-nodes", "-keyout", "key.pem", "-subj", subject,
            "-out", "a.csr")  # fmt: skip
    openssl("x509", "-req", "-sha1", "-days", "30", "-in", "a.csr", "-out", "a.pem",
            "-CAcreateserial", "-CAserial", "serial", "-CA", str(authority / "issuing.pem"),
            "-CAkey", str(authority / "issuing.key"))  # fmt: skip
    parts = (folder / "a.pem", authority / "issuing.pem", folder / "key.pem")
    pair = folder / "pair.pem"
    pair.write_bytes(b"".join(each.read_bytes() for each in parts))
    return pair


def weakly(secure: Secure, door: str, path: str, who: Path) -> bytes:
    """What an old client gets; curl would not even load such a certificate."""
    context = ssl.create_default_context(cafile=str(secure.papers.root))
    context.set_ciphers("DEFAULT@SECLEVEL=0")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(who)
    plain = socket.create_connection(("127.0.0.1", secure.ports[door]), timeout=20)
    with context.wrap_socket(plain, server_hostname="127.0.0.1") as tls:
        tls.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
        return tls.makefile("rb").read()


def test_a_weak_certificate_counts_on_a_legacy_listener_only(secure, weak):
    assert weakly(secure, "legacy", f"/{A}.cfg", weak).endswith(b"for A only")
    said = secure.said
    assert b"404 Not Found" in weakly(secure, "ask", f"/{A}.cfg", weak)
    secure.process.wait_for("certificate not believed", after=said)
    assert b"200 OK" in weakly(secure, "ask", "/basic.txt", weak)
    assert b"404 Not Found" in weakly(secure, "none", f"/{A}.cfg", weak)
    with pytest.raises(ssl.SSLError):
        weakly(secure, "require", "/basic.txt", weak)


@pytest.mark.parametrize("door", ["ask", "require"])
def test_a_name_with_a_nul_and_a_line_in_it_is_nobodys_and_forges_no_log(secure, odd, door):
    said = secure.said
    assert secure.get(door, f"/{A}.cfg", odd.nul()).status == 404
    line = secure.process.wait_for("warning refused", after=said)
    assert "2026 forged line" not in [each[:16] for each in secure.process.lines]
    assert "\0" not in line
    assert not any(each.startswith("2026 forged") for each in secure.process.lines[said:])


@contextmanager
def spoiling(port: int, spoil: Callable[[bytes], bytes]) -> Iterator[int]:
    """A relay that spoils the client's certificate on its way, in TLS 1.2, where it is in clear."""
    with socket.create_server(("127.0.0.1", 0)) as front:

        def relay() -> None:
            client, _ = front.accept()
            server = socket.create_connection(("127.0.0.1", port))
            back = Thread(target=pump, args=(server, client), daemon=True)
            back.start()
            with suppress(OSError):
                stream = client.makefile("rb")
                while len(start := stream.read(5)) == 5:
                    body = stream.read(struct.unpack("!H", start[3:])[0])
                    if start[0] == 22 and body[0] == 11:
                        body = spoil(body)
                        start = start[:3] + struct.pack("!H", len(body))
                    server.sendall(start + body)
                server.shutdown(socket.SHUT_WR)
            back.join(10)
            client.close()
            server.close()

        Thread(target=relay, daemon=True).start()
        yield front.getsockname()[1]


def pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


def message(certificates: list[bytes]) -> bytes:
    """A Certificate message of TLS 1.2."""
    each = b"".join(len(der).to_bytes(3, "big") + der for der in certificates)
    body = len(each).to_bytes(3, "big") + each
    return b"\x0b" + len(body).to_bytes(3, "big") + body


def leaf(body: bytes) -> bytes:
    """The first certificate of a Certificate message."""
    return body[10 : 10 + int.from_bytes(body[7:10], "big")]


SPOILT: dict[str, Callable[[bytes], bytes]] = {
    "truncated": lambda body: message([leaf(body)[: len(leaf(body)) // 2]]),
    "one octet short": lambda body: message([leaf(body)[:-1]]),
    "one octet long": lambda body: message([leaf(body) + b"\0"]),
    "empty": lambda _: message([b""]),
    "zeroes": lambda body: message([bytes(len(leaf(body)))]),
    "a length that is too long": lambda _: message([b"\x30\x84\xff\xff\xff\xff\x02\x01\x01"]),
    "nested": lambda _: message([b"\x30\x80" * 3000]),
    "another signature": lambda body: message([leaf(body)[:-4] + b"\0\0\0\0"]),
    "no key of its own": lambda body: message([leaf(body), *[leaf(body)] * 60]),
}


@pytest.mark.parametrize("door", ["ask", "require", "legacy"])
@pytest.mark.parametrize("name", SPOILT)
def test_a_spoilt_certificate_is_refused_and_the_server_goes_on(secure, door, name):
    said = secure.said
    with spoiling(secure.ports[door], SPOILT[name]) as port:
        done = subprocess.run(
            [secure.curl, "-sS", "-k", "--tls-max", "1.2", "--max-time", "10", "--cert",
             str(secure.papers.phone(A)), f"https://127.0.0.1:{port}/{A}.cfg"],
            capture_output=True, timeout=20, check=False,
        )  # fmt: skip
    assert b"for A only" not in done.stdout
    assert done.returncode != 0
    secure.process.wait_for("failed", after=said)
    assert secure.get(door, f"/{A}.cfg", secure.papers.phone(A)).body == b"for A only"
    assert not any("Traceback" in each for each in secure.process.lines)


def tls(secure: Secure, door: str, who: Path | None = None) -> ssl.SSLSocket:
    context = ssl.create_default_context(cafile=str(secure.papers.root))
    if who:
        context.load_cert_chain(who)
    plain = socket.create_connection(("127.0.0.1", secure.ports[door]), timeout=20)
    return context.wrap_socket(plain, server_hostname="127.0.0.1")


@pytest.mark.parametrize("door", ["none", "require"])
def test_a_hundred_megabytes_of_headers_are_cut_off_and_leave_nothing(secure, door):
    before = secure.memory()
    line = b"X-Filler: " + b"x" * 1000 + b"\r\n"
    sent = 0
    connection = tls(secure, door, secure.papers.phone(A))
    most = 0
    with suppress(OSError), connection:
        connection.sendall(b"GET /basic.txt HTTP/1.1\r\nHost: x\r\n")
        while sent < 5_000_000_000:
            connection.sendall(line * 600)
            sent += len(line) * 600
            most = max(most, secure.memory())
    assert sent < 5_000_000_000, "nobody stopped it"
    assert most < before * 1.1 + 4096
    assert secure.get(door, "/basic.txt", secure.papers.phone(A)).status == 200
    assert secure.memory() < before * 1.1 + 2048


def test_plain_http_on_the_port_for_https_is_told_so(secure):
    with socket.create_connection(("127.0.0.1", secure.ports["require"]), timeout=10) as plain:
        plain.sendall(b"GET /basic.txt HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = plain.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"GPP_A" not in answer
