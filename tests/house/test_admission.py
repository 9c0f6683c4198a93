"""Who gets what of a release, by which evidence; judged by curl, tftp and our phone.

Tokens that rotate through the profile, passwords, windows opened by a person, phones nobody knows,
and those who try out MACs. Every refusal is compared with every other, byte for byte.
"""

import json
import time
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from http.client import HTTPConnection
from io import StringIO
from pathlib import Path

import pytest
from tests.house.secured import QUICK, Papers, Secure, opened
from tests.house.started import resync

from ringback import clock
from ringback.certificate.roster import Phone
from ringback.cisco.model import find_model
from ringback.cli import main
from ringback.mac import Mac
from ringback.operations.publish import publish
from ringback.operations.revise import revise
from ringback.provisioning.device import Device
from ringback.provisioning.fleet import Fleet
from ringback.store.database import Store

TOKENED, DIGESTED, PLAIN, OTHER = (f"000e08d0000{number}" for number in range(1, 5))
SILENT = "000e08d00005"
UNKNOWN, DECOY = "000e08d000aa", "000e08d000dd"
SERIAL = "FCH2133E8B9"
AGENT = f"Cisco-CP-8841-3PCC/11.0 ({UNKNOWN})"


def clear(mac: str) -> str:
    """The file of a phone without a key: secrets in it, and no seal around it."""
    return f"/device/{mac}-0.cfg"


@dataclass
class Provider:
    """A store, a server, and a person at a terminal."""

    store: Store
    server: Secure
    folder: Path

    def run(self, *words: str) -> str:
        """A command, in this process: a new one for each would take most of the time."""
        said = StringIO()
        with redirect_stdout(said), pytest.raises(SystemExit) as ended:
            main([*words, "--store", str(self.store.path)])
        assert not ended.value.code
        return said.getvalue().strip()

    def rows(self, *words: str) -> list[dict[str, object]]:
        rows: list[dict[str, object]] = json.loads(self.run(*words, "-o", "json"))
        return rows

    def phone(self, *words: str, mac: str = TOKENED) -> dict[str, object]:
        """One resync of a phone that keeps its memory in a file."""
        who = ["--model", "8851", "--mac", mac, "--serial", SERIAL]
        memory = ["--state", str(self.folder / f"{mac}.json")]
        return resync(*words, *who, "--ca", str(self.server.papers.root), *memory)

    def rule(self, mac: str = TOKENED) -> str:
        """What fetches its own file."""
        found = (self.folder / f"{mac}.json").read_text()
        return found[found.index("/t/") : found.index(".cfg", found.index("/t/"))]

    def until(self, *words: str, **wanted: object) -> dict[str, object]:
        """Wait for a row: notes are written once a second."""
        for _ in range(60):
            for row in self.rows(*words):
                if wanted.items() <= row.items():
                    return row
            time.sleep(0.2)
        raise AssertionError((words, wanted, self.rows(*words)))


def made(folder: Path, program, *more: str) -> Iterator[Provider]:
    papers = Papers.made_in(folder / "papers")
    registrar = papers.registrar(papers.state)
    authority = registrar.vault.open()
    for mac in (PLAIN, OTHER, SILENT):
        who = Phone(find_model("8851"), Mac(mac), SERIAL)
        registrar.certify_phone(who, authority, kind=QUICK)
    (folder / "root").mkdir()
    (folder / "phones").mkdir()
    store = Store(folder / "fleet.db")
    doors = ("tftp", "http", "none", "ask")
    with opened(
        papers, folder / "root", program, "--store", str(store.path), *more, doors=doors
    ) as server:
        devices = [
            Device(Mac(TOKENED), "CP-8851-3PCC", variables={"evidence": "token"}),
            Device(Mac(DIGESTED), "CP-8851-3PCC", variables={"evidence": "digest"}),
            Device(Mac(PLAIN), "CP-8851-3PCC", site="hq", group="sales"),
            Device(Mac(OTHER), "CP-8851-3PCC", site="hq", group="sales"),
            Device(Mac(SILENT), "CP-8851-3PCC"),
        ]
        address = {"server": f"https://127.0.0.1:{server.ports['none']}"}
        revise(store, Fleet.of((), (), devices, address), now=1.0)
        assert publish(store, clock.now())
        yield Provider(store, server, folder / "phones")
    store.close()


@pytest.fixture(scope="module")
def provider(tmp_path_factory, program) -> Iterator[Provider]:
    yield from made(tmp_path_factory.mktemp("admission"), program)


@pytest.fixture(scope="module")
def challenging(tmp_path_factory, program) -> Iterator[Provider]:
    yield from made(tmp_path_factory.mktemp("digest"), program, "--digest")


# --- tokens ---------------------------------------------------------------------------------------


