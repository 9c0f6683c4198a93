"""The shelf of layers, the fleet's variables among them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, select, true

from ringback.provisioning.layer import Layer, Scope
from ringback.store import body, changes
from ringback.store.changes import FLEET, LAYER, pieces
from ringback.store.seal import Seal
from ringback.store.tables import READY_AT_FIRST, layers, variables

Name = tuple[str, str]
"""A layer's scope and name."""
VARIABLES: Final = "variables"
READY_NUMBER: Final = "ready"
"""The facts of a fleet."""
_BEFORE: Final = 1
"""That of stores which were made before any noted it."""
_FEW: Final = 32


@dataclass(frozen=True, slots=True)
class Layers:
    """The layers, within one transaction."""

    connection: Connection
    seal: Seal

    def __iter__(self) -> Iterator[Layer]:
        """Every layer, the weakest first."""
        return self._found(true())

    def common(self) -> Iterator[Layer]:
        """Every layer that is not one device's own, the weakest first."""
        # Named one by one, so that an index leads past a hundred thousand of the others.
        scopes = [str(each) for each in Scope if each is not Scope.DEVICE]
        return self._found(layers.c.scope.in_(scopes))

    def own(self, macs: Sequence[str]) -> Iterator[Layer]:
        """The layers of these devices."""
        for piece in pieces(list(macs)):
            yield from self._found(
                and_(layers.c.scope == str(Scope.DEVICE), layers.c.name.in_(piece))
            )

    def own_names(self, without: Sequence[str] = ()) -> frozenset[str]:
        """Names of all settings that any device's own layer sets, but for some devices'."""
        found = set(self._own_sets()) - self._only_of(without)
        return frozenset(name for names in found for name in names.splitlines())

    def _only_of(self, macs: Sequence[str]) -> set[str]:
        """The sets of names that nobody but these has."""
        own, held = layers.c.scope == str(Scope.DEVICE), Counter[str]()
        for piece in pieces(list(macs)):
            query = select(layers.c.names).where(own, layers.c.name.in_(piece))
            held.update(self.connection.scalars(query))
        count = select(func.count()).select_from(layers)
        return {
            names
            for names, times in held.items()
            if self.connection.scalar(count.where(own, layers.c.names == names)) == times
        }

    def _own_sets(self) -> Iterator[str]:
        """The different sets of names among devices' own layers.

        Most devices set the same few: each look-up steps over all that are alike, which a plain
        DISTINCT would read one by one. Beyond ``_FEW`` of them the rest is read so.
        """
        column, last = layers.c.names, ""
        own = layers.c.scope == str(Scope.DEVICE)
        for _ in range(_FEW):
            after = select(func.min(column)).where(own, column > last)
            found = self.connection.scalar(after)
            if found is None:
                return
            last = found
            yield found
        yield from self.connection.scalars(select(column).where(own, column > last).distinct())

    def _found(self, where: ColumnElement[bool]) -> Iterator[Layer]:
        query = select(layers.c.scope, layers.c.name, layers.c.body).where(where)
        found = [
            body.layer(self.seal.open(row.body, place((row.scope, row.name))))
            for row in self.connection.execute(query)
        ]
        return iter(sorted(found, key=lambda each: (each.scope, each.name)))

    def get(self, scope: Scope, name: str) -> Layer | None:
        """One layer."""
        sealed = self._body((str(scope), name))
        if sealed is None:
            return None
        return body.layer(self.seal.open(sealed, place((str(scope), name))))

    def keep(self, given: Iterable[Layer]) -> int:
        """Write layers, new or changed; says how many were."""
        rows = [self._row(each) for each in given]
        scopes = {row["scope"] for row in rows}
        return sum(
            self._keep(scope, {row["name"]: row for row in rows if row["scope"] == scope})
            for scope in sorted(scopes)
        )

    def _keep(self, scope: str, rows: Mapping[str, dict[str, Any]]) -> int:
        count = 0
        for piece in pieces(list(rows)):
            there = and_(layers.c.scope == scope, layers.c.name.in_(piece))
            query = select(layers.c.name, layers.c.body).where(there)
            old = {row.name: row.body for row in self.connection.execute(query)}
            fresh = [name for name in piece if rows[name]["body"] != old.get(name)]
            if fresh:
                gone = and_(layers.c.scope == scope, layers.c.name.in_(fresh))
                self.connection.execute(delete(layers).where(gone))
                self.connection.execute(insert(layers), [rows[name] for name in fresh])
                changes.mark(self.connection, [(LAYER, f"{scope}/{name}") for name in fresh])
            count += len(fresh)
        return count

    def _row(self, layer: Layer) -> dict[str, Any]:
        name = (str(layer.scope), layer.name)
        return {
            "scope": name[0],
            "name": name[1],
            "names": "\n".join(sorted(each.name for each in layer.settings)),
            "body": self.seal.close(body.dump(layer), place(name)),
        }

    def remove(self, scope: Scope, name: str) -> bool:
        """Take a layer away; False when there is none."""
        known = (str(scope), name)
        if self._body(known) is None:
            return False
        self._delete(known)
        changes.mark(self.connection, [(LAYER, "/".join(known))])
        return True

    def remove_own(self, macs: Sequence[str]) -> int:
        """Take the own layers of devices away; says how many there were."""
        count, scope = 0, str(Scope.DEVICE)
        for piece in pieces(list(macs)):
            mine = and_(layers.c.scope == scope, layers.c.name.in_(piece))
            gone = list(self.connection.scalars(select(layers.c.name).where(mine)))
            self.connection.execute(delete(layers).where(mine))
            changes.mark(self.connection, ((LAYER, f"{scope}/{name}") for name in gone))
            count += len(gone)
        return count

    @property
    def variables(self) -> dict[str, str]:
        """The fleet's variables."""
        return self.fact(VARIABLES)

    @property
    def ready(self) -> int:
        """The number of the ready-made layers that lie below."""
        return number_in(self.fact(READY_NUMBER), self.connection)

    def set_facts(self, given: Mapping[str, str], ready: int) -> int:
        """Write the fleet's variables and the number of its ready-made layers."""
        facts = {VARIABLES: dict(given), READY_NUMBER: {"number": str(ready)}}
        if dict(given) == self.variables and ready == self.ready:
            return 0
        for name, held in facts.items():
            self.set_fact(name, held)
        return 1

    def set_fact(self, name: str, held: Mapping[str, str]) -> None:
        """Write one of them."""
        self.connection.execute(delete(variables).where(variables.c.name == name))
        if held:
            sealed = self.seal.close(body.dump(held), _place_of_fact(name))
            self.connection.execute(insert(variables).values(name=name, body=sealed))
        changes.mark(self.connection, [(FLEET, name)])

    def fact(self, name: str) -> dict[str, str]:
        """One of them; empty when it was not written."""
        query = select(variables.c.body).where(variables.c.name == name)
        sealed = self.connection.scalar(query)
        return body.variables(self.seal.open(sealed, _place_of_fact(name))) if sealed else {}

    def _body(self, name: Name) -> bytes | None:
        where = (layers.c.scope == name[0], layers.c.name == name[1])
        return self.connection.scalar(select(layers.c.body).where(*where))

    def _delete(self, name: Name) -> None:
        where = (layers.c.scope == name[0], layers.c.name == name[1])
        self.connection.execute(delete(layers).where(*where))


def number_in(held: Mapping[str, str], connection: Connection) -> int:
    """The number of the ready-made layers; where none was written, that of the store's first day.

    Not the newest: a newer program would prepare other bytes.
    """
    return int(held.get("number") or changes.fact(connection, READY_AT_FIRST) or _BEFORE)


def place(name: Name) -> str:
    """Where a layer's body belongs."""
    return "/".join(("layer", *name))


def _place_of_fact(name: str) -> str:
    return f"fleet/{name}"
