"""make bench: Ringback against dnsmasq, tftpd-hpa, nginx, rsyslog and Apache, interleaved.

In each round every load is put on every server in turn, so that what the machine does meanwhile
falls on all of them. Each load gets a fresh process, ended by its id: a server that has lost
transfers drags the dead ones along for minutes, and the next load would pay for them. Figures are
medians; the ratio compares the server's CPU with the reference's in the same round.

    make bench                              five rounds, about ten minutes
    make bench BENCH=--quick                two small rounds, about one minute
    make bench BENCH="--only tftp --load 256 --rounds 9"
"""

import argparse
import contextlib
import resource
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench import keys, loads, secure_peers, table
from bench.contestants import ONLY, REFERENCE, SERVERS
from bench.peers import LeftOutError, Server

ROUNDS, QUICK_ROUNDS, MOST_ROUNDS = 5, 2, 50
ATTEMPTS = 3


def main() -> int:
    """Measure what was asked for; 1 when nothing could be measured."""
    wanted = arguments()
    allow_many_sockets()
    loads.build()
    chosen = [
        each
        for each in loads.WORKLOADS
        if each.protocol in ONLY.get(wanted.only, REFERENCE) and wanted.load in each.name
    ]
    protocols = {each.protocol for each in chosen}
    with folders() as (root, work):
        loads.make_files(root)
        loads.serve_from(root)
        if protocols & ONLY["https"]:
            keys.beside(root).make()
            secure_peers.make_pages(root)
        able = roll_call(protocols, root, work)
        results = measure(chosen, able, root, work, wanted)
    print(f"\n{table.machine()}; medians of {wanted.rounds} rounds; reference: ", end="")
    print(", ".join(f"{REFERENCE[each]} for {each}" for each in sorted(protocols)) + "\n")
    print(table.as_text(results))
    return 0 if results else 1


def arguments() -> argparse.Namespace:
    """What was typed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of everything, two rounds")
    parser.add_argument("--rounds", type=int, default=0, help=f"1 to {MOST_ROUNDS}")
    parser.add_argument("--only", default="", choices=sorted(ONLY), help="one protocol")
    parser.add_argument("--load", default="", help="loads whose name holds this text")
    wanted = parser.parse_args()
    usual = QUICK_ROUNDS if wanted.quick else ROUNDS
    wanted.rounds = min(max(wanted.rounds or usual, 1), MOST_ROUNDS)
    return wanted


def allow_many_sockets() -> None:
    """2000 phones are 2000 sockets, in the generator and in some of the servers."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 65_536), most))


@contextlib.contextmanager
def folders() -> Iterator[tuple[Path, Path]]:
    """The folder that is served, readable by all, and one for everything else."""
    place = Path(tempfile.mkdtemp(prefix="ringback-bench-"))
    try:
        root, work = place / "root", place / "work"
        for each in (place, root, work):
            each.mkdir(exist_ok=True)
            each.chmod(0o755)
        yield root, work
    finally:
        shutil.rmtree(place, ignore_errors=True)


def roll_call(protocols: set[str], root: Path, work: Path) -> dict[str, set[str]]:
    """Which servers can be started here, and what each speaks; the others get a note."""
    able: dict[str, set[str]] = {}
    for name, start in SERVERS.items():
        try:
            with start(root, work) as server:
                speaks = set(server.addresses)
                if protocols & speaks:
                    loads.wait_until_ready(server)
                    able[name] = speaks
        except (LeftOutError, TimeoutError) as error:
            print(f"{name} is left out: {error}{last_words(work, name)}", file=sys.stderr)
    return able


def last_words(work: Path, name: str) -> str:
    """The last line a server that did not start has printed."""
    output = work / f"{name}.out"
    lines = output.read_text(errors="replace").split("\n") if output.exists() else []
    said = [each for each in lines if each.strip()]
    return f" ({said[-1].strip()})" if said else ""


def measure(
    chosen: list[loads.Workload],
    able: dict[str, set[str]],
    root: Path,
    work: Path,
    wanted: argparse.Namespace,
) -> table.Results:
    """Every load on every server that speaks its protocol, round after round."""
    results: dict[loads.Workload, dict[str, list[loads.Run]]] = {}
    for number in range(wanted.rounds):
        for workload in chosen:
            names = [name for name, speaks in able.items() if workload.protocol in speaks]
            for name in (names, names[::-1])[number % 2]:
                progress(f"round {number + 1}/{wanted.rounds}  {workload.name}  {name}")
                with fresh(name, root, work) as server:
                    outcome = loads.run(workload, server, quick=wanted.quick)
                results.setdefault(workload, {}).setdefault(name, []).append(outcome)
    progress("")
    return results


@contextlib.contextmanager
def fresh(name: str, root: Path, work: Path) -> Iterator[Server]:
    """A new process of a server that answers; tried again when its port was taken meanwhile."""
    for _ in range(ATTEMPTS):
        with SERVERS[name](root, work) as server:
            try:
                loads.wait_until_ready(server)
            except TimeoutError as error:
                print(f"{name}: {error}{last_words(work, name)}", file=sys.stderr)
                continue
            yield server
            return
    raise SystemExit(f"{name} could not be started {ATTEMPTS} times in a row")


def progress(text: str) -> None:
    """Say what is going on, on a terminal."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