def test_a_token_rotates_through_the_profile_and_a_lost_answer_locks_nobody_out(provider):
    run, get, port = provider.run, provider.server.get, provider.server.ports["none"]
    prefix = run("token", "make", TOKENED, "--for", "1h")
    assert get("none", f"{prefix[:-1]}{clear(TOKENED)}").status == 200
    first = provider.phone(f"https://127.0.0.1:{port}{prefix}device/$(MA)-0.cfg")
    assert first["applied"], first
    one = provider.rule()
    assert prefix not in one
    # By its own rules from now on: sealed, and seen with token 1.
    assert provider.phone()["applied"]
    for _ in range(60):
        said = run("token", "rotate", TOKENED)
        if "ended 1 made" in said:
            break
        time.sleep(0.2)
    assert "ended 1 made" in said
    assert get("none", f"{prefix[:-1]}{clear(TOKENED)}").status == 404
    # The next token is on its way, and the answer that tells it is lost: it never saw it.
    kept = (provider.folder / f"{TOKENED}.json").read_bytes()
    assert provider.phone()["applied"]
    two = provider.rule()
    assert two != one
    (provider.folder / f"{TOKENED}.json").write_bytes(kept)
    assert provider.rule() == one
    again = provider.phone()
    assert again["applied"], again
    assert provider.rule() == two
    # Seen with the new one, the old one ends.
    assert provider.phone()["applied"]
    for _ in range(60):
        if "settled 1" in run("token", "rotate"):
            break
        time.sleep(0.2)
    old, new = one.split("/")[2], two.split("/")[2]
    assert get("none", f"/t/{old}/device/{TOKENED}-0.cfg").status == 404
    assert get("none", f"/t/{new}/device/{TOKENED}-0.cfg").status == 200
    third = provider.phone()
    assert third["applied"], third
    said = "\n".join(provider.server.process.lines)
    assert old not in said
    assert new not in said


def test_a_token_may_stand_in_the_query_and_is_one_devices_own(provider):
    token = provider.run("token", "make", PLAIN).split("/")[2]
    get = provider.server.get
    assert get("none", f"{clear(PLAIN)}?token={token}").status == 200
    assert get("none", f"{clear(OTHER)}?token={token}").status == 404
    assert get("http", f"{clear(PLAIN)}?token={token}").status == 404  # secrets, read by anybody
    assert provider.server.get("tftp", f"/t/{token}{clear(PLAIN)}").exit != 0
    row = provider.rows("token", "list", PLAIN)[0]
    assert token not in json.dumps(row)
    provider.run("token", "end", str(row["hash"]))
    assert get("none", f"{clear(PLAIN)}?token={token}").status == 404


# --- refusals -------------------------------------------------------------------------------------


def test_every_refusal_is_the_same_byte_for_byte(provider):
    run, server = provider.run, provider.server
    other = server.papers.phone(OTHER)
    token = run("token", "make", OTHER).split("/")[2]
    over = run("window", "open", PLAIN, "--for", "15m")
    run("window", "close", over)
    nothing = server.get("ask", "/there-is-no-such-file").dateless
    asked = {
        "another phone's": server.get("ask", clear(PLAIN), other),
        "no evidence": server.get("ask", clear(PLAIN)),
        "a closed window": server.get("none", clear(PLAIN)),
        "in clear": server.get("http", clear(PLAIN)),
        "an unknown phone": server.get("ask", clear(UNKNOWN)),
        "an unknown phone with a certificate": server.get("ask", clear(UNKNOWN), other),
        "a wrong token": server.get("none", f"/t/{'x' * 32}{clear(PLAIN)}"),
        "another's token": server.get("none", f"/t/{token}{clear(PLAIN)}"),
        "a wrong token for a sealed file": server.get("none", f"/t/xx/device/{PLAIN}-1.cfg"),
        "a token for nothing": server.get("none", f"/t/{token}{clear(UNKNOWN)}"),
        "no such file": server.get("none", "/nothing.cfg"),
    }
    run("device", "lock", PLAIN)
    asked["a locked phone's sealed file"] = server.get("http", f"/device/{PLAIN}-1.cfg")
    own = server.papers.phone(PLAIN)
    asked["a locked phone's own certificate"] = server.get("ask", clear(PLAIN), own)
    run("device", "unlock", PLAIN)
    assert {why for why, each in asked.items() if each.dateless != nothing} == set()
    assert asked["no evidence"].status == 404
    assert server.get("ask", clear(PLAIN), own).status == 200


def test_tftp_has_one_refusal_too(provider):
    get = provider.server.get
    wanted = get("tftp", "/there-is-no-such-file")
    assert wanted.exit == 68  # error 1, "file not found"
    for path in (clear(PLAIN), clear(UNKNOWN), f"/t/{'x' * 32}{clear(PLAIN)}"):
        assert get("tftp", path).exit == wanted.exit
        assert get("tftp", path).body == b""


