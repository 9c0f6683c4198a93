"""What the servers are put through, and the programs that do it.

A load is one workload on one server: how many transfers, of which file, how many at once. The
generators are C, built here, so that they are not what is measured.
"""

import json
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench import keys
from bench.measure import CpuClock
from bench.peers import Server

HERE = Path(__file__).resolve().parent
BUILD = HERE.parent / ".bench"
FILES = 64
"""Different files of each size; phones ask for them in turn."""
QUICK = 10
"""A quick run does this fraction of the transfers."""
START = 20
"""Seconds a server may take to answer its first request."""
PATIENCE = 60
"""Seconds the longest load may take."""
CIPHER = "ECDHE-RSA-AES256-GCM-SHA384"
"""Of TLS 1.2: what every server here prefers."""


@dataclass(frozen=True)
class Workload:
    """``count`` transfers of files of ``octets``, ``phones`` at once."""

    protocol: str
    name: str
    count: int
    phones: int
    octets: int = 0
    options: str = ""
    tls: str = ""
    """The version; the phone shows a certificate."""
    resumed: bool = False


WORKLOADS = (
    Workload("tftp", "2 KB, 16 phones", 5000, 16, 2048),
    Workload("tftp", "2 KB, 256 phones", 5000, 256, 2048),
    Workload("tftp", "2 KB, 2000 phones", 5000, 2000, 2048),
    Workload("tftp", "20 KB, 16 phones", 3000, 16, 20_480),
    Workload("tftp", "200 KB, 16 phones", 400, 16, 204_800),
    Workload("tftp", "200 KB windowsize 8", 400, 16, 204_800, "blksize=1428,windowsize=8"),
    Workload("http", "4 KB, a connection each", 6000, 64, 4096),
    Workload("https", "4 KB, TLS 1.2", 2000, 32, 4096, tls="1.2"),
    Workload("https", "4 KB, TLS 1.3", 2000, 32, 4096, tls="1.3"),
    Workload("https", "4 KB, TLS 1.2, resumed", 2000, 32, 4096, tls="1.2", resumed=True),
    Workload("dynamic", "reflector, TLS 1.2", 600, 8, tls="1.2"),
    Workload("syslog", "burst of 20 000", 20_000, 1),
)


@dataclass(frozen=True)
class Run:
    """What one load cost and how it went."""

    cpu_ms_per_1000: float
    """Server CPU, milliseconds for 1000 transfers that arrived."""
    per_second: float
    lost: int
    p99_ms: float


def build() -> None:
    """Compile the generators into .bench, when they are older than their source."""
    BUILD.mkdir(exist_ok=True)
    compiler = shutil.which("cc") or shutil.which("gcc")
    for name, libraries in (("tftpload", []), ("httpload", ["-lssl", "-lcrypto"])):
        source, program = HERE / f"{name}.c", BUILD / name
        if program.exists() and program.stat().st_mtime > source.stat().st_mtime:
            continue
        if compiler is None:
            raise SystemExit("no C compiler: apt-get install gcc libc6-dev libssl-dev")
        subprocess.run([compiler, "-O2", "-o", program, source, *libraries], check=True)


