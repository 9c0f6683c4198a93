"""Questions about many devices at once, answered without opening any of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final, NamedTuple

from sqlalchemy import Connection, Select, func, select, true

from ringback.mac import Mac
from ringback.provisioning.layer import Scope
from ringback.store.changes import pieces
from ringback.store.tables import devices

_NEAR: Final = 20
"""MACs before and behind one that is not there, among which the most like it is looked for."""


class Kind(NamedTuple):
    """What devices of a kind have in common."""

    model: str
    site: str
    group: str


_KIND: Final = tuple(devices.c[name] for name in Kind._fields)
_OF: Final = {
    Scope.MODEL: devices.c.model,
    Scope.SITE: devices.c.site,
    Scope.GROUP: devices.c.group,
    Scope.DEVICE: devices.c.mac,
}


@dataclass(frozen=True, slots=True)
class Kinds:
    """The devices, looked at from afar, within one transaction."""

    connection: Connection

    def models(self) -> list[str]:
        """Every model there is, by name."""
        query = select(devices.c.model).distinct().order_by(devices.c.model)
        return list(self.connection.scalars(query))

    def examples(self) -> list[tuple[str, str]]:
        """Every model, the most frequent first, and the MAC of one that is of it."""
        query = select(devices.c.model, func.min(devices.c.mac)).group_by(devices.c.model)
        rows = self.connection.execute(query.order_by(func.count().desc(), devices.c.model))
        return [(model, mac) for model, mac in rows]

    def besides(self, mac: Mac, most: int) -> list[Kind]:
        """The kinds of other devices, at most so many."""
        query = select(*_KIND).distinct().where(devices.c.mac != str(mac)).limit(most)
        return [Kind(*row) for row in self.connection.execute(query)]

    def reached(self, scope: Scope, names: Iterable[str], most: int) -> list[str]:
        """MACs of devices that a layer of that scope is for: one of each kind first, then others.

        ``names`` are those of the site, group or device, or of the models that it is for.
        """
        where = _OF[scope].in_(list(names)) if scope in _OF else true()
        firsts = select(func.min(devices.c.mac)).where(where).group_by(*_KIND).limit(most)
        others = select(devices.c.mac).where(where).order_by(devices.c.mac).limit(most)
        found = dict.fromkeys(mac for each in (firsts, others) for mac in self._scalars(each))
        return list(found)[:most]

    def firsts(self, macs: Sequence[str], most: int) -> list[str]:
        """One of each kind among these, at most so many."""
        found: dict[Kind, str] = {}
        for piece in pieces(list(macs)):
            query = select(*_KIND, func.min(devices.c.mac)).where(devices.c.mac.in_(piece))
            for *kind, mac in self.connection.execute(query.group_by(*_KIND)):
                found.setdefault(Kind(*kind), mac)
        return sorted(found.values())[:most]

    def has(self, mac: Mac) -> bool:
        """Whether there is such a device."""
        there = select(devices.c.mac).where(devices.c.mac == str(mac))
        return self.connection.scalar(there) is not None

    def alike(self, mac: Mac) -> str:
        """The MAC most like one that is not there; "" when none is."""
        column, wanted = devices.c.mac, str(mac)
        before = select(column).where(column < wanted).order_by(column.desc()).limit(_NEAR)
        behind = select(column).where(column > wanted).order_by(column).limit(_NEAR)
        ending = select(column).where(column.like(f"%{wanted[6:]}")).limit(_NEAR)
        near = [each for query in (before, behind, ending) for each in self._scalars(query)]
        return next(iter(get_close_matches(wanted, near, n=1)), "")

    def pins(self, macs: Sequence[str]) -> list[int]:
        """The releases that any of these is pinned to, in order."""
        found: set[int] = set()
        for piece in pieces(list(macs)):
            mine = devices.c.mac.in_(piece) & devices.c.pinned.is_not(None)
            found.update(self.connection.scalars(select(devices.c.pinned).distinct().where(mine)))
        return sorted(found)

    def pinned(self) -> list[str]:
        """MACs of the devices that are pinned to any release."""
        return self._scalars(select(devices.c.mac).where(devices.c.pinned.is_not(None)))

    def _scalars(self, query: Select[tuple[str]]) -> list[str]:
        return list(self.connection.scalars(query))