# --- windows --------------------------------------------------------------------------------------


@pytest.mark.parametrize("door", ["tftp", "http", "none"])
def test_a_window_gives_one_file_over_any_transport(provider, door):
    number = int(provider.run("window", "open", PLAIN, "--for", "15m", "--uses", "1"))
    first = provider.server.get(door, clear(PLAIN))
    assert first.exit == 0
    assert first.body[:2] == b"\x1f\x8b"
    second = provider.server.get(door, clear(PLAIN))
    assert (second.exit, second.status) in ((68, 0), (0, 404))
    (row,) = [each for each in provider.rows("window", "list") if each["number"] == number]
    assert row["state"] == "used up"
    assert row["came"] == [f"{PLAIN} 1"]
    provider.run("window", "close", str(number))
    assert not [each for each in provider.rows("window", "list") if each["number"] == number]


def test_a_window_for_a_site_counts_each_device_and_a_network_keeps_others_out(provider):
    elsewhere = provider.run("window", "open", "--site", "hq", "--from", "192.0.2.0/24")
    assert provider.server.get("http", clear(PLAIN)).status == 404
    here = provider.run("window", "open", "--group", "sales", "--from", "127.0.0.0/8")
    for mac in (PLAIN, OTHER):
        assert provider.server.get("http", clear(mac)).status == 200
        assert provider.server.get("http", clear(mac)).status == 404
    assert provider.server.get("http", clear(TOKENED)).status == 404
    for number in (elsewhere, here):
        provider.run("window", "close", number)


def test_a_window_is_over_when_its_time_is(provider):
    provider.run("window", "open", OTHER, "--for", "1s", "--uses", "5")
    time.sleep(1.1)
    assert provider.server.get("http", clear(OTHER)).status == 404


# --- passwords ------------------------------------------------------------------------------------


def test_a_device_proves_itself_by_digest(challenging):
    server = challenging.server
    word = challenging.run("secret", "own", DIGESTED, "digest 1")
    digest = ("--digest", "--user", f"{DIGESTED}:{word}")
    got = server.get("none", clear(DIGESTED), None, *digest)
    assert b"HTTP/1.1 200" in got.head.encode() + got.body
    for wrong in (f"{DIGESTED}:guess", f"{PLAIN}:{word}", f"{UNKNOWN}:{word}"):
        got = server.get("none", clear(DIGESTED), None, "--digest", "--user", wrong)
        assert b"200 OK" not in got.head.encode() + got.body
        assert b"404 Not Found" in got.head.encode() + got.body
    assert b"200 OK" not in server.get("http", clear(DIGESTED), None, *digest).body


def test_a_phone_answers_the_challenge_and_its_profile_tells_it_the_next_password(challenging):
    word = challenging.run("secret", "own", DIGESTED, "digest 1")
    port = challenging.server.ports["none"]
    rule = f"[--uid {DIGESTED} --pwd {word}] https://127.0.0.1:{port}{clear(DIGESTED)}"
    first = challenging.phone(rule, mac=DIGESTED)
    assert first["applied"], first
    memory = (challenging.folder / f"{DIGESTED}.json").read_text()
    assert f"--uid {DIGESTED} --pwd $SB" in memory
    assert challenging.phone(mac=DIGESTED)["applied"]


def test_where_digest_is_on_the_challenge_is_the_same_for_everybody(challenging):
    server = challenging.server

    def asked(path):
        status, lines, body = server.get("none", path).dateless
        return status, [each.partition("nonce=")[0] for each in lines], body

    known, unknown = asked(clear(PLAIN)), asked(clear(UNKNOWN))
    assert known == unknown
    assert known[0] == 401
    assert asked("/there-is-no-such-file")[0] == 404


# --- those nobody knows ---------------------------------------------------------------------------


def test_an_unknown_phone_waits_for_a_person_and_is_served_when_it_is_approved(provider):
    provider.server.get("http", clear(UNKNOWN), None, "--user-agent", AGENT)
    row = provider.until("device", "pending", mac=UNKNOWN, agent=AGENT)
    assert row["model"] == "CP-8841-3PCC"
    assert row["address"] == "127.0.0.1"
    assert row["path"] == clear(UNKNOWN)
    assert row["agent"] == AGENT
    provider.run("device", "approve", UNKNOWN, "--group", "new")
    assert UNKNOWN not in [each["mac"] for each in provider.rows("device", "pending")]
    provider.run("publish")
    assert provider.server.get("http", f"/device/{UNKNOWN}-1.cfg").status == 200
    provider.run("device", "remove", UNKNOWN)


