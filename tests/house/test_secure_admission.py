"""Phone A's certificate does not get phone B's file: at no door, in no spelling.

What is refused looks the same whether the file is there or not; the log has all the evidence.
"""

import socket
from collections.abc import Iterator

import pytest
from tests.house.secured import BASIC, SECRET, A, B, Papers, Secure, opened

UPPER = B.upper()
COLONS = ":".join(B[at : at + 2] for at in range(0, 12, 2))
QUADS = ".".join(B[at : at + 4] for at in range(0, 12, 4))

FILES = {
    f"{B}.cfg": f"/{B}.cfg",
    f"CP-7832-3PCC{B}.cfg": f"/CP-7832-3PCC{B}.cfg",
    f"spa{B}.xml": f"/spa{B}.xml",
    f"spa{UPPER}config.cfg": f"/spa{UPPER}config.cfg",
    f"{B}/x.cfg": f"/{B}/x.cfg",
    f"{COLONS}.cfg": f"/{COLONS}.cfg",
    f"{COLONS.replace(':', '-')}.cfg": f"/{COLONS.replace(':', '-')}.cfg",
    f"{COLONS.replace(':', '_')}.cfg": f"/{COLONS.replace(':', '_')}.cfg",
    f"{QUADS}.cfg": f"/{QUADS}.cfg",
    f"{COLONS.replace(':', ' ')}.cfg": f"/{COLONS.replace(':', '%20')}.cfg",
    f"of-{B}-page.cfg.j2": f"/of-{B}-page.cfg",
    f"{A}{B}.cfg": f"/{A}{B}.cfg",
}
"""Files of phone B, each with the name that gets it. The last names both."""
SPELLINGS = [
    f"/%30{B[1:]}.cfg",
    "/" + "".join(f"%{ord(char):02x}" for char in B) + ".cfg",
    "/" + "".join(f"%{ord(char):02X}" for char in B) + "%2ecfg",
    f"//{B}.cfg",
    f"/./{B}.cfg",
    f"/x/../{B}.cfg",
    f"/%2e/{B}.cfg",
    f"/{B}.cfg?",
    f"/{B}.cfg?mac={A}",
    f"/{B}.cfg?{A}",
    f"/{B}.cfg#{A}",
    f"/{A}/../{B}.cfg",
    f"/{A}/%2e%2e/{B}.cfg",
    f"/{B}.cfg;{A}",
    f"/{A};/../{B}.cfg",
    f"/{B}%2fx.cfg",
    f"/{B}%5cx.cfg",
    f"/{B}.cfg%00",
    f"/{B}.cfg%00{A}",
    f"/%2530{B[1:]}.cfg",
    f"/%252530{B[1:]}.cfg",
    f"/{UPPER}.cfg",
    f"/{UPPER}.CFG",
    f"/basic.txt?mac={B}",
    f"/basic.txt?mac={COLONS}",
    f"/basic.txt?mac={COLONS.replace(':', '%3A')}",
    f"/basic.txt?mac={COLONS.replace(':', '%253a')}",
    f"/basic.txt?mac={COLONS.replace(':', '+')}",
    f"/basic.txt?a={A}&mac={B}",
    f"/basic.txt?mac=%30{B[1:]}",
    f"/cgi-bin/who.sh/{B}",
    f"/cgi-bin/who.sh/{B}.cfg?{A}",
    f"/cgi-bin/who.sh?mac={B}",
    f"/cgi-bin/who.sh?{UPPER}",
    f"/page.txt?mac={B}",
    f"/page.txt?{A}={B}",
]
"""Ways to ask for phone B's."""
ABSENT = f"/absent-{B}.cfg"
SCRIPT = (
    f"#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n{SECRET} %s' \"$PATH_INFO$QUERY_STRING\"\n"
)


