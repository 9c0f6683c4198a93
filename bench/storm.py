"""A boot storm: a fleet of virtual phones against our server, each in a process of its own.

    python -m bench.storm                         10 000 phones, three rounds of every storm
    python -m bench.storm --count 1000 --rounds 1
    python -m bench.storm --only "tftp, at once" --keep DIR

Every phone is a whole phone: it evaluates its rules, fetches, opens, reads, saves and says so.
Figures are medians of the rounds. Exits 1 when any phone of any storm was left without its
profile, or when any attempt failed: that is the claim this file is there to check.
"""

import argparse
import json
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import table
from bench.measure import CpuClock

FIRST_MAC = 0x000E08100000
SETTINGS = {
    **{f"GPP_{letter}": f"register {letter} of everybody" for letter in "ABCDEFGH"},
    **{f"User_ID_{line}_": f"{line}00" for line in range(1, 5)},
    **{f"Proxy_{line}_": "sip.example.com" for line in range(1, 5)},
    **{f"Display_Name_{line}_": f"Line {line}" for line in range(1, 5)},
    "Resync_Periodic": "3600",
}


@dataclass(frozen=True)
class Storm:
    """One way in which a fleet comes back."""

    name: str
    scheme: str
    path: str
    delay: str
    """Resync_Random_Delay; "2" is the factory's, 40 seconds on these models."""
    keeps: bool = True
    """Whether the phones' flash is on disk."""


STORMS = (
    Storm("tftp, at once", "tftp", "all.xml", "0"),
    Storm("tftp, at once, each its own file", "tftp", "own/$MA.xml", "0"),
    Storm("tftp, at once, no flash", "tftp", "all.xml", "0", keeps=False),
    Storm("tftp, factory delay", "tftp", "all.xml", "2"),
    Storm("http, at once", "http", "all.xml", "0"),
    Storm("http, factory delay", "http", "all.xml", "2"),
)


def main() -> int:
    """Run every storm; 1 when one left a phone behind."""
    wanted = arguments()
    results: dict[str, list[dict[str, Any]]] = {}
    with tempfile.TemporaryDirectory() as made:
        work = Path(made)
        make_files(work / "root", wanted.count)
        for round_ in range(wanted.rounds):
            for storm in STORMS:
                if wanted.only in storm.name:
                    result = run(storm, wanted.count, work, wanted.keep)
                    results.setdefault(storm.name, []).append(result)
                    print(f"round {round_ + 1}: {storm.name}: {line(result)}", flush=True)
    print(f"\n{table.machine()}; {wanted.count} phones; medians of {wanted.rounds} rounds\n")
    print(as_text(results))
    every = [each for storm in results.values() for each in storm]
    return 1 if any(each["unapplied"] or each["failed_attempts"] for each in every) else 0


def arguments() -> argparse.Namespace:
    """What was typed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", help="part of a storm's name")
    parser.add_argument("--keep", type=Path, help="a folder for results and charts")
    return parser.parse_args()


def make_files(root: Path, count: int) -> None:
    """One file for all, and one for each."""
    (root / "own").mkdir(parents=True)
    (root / "all.xml").write_text(profile(SETTINGS))
    for number in range(count):
        mac = f"{FIRST_MAC + number:012x}"
        own = {**SETTINGS, "User_ID_1_": mac, "Station_Name": f"Phone {number}"}
        (root / "own" / f"{mac}.xml").write_text(profile(own))


def profile(values: dict[str, str]) -> str:
    """A flat-profile."""
    inside = "".join(f"<{name}>{value}</{name}>\n" for name, value in values.items())
    return f"<flat-profile>\n{inside}</flat-profile>\n"


def run(storm: Storm, count: int, work: Path, keep: Path | None) -> dict[str, Any]:
    """One storm against a fresh server; the fleet's result, with the server's CPU."""
    with tempfile.TemporaryDirectory() as made, server(work / "root", Path(made)) as (pid, ports):
        result = Path(made) / "result.json"
        state = ["--state", str(Path(made) / "fleet")] if storm.keeps else []
        chart = ["--chart", str(keep / f"{slug(storm.name)}.html")] if keep else []
        command = [
            sys.executable, "-m", "ringback", "phone", "fleet", "--count", str(count),
            "--model", "8851", "--server", f"{storm.scheme}://127.0.0.1:{ports[storm.scheme]}/"
            + storm.path, "--set", f"Resync_Random_Delay={storm.delay}", "--boot-seconds", "1",
            "--result", str(result), *state, *chart,
        ]  # fmt: skip
        before = used_by_children()
        with CpuClock(pid) as cpu:
            subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
            seconds = cpu.seconds()
        told: dict[str, Any] = json.loads(result.read_text())
        told["server_cpu_seconds"] = seconds
        told["fleet_cpu_seconds"] = used_by_children() - before
        if keep:
            (keep / f"{slug(storm.name)}.json").write_text(json.dumps(told, indent=1) + "\n")
        return told


def used_by_children() -> float:
    """CPU seconds of processes that have ended; the server of a storm has not."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@contextmanager
def server(root: Path, made: Path) -> Iterator[tuple[int, dict[str, int]]]:
    """Our server as a process: its number and its ports."""
    ports = {"tftp": free(socket.SOCK_DGRAM), "http": free(socket.SOCK_STREAM)}
    doors = [part for kind, port in ports.items() for part in (f"--{kind}", f"127.0.0.1:{port}")]
    command = [
        sys.executable, "-m", "ringback", "serve", "--root", str(root), "--state",
        str(made / "server"), "--log", str(made / "log"), *doors,
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        while "Ready" not in (said := process.stdout.readline()):
            if not said:
                raise RuntimeError("the server did not start")
        try:
            yield process.pid, ports
        finally:
            process.terminate()


def free(kind: socket.SocketKind) -> int:
    """A port nobody uses."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def slug(name: str) -> str:
    """A file name."""
    return name.replace(",", "").replace(" ", "-")


def line(result: dict[str, Any]) -> str:
    """One storm in one line."""
    return (
        f"{result['applied']} of {result['phones']} applied in {result['seconds_elapsed']:.1f} s, "
        f"{result['failed_attempts']} failed"
    )


COLUMNS = (
    ("applied", lambda each: each["applied"], "{:.0f}"),
    ("failed", lambda each: each["failed_attempts"], "{:.0f}"),
    ("seconds", lambda each: each["seconds_elapsed"], "{:.1f}"),
    ("peak/s", lambda each: each["peak_per_second"]["applied"], "{:.0f}"),
    ("p50 ms", lambda each: each["seconds"]["p50"] * 1000, "{:.0f}"),
    ("p99 ms", lambda each: each["seconds"]["p99"] * 1000, "{:.0f}"),
    ("KB/phone", lambda each: each["bytes_per_phone"] / 1000, "{:.1f}"),
    ("fleet CPU s", lambda each: each["fleet_cpu_seconds"], "{:.1f}"),
    ("server CPU s", lambda each: each["server_cpu_seconds"], "{:.2f}"),
)


def as_text(results: dict[str, list[dict[str, Any]]]) -> str:
    """The medians, as a Markdown table."""
    rows = [["storm", *(name for name, _, _ in COLUMNS)]]
    rows.append(["---"] * len(rows[0]))
    for name, each in results.items():
        medians = (shape.format(statistics.median(map(value, each))) for _, value, shape in COLUMNS)
        rows.append([name, *medians])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


if __name__ == "__main__":
    began = time.monotonic()
    code = main()
    print(f"\n{time.monotonic() - began:.0f} s in all")
    sys.exit(code)