def test_a_phone_of_a_model_that_is_new_to_the_fleet_is_seen_by_its_first_request(provider):
    mac = "000e08d000cc"
    agent = f"Cisco-CP-6841-3PCC/11.0 ({mac})"
    assert provider.server.get("http", "/6841-3PCC.xml", None, "--user-agent", agent).status == 404
    row = provider.until("device", "pending", mac=mac, agent=agent)
    assert (row["model"], row["path"]) == ("CP-6841-3PCC", "/6841-3PCC.xml")


def test_a_phone_that_was_rejected_is_not_heard_of_again(provider):
    mac = "000e08d000bb"
    agent = ("--user-agent", f"Cisco-CP-8841-3PCC/11.0 ({mac})")
    provider.server.get("http", "/8851-3PCC.xml", None, *agent)  # what all may have
    provider.until("device", "pending", mac=mac)
    provider.run("device", "reject", mac)
    provider.server.get("http", clear(mac), None, *agent)
    assert mac not in [each["mac"] for each in provider.rows("device", "pending")]


def test_what_somebody_fetched_who_proved_nothing_is_told_as_that(provider):
    sealed = f"/device/{SILENT}-1.cfg"
    assert "fresh from the factory" in provider.run("explain", SILENT)
    assert provider.server.get("http", sealed).status == 200
    for _ in range(60):
        text = " ".join(provider.run("explain", SILENT).split())
        if "last known state" in text:
            break
    assert "Told from: its last known state, of which nothing was proven." in text
    assert "its files were fetched from 127.0.0.1 by somebody who proved nothing" in text
    shown = json.loads(provider.run("device", "show", SILENT, "-o", "json"))
    assert shown["last"]["proof"] == "none: anybody may have asked"
    assert shown["last proven"] is None
    assert (
        provider.server.get("ask", clear(SILENT), provider.server.papers.phone(SILENT)).status
        == 200
    )
    for _ in range(60):
        shown = json.loads(provider.run("device", "show", SILENT, "-o", "json"))
        if shown["last proven"]:
            break
    assert shown["last"]["proof"] == "certificate"
    assert shown["last proven"]["document"] == f"device {clear(SILENT)}"
    text = " ".join(provider.run("explain", SILENT).split())
    assert "Told from: its last known state." in text
    assert "what 127.0.0.1 fetched without proof was its own" in text


# --- those who guess ------------------------------------------------------------------------------


def test_who_asks_for_a_decoy_raises_an_alarm(challenging):
    challenging.run("decoy", "add", DECOY)
    challenging.server.get("http", f"/{DECOY}.cfg")
    line = challenging.server.process.wait_for(f"asked for the decoy {DECOY}")
    assert "alarm" in line
    for _ in range(50):
        told = challenging.run("ledger", "export").splitlines()
        if any(json.loads(each)["kind"] == "alarm" for each in told):
            break
    else:
        pytest.fail("the ledger never told")
    # From then on refusals wait, over TFTP they are not even said; what is theirs phones get.
    start = time.monotonic()
    assert challenging.server.get("http", "/there-is-no-such-file").status == 404
    assert time.monotonic() - start >= 2.0
    assert challenging.server.get("tftp", clear(PLAIN), None, "--max-time", "1").exit == 28
    start = time.monotonic()
    assert challenging.server.get("http", f"/device/{PLAIN}-1.cfg").status == 200
    assert challenging.server.get("tftp", f"/device/{PLAIN}-1.cfg").exit == 0
    assert time.monotonic() - start < 2.0


def test_who_tries_out_macs_is_noticed_and_slowed_and_phones_beside_it_are_not(provider):
    door = HTTPConnection("127.0.0.1", provider.server.ports["http"], timeout=20)

    def ask(path):
        start = time.monotonic()
        door.request("GET", path)
        answer = door.getresponse()
        answer.read()
        return answer.status, time.monotonic() - start

    for number in range(40):
        status, took = ask(f"/device/000e09{number:06x}-0.cfg")
        assert status == 404
        if took >= 2.0:
            break
    assert 16 <= number < 33  # some were tried by other tests
    line = provider.server.process.wait_for("127.0.0.0/24 asked for files of 32 phones")
    assert "warning" in line
    for mac in (PLAIN, OTHER, DIGESTED):
        status, took = ask(f"/device/{mac}-1.cfg")
        assert status == 200
        assert took < 1.0
    assert ask("/there-is-no-such-file")[1] >= 2.0
    # A phone that proves itself clears its source.
    server = provider.server
    assert server.get("ask", clear(PLAIN), server.papers.phone(PLAIN)).status == 200
    assert ask("/there-is-no-such-file")[1] < 1.0
    door.close()
