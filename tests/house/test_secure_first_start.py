"""The first start: HTTPS works at once, and nothing of what makes it work is ever served."""

import os
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.house.secured import BASIC, DAY, QUICK, Papers, Secure, opened
from tests.house.started import ringback

from ringback import clock
from ringback.certificate.request import Hosts
from ringback.operations.certify import Founding

DOORS = ("tftp", "http", "none", "ask", "require")


@pytest.fixture
def fresh(root: Path, tmp_path: Path) -> Papers:
    """A state folder that is not there yet."""
    (root / "basic.txt").write_text(BASIC)
    return Papers(tmp_path / "state", tmp_path / "nowhere")


def published(secure: Secure) -> set[bytes]:
    """The authority's certificate, by every transport that needs none to begin with."""
    return {secure.get(door, "/ringback-ca.pem").body for door in ("tftp", "http", "none", "ask")}


def test_https_works_at_once_with_an_authority_that_a_phone_can_fetch(
    fresh: Papers, root: Path, tmp_path: Path, program: Callable[[str], str]
) -> None:
    bundle = tmp_path / "fetched.pem"
    with opened(fresh, root, program, doors=DOORS[:4]) as first:
        said = "\n".join(first.process.lines)
        assert "made the authority" in said
        assert "made a server certificate" in said
        assert f"Custom CA Rule: http://127.0.0.1:{first.ports['http']}/ringback-ca.pem" in said
        certificates = published(first)
        (only,) = certificates
        bundle.write_bytes(only)
        assert only == fresh.root.read_bytes()
        assert b"PRIVATE" not in only
        for door in ("none", "ask"):
            got = first.get(door, "/basic.txt", None, "--cacert", str(bundle))
            assert got.body == BASIC.encode()

    made = {path: path.read_bytes() for path in fresh.state.rglob("*.pem")}
    with opened(fresh, root, program, doors=DOORS[:4]) as second:
        assert not any("made the authority" in each for each in second.process.lines)
        assert published(second) == certificates
    assert {path: path.read_bytes() for path in fresh.state.rglob("*.pem")} == made


def test_keys_are_for_their_owner_only_whatever_the_umask(
    fresh: Papers, root: Path, program: Callable[[str], str]
) -> None:
    before = os.umask(0)
    try:
        with opened(fresh, root, program, doors=("http", "ask")):
            pass
        who = ("--mac", "000e08abcdef", "--serial", "FCH2133E8B9", "--model", "8851")
        assert ringback("cert", "issue", *who, "--state", str(fresh.state)).returncode == 0
    finally:
        os.umask(before)
    holding = [
        path
        for path in fresh.state.rglob("*")
        if path.is_file() and b"PRIVATE" in path.read_bytes()
    ]
    assert {path.name for path in holding} >= {"root.key", "server.pem", "000e08abcdef.pem"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in holding} == {0o600}
    folders = [fresh.state, *(each for each in fresh.state.rglob("*") if each.is_dir())]
    assert {stat.S_IMODE(each.stat().st_mode) for each in folders} == {0o700}


def test_nothing_of_the_state_is_ever_served(
    fresh: Papers, root: Path, program: Callable[[str], str]
) -> None:
    (root / "linked").symlink_to(fresh.state)
    (root / "key.txt").symlink_to(fresh.state / "authority" / "root.key")
    with opened(fresh, root, program, doors=DOORS[:4]) as secure:
        (root / "hard.txt.pem").hardlink_to(fresh.state / "server.pem")
        names = [
            "/../state/server.pem", "/..%2fstate/authority/root.key", "/linked/server.pem",
            "/linked/authority/root.key", "/key.txt", "/server.pem", "/authority/root.key",
            "/hard.txt.pem", "/hard.txt%2epem", f"{fresh.state}/server.pem",
            "/ringback-ca.pem/../server.pem", "/ringback-ca.key", "/linked/authority/crl.pem",
        ]  # fmt: skip
        for door in ("tftp", "http", "none", "ask"):
            for name in names:
                got = secure.get(door, name)
                assert b"BEGIN" not in got.body, (door, name)
                assert got.status in (0, 400, 404), (door, name)


def test_with_a_clock_in_the_past_nothing_is_made_and_one_line_says_so(
    fresh: Papers, root: Path
) -> None:
    """The authority is younger than this machine believes it is now."""
    later = fresh.registrar(fresh.state, clock.now() + 30 * DAY)
    later.found(Founding(kind=QUICK))
    where = ("--https", "127.0.0.1:0", "--state", str(fresh.state))
    done = ringback("serve", "--root", str(root), *where, timeout=15)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "not valid before" in done.stderr
    assert "clock" in done.stderr
    assert not (fresh.state / "server.pem").exists()


@pytest.mark.parametrize("age", [-30, 30])
def test_a_server_certificate_out_of_date_is_served_and_said(
    papers: Papers, tmp_path: Path, root: Path, program: Callable[[str], str], age: int
) -> None:
    mine = papers.copied_to(tmp_path)
    then = mine.registrar(mine.state, clock.now() + age * DAY)
    then.certify_server(Hosts.parse(["127.0.0.1"]), kind=QUICK, days=10)
    (root / "basic.txt").write_text(BASIC)
    with opened(mine, root, program, doors=("http", "ask")) as secure:
        (said,) = [each for each in secure.process.lines if "warning" in each]
        assert "CN=127.0.0.1" in said
        assert secure.get("ask", "/basic.txt").status == 0, "curl refuses it"
        assert secure.get("ask", "/basic.txt", None, "-k").status == 200


@pytest.mark.parametrize("inside", ["key", "scripts"])
def test_keys_and_scripts_inside_the_served_folder_are_refused_at_start(
    papers: Papers, tmp_path: Path, root: Path, inside: str
) -> None:
    mine = papers.copied_to(tmp_path)
    if inside == "key":
        secret = root / "fullchain-and-key.txt"
        secret.write_bytes((mine.state / "server.pem").read_bytes())
        more = ("--tls-cert", str(secret))
    else:
        (root / "cgi-bin").mkdir()
        more = ("--cgi-bin", str(root / "cgi-bin"))
    where = ("--https", "127.0.0.1:0", "--state", str(mine.state))
    done = ringback("serve", "--root", str(root), *where, *more, timeout=10)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert str(root) in done.stderr


def test_the_revocation_list_is_where_the_server_certificate_says(
    fresh: Papers, root: Path, tmp_path: Path, program: Callable[[str], str]
) -> None:
    with opened(fresh, root, program, doors=DOORS[:3]) as secure:
        lists = {secure.get(door, "/ringback-ca.crl").body for door in ("tftp", "http")}
    (only,) = lists
    (tmp_path / "list.der").write_bytes(only)
    show = [program("openssl"), "crl", "-inform", "DER", "-in", str(tmp_path / "list.der")]
    told = subprocess.run([*show, "-noout", "-issuer"], capture_output=True, text=True, check=True)
    served = [program("openssl"), "x509", "-in", str(fresh.state / "server.pem"), "-noout", "-text"]
    shown = subprocess.run(served, capture_output=True, text=True, check=True)

    assert "Ringback Root CA" in told.stdout
    assert "/ringback-ca.crl" in shown.stdout
