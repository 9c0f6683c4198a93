"""The shelf of the departed: what must be known of a device that was given away.

Its lock and the numbers of its keys, so that nothing it ever had opens anything when it comes
again, and the secrets that were its own, which a rollback brings back with it. It is remembered
as it last went, also when it is back: a release of before may be had again. So of secrets that
went with it at different times each is remembered as it last was.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
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
Own = Mapping[str, Mapping[str, str]]
"""Secrets that are devices' own, by MAC and by name."""
NOTHING: Final[Own] = MappingProxyType({})


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

    def keep(self, devices: Iterable[Device], secrets: Own = NOTHING) -> None:
        """Remember these as they are, and secrets beside those that went with them before."""
        going = {str(each.mac): each for each in devices}
        before = self._held([*going, *(mac for mac in secrets if mac not in going)])
        bodies = {
            mac: self._closed(mac, {**before.get(mac, {}), **secrets.get(mac, {})})
            for mac in {**before, **going}
        }
        for piece in pieces(list(going)):
            self.connection.execute(delete(departed).where(departed.c.mac.in_(piece)))
        rows = [
            {"mac": mac, "body": bodies[mac]}
            | {name: getattr(each, name) for name in Left.__slots__}
            for mac, each in going.items()
        ]
        if rows:
            self.connection.execute(insert(departed), rows)
        for mac in before.keys() - going.keys():  # away already, and something was left of it
            given = update(departed).where(departed.c.mac == mac).values(body=bodies[mac])
            self.connection.execute(given)

    def secrets(self, macs: Sequence[str]) -> dict[str, str]:
        """The secrets that were these devices' own, by name."""
        found: dict[str, str] = {}
        for held in self._held(macs).values():
            found |= held
        return found

    def _held(self, macs: Sequence[str]) -> dict[str, dict[str, str]]:
        """The same by MAC, of those of them that were given away."""
        found: dict[str, dict[str, str]] = {}
        for piece in pieces(list(macs)):
            query = select(departed.c.mac, departed.c.body).where(departed.c.mac.in_(piece))
            for mac, body in self.connection.execute(query):
                found[mac] = {} if body is None else json.loads(self.seal.open(body, place(mac)))
        return found

    def _closed(self, mac: str, held: Mapping[str, str]) -> bytes | None:
        return self.seal.close(json.dumps(dict(held)).encode(), place(mac)) if held else None


def place(mac: str) -> str:
    """Where the secrets of a device that is away belong."""
    return f"departed/{mac}"
