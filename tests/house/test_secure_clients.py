"""Who gets in at which door: foreign clients with and without a certificate, and a browser."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Error, sync_playwright
from tests.house.secured import BASIC, A, B, Papers, Secure, opened

from ringback.certificate.request import Hosts

FLAGS = [
    "--no-sandbox", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run", "--no-default-browser-check",
]  # fmt: skip
CERTIFICATE_REQUIRED, READ_FAILED = 35, 56
"""curl's exit statuses: the handshake failed; it failed after curl thought it done (TLS 1.3)."""


@pytest.fixture(scope="module")
def secure(papers: Papers, tmp_path_factory, program) -> Iterator[Secure]:
    root = tmp_path_factory.mktemp("root")
    (root / "basic.txt").write_text(BASIC)
    doors = ("http", "none", "ask", "require", "legacy")
    with opened(papers, root, program, doors=doors) as server:
        yield server


@pytest.fixture
def s_client(program: Callable[[str], str], secure: Secure) -> Callable[..., str]:
    """``openssl s_client``; what it and the server said."""

    def talk(door: str, *more: str, who: Path | None = None) -> str:
        shown = ["-cert", str(who), "-key", str(who), "-cert_chain", str(who)] if who else []
        done = subprocess.run(
            [program("openssl"), "s_client", "-connect", f"127.0.0.1:{secure.ports[door]}",
             "-CAfile", str(secure.papers.root), "-ign_eof", *shown, *more],
            input=b"GET /basic.txt HTTP/1.0\r\n\r\n",
            capture_output=True,
            timeout=20,
            check=False,
        )  # fmt: skip
        return (done.stdout + done.stderr).decode(errors="replace")

    return talk


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_s_client_is_served_with_a_devices_certificate_and_refused_without(
    s_client, secure, version
):
    said = secure.said
    assert "GPP_A" not in s_client("require", version)
    secure.process.wait_for("did not return a certificate", after=said)
    with_certificate = s_client("require", version, who=secure.papers.phone(A))
    assert BASIC in with_certificate
    assert "Verify return code: 0 (ok)" in with_certificate


@pytest.mark.parametrize("door", ["none", "ask", "require", "legacy"])
def test_curl_gets_in_with_a_certificate_everywhere(secure, door):
    assert secure.get(door, "/basic.txt", secure.papers.phone(A)).body == BASIC.encode()


@pytest.mark.parametrize("door", ["none", "ask", "legacy"])
def test_curl_gets_in_without_where_none_is_required(secure, door):
    assert secure.get(door, "/basic.txt").body == BASIC.encode()


def test_wget_behaves_like_curl(secure, program, tmp_path):
    def wget(*more: str) -> int:
        return subprocess.run(
            [program("wget"), "-q", "-t", "1", "-O", str(tmp_path / "got"),
             f"--ca-certificate={secure.papers.root}", *more,
             f"https://127.0.0.1:{secure.ports['require']}/basic.txt"],
            timeout=20,
            check=False,
        ).returncode  # fmt: skip

    assert wget() != 0
    mine = secure.papers.phone(A)
    assert wget(f"--certificate={mine}", f"--private-key={mine}") == 0
    assert (tmp_path / "got").read_text() == BASIC


def test_an_unknown_authoritys_phone_is_refused_where_one_is_required_and_the_log_names_the_anchor(
    secure,
):
    said = secure.said
    got = secure.get("require", "/basic.txt", secure.papers.stranger)
    assert got.exit in (CERTIFICATE_REQUIRED, READ_FAILED)
    assert got.body == b""
    line = secure.process.wait_for("handshake failed", after=said)
    assert "issuer CN=Strange Issuing CA" in line
    assert "--client-ca and the certificate of CN=Strange Root CA" in line


@pytest.mark.parametrize("path", ["/basic.txt", f"/{A}.cfg"])
def test_an_unknown_authoritys_phone_counts_as_none_where_one_is_asked_for(secure, path):
    (secure.root / f"{A}.cfg").write_text("for A only")
    said = secure.said
    got = secure.get("ask", path, secure.papers.stranger)
    assert got.status == (200 if path == "/basic.txt" else 404)
    line = secure.process.wait_for("certificate not believed", after=said)
    assert "CN=Strange Root CA" in line


