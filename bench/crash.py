"""Kill -9 at random moments while the fleet is applied, published, rolled back and served.

Usage: python -m bench.crash [RUNS] [--seed N] [--devices N]

Each run starts a child that does one of these, and kills it at a random moment of what it takes.
Meanwhile and afterwards the store is read as the device plane reads it. What must hold:

* every file ever seen is one that the release before or the release after has, whole;
* afterwards one of the two is served, all of it; the fleet is the one before or the one after;
* the database is sound, and the next publish arrives where it was going;
* the ledger proves, and nothing that was on the disk is lost: after a kill it says *gap*.
"""

import argparse
import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random

from ringback import clock
from ringback.mac import Mac
from ringback.operations import publish as publishing
from ringback.operations.publish import publish
from ringback.operations.revise import current, revise
from ringback.operations.roll_back import roll_back
from ringback.provisioning.device import Device
from ringback.provisioning.fleet import Fleet
from ringback.provisioning.layer import Layer, Scope, Setting
from ringback.provisioning.line import Line
from ringback.store.chain import Chain, Fact, Kind, Record
from ringback.store.database import Store
from ringback.store.ledger import Ledger
from ringback.store.pantry import Pantry
from ringback.store.releases import Releases
from ringback.store.scribe import Scribe

Served = dict[str, bytes]
"""By path."""
PIECE = 8
FIRST = 0.3
"""Seconds that work is thought to take until it is known: kills fall evenly over them."""


def fleet(count: int, greeting: str) -> Fleet:
    """A fleet whose every file holds the greeting."""
    devices = [
        Device(Mac(f"000e08{number:06x}"), "CP-8851-3PCC", lines=(Line(1, greeting),))
        for number in range(count)
    ]
    layer = Layer(Scope.FLEET, "base", (Setting("GPP_A", greeting),))
    return Fleet.of([layer], (), devices, {"server": "https://prov.example.com"})


@dataclass
class Tally:
    """What was tried, and what became of it."""

    tried: int = 0
    killed: int = 0
    finished: int = 0
    looks: int = 0
    """Files read as the device plane reads them, while the child was at work."""
    kinds: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(self.kinds.items()))
        return (
            f"{self.tried} runs ({kinds}): {self.killed} killed at work, {self.finished} had "
            f"finished; {self.looks} files read meanwhile; nothing lost, nothing half done"
        )


