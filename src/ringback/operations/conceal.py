"""Conceal: passwords that an older program kept in clear, or a folder brought, become secrets.

Nothing that phones are given changes: they are told the same passwords. What refers to a secret may
be written to a repository, and what was concealed once stays so.
"""

from collections.abc import Iterator

from sqlalchemy import Connection

from ringback.provisioning import concealment
from ringback.provisioning.concealment import Concealed
from ringback.provisioning.device import Device
from ringback.provisioning.layer import Layer
from ringback.store.changes import PIECE
from ringback.store.database import Store
from ringback.store.devices import Devices
from ringback.store.layers import Layers
from ringback.store.seal import Seal
from ringback.store.secrets import Secrets


def conceal(store: Store, now: float) -> tuple[str, ...]:
    """Make secrets of all passwords in clear; says what they are called now."""
    with store.fleet.reading() as connection:
        if next(_clear(connection, store.seal), None) is None:
            return ()
    with store.fleet.writing() as connection:
        found = list(_clear(connection, store.seal))
        secrets = {name: value for each in found for name, value in each.secrets.items()}
        Secrets(connection, store.seal).keep(secrets, now)
        things = [each.thing for each in found]
        Devices(connection, store.seal).keep(each for each in things if isinstance(each, Device))
        layers = [each for each in things if isinstance(each, Layer)]
        for at in range(0, len(layers), PIECE):
            Layers(connection, store.seal).keep(layers[at : at + PIECE])
        return tuple(sorted(secrets))


def _clear(connection: Connection, seal: Seal) -> Iterator[Concealed[Device] | Concealed[Layer]]:
    """Whatever holds a password in clear, without it."""
    secrets, chosen = Secrets(connection, seal), dict[str, str]()

    def holds(name: str) -> str | None:
        return chosen.get(name) or secrets.get(name)

    for layer in Layers(connection, seal):
        if (concealed := concealment.of_layer(layer, holds)).secrets:
            chosen.update(concealed.secrets)
            yield concealed
    for device in Devices(connection, seal):
        if (found := concealment.of_device(device, holds)).secrets:
            chosen.update(found.secrets)
            yield found
