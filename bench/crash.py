"""Kill -9 and full disks at random moments, while a real server answers for the same store.

Usage: python -m bench.crash [RUNS] [--seed N] [--devices N]

Each run starts one command as it is typed (``apply``, ``publish``, ``release rollback``, ``device
import``), or none, in a process of its own. At a random moment of what it takes, it is killed with
its crew, or the server, or both; or its disk is full from a random size on. Meanwhile ``ringback
serve`` is asked for every file of every device, one question after another, over TFTP and HTTP.
What must hold:

* every answer is, byte for byte, the file of the release before or of the release after, and once
  one file of the release after was seen, all that are asked for later are of it;
* afterwards the server, started anew if it was killed, gives one of the two releases, all of it;
* devices, layers and secrets are those before or those after, and those after if it said so;
* a command that failed said so in one error, and changed nothing;
* a rollback has put back both what files are made from and the files, or neither;
* the database is sound, and the same command, given again, arrives where it was going;
* the ledger proves, nothing that was on the disk is lost, and after a kill it says *gap*.

Commands are forked from here, so that kills do not mostly fall into the start of an interpreter.
"""

import argparse
import multiprocessing
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import NamedTuple

from bench.asker import Asker, GoneError, Look

from ringback import clock
from ringback.cli import main as command_line
from ringback.cli.folders import write_texts
from ringback.mac import Mac
from ringback.operations import publish as publishing
from ringback.operations.publish import publish
from ringback.operations.revise import current, revise
from ringback.provisioning.device import Device
from ringback.provisioning.fleet import Fleet
from ringback.provisioning.inscription import write
from ringback.provisioning.layer import Layer, Scope, Setting
from ringback.provisioning.line import Line
from ringback.store.batch import Record
from ringback.store.chain import Chain
from ringback.store.database import Store
from ringback.store.fact import Kind
from ringback.store.ledger import Ledger
from ringback.store.releases import Releases
from ringback.store.secrets import Secrets

PIECE = 8
FIRST = 0.5
"""Seconds that a command is thought to take until it is known: kills fall evenly over them."""
COMMANDS = ("apply", "publish", "rollback", "import", "nothing")
HURTS = ("kill", "kill", "kill", "full disk", "kill server", "kill both")


def fleet(count: int, greeting: str) -> Fleet:
    """A fleet whose every file holds the greeting."""
    devices = [
        Device(Mac(f"000e08{number:06x}"), "CP-8851-3PCC", lines=(Line(1, greeting),))
        for number in range(count)
    ]
    layer = Layer(Scope.FLEET, "base", (Setting("GPP_A", greeting),))
    return Fleet.of([layer], (), devices, {"server": "https://prov.example.com"})


class Held(NamedTuple):
    """All that a store holds."""

    fleet: Fleet
    secrets: dict[str, str]
    served: dict[str, bytes]
    """By path."""

    @property
    def sources(self) -> tuple[Fleet, dict[str, str]]:
        """What files are made from."""
        return self.fleet, self.secrets


class Ending(NamedTuple):
    """How a command ended, and what was seen of the server meanwhile."""

    status: int
    said: str
    looks: list[Look]
    gone: bool
    """Whether the server was killed."""


@dataclass
class Tally:
    """What was tried, and what became of it."""

    tried: int = 0
    killed: int = 0
    finished: int = 0
    failed: int = 0
    gaps: int = 0
    looks: int = 0
    """Answers of the server that were compared."""
    switches: int = 0
    """Times that the server was seen to go from one release to the next between two answers."""
    kinds: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(self.kinds.items()))
        return (
            f"{self.tried} runs ({kinds}): {self.killed} commands killed at work, {self.failed} "
            f"ended by a full disk, {self.finished} done before; the server was killed "
            f"{self.gaps} times; {self.looks} answers compared, {self.switches} switches seen; "
            "nothing lost, nothing half done"
        )