@dataclass
class Crash:
    """A store that is hurt again and again."""

    path: Path
    dice: Random
    count: int = 24
    tally: Tally = field(default_factory=Tally)

    def __post_init__(self) -> None:
        publishing.PIECE = PIECE  # type: ignore[misc]
        self.store = Store(self.path)
        revise(self.store, fleet(self.count, "first"))
        publish(self.store, clock.now(), hands=1)
        self.pantry = Pantry(self.store, print)
        self.longest: dict[str, float] = {}

    def close(self) -> None:
        """Let go of the store."""
        self.pantry.close()
        self.store.close()

    def run(self) -> None:
        """One kill, of something."""
        kind = self.dice.choice(("apply", "publish", "roll back", "ledger"))
        self.tally.tried += 1
        self.tally.kinds[kind] += 1
        greeting = f"g{self.tally.tried}"
        runs: dict[str, Callable[[str], None]] = {
            "apply": self._apply,
            "publish": self._publish,
            "roll back": self._roll_back,
            "ledger": self._ledger,
        }
        runs[kind](greeting)
        with self.store.fleet.reading() as connection:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"

    def _apply(self, greeting: str) -> None:
        before, after = current(self.store), fleet(self.count, greeting)
        served = self.served()
        self._killed(apply_to, self.path, self.count, greeting, seen=[served])
        found = current(self.store)
        assert found in (before, after), "a fleet that is neither"
        assert self.served() == served
        revise(self.store, after)
        self._arrive(greeting)

    def _publish(self, greeting: str) -> None:
        number, before = self._newest(), self.served()
        revise(self.store, fleet(self.count, greeting))
        looks = self._killed(publish_at, self.path, seen=None)
        self._whole(looks, number, before)
        self._arrive(greeting)

    def _roll_back(self, greeting: str) -> None:
        revise(self.store, fleet(self.count, greeting))
        self._arrive(greeting)
        number, before = self._newest(), self.served()
        looks = self._killed(roll_back_at, self.path, number - 1, seen=None)
        self._whole(looks, number, before)
        roll_back(self.store, number - 1, clock.now(), discard=True, hands=1)
        assert {*self.served(self._newest()).items()} == {*self.served(number - 1).items()}

    def _ledger(self, _: str) -> None:
        before = self._records()
        self._killed(note_at, self.path, seen=None)
        found = self._records()
        assert found[: len(before)] == before, "records that were on the disk are gone"
        scribe = Scribe(self.store, print)
        scribe.close()
        kinds = [each.fact.kind for each in self._records()[len(found) :]]
        ended = len(found) == len(before) or found[-1].fact.kind == Kind.CLOSE
        assert kinds == ([] if ended else [Kind.GAP]) + [Kind.OPEN, Kind.CLOSE], kinds

    # -- what is looked at

    def _killed(
        self, work: Callable[..., None], *arguments: object, seen: list[Served] | None
    ) -> list[tuple[str, bytes]]:
        """Start it, look at files meanwhile, kill it; what was looked at."""
        child = multiprocessing.get_context("fork").Process(target=_alone, args=(work, *arguments))
        begin = time.monotonic()
        child.start()
        name = work.__name__
        longest = self.longest.setdefault(name, FIRST)
        until = begin + self.dice.random() * longest
        looks = []
        while time.monotonic() < until and child.is_alive():
            path = f"/device/{self.dice.randrange(self.count):012x}"
            path = f"/device/000e08{path[-6:]}-0.cfg"
            found = self.pantry.find(path)
            assert found is not None, f"{path} is not served"
            looks.append((path, found.data))
        assert child.pid
        if child.is_alive():
            _kill(child.pid)
            self.tally.killed += 1
            self.longest[name] = longest * 1.1
        else:
            self.tally.finished += 1
            self.longest[name] = time.monotonic() - begin
        child.join()
        self.tally.looks += len(looks)
        for served in seen or ():
            assert all(served[path] == data for path, data in looks)
        return looks

    def _whole(self, looks: list[tuple[str, bytes]], number: int, before: Served) -> None:
        newest = self._newest()
        assert newest in (number, number + 1)
        after = self.served()
        assert (after == before) is (newest == number), "half a release is served"
        for path, data in looks:
            assert data in (before.get(path), after.get(path)), f"{path} is of no release"

    def _arrive(self, greeting: str) -> None:
        publish(self.store, clock.now(), hands=1)
        assert current(self.store) == fleet(self.count, greeting)
        served = self.served()
        assert len(served) >= 2 * self.count
        for number in range(self.count):
            path = f"/device/000e08{number:06x}-0.cfg"
            found = self.pantry.find(path)
            assert found is not None
            assert found.data == served[path]

    def _newest(self) -> int:
        with self.store.fleet.reading() as connection:
            return Releases(connection, self.store.seal).newest

    def served(self, number: int | None = None) -> Served:
        """Everything a release serves."""
        with self.store.fleet.reading() as connection:
            releases = Releases(connection, self.store.seal)
            entries = releases.at(number or releases.newest)
            return {each.path: releases.body(each.hash) for each in entries}

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


def _alone(work: Callable[..., None], *arguments: object) -> None:
    """In the child: a process group of its own, so that a crew is killed with it."""
    os.setsid()
    work(*arguments)


def apply_to(path: Path, count: int, greeting: str) -> None:
    """What ``ringback apply`` does."""
    revise(Store(path), fleet(count, greeting))


def publish_at(path: Path) -> None:
    """What ``ringback publish`` does."""
    publish(Store(path), clock.now(), hands=2)


def roll_back_at(path: Path, number: int) -> None:
    """What ``ringback release rollback`` does."""
    roll_back(Store(path), number, clock.now(), hands=2)


def note_at(path: Path) -> None:
    """What a server under load does."""
    scribe = Scribe(Store(path), print, period=0.005)
    for number in range(2000):
        scribe.note(partial(Fact, clock.now(), Kind.ANSWER, outcome=str(number)))
        time.sleep(0.0002)
    scribe.close()


def main() -> None:
    """Hurt it, and say how it went."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("runs", type=int, nargs="?", default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--devices", type=int, default=24)
    wanted = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="ringback-crash-"))
    crash = Crash(folder / "fleet.db", clock.dice(wanted.seed), wanted.devices)
    for number in range(wanted.runs):
        crash.run()
        if sys.stderr.isatty():
            print(f"\r{number + 1}/{wanted.runs}", end="", file=sys.stderr, flush=True)
    print(crash.tally)
    crash.close()
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
