"""Kill -9 an import of very many rows at random moments, then let it arrive, and undo it likewise.

``python -m bench.import_killed [ROWS] [KILLS] [--seed N]`` writes a table of ROWS devices, one in
ten rows broken, and starts ``ringback device import FILE --yes --skip-bad`` as it is typed. After
each kill the store must be sound and hold no device at all; the last run is left alone, and all
good rows must be there. Then the same with ``device import --undo``, which must leave all or none.
"""

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench.import_devices import lines
from sqlalchemy import func, select

from ringback.store.database import Store
from ringback.store.tables import devices, secrets

EACH = 100e-6
"""Seconds a row is thought to take until it is known: kills fall evenly over all of them."""


def main() -> None:
    """Run it."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("rows", type=int, nargs="?", default=1_000_000)
    arguments.add_argument("kills", type=int, nargs="?", default=5)
    arguments.add_argument("--seed", type=int, default=1)
    given = arguments.parse_args()
    dice = random.Random(given.seed)  # noqa: S311 (the same moments every time)
    with tempfile.TemporaryDirectory(prefix="ringback-bench-") as folder:
        table, store = Path(folder) / "devices.csv", Path(folder) / "fleet.db"
        with table.open("w", encoding="utf-8") as out:
            out.writelines(
                f"{each}\n" for each in lines(given.rows, dice, broken=True, secrets=True)
            )
        Store(store).close()
        undo_it = ("device", "import", "--undo", "--yes")
        import_it = ("device", "import", str(table), "--yes", "--skip-bad")
        _hurt(store, import_it, given.rows, given.kills, dice, before=0)
        full = held(store)[0]
        _hurt(store, undo_it, given.rows, given.kills, dice, before=full)
        print(f"nothing half done: {full} devices, then {held(store)[0]}")


def _hurt(
    store: Path, command: Sequence[str], rows: int, kills: int, dice: random.Random, *, before: int
) -> None:
    """The command, killed again and again; then left alone."""
    longest = rows * EACH
    for number in range(kills + 1):
        begun = time.monotonic()
        child = subprocess.Popen(
            [sys.executable, "-m", "ringback", *command, "--store", str(store)],
            stdout=subprocess.DEVNULL,
        )
        try:
            ended = child.wait(dice.random() * longest if number < kills else None)
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGKILL)
            ended = child.wait()
        took = time.monotonic() - begun
        count, sound = held(store)
        print(f"{' '.join(command[:2])}: {took:.1f} s, exit {ended}, {count} devices, {sound}")
        assert sound == "ok"
        if ended == 0:
            assert count != before
            return
        assert (ended, count) == (-signal.SIGKILL, before)
        longest = max(longest, took * 2)


def held(store: Path) -> tuple[int, str]:
    """How many devices there are, none with a secret missing; whether the file is sound."""
    found = Store(store)
    with found.fleet.reading() as connection:
        count = connection.scalar(select(func.count()).select_from(devices)) or 0
        kept = connection.scalar(select(func.count()).select_from(secrets)) or 0
        sound = str(connection.exec_driver_sql("PRAGMA quick_check").scalar())
    found.close()
    assert kept in (0, count), "devices without their secrets"
    return count, sound


if __name__ == "__main__":
    main()
