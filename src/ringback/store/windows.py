"""The shelf of windows: opened and closed by people, counted by the device plane."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, insert, or_, select, update

from ringback.errors import NotFoundError
from ringback.provisioning.window import Breadth, Window
from ringback.store.changes import pieces
from ringback.store.tables import passes, windows

_FIELDS: Final = tuple(windows.c[name] for name in Window.__slots__)


@dataclass(frozen=True, slots=True)
class Windows:
    """The windows, within one transaction."""

    connection: Connection

    def open(self, window: Window) -> int:
        """Open it; gives its number (the one it came with does not count)."""
        values = {name: getattr(window, name) for name in Window.__slots__ if name != "number"}
        values["breadth"] = str(window.breadth)
        key = self.connection.execute(insert(windows).values(values)).inserted_primary_key
        assert key is not None
        return int(key[0])

    def close(self, number: int, now: float, who: str) -> None:
        """Shut a window that is open.

        Raises:
            NotFoundError: there is none of that number, or it is closed.
        """
        still = (windows.c.number == number, windows.c.closed.is_(None), windows.c.ends > now)
        shut = update(windows).where(*still).values(closed=now, closed_by=who)
        if not self.connection.execute(shut).rowcount:
            raise NotFoundError(f"no window {number} is open", remedy="ringback window list")

    def close_of(self, macs: Sequence[str], now: float, who: str) -> None:
        """Shut the windows that are open for one of these devices alone."""
        still = (windows.c.closed.is_(None), windows.c.ends > now)
        for piece in pieces(list(macs)):
            mine = (windows.c.breadth == str(Breadth.DEVICE), windows.c.name.in_(piece))
            shut = update(windows).where(*mine, *still).values(closed=now, closed_by=who)
            self.connection.execute(shut)

    def all(self, *, since: float | None = None) -> Iterator[Window]:
        """Every window, the newest first; those still open at ``since`` or later if it is given."""
        query = select(*_FIELDS).order_by(windows.c.number.desc())
        if since is not None:
            closed = or_(windows.c.closed.is_(None), windows.c.closed >= since)
            query = query.where(windows.c.ends >= since, closed)
        for row in self.connection.execute(query):
            number, breadth, *rest = row
            yield Window(number, Breadth(breadth), *rest)


def used(ledger: Connection) -> dict[int, dict[str, int]]:
    """By window, how often which device came through."""
    found: dict[int, dict[str, int]] = {}
    for row in ledger.execute(select(passes.c.window, passes.c.mac, passes.c.times)):
        found.setdefault(row.window, {})[row.mac] = row.times
    return found
