"""The shelf of the departed: what must be known of a device that was given away.

Its lock and the numbers of its keys, so that nothing it ever had opens anything when it comes
again, and the secrets that were its own, which a rollback brings back with it. It is remembered
as it last went, also when it is back: a release of before may be had again.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, delete, insert, select, update

from ringback.provisioning.device import Device
from ringback.store.changes import pieces
from ringback.store.seal import Seal
from ringback.store.tables import departed


@dataclass(frozen=True, slots=True)
class Left:
    """A device as it went."""

    locked: bool
    key: int
    next_key: int | None
    first_key: int

    @property
    def highest(self) -> int:
        """The number of the last key it ever had."""
        return max(self.key, self.next_key or 0)

    @property
    def columns(self) -> dict[str, Any]:
        """What a rollback brings back."""
        return {name: getattr(self, name) for name in self.__slots__}


_FIELDS: Final = tuple(departed.c[name] for name in Left.__slots__)


@dataclass(frozen=True, slots=True)
class Departed:
    """Those who are away, within one transaction."""

    connection: Connection
    seal: Seal

    def several(self, macs: Sequence[str]) -> dict[str, Left]:
        """Those of them that were given away, by MAC."""
        found: dict[str, Left] = {}
        for piece in pieces(list(macs)):
            query = select(departed.c.mac, *_FIELDS).where(departed.c.mac.in_(piece))
            found |= {mac: Left(*held) for mac, *held in self.connection.execute(query)}
        return found

    def keep(self, devices: Iterable[Device]) -> None:
        """Remember these as they are; what was remembered of them before is forgotten."""
        rows = [
            {"mac": str(each.mac), **{name: getattr(each, name) for name in Left.__slots__}}
            for each in devices
        ]
        for piece in pieces([row["mac"] for row in rows]):
            self.connection.execute(delete(departed).where(departed.c.mac.in_(piece)))
        if rows:
            self.connection.execute(insert(departed), rows)

    def keep_secrets(self, given: Mapping[str, Mapping[str, str]]) -> None:
        """Remember the secrets that were a device's own, by MAC and by name."""
        for mac, held in given.items():
            body = self.seal.close(json.dumps(dict(held)).encode(), place(mac))
            self.connection.execute(update(departed).where(departed.c.mac == mac).values(body=body))

    def secrets(self, macs: Sequence[str]) -> dict[str, str]:
        """The secrets that were these devices' own, by name."""
        found: dict[str, str] = {}
        for piece in pieces(list(macs)):
            query = select(departed.c.mac, departed.c.body).where(departed.c.mac.in_(piece))
            for mac, body in self.connection.execute(query):
                if body is not None:
                    found |= json.loads(self.seal.open(body, place(mac)))
        return found


def place(mac: str) -> str:
    """Where the secrets of a device that is away belong."""
    return f"departed/{mac}"
