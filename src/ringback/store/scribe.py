"""The scribe: writes down what was served, off the hot path. A door.

``note`` is a list append. A thread of its own takes what has gathered 200 ms after the first of it
and writes one batch in one durable transaction; the event loop never waits for a disk. Facts are
made there too: putting one into words costs as much as finding the file it is about. The thread
keeps one connection open, and no transaction while it waits.

What a killed process had not yet written is lost, but not unnoticed: a ledger that was not closed
is opened with a *gap*, sealed, that says since when. A disk that takes nothing (full, read-only)
leaves facts waiting, up to a bound; beyond it they are dropped, counted, and the count becomes a
gap as soon as writing works again. So it is from the first moment on: where the ledger cannot even
be opened, or its lock not be had, that waits, too. The thread opens it, so that a server starts at
once whoever else writes. One process at a time is a ledger's scribe.
"""

import fcntl
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from typing import Final

from ringback import clock
from ringback.certificate.vault import SECRET
from ringback.errors import MalformedError, RingbackError, StorageError, UsageError
from ringback.store.chain import Chain
from ringback.store.database import Database, Store, Writer
from ringback.store.fact import Fact, Kind
from ringback.store.ledger import Ledger

PERIOD: Final = 0.2
"""Seconds between a fact and its place on the disk."""
_PATIENCE: Final = 10
"""How many periods pass between two attempts on a disk that takes nothing."""
_BATCH: Final = 5_000
"""Facts in one transaction: what waited long is not put into words again at every attempt."""
MOST: Final = 200_000
"""Facts that may wait for a disk that takes none."""


class Scribe:
    """Writes the ledger of ``store``; ``warn`` is told when it cannot.

    Raises:
        UsageError: another process writes it.
    """

    def __init__(
        self,
        store: Store,
        warn: Callable[[str], None],
        *,
        period: float = PERIOD,
        now: Callable[[], float] = clock.now,
        most: int = MOST,
    ) -> None:
        self._store = store
        self._chain = Chain(store.seal.draw("ledger"))
        self._warn, self._period, self._now = warn, period, now
        self._lock: int | None = None
        self._writer: Writer | None = None
        self._started = now()
        self._waiting: list[Callable[[], Fact]] = []
        self._dropped, self._most = 0, most
        self._since = 0.0
        self._something, self._stopped, self._begun = Event(), Event(), Event()
        self.trouble = ""
        """Why it cannot write now; empty when it can."""
        with suppress(StorageError):
            self._lock = _lock(store.ledger_path)
        self._thread = Thread(target=self._run, name="scribe", daemon=True)
        self._thread.start()

    def note(self, make: Callable[[], Fact]) -> None:
        """Write down soon what ``make`` gives, in the thread. Never blocks, never raises."""
        if len(self._waiting) >= self._most:
            self._since = self._since if self._dropped else self._now()
            self._dropped += 1
            return
        self._waiting.append(make)
        if not self._something.is_set():
            self._something.set()

    def begun(self, patience: float) -> bool:
        """Whether it has tried to open the ledger; waits some seconds for that."""
        return self._begun.wait(patience)

    def close(self) -> None:
        """Write the rest, and that nothing is missing."""
        self._stopped.set()
        self._something.set()
        self._thread.join()
        if self._lock is not None:
            os.close(self._lock)

    # -- the thread

    def _run(self) -> None:
        if not self._try_to_write([]):
            self._something.set()
        self._begun.set()
        while not self._stopped.is_set():
            self._something.wait()
            self._stopped.wait(self._period * (_PATIENCE if self.trouble else 1))
            self._something.clear()
            self._flush()
        self._flush()
        lost = len(self._waiting) + self._dropped
        if lost:
            self._warn(f"warning {lost} records are lost: the ledger cannot be written")
        else:
            self._try_to_write([Fact(self._now(), Kind.CLOSE)])
        if self._writer is not None:
            self._writer.close()

    def _flush(self) -> None:
        """Write what waits; what cannot be written goes on waiting."""
        if self._writer is None and not self._try_to_write([]):
            self._something.set()
            return
        taken, self._waiting = self._waiting, []
        for at in range(0, len(taken), _BATCH):
            if not self._try_to_write([make() for make in taken[at : at + _BATCH]]):
                self._waiting = taken[at:] + self._waiting
                self._something.set()
                return
        dropped, self._dropped = self._dropped, 0
        if dropped and not self._try_to_write([self._gap(dropped)]):
            self._dropped += dropped
            self._something.set()

    def _gap(self, dropped: int) -> Fact:
        """What a disk that took nothing has cost."""
        now = self._now()
        text = f"since={self._since} until={now}: {dropped} records were not kept"
        return Fact(now, Kind.GAP, outcome=text)

    def _try_to_write(self, facts: list[Fact]) -> bool:
        try:
            self._write(facts)
        except RingbackError as error:
            if not self.trouble:
                self._warn(
                    "warning the ledger cannot be written: files are served on, and records wait "
                    f"in memory, {self._most} of them at most: {error}"
                )
            self.trouble = str(error)
            return False
        if self.trouble:
            self.trouble = ""
            lost = f"; {self._dropped} records are missing, and it says so" if self._dropped else ""
            self._warn(f"the ledger is written again{lost}")
        return True

    def _write(self, facts: list[Fact]) -> None:
        """In one transaction; the first one opens the ledger."""
        writer = self._writer or Writer(self._opened())
        with writer.writing() as connection:
            ledger = Ledger(connection, self._chain)
            if self._writer is None:
                ledger.append(self._opening(ledger))
            if facts:
                ledger.append(facts)
        self._writer = writer

    def _opened(self) -> Database:
        """The ledger, locked."""
        if self._lock is None:
            self._lock = _lock(self._store.ledger_path)
        return self._store.ledger

    def _opening(self, ledger: Ledger) -> list[Fact]:
        """What a ledger begins with: that it is open, and whether something may be missing."""
        opened = Fact(self._started, Kind.OPEN)
        why = _missing(ledger, self._started)
        return [opened._replace(kind=Kind.GAP, outcome=why), opened] if why else [opened]


def _missing(ledger: Ledger, now: float) -> str:
    """What may be missing at the end of a ledger; empty for nothing.

    Its end may be damaged. New records do not depend on what it says: they follow the sealed head.
    """
    try:
        last = ledger.last
    except MalformedError:
        return f"until={now}: the last records cannot be read: somebody has altered them"
    if last is None or last.fact.kind in (Kind.CLOSE, Kind.CHECKPOINT):
        return ""
    return f"since={last.fact.time} until={now}: the server was not stopped but ended"


def _lock(ledger: Path) -> int:
    """Keep other processes from writing the same ledger; the system lets go when we end."""
    path = f"{ledger}.lock"
    try:
        handle = _handle(path)
    except OSError as error:
        raise StorageError(f"{path}: {error.strerror}", remedy="make it writable") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        raise UsageError(
            "another server writes this store's ledger", remedy="stop it, or name another --store"
        ) from error
    return handle


def _handle(path: str) -> int:
    """The lock's file; one that is there need not be writable."""
    try:
        return os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, SECRET)
    except OSError:
        if not os.path.exists(path):  # noqa: PTH110
            raise
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
