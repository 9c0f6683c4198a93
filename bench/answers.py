"""What an answer from the store costs against the same bytes from a folder, over TFTP.

Usage: python -m bench.answers [ROUNDS]

Two servers with the same sixty-four files of about 2 KB: one reads them from its folder, the other
has them prepared by a release, decides by level and evidence, and writes the ledger. Each round
loads both in turn with ``tftpload``; the figure is the server's CPU for each transfer.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import loads

from ringback import clock
from ringback.cli.processes import Process
from ringback.mac import Mac
from ringback.operations.publish import publish
from ringback.operations.revise import revise
from ringback.provisioning.device import Device
from ringback.provisioning.fleet import Fleet
from ringback.provisioning.layer import Layer, Scope, Setting
from ringback.store.database import Store
from ringback.store.releases import Releases

FILES, TRANSFERS, PHONES = 64, 6000, 64
NAME = "device/000e080000%02d-1.cfg"


def fill(folder: Path) -> Path:
    """A store with a published fleet, and its files in ``folder``."""
    noise = [Setting(f"GPP_{letter}", clock.random_bytes(60).hex()) for letter in "ABCDEFGHIJK"]
    devices = [Device(Mac(f"000e080000{number:02d}"), "CP-8851-3PCC") for number in range(FILES)]
    variables = {"server": "https://prov.example.com"}
    store = Store(folder / "fleet.db")
    revise(
        store,
        Fleet.of([Layer(Scope.FLEET, "noise", tuple(noise))], (), devices, variables),
        now=1.0,
    )
    publish(store, clock.now())
    (folder / "files" / "device").mkdir(parents=True)
    (folder / "empty").mkdir()
    with store.fleet.reading() as connection:
        releases = Releases(connection, store.seal)
        for each in releases.at(1):
            if each.path.startswith("/device/"):
                (folder / "files" / each.path[1:]).write_bytes(releases.body(each.hash))
    store.close()
    return folder / "fleet.db"


@contextmanager
def server(root: Path, state: Path, *more: str) -> Iterator[tuple[Process, str]]:
    """A server of ours and its TFTP port; its log goes to a file."""
    log = ["--log", str(state.with_suffix(".log"))]
    command = ["serve", "--root", str(root), "--state", str(state), "--tftp", "127.0.0.1:0"]
    with Process([*command, *log, *more]) as process:
        process.wait_for("Ready")
        found = re.search(r"TFTP +127\.0\.0\.1:(\d+)", "\n".join(process.lines))
        assert found
        yield process, found[1]


def cpu(pid: int) -> float:
    """Seconds of CPU a process has had."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def load(process: Process, port: str, folder: Path) -> float:
    """CPU microseconds of the server for each transfer."""
    before = cpu(process.pid)
    done = subprocess.run(
        [loads.BUILD / "tftpload", "-h", "127.0.0.1", "-p", port, "-c", str(PHONES),
         "-n", str(TRANSFERS), "-d", str(folder), "-f", NAME, "-F", str(FILES)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert json.loads(done.stdout.splitlines()[-1])
    return (cpu(process.pid) - before) / TRANSFERS * 1e6


def main() -> None:
    """Measure."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    loads.build()
    place = Path(tempfile.mkdtemp(prefix="ringback-bench-"))
    store, files = fill(place), place / "files"
    sizes = sorted(each.stat().st_size for each in (files / "device").glob("*-1.cfg"))
    with (
        server(files, place / "one") as plain,
        server(place / "empty", place / "two", "--store", str(store)) as kept,
    ):
        for each in (plain, kept):
            load(*each, files)
        pairs = [(load(*plain, files), load(*kept, files)) for _ in range(rounds)]
    folder, stored = (sorted(side)[rounds // 2] for side in zip(*pairs, strict=True))
    ratio = sorted(two / one for one, two in pairs)
    print(f"files of {sizes[0]} to {sizes[-1]} bytes, {PHONES} phones at once, {rounds} rounds")
    print(f"from the folder {folder:.1f} µs of CPU a transfer, from the store {stored:.1f} µs")
    print(f"ratio {ratio[rounds // 2]:.2f} ({ratio[0]:.2f} to {ratio[-1]:.2f})")
    shutil.rmtree(place)


if __name__ == "__main__":
    main()
