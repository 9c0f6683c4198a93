"""The disk is full or read-only, before a server starts or under it: phones get their files."""

import json
import resource
import subprocess
from functools import partial

import pytest
from tests.house.started import ringback, serve
from tests.powerless import full, powerless, shut

from ringback import clock
from ringback.mac import Mac
from ringback.operations.publish import publish
from ringback.operations.revise import revise
from ringback.provisioning.device import Device
from ringback.provisioning.fleet import Fleet
from ringback.store.database import Store

MACS = [f"000e080000{number:02x}" for number in range(30)]
HEARD = "warning the ledger cannot be written: files are served on"
READING = (
    ("device", "list"),
    ("device", "show", MACS[0]),
    ("device", "history", MACS[0]),
    ("device", "pending"),
    ("explain", MACS[0]),
    ("ledger", "verify"),
    ("ledger", "export"),
    ("release", "list"),
    ("release", "show"),
    ("layer", "list"),
)
WRITING = (
    ("device", "lock", MACS[0]),
    ("layer", "set", "fleet/x", "GPP_A=1"),
    ("device", "edit", MACS[1], "--site", "x"),
    ("ledger", "prune", "--older-than", "1d"),
)


@pytest.fixture
def path(tmp_path):
    """A store with a release, which nobody has open; in a folder of its own."""
    (tmp_path / "kept").mkdir()
    store = Store(tmp_path / "kept" / "fleet.db")
    devices = [Device(Mac(mac), "CP-8851-3PCC") for mac in MACS]
    revise(store, Fleet.of((), (), devices, {"server": "https://prov.example.com"}), now=1.0)
    assert publish(store, clock.now())
    store.close()
    return store.path


@pytest.fixture
def fetch(program):
    """The first bytes of a device's sealed file, by curl."""

    def fetched(process, mac):
        port = process.wait_for(" HTTP ").rpartition(":")[2]
        url = f"http://127.0.0.1:{port}/device/{mac}-1.cfg"
        done = subprocess.run([program("curl"), "-sf", url], capture_output=True, check=False)
        return done.stdout[:8]

    return fetched


def make_room(process):
    """The disk of a process is full no longer."""
    _, hard = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (hard, hard))


def told(path):
    done = ringback("ledger", "export", "--store", str(path))
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_files_are_served_on_while_the_ledger_cannot_be_written_and_nothing_is_missing(
    root, tmp_path, path, fetch
):
    named = ("--store", str(path))
    with serve(root, tmp_path / "state", "--http", "127.0.0.1:0", *named) as process:
        assert fetch(process, MACS[0]) == b"Salted__"
        _, hard = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (0, hard))
        assert fetch(process, MACS[1]) == b"Salted__"
        process.wait_for(HEARD)
        assert {fetch(process, mac) for mac in MACS[2:]} == {b"Salted__"}
        make_room(process)
        process.wait_for("the ledger is written again")
        said = [line for line in process.lines if "ledger cannot be written" in line]
    assert len(said) == 1
    records = told(path)
    assert [each["device"] for each in records if each["kind"] == "answer"] == MACS
    assert not [each for each in records if each["kind"] == "gap"]
    assert ringback("ledger", "verify", *named).returncode == 0


@pytest.mark.parametrize("served_before", [False, True])
def test_a_server_starts_on_a_full_disk_serves_and_writes_when_there_is_room(
    root, tmp_path, path, fetch, served_before
):
    started = partial(serve, root, tmp_path / "state", "--http", "127.0.0.1:0", "--store", path)
    if served_before:
        with started() as process:
            assert fetch(process, MACS[0]) == b"Salted__"
    with full():
        process = started()
    with process:
        assert {fetch(process, mac) for mac in MACS} == {b"Salted__"}
        process.wait_for("release 1")
        process.wait_for(HEARD)
        process.wait_for("advice  files are served, and nothing can be written down")
        make_room(process)
        process.wait_for("the ledger is written again")
    kinds = [each["kind"] for each in told(path)]
    before = ["open", "answer", "close"] if served_before else []
    assert kinds == [*before, "open", *["answer"] * len(MACS), "close"]
    assert ringback("ledger", "verify", "--store", path).returncode == 0


def test_a_killed_servers_log_is_read_on_a_full_disk(root, tmp_path, path, fetch):
    started = partial(serve, root, tmp_path / "state", "--http", "127.0.0.1:0", "--store", path)
    with started() as process:
        assert ringback("device", "lock", MACS[0], "--store", path).returncode == 0
        process.cut_power()
    assert path.with_name("fleet.db-wal").stat().st_size
    with full():
        process = started()
    with process:
        assert fetch(process, MACS[0]) == b""
        assert fetch(process, MACS[1]) == b"Salted__"
        make_room(process)
        assert ringback("device", "unlock", MACS[0], "--store", path).returncode == 0
        assert fetch(process, MACS[0]) == b"Salted__"


@pytest.mark.parametrize("served_before", [False, True])
def test_a_read_only_store_is_served_and_read_and_resumed(
    root, tmp_path, path, fetch, served_before
):
    started = partial(serve, root, tmp_path / "state", "--http", "127.0.0.1:0", "--store", path)
    if served_before:
        with started() as process:
            assert fetch(process, MACS[0]) == b"Salted__"
    with shut(path.parent):
        process = powerless(started)
    with process:
        process.wait_for(HEARD)
        assert {fetch(process, mac) for mac in MACS} == {b"Salted__"}
        process.wait_for("the ledger is written again")
        assert ringback("device", "lock", MACS[0], "--store", path).returncode == 0
        assert fetch(process, MACS[0]) == b""
    assert [each["kind"] for each in told(path)].count("answer") == len(MACS) + served_before


@pytest.mark.parametrize("disk", ["full", "read-only"])
def test_what_only_reads_needs_no_room_and_what_writes_says_so_once(tmp_path, path, disk):
    named, folder = ("--store", str(path)), tmp_path / "folder"
    assert ringback("export", str(folder), *named).returncode == 0
    ways = {
        "read-only": (shut(path.parent), ("cannot be written: ",)),
        "full": (full(), ("full: free some space", "I/O error: look at the disk")),
    }
    way, why = ways[disk]
    with way:
        for words in (*READING, ("apply", str(folder), "--dry-run")):
            done = powerless(partial(ringback, *words, *named))
            assert done.returncode == 0, done
        for wrong in WRITING:
            done = powerless(partial(ringback, *wrong, *named))
            assert (done.returncode, done.stdout) == (1, ""), done
            assert any(each in done.stderr for each in why), done
            assert len(done.stderr.splitlines()) == 1, done
