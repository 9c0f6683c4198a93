"""The disk fills up under a server that writes a ledger: phones get their files all the same."""

import json
import resource
import subprocess

from tests.house.started import ringback, serve

from ringback import clock
from ringback.mac import Mac
from ringback.operations.publish import publish
from ringback.operations.revise import revise
from ringback.provisioning.device import Device
from ringback.provisioning.fleet import Fleet
from ringback.store.database import Store

MACS = [f"000e080000{number:02x}" for number in range(30)]


def test_files_are_served_on_while_the_ledger_cannot_be_written_and_nothing_is_missing(
    root, tmp_path, program
):
    store = Store(tmp_path / "fleet.db")
    devices = [Device(Mac(mac), "CP-8851-3PCC") for mac in MACS]
    revise(store, Fleet.of((), (), devices, {"server": "https://prov.example.com"}))
    assert publish(store, clock.now())
    named = ("--store", str(store.path))
    with serve(root, tmp_path / "state", "--http", "127.0.0.1:0", *named) as process:
        port = process.wait_for(" HTTP ").rpartition(":")[2]

        def fetch(mac):
            url = f"http://127.0.0.1:{port}/device/{mac}-1.cfg"
            done = subprocess.run([program("curl"), "-sf", url], capture_output=True, check=False)
            return done.stdout[:8]

        assert fetch(MACS[0]) == b"Salted__"
        soft, hard = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (0, hard))
        assert fetch(MACS[1]) == b"Salted__"
        process.wait_for("warning the ledger cannot be written: files are served on")
        assert {fetch(mac) for mac in MACS[2:]} == {b"Salted__"}
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (soft, hard))
        process.wait_for("the ledger is written again")
        said = [line for line in process.lines if "ledger cannot be written" in line]
    assert len(said) == 1
    told = [json.loads(line) for line in ringback("ledger", "export", *named).stdout.splitlines()]
    assert [each["device"] for each in told if each["kind"] == "answer"] == MACS
    assert not [each for each in told if each["kind"] == "gap"]
    assert ringback("ledger", "verify", *named).returncode == 0
    store.close()
