"""The shelf of secrets: kept sealed, given by name to whoever prepares files, shown to nobody."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, delete, func, insert, select

from ringback.errors import NotFoundError
from ringback.store import changes
from ringback.store.changes import SECRET, pieces
from ringback.store.seal import Seal
from ringback.store.tables import secrets, uses

_OF_DEVICES: Final = ("line/", "device/")
"""How secrets begin that are one device's: ``line/MAC/NUMBER``, ``device/MAC/PARAMETER``."""
_AFTER: Final = chr(ord("/") + 1)
"""In the place of the last slash it makes the first name that begins otherwise."""
_FEW: Final = 50
"""Devices up to which each one's secrets are looked up."""
_CHANGED: Final = "secrets_changed"
"""In ``meta``: when one was last written or taken away, for a row that is gone tells nothing."""


@dataclass(frozen=True, slots=True)
class Known:
    """What may be said of a secret."""

    name: str
    changed: float
    """POSIX seconds."""
    used: int
    """Devices whose files hold it, as of the last release."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """The secrets, within one transaction."""

    connection: Connection
    seal: Seal

    def __iter__(self) -> Iterator[Known]:
        """Every secret, by name, without its value."""
        count = func.count(uses.c.mac)
        query = (
            select(secrets.c.name, secrets.c.changed, count)
            .outerjoin(uses, uses.c.secret == secrets.c.name)
            .group_by(secrets.c.name, secrets.c.changed)
            .order_by(secrets.c.name)
        )
        for name, changed, used in self.connection.execute(query):
            yield Known(name, changed, used)

    def unchanged(self, since: float) -> bool:
        """Whether none was written or taken away after that moment."""
        there = self.connection.scalar(select(func.max(secrets.c.changed))) or 0.0
        return max(there, self._changed()) <= since

    def get(self, name: str) -> str | None:
        """What is secret; None when there is no secret of that name."""
        sealed = self._body(name)
        return None if sealed is None else self.seal.open(sealed, place(name)).decode()

    def value(self, name: str) -> str:
        """What is secret.

        Raises:
            NotFoundError: there is no secret of that name.
        """
        found = self.get(name)
        if found is None:
            raise NotFoundError(
                f"there is no secret {name!r}", remedy=f"ringback secret set {name}"
            )
        return found

    def several(self, names: Sequence[str]) -> dict[str, str]:
        """The values of those that are there."""
        found = {}
        for piece in pieces(list(names)):
            query = select(secrets.c.name, secrets.c.body).where(secrets.c.name.in_(piece))
            for name, sealed in self.connection.execute(query):
                found[name] = self.seal.open(sealed, place(name)).decode()
        return found

    def keep(self, given: Mapping[str, str], now: float) -> int:
        """Write secrets, new or changed; says how many were."""
        return sum(
            self._keep({name: given[name] for name in piece}, now) for piece in pieces(list(given))
        )

    def _keep(self, given: Mapping[str, str], now: float) -> int:
        query = select(secrets.c.name, secrets.c.body).where(secrets.c.name.in_(list(given)))
        old = {row.name: row.body for row in self.connection.execute(query)}
        closed = {
            name: self.seal.close(value.encode(), place(name)) for name, value in given.items()
        }
        fresh = [name for name in given if old.get(name) != closed[name]]
        if not fresh:
            return 0
        self.connection.execute(delete(secrets).where(secrets.c.name.in_(fresh)))
        rows = [{"name": name, "body": closed[name], "changed": now} for name in fresh]
        self.connection.execute(insert(secrets), rows)
        self._written([(SECRET, name) for name in fresh], now)
        return len(fresh)

    def _changed(self) -> float:
        return float(changes.fact(self.connection, _CHANGED) or 0.0)

    def _written(self, marks: Sequence[changes.Change], now: float) -> None:
        changes.mark(self.connection, marks)
        if now > self._changed():
            changes.set_fact(self.connection, _CHANGED, repr(float(now)))

    def remove(self, name: str, now: float) -> bool:
        """Forget a secret; False when there is none of that name."""
        return bool(self.remove_several([name], now))

    def remove_several(self, names: Sequence[str], now: float) -> int:
        """Forget secrets; says how many were there."""
        count = 0
        for piece in pieces(list(names)):
            query = select(secrets.c.name).where(secrets.c.name.in_(piece))
            gone = list(self.connection.scalars(query))
            self.connection.execute(delete(secrets).where(secrets.c.name.in_(gone)))
            if gone:
                self._written([(SECRET, name) for name in gone], now)
            count += len(gone)
        return count

    def of_devices(self, macs: Sequence[str]) -> dict[str, dict[str, str]]:
        """The secrets of these devices' lines and own settings, by MAC and by name.

        A few devices are looked up, each between two names; for many, all such secrets are read.
        """
        wanted = set(macs)
        few = len(wanted) <= _FEW
        starts = [f"{kind}{mac}/" for kind in _OF_DEVICES for mac in sorted(wanted)]
        found: dict[str, dict[str, str]] = {}
        for start in starts if few else _OF_DEVICES:
            between = (secrets.c.name >= start, secrets.c.name < f"{start[:-1]}{_AFTER}")
            query = select(secrets.c.name, secrets.c.body).where(*between).order_by(secrets.c.name)
            for name, sealed in self.connection.execute(query):
                if owner(name) in wanted:
                    held = found.setdefault(owner(name), {})
                    held[name] = self.seal.open(sealed, place(name)).decode()
        return found

    def used_by_others(self, names: Sequence[str], macs: Sequence[str]) -> set[str]:
        """Those of the secrets that stand in files of other devices, as of the last release."""
        found: set[str] = set()
        mine = set(macs)
        for piece in pieces(list(names)):
            query = select(uses.c.secret, uses.c.mac).where(uses.c.secret.in_(piece))
            found |= {name for name, mac in self.connection.execute(query) if mac not in mine}
        return found

    def _body(self, name: str) -> bytes | None:
        return self.connection.scalar(select(secrets.c.body).where(secrets.c.name == name))


def owner(name: str) -> str:
    """The MAC of the device whose secret it would be by its name."""
    mac, slash, _ = name.partition("/")[2].partition("/")
    return mac if slash and name.startswith(_OF_DEVICES) else ""


def place(name: str) -> str:
    """Where a secret belongs."""
    return f"secret/{name}"