@pytest.fixture(scope="module")
def secure(papers: Papers, tmp_path_factory, program) -> Iterator[Secure]:
    root = tmp_path_factory.mktemp("root")
    (root / "x").mkdir()
    (root / A).mkdir()
    (root / B).mkdir()
    for name in FILES:
        (root / name).write_text(SECRET)
    (root / f"{A}.cfg").write_text("for A only")
    (root / "basic.txt").write_text(BASIC)
    (root / "page.txt.j2").write_text(f"{SECRET} {{{{ request.query }}}}")
    scripts = tmp_path_factory.mktemp("scripts")
    (scripts / "who.sh").write_text(SCRIPT)
    (scripts / "who.sh").chmod(0o755)
    with opened(papers, root, program, "--cgi-bin", str(scripts)) as server:
        yield server


HTTPS = ["none", "ask", "require", "legacy"]


@pytest.mark.parametrize("door", ["http", *HTTPS])
def test_phone_a_gets_no_file_of_phone_b_in_any_spelling(secure, door):
    refused = secure.get(door, ABSENT, secure.papers.phone(A))
    for asked in [*list(FILES.values())[:-1], *SPELLINGS]:
        got = secure.get(door, asked, secure.papers.phone(A))
        assert SECRET.encode() not in got.body, asked
        assert b"flat-profile" not in got.body, asked
        assert got.status in (404, 400), (asked, got)
        if got.status == 404:
            assert got.dateless == refused.dateless, asked


@pytest.mark.parametrize("name", FILES.values())
def test_phone_b_gets_its_own(secure, name):
    assert secure.get("require", name, secure.papers.phone(B)).body == SECRET.encode()
    assert secure.get("ask", name, secure.papers.phone(B)).body == SECRET.encode()


@pytest.mark.parametrize("asked", [f"/page.txt?mac={B}", f"/cgi-bin/who.sh/{B}"])
def test_phone_b_gets_its_own_page_and_script(secure, asked):
    assert SECRET in secure.get("require", asked, secure.papers.phone(B)).body.decode()


@pytest.mark.parametrize("door", ["http", "none"])
@pytest.mark.parametrize("mac", [A, B])
def test_nobody_gets_a_phones_file_where_nobody_can_prove_who_he_is(secure, door, mac):
    agent = f"Cisco/CP-8861-3PCC-11.0.0 ({mac})(FCH2133E8B9)"
    got = secure.get(door, f"/{mac}.cfg", secure.papers.phone(mac), "-A", agent)
    absent = secure.get(door, ABSENT)
    assert got.dateless == absent.dateless


@pytest.mark.parametrize("door", ["http", *HTTPS])
def test_a_refusal_is_the_same_whether_the_file_is_there_or_not(secure, door):
    mine = secure.papers.phone(A)
    there = secure.get(door, f"/{B}.cfg", mine)
    absent = secure.get(door, ABSENT, mine)
    nameless = secure.get(door, "/no-such-file", mine)
    assert there.status == 404
    assert there.dateless == absent.dateless == nameless.dateless
    head = [secure.get(door, path, mine, "-I").dateless for path in (f"/{B}.cfg", ABSENT)]
    assert head[0] == head[1]


@pytest.mark.parametrize(
    "name",
    [*(each for each in FILES if not each.endswith(".j2")), f"{UPPER}.cfg", f"x/../{B}.cfg",
     f"%30{B[1:]}.cfg", f"{B}\\x.cfg", f"/{B}.cfg", f"//{B}.cfg", f"./{B}.cfg", f"{A}.cfg"],
)  # fmt: skip
def test_over_tftp_no_file_that_names_a_phone_goes_out(secure, name):
    got = tftp(secure, name)
    absent = tftp(secure, ABSENT[1:])
    assert got == absent == tftp(secure, "no-such-file")
    assert got[:4] == b"\0\5\0\1", "ERROR, file not found"


