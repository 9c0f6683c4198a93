"""The shelf of devices: kept, found by any field or fragment, locked and pinned.

A device is one row with its body; its lines are rows as well, but only to be found by. Writing a
device that is there already as it stands changes nothing and marks nothing.

One that was taken away and is written again begins anew: above all the keys it ever had, and
locked if it was (``departed``).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, delete, insert, select, true, update

from ringback.mac import Mac
from ringback.provisioning.device import Device
from ringback.store import body, changes
from ringback.store.changes import DEVICE, PIECE, pieces
from ringback.store.departed import NOTHING, Departed, Own
from ringback.store.seal import Seal
from ringback.store.tables import devices, lines

_COLUMNS: Final = (
    devices.c.mac,
    devices.c.locked,
    devices.c.pinned,
    devices.c.key,
    devices.c.next_key,
    devices.c.first_key,
    devices.c.body,
)


class Place(NamedTuple):
    """Where a device stands: whoever has the same three is given the same shared files."""

    model: str
    site: str
    group: str
    mac: str


@dataclass(frozen=True, slots=True)
class Devices:
    """The devices, within one transaction."""

    connection: Connection
    seal: Seal

    def get(self, mac: Mac) -> Device | None:
        """The device with that MAC."""
        return next(iter(self.several([str(mac)])), None)

    def several(self, macs: Sequence[str]) -> Iterator[Device]:
        """Those of the devices that are there, in order."""
        for piece in pieces(list(macs)):
            query = select(*_COLUMNS).where(devices.c.mac.in_(piece)).order_by(devices.c.mac)
            yield from map(self._device, self.connection.execute(query))

    def __iter__(self) -> Iterator[Device]:
        """Every device, by MAC."""
        query = select(*_COLUMNS).order_by(devices.c.mac)
        for row in self.connection.execute(query).yield_per(PIECE):
            yield self._device(row)

    def macs(self) -> list[str]:
        """Every MAC, in order."""
        return list(self.connection.scalars(select(devices.c.mac).order_by(devices.c.mac)))

    def keep(self, given: Iterable[Device], *, back: bool = False) -> int:
        """Write devices, new or changed; says how many were.

        ``back``: those that were taken away come back as they are given, with the keys they had.
        """
        count = 0
        for piece in _groups(given):
            old = {each.mac: each for each in self.several([str(each.mac) for each in piece])}
            piece = self._come_again(piece, old, back=back)  # noqa: PLW2901
            fresh = [each for each in piece if each != old.get(each.mac)]
            self._replace(fresh)
            count += len(fresh)
            changed = (each for each in fresh if _matters(old.get(each.mac), each))
            changes.mark(self.connection, ((DEVICE, str(each.mac)) for each in changed))
        return count

    def _come_again(
        self, given: list[Device], old: Mapping[Mac, Device], *, back: bool
    ) -> list[Device]:
        """Those that come again as they begin anew."""
        away = [] if back else [str(each.mac) for each in given if each.mac not in old]
        left = Departed(self.connection, self.seal).several(away)
        if not left:
            return given
        return [
            each.come_again(found.highest, locked=found.locked) if found else each
            for each in given
            for found in [left.get(str(each.mac))]
        ]

    def remove(self, macs: Sequence[str], secrets: Own = NOTHING) -> int:
        """Take devices away, and remember keys, locks and own secrets; says how many were there."""
        there = list(self.several(macs))
        gone = [str(each.mac) for each in there]
        Departed(self.connection, self.seal).keep(there, secrets)
        self._delete(gone)
        changes.mark(self.connection, ((DEVICE, mac) for mac in gone))
        return len(gone)

    def lock(self, mac: Mac, *, locked: bool) -> None:
        """Give this device nothing any more, or again: at once, without a release."""
        column = update(devices).where(devices.c.mac == str(mac)).values(locked=locked)
        self.connection.execute(column)

    def representatives(self, macs: Sequence[str] | None = None) -> list[str]:
        """One of every model, site and group: whom shared files are prepared for.

        Of all devices, or of these.
        """
        return one_of_each(self.places(macs))

    def places(self, macs: Sequence[str] | None = None) -> Iterator[Place]:
        """Where all devices stand, or these, without opening any."""
        query = select(*(devices.c[name] for name in Place._fields))
        for piece in [None] if macs is None else pieces(list(macs)):
            chosen = true() if piece is None else devices.c.mac.in_(piece)
            for row in self.connection.execute(query.where(chosen)).yield_per(PIECE):
                yield Place(*row)

    def _replace(self, fresh: Sequence[Device]) -> None:
        if not fresh:
            return
        self._delete([str(each.mac) for each in fresh])
        self.connection.execute(insert(devices), [self._row(each) for each in fresh])
        rows = [
            {
                "mac": str(each.mac),
                "number": line.number,
                "user": line.user,
                "display_name": line.display_name,
                "proxy": line.proxy,
            }
            for each in fresh
            for line in each.lines
        ]
        if rows:
            self.connection.execute(insert(lines), rows)

    def _delete(self, macs: Sequence[str]) -> None:
        for piece in pieces(list(macs)):
            self.connection.execute(delete(lines).where(lines.c.mac.in_(piece)))
            self.connection.execute(delete(devices).where(devices.c.mac.in_(piece)))

    def _device(self, row: Any) -> Device:
        columns = {name: getattr(row, name) for name in body.UNVERSIONED}
        return body.device(self.seal.open(row.body, place(row.mac)), **columns)

    def _row(self, device: Device) -> dict[str, Any]:
        mac = str(device.mac)
        return {
            "mac": mac,
            "model": device.model,
            "serial": device.serial,
            "site": device.site,
            "group": device.group,
            "tags": f" {' '.join(sorted(device.tags))} ",
            "words": _words(device),
            "body": self.seal.close(body.dump(device), place(mac)),
            **{name: getattr(device, name) for name in body.UNVERSIONED},
        }


def one_of_each(found: Iterable[Place]) -> list[str]:
    """The first MAC of every model, site and group, in order."""
    first: dict[tuple[str, str, str], str] = {}
    for model, site, group, mac in found:
        first[model, site, group] = min(mac, first.get((model, site, group), mac))
    return sorted(first.values())


def place(mac: str) -> str:
    """Where a device's body belongs."""
    return f"device/{mac}"


def _words(device: Device) -> str:
    """Everything a person might look for, in lower case; no password, no variable."""
    said = [str(device.mac), device.mac.colons, device.model, device.serial, device.site]
    said += [device.group, *sorted(device.tags)]
    for line in device.lines:
        said += [line.user, line.display_name, line.auth_id]
    return "\n".join(each for each in said if each).lower()


def _matters(old: Device | None, new: Device) -> bool:
    """Whether files may change: a lock alone changes none."""
    return old is None or replace(old, locked=new.locked) != new


def _groups(given: Iterable[Device]) -> Iterator[list[Device]]:
    group: list[Device] = []
    for each in given:
        group.append(each)
        if len(group) == PIECE:
            yield group
            group = []
    if group:
        yield group
