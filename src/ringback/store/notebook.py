"""What the device plane notes for people: strangers, sightings and passes. A door.

It lies beside the ledger, in the one file that the device plane writes. Strangers and sightings
gather in memory and are written by a thread, a batch a second; what a killed process had not
written is noted again at the phone's next visit. Both are bounded: beyond ``MOST`` strangers on
the disk those go that were not seen for longest. The ledger is opened when there is something to
write: a disk that takes nothing keeps no server from starting.

A pass through a window is written before the phone gets what it came for: a window for one use
must not serve twice because the power failed. It happens so seldom that the loop may wait for it.
"""

from collections.abc import Callable
from threading import Event, Lock, Thread
from typing import Final

from sqlalchemy import Connection, delete, func, insert, select, update

from ringback.errors import StorageError
from ringback.store.database import Store
from ringback.store.strangers import Stranger
from ringback.store.tables import passes, sightings, strangers

PERIOD: Final = 1.0
"""Seconds between a note and its place on the disk."""
MOST: Final = 10_000
"""Strangers kept."""
_WAITING: Final = 2000
"""Strangers that wait to be written; more than that in a second is no queue but a flood."""


class Notebook:
    """Writes beside the ledger of ``store``; ``warn`` is told when it cannot."""

    def __init__(
        self, store: Store, warn: Callable[[str], None], *, period: float = PERIOD, most: int = MOST
    ) -> None:
        self._store = store
        self._warn, self._period, self._most = warn, period, most
        self._strangers: dict[str, Stranger] = {}
        self._sightings: dict[str, tuple[int, float]] = {}
        self._known: dict[str, int] = {}
        """Sightings on the disk, as far as we wrote them."""
        self._lock, self._writing = Lock(), Lock()
        self._something, self._stopped = Event(), Event()
        self._failing = False
        self._thread = Thread(target=self._run, name="notebook", daemon=True)
        self._thread.start()

    def stranger(self, seen: Stranger) -> None:
        """Note a phone nobody knows. Never blocks, never raises."""
        with self._lock:
            if seen.mac in self._strangers or len(self._strangers) < _WAITING:
                self._strangers[seen.mac] = seen
        self._something.set()

    def sighted(self, mac: str, number: int, now: float) -> None:
        """Note that a device proved itself with what has this number; once is enough."""
        if self._known.get(mac) == number:
            return
        with self._lock:
            self._known[mac] = number
            self._sightings[mac] = number, now
        self._something.set()

    def let_pass(self, window: int, mac: str, most: int, now: float) -> bool:
        """Count a pass, durably; False when the device has had its uses, or it cannot be kept."""
        try:
            with self._store.ledger.writing() as connection:
                return _counted(connection, window, mac, most, now)
        except StorageError as error:
            self._warn(f"warning nobody comes through window {window}: {error}")
            return False

    def close(self) -> None:
        """Write the rest."""
        self._stopped.set()
        self._something.set()
        self._thread.join()
        self.flush()

    def flush(self) -> None:
        """Write what waits; what cannot be written is given up, for it comes again."""
        with self._writing:
            self._flush()

    def _flush(self) -> None:
        with self._lock:
            seen, self._strangers = self._strangers, {}
            proved, self._sightings = self._sightings, {}
        if not seen and not proved:
            return
        try:
            with self._store.ledger.writing() as connection:
                for each in seen.values():
                    _keep_stranger(connection, each)
                for mac, (number, now) in proved.items():
                    connection.execute(delete(sightings).where(sightings.c.mac == mac))
                    row = {"mac": mac, "number": number, "time": now}
                    connection.execute(insert(sightings).values(row))
                if seen:
                    _trim(connection, self._most)
            self._failing = False
        except StorageError as error:
            self._known.clear()
            if not self._failing:
                self._warn(f"warning unknown phones cannot be noted: {error}")
            self._failing = True

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._something.wait()
            self._stopped.wait(self._period)
            self._something.clear()
            self.flush()


def _counted(connection: Connection, window: int, mac: str, most: int, now: float) -> bool:
    this = (passes.c.window == window, passes.c.mac == mac)
    had = connection.scalar(select(passes.c.times).where(*this))
    if had is None:
        row = {"window": window, "mac": mac, "times": 1, "last": now}
        connection.execute(insert(passes).values(row))
        return True
    if had >= most:
        return False
    connection.execute(update(passes).where(*this).values(times=had + 1, last=now))
    return True


def _keep_stranger(connection: Connection, seen: Stranger) -> None:
    this = strangers.c.mac == seen.mac
    again = {name: getattr(seen, name) for name in Stranger.__slots__ if name != "first"}
    again["times"] = strangers.c.times + 1
    if not connection.execute(update(strangers).where(this).values(again)).rowcount:
        row = {name: getattr(seen, name) for name in Stranger.__slots__}
        connection.execute(insert(strangers).values(row))


def _trim(connection: Connection, most: int) -> None:
    count = connection.scalar(select(func.count()).select_from(strangers)) or 0
    if count > most:
        oldest = select(strangers.c.mac).order_by(strangers.c.last).limit(count - most)
        gone = list(connection.scalars(oldest))
        for at in range(0, len(gone), 500):
            piece = gone[at : at + 500]
            connection.execute(delete(strangers).where(strangers.c.mac.in_(piece)))


def sighted(ledger: Connection) -> dict[str, tuple[int, float]]:
    """By MAC, with what number each device last proved itself, and since when."""
    rows = ledger.execute(select(sightings.c.mac, sightings.c.number, sightings.c.time))
    return {row.mac: (row.number, row.time) for row in rows}
