"""How fast a table of devices is imported, and in how much memory.

``python bench/import_devices.py [ROWS] [--broken] [--secrets]`` writes a table of ROWS devices
(one in ten rows broken in one of a dozen ways with ``--broken``), looks at it, imports it into an
empty store, looks at it again and undoes it; each with its time, rows a second and the most
memory the process has had.
"""

import argparse
import random
import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from ringback.operations.import_devices import carry_out, look
from ringback.operations.survey import Verdict, Wishes, survey
from ringback.operations.undo_import import undo_import
from ringback.store.database import Store

_BROKEN = (
    "{mac},9999,Köln,1,x", "1.23E+11,8851,Köln,1,x", "{short},8851,Köln,1,x", ",8851,Köln,1,x",
    '{mac},8851,"Köln,1,x', "{mac},8851,=A1,1,x", "{mac},8851,Köln,1,x,more,cells", "#REF!,8851,,,",
    "000e08000000,8851,twice,1,x", "{mac},8851,K\x01ln,1,x", "{mac},,Köln,1,x", "not a mac,8851,,,",
    "{mac},8851,{long},1,x", "ffffffffffff,8851,,,",
)  # fmt: skip


def lines(rows: int, dice: random.Random, *, broken: bool, secrets: bool) -> Iterator[str]:
    """A table of that many devices, with its heading."""
    yield f"mac,model,site,line1_user,{'line1_password' if secrets else 'line1_name'}"
    for number in range(rows):
        mac = f"000e{number:08x}"
        if broken and number % 10 == 9:
            bad = dice.choice(_BROKEN)
            yield bad.format(mac=mac, short=mac[3:11], long="x" * 500)
        else:
            yield f"{mac},8851,site {number % 97},{number},word {number}"


def _told(what: str, rows: int, begun: tuple[float, float]) -> None:
    took, busy = time.perf_counter() - begun[0], time.process_time() - begun[1]
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{what:10} {took:8.1f} s {rows / took:10.0f} rows/s", end=" ")
    print(f"{rows / max(busy, 0.001):10.0f} rows/s of processor time {most:8.0f} MB", flush=True)


def main() -> None:
    """Run it."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("rows", type=int, nargs="?", default=100_000)
    arguments.add_argument("--broken", action="store_true")
    arguments.add_argument("--secrets", action="store_true")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "devices.csv"
        dice = random.Random(1)  # noqa: S311 (the same table every time)
        with file.open("w", encoding="utf-8") as out:
            for line in lines(given.rows, dice, broken=given.broken, secrets=given.secrets):
                out.write(f"{line}\n")
        store = Store(Path(folder) / "fleet.db")
        begun = time.perf_counter(), time.process_time()
        sheet = survey(lambda: file.open("rb"), Wishes(skip_bad=True))
        _told("survey", given.rows, begun)
        begun = time.perf_counter(), time.process_time()
        seen = look(store, sheet, most=30)
        _told("look", given.rows, begun)
        print({str(each): seen.counts[each] for each in Verdict})
        begun = time.perf_counter(), time.process_time()
        carry_out(store, sheet, seen, 1.0, name=file.name)
        _told("import", given.rows, begun)
        size = sum(each.stat().st_size for each in Path(folder).glob("fleet.db*"))
        print(f"store: {size / 1e6:.0f} MB; table: {file.stat().st_size / 1e6:.0f} MB")
        begun = time.perf_counter(), time.process_time()
        look(store, sheet, most=30)
        _told("look again", given.rows, begun)
        begun = time.perf_counter(), time.process_time()
        undo_import(store, 2.0)
        _told("undo", given.rows, begun)
        store.close()


if __name__ == "__main__":
    main()
