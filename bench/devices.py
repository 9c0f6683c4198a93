"""How long a person waits for a list of devices, in a fleet of 100 000.

Usage: python -m bench.devices [DEVICES]

Each query is what ``ringback device list WORDS`` asks of the store: the first 200 devices that fit
and how many there are in all. The time is of that; starting Python is said apart.
"""

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from ringback import clock
from ringback.mac import Mac
from ringback.provisioning.device import Device
from ringback.provisioning.line import Line
from ringback.store import search
from ringback.store.database import Store
from ringback.store.devices import Devices

QUERIES = (
    (),
    ("model=8851",),
    ("site=site17",),
    ("site=site1*", "tag=x"),
    ("model=8851", "site=site17", "tag=x"),
    ("group=group3",),
    ("tag=x",),
    ("serial=00099999",),
    ("mac=000e0800ff",),
    ("mac=ff:ee",),
    ("user=4711",),
    ("name=Person 99999",),
    ("proxy=sip3.",),
    ("locked=yes",),
    ("pinned=yes",),
    ("person 4711",),
    ("nobody at all",),
    ("00:0e:08:01:02:03",),
)
ROUNDS = 5
MODELS = ("CP-8851-3PCC", "CP-7841-3PCC", "CP-6841-3PCC", "SPA504G")


def phones(count: int) -> Iterator[Device]:
    """Two lines each, four models, fifty sites, seven groups."""
    for number in range(count):
        yield Device(
            Mac(f"000e08{number:06x}"),
            MODELS[number % 4],
            f"FCH{number:08d}",
            f"site{number % 50}",
            f"group{number % 7}",
            frozenset({"x"} if number % 10 == 0 else {"y", "z"}),
            tuple(
                Line(line, f"{number}{line}", "{{ secret('sip') }}", f"Person {number}",
                     f"sip{number % 5}.example.com")
                for line in (1, 2)
            ),
            locked=number % 1000 == 0,
            pinned=1 if number % 5000 == 0 else None,
        )  # fmt: skip


def ask(store: Store, words: tuple[str, ...]) -> tuple[int, float]:
    """How many fit, and the seconds it took to know the first 200 of them."""
    begin = time.perf_counter()
    with store.fleet.reading() as connection:
        wanted = search.condition(words)
        _, count = search.find(connection, wanted, most=200)
    return count, time.perf_counter() - begin


def main() -> None:
    """Measure."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    folder = Path(tempfile.mkdtemp(prefix="ringback-bench-"))
    store = Store(folder / "fleet.db")
    try:
        begin = clock.monotonic()
        with store.fleet.writing() as connection:
            Devices(connection, store.seal).keep(phones(count))
        print(f"{count} devices written in {clock.monotonic() - begin:.1f} s")
        for words in QUERIES:
            results = [ask(store, words) for _ in range(ROUNDS)]
            spent = sorted(seconds for _, seconds in results)
            median, worst = spent[ROUNDS // 2] * 1000, spent[-1] * 1000
            print(f"{' '.join(words) or '(all)':<36} {results[0][0]:>7} fit   "
                  f"median {median:6.1f} ms   worst {worst:6.1f} ms")  # fmt: skip
        begin = clock.monotonic()
        command = ["device", "list", "site=site17", "person", "--store", str(store.path)]
        subprocess.run(
            [sys.executable, "-m", "ringback", *command], check=True, capture_output=True
        )
        print(f"the whole command: {clock.monotonic() - begin:.2f} s")
        print(f"{store.path.stat().st_size / 1e6:.0f} MB on disk")
    finally:
        store.close()
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