def test_the_authority_of_one_listener_is_not_believed_on_another(papers, tmp_path, program):
    root = tmp_path / "root"
    root.mkdir()
    (root / f"{A}.cfg").write_text("for A")
    theirs = papers.strange / "authority" / "root.pem"
    extra = ("--https", f"127.0.0.1:0,client=require,ca={theirs}")
    with opened(papers, root, program, *extra, doors=("require",)) as server:
        assert server.get("more", f"/{A}.cfg", papers.stranger).status == 200
        assert server.get("more", f"/{A}.cfg", papers.phone(A)).status == 0
        assert server.get("require", f"/{A}.cfg", papers.phone(A)).status == 200
        assert server.get("require", f"/{A}.cfg", papers.stranger).status == 0


def test_tls_1_0_works_on_the_legacy_listener_only(s_client):
    old = ("-tls1", "-cipher", "DEFAULT@SECLEVEL=0")
    assert BASIC in s_client("legacy", *old)
    for door in ("none", "ask", "require"):
        said = s_client(door, *old)
        assert "GPP_A" not in said
        assert "alert protocol version" in said


@pytest.mark.parametrize("version", ["-tls1", "-tls1_1"])
@pytest.mark.parametrize("suite", ["AES128-SHA", "ECDHE-RSA-AES128-SHA"])
def test_old_suites_work_on_the_legacy_listener_with_an_rsa_key(
    papers, tmp_path, program, version, suite
):
    mine = papers.copied_to(tmp_path)
    mine.registrar(mine.state).certify_server(Hosts.parse(["127.0.0.1"]))
    root = tmp_path / "root"
    root.mkdir()
    with opened(mine, root, program, doors=("legacy",)) as server:
        done = subprocess.run(
            [program("openssl"), "s_client", "-connect", f"127.0.0.1:{server.ports['legacy']}",
             version, "-cipher", f"{suite}@SECLEVEL=0"],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20, check=False,
        )  # fmt: skip
    assert f"Cipher is {suite}" in done.stdout


@pytest.fixture(scope="module")
def browser(program):
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=program("chromium"), args=FLAGS)
        yield launched
        launched.close()


def test_an_ordinary_browser_gets_nothing_from_a_required_listener(browser, secure):
    context = browser.new_context(ignore_https_errors=True)
    said = secure.said
    # Chromium names the alert, or, when the connection is gone before it looked, the loss.
    with pytest.raises(Error, match=r"ERR_BAD_SSL_CLIENT_AUTH_CERT|ERR_SOCKET_NOT_CONNECTED"):
        context.new_page().goto(f"https://localhost:{secure.ports['require']}/basic.txt")
    context.close()
    secure.process.wait_for("did not return a certificate", after=said)
    assert not any("GET /basic.txt" in line for line in secure.process.lines[said:])


def test_a_browser_gets_the_profile_where_no_certificate_is_asked_for(browser, secure):
    url = f"https://localhost:{secure.ports['none']}/basic.txt"
    stranger = browser.new_context()
    with pytest.raises(Error, match="ERR_CERT_AUTHORITY_INVALID"):
        stranger.new_page().goto(url)
    stranger.close()
    believing = browser.new_context(ignore_https_errors=True)
    assert "12345678" in believing.new_page().goto(url).text()
    believing.close()


def test_a_browser_with_a_phones_certificate_gets_that_phones_file_and_no_other(browser, secure):
    (secure.root / f"{A}.cfg").write_text("for A only")
    (secure.root / f"{B}.cfg").write_text("for B only")
    origin = f"https://localhost:{secure.ports['require']}"
    mine = secure.papers.phone(A)
    shown = {"origin": origin, "certPath": str(mine), "keyPath": str(mine)}
    context = browser.new_context(ignore_https_errors=True, client_certificates=[shown])
    answer = context.request.get(f"{origin}/{A}.cfg")
    assert answer.text() == "for A only"
    assert context.request.get(f"{origin}/{B}.cfg").status == 404
    context.close()
