"""The shelf of layers, the fleet's variables among them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from ringback.provisioning.fleet import READY
from ringback.provisioning.layer import Layer, Scope
from ringback.store import body, changes
from ringback.store.changes import FLEET, LAYER
from ringback.store.seal import Seal
from ringback.store.tables import layers, variables

Name = tuple[str, str]
"""A layer's scope and name."""
_READY = "ready"
_VARIABLES = "variables"


@dataclass(frozen=True, slots=True)
class Layers:
    """The layers, within one transaction."""

    connection: Connection
    seal: Seal

    def __iter__(self) -> Iterator[Layer]:
        """Every layer, the weakest first."""
        query = select(layers.c.scope, layers.c.name, layers.c.body)
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
        return sum(map(self._keep, given))

    def _keep(self, layer: Layer) -> bool:
        name = (str(layer.scope), layer.name)
        sealed = self.seal.close(body.dump(layer), place(name))
        if self._body(name) == sealed:
            return False
        self._delete(name)
        row = {"scope": name[0], "name": name[1], "body": sealed}
        self.connection.execute(insert(layers).values(row))
        changes.mark(self.connection, [(LAYER, "/".join(name))])
        return True

    def remove(self, scope: Scope, name: str) -> bool:
        """Take a layer away; False when there is none."""
        known = (str(scope), name)
        if self._body(known) is None:
            return False
        self._delete(known)
        changes.mark(self.connection, [(LAYER, "/".join(known))])
        return True

    @property
    def variables(self) -> dict[str, str]:
        """The fleet's variables."""
        return self._fact(_VARIABLES)

    @property
    def ready(self) -> int:
        """The number of the ready-made layers that lie below."""
        return int(self._fact(_READY).get("number", READY))

    def set_facts(self, given: Mapping[str, str], ready: int) -> int:
        """Write the fleet's variables and the number of its ready-made layers."""
        facts = {_VARIABLES: dict(given), _READY: {"number": str(ready)}}
        if dict(given) == self.variables and ready == self.ready:
            return 0
        for name, held in facts.items():
            self.set_fact(name, held)
        return 1

    def set_fact(self, name: str, held: Mapping[str, str]) -> None:
        """Write one of them: ``variables`` or ``ready``."""
        self.connection.execute(delete(variables).where(variables.c.name == name))
        if held:
            sealed = self.seal.close(body.dump(held), _place_of_fact(name))
            self.connection.execute(insert(variables).values(name=name, body=sealed))
        changes.mark(self.connection, [(FLEET, name)])

    def _fact(self, name: str) -> dict[str, str]:
        query = select(variables.c.body).where(variables.c.name == name)
        sealed = self.connection.scalar(query)
        return body.variables(self.seal.open(sealed, _place_of_fact(name))) if sealed else {}

    def _body(self, name: Name) -> bytes | None:
        where = (layers.c.scope == name[0], layers.c.name == name[1])
        return self.connection.scalar(select(layers.c.body).where(*where))

    def _delete(self, name: Name) -> None:
        where = (layers.c.scope == name[0], layers.c.name == name[1])
        self.connection.execute(delete(layers).where(*where))


def place(name: Name) -> str:
    """Where a layer's body belongs."""
    return "/".join(("layer", *name))


def _place_of_fact(name: str) -> str:
    return f"fleet/{name}"