def make_files(root: Path) -> None:
    """Files of every size asked for, each with content of its own."""
    for octets in {each.octets for each in WORKLOADS if each.octets}:
        for number in range(FILES):
            line = b"<!-- profile %05d of phone %03d -->\n" % (octets, number)
            body = (line * (octets // len(line) + 1))[:octets]
            (root / f"p{octets}_{number}.cfg").write_bytes(body)


def wait_until_ready(server: Server) -> None:
    """Return when every transport answers.

    Raises:
        TimeoutError: after ``START`` seconds, or when the server has ended.
    """
    deadline = time.monotonic() + START
    for protocol in server.addresses:
        while not _ready(server, protocol):
            if server.process.poll() is not None or time.monotonic() > deadline:
                raise TimeoutError(f"{protocol} does not answer")
            time.sleep(0.05)


def _ready(server: Server, protocol: str) -> bool:
    if protocol == "syslog":
        _say(server.addresses[protocol], 1)
        time.sleep(0.2)
        return _lines(server.log) > 0
    return bool(_generate(_PROBE[protocol], server, patience=1)["done"])


_PROBE = {
    "tftp": Workload("tftp", "", 1, 1, 2048),
    "http": Workload("http", "", 1, 1, 4096),
    "https": Workload("https", "", 1, 1, 4096, tls="1.2"),
    "dynamic": Workload("dynamic", "", 1, 1, tls="1.2"),
}


def run(workload: Workload, server: Server, *, quick: bool) -> Run:
    """Put one load on one server and measure both."""
    count = max(workload.count // (QUICK if quick else 1), workload.phones)
    with CpuClock(server.process.pid) as clock:
        if workload.protocol == "syslog":
            outcome = _burst(server, server.addresses["syslog"], count)
        else:
            outcome = _generate(replace(workload, count=count), server, patience=PATIENCE)
        clock.settle()
        spent = clock.seconds()
    done = int(outcome["done"])
    return Run(
        cpu_ms_per_1000=spent * 1e6 / done if done else float("nan"),
        per_second=float(outcome["per_second"]),
        lost=count - done,
        p99_ms=float(outcome["p99_ms"]),
    )


def _generate(load: Workload, server: Server, *, patience: int) -> dict[str, Any]:
    """Run a generator; its last line is a JSON object. Only what was answered with 200 is done."""
    host, port = server.addresses[load.protocol]
    program = "tftpload" if load.protocol == "tftp" else "httpload"
    path = f"p{load.octets}_%d.cfg" if load.octets else server.page.removeprefix("/")
    command = [str(BUILD / program), "-h", host, "-p", str(port), "-t", str(patience)]
    command += ["-c", str(load.phones), "-n", str(load.count)]
    command += ["-F", str(1 if load.resumed else FILES)]
    if load.protocol == "tftp":
        command += ["-d", str(_root), "-f", path]
    else:
        command += ["-f", f"/{path}"]
    if load.options:
        command += ["-o", load.options]
    if load.tls:
        command += _as_phones(load)
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False, timeout=patience + 30)
    outcome: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    outcome["done"] -= outcome.get("refused", 0)
    return outcome


def _as_phones(load: Workload) -> list[str]:
    """One cipher for all servers; a session that is to be resumed is one phone's."""
    phones = str(keys.beside(_root).phones)
    words = ["-m", load.tls, "-C", phones, "-K", phones, "-S", CIPHER]
    return [*words, "-r"] if load.resumed else [*words, "-N", str(keys.PHONES)]


_root = Path()


def serve_from(root: Path) -> None:
    """Tell the generators where the files are, and beside them the keys."""
    global _root  # noqa: PLW0603 (one run, one folder)
    _root = root


_LINE = (
    b"<182>Apr 11 18:16:44 000e08abcdef CP-7832-3PCC 00:0e:08:ab:cd:ef -- "
    b"Successful resync tftp://192.168.1.200:69/basic.txt"
)


def _say(address: tuple[str, int], count: int) -> float:
    """Send ``count`` lines as fast as one socket can; returns the seconds it took."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.connect(address)
        send = phone.send
        begun = time.monotonic()
        for _ in range(count):
            send(_LINE)
        return time.monotonic() - begun


def _burst(server: Server, address: tuple[str, int], count: int) -> dict[str, float]:
    """Say it all at once, then count what reached the server's log."""
    before = _lines(server.log)
    begun = time.monotonic()
    _say(address, count)
    heard, quiet_since = 0, time.monotonic()
    while heard < count and time.monotonic() - quiet_since < 2:
        time.sleep(0.05)
        now_heard = _lines(server.log) - before
        if now_heard > heard:
            heard, quiet_since = now_heard, time.monotonic()
    seconds = quiet_since - begun
    return {"done": heard, "per_second": heard / seconds, "p99_ms": 0.0}


def _lines(log: Path) -> int:
    return log.read_bytes().count(b"Successful resync") if log.exists() else 0
