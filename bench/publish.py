"""How long publishing takes: a whole fleet, nothing, one device, one layer; disk and memory.

Usage: python -m bench.publish [DEVICES] [--jobs N]

The fleet is the one of ``bench.prepare``: two lines with secret passwords, a layer of its own for
every device, about 4 KB of XML each, three models, twenty sites. Times are of the operation (the
change is committed before the clock starts; a running server gives the new file to the next
request after it stops), not of starting Python, which is said apart.
"""

import argparse
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from bench import prepare

from ringback import clock
from ringback.mac import Mac
from ringback.operations import crew
from ringback.operations.publish import publish
from ringback.operations.revise import revise
from ringback.operations.roll_back import roll_back
from ringback.provisioning.layer import Layer, Scope, Setting
from ringback.provisioning.line import Line
from ringback.store import changes
from ringback.store.database import Store
from ringback.store.devices import Devices
from ringback.store.layers import Layers
from ringback.store.pantry import Pantry
from ringback.store.secrets import Secrets

ROUNDS = 9


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Say how long it took."""
    begin = time.perf_counter()
    yield
    print(f"{what:<44} {time.perf_counter() - begin:9.3f} s", flush=True)


def spent() -> float:
    """Seconds of CPU of this process and of those that it started and that have ended."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in both)


def fill(store: Store, count: int) -> None:
    """The fleet of ``bench.prepare``, and its secrets."""
    fleet = prepare.fleet(count)
    with timed(f"{count} devices written to the store"):
        revise(store, fleet, now=1.0)
    with store.fleet.writing() as connection:
        secrets = {f"line-{number}": f"password-{number}" for number in range(500)}
        Secrets(connection, store.seal).keep(secrets, clock.now())


def one_device(store: Store, hands: int) -> None:
    """One changed device, edited and live, several times."""
    mac, times, cpu = Mac("000e08000007"), [], []
    pantry = Pantry(store, print)
    for number in range(ROUNDS):
        with store.fleet.writing() as connection:
            devices = Devices(connection, store.seal)
            device = devices.get(mac)
            assert device is not None
            devices.keep([replace(device, lines=(Line(1, f"{number}"), *device.lines[1:]))])
        before = pantry.find(f"/device/{mac}-1.cfg")
        begin, work = time.perf_counter(), time.process_time()
        assert publish(store, clock.now(), hands=hands) is not None
        after = pantry.find(f"/device/{mac}-1.cfg")
        times.append(time.perf_counter() - begin)
        cpu.append(time.process_time() - work)
        assert before
        assert after
        assert before.content != after.content
    pantry.close()
    times.sort()
    print(f"one device, changed to live: median {times[len(times) // 2] * 1000:.0f} ms, "
          f"worst of {len(times)}: {times[-1] * 1000:.0f} ms; "
          f"CPU {sorted(cpu)[len(cpu) // 2] * 1000:.0f} ms")  # fmt: skip


def own_layer(store: Store, hands: int) -> None:
    """One setting in one device's own layer."""
    times, cpu = [], []
    server = Pantry(store, print)  # as a running server has the store open
    for number in range(ROUNDS):
        with store.fleet.writing() as connection:
            settings = (Setting("GPP_B", f"desk {number}"), Setting("GPP_C", "x"))
            layer = Layer(Scope.DEVICE, "000e08000007", settings)
            Layers(connection, store.seal).keep([layer])
        begin, work = time.perf_counter(), time.process_time()
        assert publish(store, clock.now(), hands=hands) is not None
        times.append(time.perf_counter() - begin)
        cpu.append(time.process_time() - work)
    server.close()
    times.sort()
    print(f"one device's own setting: median {times[len(times) // 2] * 1000:.0f} ms, "
          f"worst of {len(times)}: {times[-1] * 1000:.0f} ms; "
          f"CPU {sorted(cpu)[len(cpu) // 2] * 1000:.0f} ms")  # fmt: skip


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("devices", type=int, nargs="?", default=10_000)
    parser.add_argument("--jobs", type=int, default=crew.cores())
    parser.add_argument("--keep", type=Path, help="where the store is to be left")
    parser.add_argument("--one", action="store_true", help="only single devices, nothing before")
    wanted = parser.parse_args()
    folder = wanted.keep or Path(tempfile.mkdtemp(prefix="ringback-bench-"))
    folder.mkdir(exist_ok=True)
    store = Store(folder / "fleet.db")
    try:
        fill(store, wanted.devices)
        if wanted.one:
            with store.fleet.writing() as connection:
                changes.clear(connection)
            own_layer(store, wanted.jobs)
            one_device(store, wanted.jobs)
            return
        begin, work = time.perf_counter(), spent()
        with timed(f"first publish, {wanted.jobs} processes"):
            release = publish(store, clock.now(), hands=wanted.jobs)
        took, work = time.perf_counter() - begin, spent() - work
        print(f"{wanted.devices / took:.0f} devices a second; {work:.1f} s of CPU, "
              f"{wanted.devices / work:.0f} devices for each; {release}")  # fmt: skip
        with timed("publish without a change"):
            assert publish(store, clock.now()) is None
        one_device(store, wanted.jobs)
        own_layer(store, wanted.jobs)
        with store.fleet.writing() as connection:
            layer = Layer(
                Scope.SITE, "site3", (Setting("GPP_D", "new"),), {"proxy": "sip3.example.com"}
            )
            Layers(connection, store.seal).keep([layer])
        with timed("a layer of a twentieth of the devices"):
            publish(store, clock.now(), hands=wanted.jobs)
        with timed("rolled back to the first release"):
            roll_back(store, 1, clock.now(), hands=wanted.jobs)
        for each in sorted(folder.iterdir()):
            print(f"{each.name:<44} {each.stat().st_size / 1e6:9.1f} MB")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        workers = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(f"peak memory {peak:.0f} MB, of a worker {workers:.0f} MB")
        with timed("the whole command when nothing changed"):
            subprocess.run(
                [sys.executable, "-m", "ringback", "publish", "--store", str(store.path)],
                check=True, capture_output=True,
            )  # fmt: skip
    finally:
        store.close()
        if not wanted.keep:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