@dataclass
class Crash:
    """A store that is hurt again and again, in an empty ``folder``."""

    folder: Path
    dice: Random
    count: int = 24
    tally: Tally = field(default_factory=Tally)

    def __post_init__(self) -> None:
        publishing.PIECE = PIECE  # type: ignore[misc]
        self.path = self.folder / "fleet.db"
        self.store = Store(self.path)
        revise(self.store, fleet(self.count, "first"), now=1.0)
        publish(self.store, clock.now(), hands=1)
        self.asker = Asker(self.path, self.folder / "root", self.folder / "state")
        self.longest: dict[str, float] = {}

    def close(self) -> None:
        """Stop the server, and look at the ledger once more."""
        self.asker.stop()
        assert self._records()[-1].fact.kind == Kind.CLOSE
        self.store.close()

    def run(self) -> None:
        """One command, hurt somehow."""
        what = self.dice.choice(COMMANDS)
        how = "kill server" if what == "nothing" else self.dice.choice(HURTS)
        self.tally.tried += 1
        self.tally.kinds[f"{what}, {how}"] += 1
        command = self._prepared(what, f"g{self.tally.tried}")
        before, records = self.held(), self._records()
        ending = self._hurt(command, how)
        if ending.gone:
            self._served_again(records)
        found = self.held()
        answers = self.asker.everything(sorted(found.served))
        assert {each.path: each.data for each in answers} == found.served, "it serves another"
        after = self._arrived(command)
        self._judge(what, ending, before, found, after)
        with self.store.fleet.reading() as connection:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"

    # -- what is done

    def _prepared(self, what: str, greeting: str) -> Sequence[str]:
        """Make ready what a command needs; the command."""
        wanted, store = fleet(self.count, greeting), ("--store", str(self.path))
        match what:
            case "apply":
                write_texts(self.folder / "fleet", write(wanted), ())
                return ("apply", str(self.folder / "fleet"), "--yes", *store)
            case "publish":
                revise(self.store, wanted, now=1.0)
                return ("publish", "--jobs", "2", *store)
            case "rollback":
                revise(self.store, wanted, now=1.0)
                publish(self.store, clock.now(), hands=1)
                revise(self.store, fleet(self.count, f"{greeting}, never published"), now=1.0)
                number = self._newest() - 1
                return ("release", "rollback", str(number), "--discard", *store)
            case "import":
                rows = (f"{each.mac},{greeting},pw-{greeting}" for each in wanted.devices)
                table = self.folder / "phones.csv"
                table.write_text("\n".join(("mac,user,password", *rows)))
                return ("device", "import", str(table), "--yes", *store)
        return ()

    def _hurt(self, command: Sequence[str], how: str) -> Ending:
        """Let it work, ask the server meanwhile, and hurt what is to be hurt."""
        name = command[0] if command else ""
        longest = self.longest.setdefault(name, FIRST)
        room = self.dice.randrange(4096, self.path.stat().st_size) if how == "full disk" else 0
        child, ear = self._begun(command, room)
        begin = time.monotonic()
        until = begin + self.dice.random() * longest if how != "full disk" else float("inf")
        paths = sorted(self.held().served)
        try:
            looks = self.asker.look(
                paths, lambda: time.monotonic() < until and (not command or child.is_alive())
            )
        except GoneError as error:
            raise AssertionError(f"the server does not answer: {error}") from error
        gone = how in ("kill server", "kill both")
        if gone:
            self.asker.kill()
        if how in ("kill", "kill both") and child.is_alive():
            _kill(child.pid or 0)
        child.join()
        killed = child.exitcode == -signal.SIGKILL
        self.longest[name] = longest * 1.1 if killed else time.monotonic() - begin
        with os.fdopen(ear, encoding="utf-8") as said:
            ending = Ending(child.exitcode or 0, said.read(), looks, gone)
        self._counted(ending, command, killed=killed)
        return ending

    def _counted(self, ending: Ending, command: Sequence[str], *, killed: bool) -> None:
        self.tally.looks += len(ending.looks)
        self.tally.gaps += ending.gone
        if command:
            self.tally.killed += killed
            self.tally.failed += not killed and ending.status != 0
            self.tally.finished += ending.status == 0

    @staticmethod
    def _begun(command: Sequence[str], room: int) -> tuple[multiprocessing.Process, int]:
        """A child that runs the command, and where its errors can be read."""
        ear, mouth = os.pipe()
        child = multiprocessing.get_context("fork").Process(
            target=_alone, args=(command, room, mouth)
        )
        child.start()
        os.close(mouth)
        return child, ear  # type: ignore[return-value]

    def _arrived(self, command: Sequence[str]) -> Held:
        """The command again, unhurt."""
        child, ear = self._begun(command, 0)
        with os.fdopen(ear, encoding="utf-8") as said:
            text = said.read()
        child.join()
        assert child.exitcode == 0, text
        return self.held()

    def _served_again(self, records: list[Record]) -> None:
        """Start the server that was killed; its ledger must say so, and have lost nothing."""
        found = self._records()
        assert found[: len(records)] == records, "records that were on the disk are gone"
        self.asker.start()
        kinds = [each.fact.kind for each in self._records()[len(found) :]]
        assert kinds[:2] == [Kind.GAP, Kind.OPEN], kinds

    # -- what is looked at

    def _judge(self, what: str, ending: Ending, before: Held, found: Held, after: Held) -> None:
        assert found.sources in (before.sources, after.sources), "sources that are neither"
        assert found.served in (before.served, after.served), "half a release is served"
        if ending.status == 0:
            assert found == after, "it said that it was done"
        elif ending.status > 0:
            assert ending.said.count("ringback: ") == 1, ending.said
            assert found == before, "it failed and changed something"
        if what == "rollback":
            assert found in (before, after), "sources and files are of two releases"
        if what in ("apply", "import", "nothing"):
            assert found.served == before.served == after.served
        self._in_order(ending.looks, before, found)

    def _in_order(self, looks: list[Look], before: Held, found: Held) -> None:
        """Nobody who asks one thing after another sees a mixture, or a way back."""
        switched = False
        for path, data, by in looks:
            old, new = before.served.get(path), found.served.get(path)
            assert data in (old, new), f"{path} over {by} is of no release"
            if old != new:
                assert data == new or not switched, f"{path} over {by} is of the release before"
                switched = switched or data == new
        self.tally.switches += switched

    def _newest(self) -> int:
        with self.store.fleet.reading() as connection:
            return Releases(connection, self.store.seal).newest

    def held(self) -> Held:
        """What the store holds; of what it serves, all that goes out in clear or sealed by TFTP."""
        sources = current(self.store)
        with self.store.fleet.reading() as connection:
            releases, shelf = (
                Releases(connection, self.store.seal), Secrets(connection, self.store.seal)
            )  # fmt: skip
            served = {
                each.path: releases.body(each.hash)
                for each in releases.at(releases.newest)
                if not each.path.endswith("-0.cfg")  # for proven devices only
            }
            return Held(sources, {each.name: shelf.value(each.name) for each in shelf}, served)

    def _records(self) -> list[Record]:
        with self.store.ledger.reading() as connection:
            ledger = Ledger(connection, Chain(self.store.seal.draw("ledger")))
            faults = list(ledger.faults())
            assert not faults, faults
            return list(ledger.records())


def _kill(pid: int) -> None:
    """A child and its crew; the child alone when it has no group of its own yet."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        os.kill(pid, signal.SIGKILL)


def _alone(command: Sequence[str], room: int, mouth: int) -> None:
    """In the child: a process group of its own, so that a crew is killed with it; a small disk."""
    os.setsid()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(mouth, 2)
    os.close(mouth)
    sys.stdout, sys.stderr = open(1, "w"), open(2, "w")  # noqa: SIM115 (they end with the child)
    if room:
        hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    if command:
        command_line(command)


def main() -> None:
    """Hurt it, and say how it went."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("runs", type=int, nargs="?", default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--devices", type=int, default=24)
    wanted = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="ringback-crash-"))
    crash = Crash(folder, clock.dice(wanted.seed), wanted.devices)
    for number in range(wanted.runs):
        crash.run()
        if sys.stderr.isatty():
            print(f"\r{number + 1}/{wanted.runs}", end="", file=sys.stderr, flush=True)
    print(crash.tally)
    crash.close()
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
