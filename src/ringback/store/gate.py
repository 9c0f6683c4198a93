"""What admission asks of the store, as the device plane takes it: without waiting. A door.

Like the pantry it reads by the bare driver and keeps what it found for as long as nobody has
written since: a token that is ended, a device that is added and a window that is closed count a
millisecond later. When the database cannot be read it knows nobody: evidence that cannot be
checked is none.
"""

import sqlite3
from dataclasses import dataclass
from typing import Any, Final

from ringback import clock
from ringback.errors import StorageError
from ringback.mac import Mac
from ringback.provisioning import credential, own
from ringback.provisioning.window import Breadth, Window
from ringback.store.database import Store
from ringback.store.sqlite import Reader
from ringback.store.tokens import fingerprint

TRUST: Final = 0.001
"""Seconds for which one look at whether anybody wrote will do."""
MOST: Final = 65_536
"""Devices kept in memory."""
_DEVICE: Final = 'SELECT site, "group", "key", next_key FROM devices WHERE mac = ?'
_TOKEN: Final = "SELECT mac, ends FROM tokens WHERE digest = ?"  # noqa: S105 (a question)
_WINDOWS: Final = (
    "SELECT number, breadth, name, opened, opened_by, ends, uses, network, closed, closed_by "
    "FROM windows WHERE closed IS NULL AND ends > ? ORDER BY number"
)
_DECOYS: Final = "SELECT mac FROM decoys"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a device is, and which of its keys, tokens and passwords count now, the newest last."""

    site: str
    group: str
    numbers: tuple[int, ...]


class Gate:
    """Looks evidence up in ``store``."""

    def __init__(self, store: Store) -> None:
        self._key = store.seal.draw("devices")
        self.secret = store.seal.draw("nonces")
        """What challenges are made with: the same after a restart."""
        self._reader = Reader(store.path)
        self._version, self._looked = (0, -1), float("-inf")
        self._places: dict[str, Place | None] = {}
        self._tokens: dict[tuple[str, int], str] = {}
        self._halves: dict[str, tuple[str, ...]] = {}
        self._windows: tuple[Window, ...] | None = None
        self._decoys: frozenset[str] | None = None

    def place(self, mac: str) -> Place | None:
        """A device of ours; None when it is nobody's."""
        self._refresh()
        if mac in self._places:
            return self._places[mac]
        found = None
        if row := next(iter(self._rows(_DEVICE, mac)), None):
            site, group, number, following = row
            numbers = (number,) if following is None else (number, following)
            found = Place(site, group, numbers)
        if len(self._places) >= MOST:
            self._forget()
        self._places[mac] = found
        return found

    def token(self, mac: str, number: int) -> str:
        """The token in a device's own rules, of that number."""
        found = self._tokens.get((mac, number))
        if found is None:
            found = self._tokens[mac, number] = own.token(self._key, Mac(mac), number)
        return found

    def made_for(self, token: str, now: float) -> str:
        """Whom a person made this token for; empty when nobody did, or its time is over."""
        for mac, ends in self._rows(_TOKEN, fingerprint(token)):
            if ends is None or now < ends:
                return str(mac)
        return ""

    def halves(self, mac: str) -> tuple[str, ...]:
        """H(A1) of the passwords that count for a device now; none for nobody's."""
        place = self.place(mac)
        if place is None:
            return ()
        found = self._halves.get(mac)
        if found is None:
            made = (credential.first_half(self._key, Mac(mac), each) for each in place.numbers)
            found = self._halves[mac] = tuple(made)
        return found

    def windows(self, now: float) -> tuple[Window, ...]:
        """Those that are open, the oldest first."""
        self._refresh()
        if self._windows is None:
            rows = self._rows(_WINDOWS, now)
            self._windows = tuple(Window(row[0], Breadth(row[1]), *row[2:]) for row in rows)
        return self._windows

    def is_decoy(self, mac: str) -> bool:
        """Whether nobody has this MAC, and asking for it is an alarm."""
        self._refresh()
        if self._decoys is None:
            self._decoys = frozenset(row[0] for row in self._rows(_DECOYS))
        return mac in self._decoys

    def _refresh(self) -> None:
        """Forget everything when somebody has written since."""
        now = clock.monotonic()
        if now - self._looked < TRUST:
            return
        self._looked = now
        try:
            version = self._reader.version()
        except (sqlite3.Error, StorageError):
            version = 0, -1
        if version != self._version:
            self._forget()
            self._version = version

    def _rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        try:
            return self._reader.rows(query, values)
        except sqlite3.Error:
            return []

    def _forget(self) -> None:
        self._places.clear()
        self._tokens.clear()
        self._halves.clear()
        self._windows = self._decoys = None

    def close(self) -> None:
        """Let go of the database."""
        self._reader.close()