def tftp(secure: Secure, name: str) -> bytes:
    """The first packet that comes back for a read request, as it is on the wire."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.settimeout(10)
        request = b"\0\1" + name.encode() + b"\0octet\0"
        phone.sendto(request, ("127.0.0.1", secure.ports["tftp"]))
        return phone.recv(2048)


def test_the_warning_has_all_the_evidence(secure):
    said = secure.said
    secure.get("ask", f"/{B}.cfg?x", secure.papers.phone(A), "-A", "Sneaky/1.0")
    line = secure.process.wait_for("warning refused", after=said)
    for evidence in (
        f"'/{B}.cfg?x' names a phone",
        f"the certificate is of phone {A}",
        "address=127.0.0.1",
        f"CN=CP-8861-SEP{A.upper()}",
        "agent=Sneaky/1.0",
    ):
        assert evidence in line
    said = secure.said
    tftp(secure, f"{B}.cfg")
    line = secure.process.wait_for("warning refused", after=said)
    assert f"{B}.cfg' names a phone" in line
    assert "address=127.0.0.1 certificate=- mac=- agent=-" in line


def test_no_rule_is_bent_by_what_a_client_writes_into_its_headers(secure):
    """No proxy is trusted here, so its headers are anybody's."""
    forged = "".join(secure.papers.phone(B).read_text().split("-----")[2].split())
    headers = {
        "X-SSL-Client-Cert": f":{forged}:",
        "X-SSL-Client-Verify": "SUCCESS",
        "X-Forwarded-For": "10.0.0.1",
        "X-Forwarded-Proto": "https",
        "SSL_CLIENT_S_DN": f"CN=CP-8861-SEP{UPPER}",
        "X-Original-URL": f"/{B}.cfg",
        "X-Rewrite-URL": f"/{B}.cfg",
    }
    more = [text for name, value in headers.items() for text in ("-H", f"{name}: {value}")]
    for door in ("http", "none", "ask", "require"):
        assert secure.get(door, f"/{B}.cfg", secure.papers.phone(A), *more).status == 404
        assert secure.get(door, "/basic.txt", secure.papers.phone(A), *more).body == BASIC.encode()


def test_files_that_name_no_phone_go_to_everyone(secure):
    for door in ("http", *HTTPS):
        assert secure.get(door, "/basic.txt", secure.papers.phone(A)).body == BASIC.encode()
    assert tftp(secure, "basic.txt")[:4] == b"\0\3\0\1"


def test_with_plain_devices_http_and_tftp_are_free_and_https_is_not(papers, tmp_path, program):
    root = tmp_path / "root"
    root.mkdir()
    (root / f"{B}.cfg").write_text(SECRET)
    doors = ("tftp", "http", "ask", "require")
    with opened(papers, root, program, "--plain-devices", doors=doors) as server:
        assert any("over HTTPS, files that name a phone" in each for each in server.process.lines)
        assert server.get("http", f"/{B}.cfg").body == SECRET.encode()
        assert SECRET.encode() in tftp(server, f"{B}.cfg")
        for door in ("ask", "require"):
            assert server.get(door, f"/{B}.cfg", papers.phone(A)).status == 404


@pytest.mark.parametrize(
    ("asked", "bound"),
    [(("ask",), False), (("ask", "--bind-devices"), True), (("require",), True)],
)
def test_start_up_says_which_rule_is_in_force_and_it_is(papers, tmp_path, program, asked, bound):
    door, *more = asked
    root = tmp_path / "root"
    root.mkdir()
    (root / f"{B}.cfg").write_text(SECRET)
    with opened(papers, root, program, *more, doors=("http", door)) as server:
        said = next(each for each in server.process.lines if each.startswith("  access"))
        assert ("that phone's certificate only" in said) == bound
        assert ("to anyone who asks" in said) != bound
        assert (server.get("http", f"/{B}.cfg").status == 404) == bound


def test_the_settings_file_can_say_that_files_are_not_bound(papers, tmp_path, program, monkeypatch):
    monkeypatch.setenv("RINGBACK_SERVE__BIND_DEVICES", "false")
    root = tmp_path / "root"
    root.mkdir()
    (root / f"{B}.cfg").write_text(SECRET)
    with opened(papers, root, program, doors=("http", "require")) as server:
        assert server.get("require", f"/{B}.cfg", papers.phone(A)).body == SECRET.encode()


def test_who_turns_the_rule_off_gives_every_file_to_anyone(papers, root, program):
    (root / f"{B}.cfg").write_text(BASIC)
    with opened(papers, root, program, "--no-bind-devices", doors=("http", "require")) as secure:
        assert secure.get("http", f"/{B}.cfg").body == BASIC.encode()
        assert secure.get("require", f"/{B}.cfg", papers.phone(A)).body == BASIC.encode()
        assert any("go to anyone who asks" in each for each in secure.process.lines)
