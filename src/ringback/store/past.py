"""The past: what files were made from in a release, offered as the shelves offer what it is now.

So that a release can be prepared again before anything is written. What has not changed since is
read from its shelf, most of it from columns; what has (``differing``) comes out of the history, and
nothing else of a hundred thousand bodies is opened. Locks, pins and the numbers of keys are
today's, or those with which a device went that is away: no release brings them back.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, select

from ringback.errors import NotFoundError
from ringback.provisioning.device import Device
from ringback.provisioning.document import Document
from ringback.provisioning.layer import Layer, Scope
from ringback.store import body
from ringback.store.changes import DEVICE, DOCUMENT, FLEET, LAYER, Change, pieces
from ringback.store.departed import Departed
from ringback.store.devices import Devices, Place, one_of_each
from ringback.store.documents import Documents
from ringback.store.layers import READY_NUMBER, VARIABLES, Layers, number_in
from ringback.store.releases import Releases
from ringback.store.seal import Seal
from ringback.store.secrets import Secrets, owner
from ringback.store.tables import devices

_OWN = f"{Scope.DEVICE}/"


@dataclass(frozen=True, slots=True)
class Past:
    """What release ``number`` was made from, within one transaction."""

    connection: Connection
    seal: Seal
    number: int
    differing: frozenset[Change]
    """Whatever was otherwise then, or not there, or is not there now; more does no harm."""

    def names(self, kind: str) -> list[str]:
        """Names of the things of one kind that differ, in order."""
        return sorted(name for each, name in self.differing if each == kind)

    def bodies(self, kind: str, names: Iterable[str]) -> dict[str, bytes]:
        """Those that were there then, by name, whether they differ or not."""
        return dict(Releases(self.connection, self.seal).sources(self.number, kind, sorted(names)))

    # -- as ``Devices``

    def several(self, macs: Sequence[str]) -> Iterator[Device]:
        """Those of the devices that were there, by MAC."""
        now, then = self._apart(DEVICE, macs)
        found = chain(Devices(self.connection, self.seal).several(now), self._devices(then))
        return iter(sorted(found, key=attrgetter("mac")))

    def representatives(self, macs: Sequence[str] | None = None) -> list[str]:
        """One of every model, site and group, of all devices that there were, or of these."""
        return one_of_each(self._places(macs))

    def _places(self, macs: Sequence[str] | None) -> Iterator[Place]:
        for place in Devices(self.connection, self.seal).places(macs):
            if (DEVICE, place.mac) not in self.differing:
                yield place
        for each in self._devices(self.names(DEVICE) if macs is None else macs):
            yield Place(each.model, each.site, each.group, str(each.mac))

    def _devices(self, macs: Sequence[str]) -> Iterator[Device]:
        """These, out of the history."""
        for piece in pieces(list(macs)):
            now = self._columns(piece)
            for mac, data in self.bodies(DEVICE, piece).items():
                yield body.device(data, **now.get(mac, {}))

    def _columns(self, macs: Sequence[str]) -> dict[str, dict[str, Any]]:
        """What no release brings back: as it is, or as it was when a device was taken away."""
        columns = [devices.c[name] for name in body.UNVERSIONED]
        query = select(devices.c.mac, *columns).where(devices.c.mac.in_(macs))
        left = Departed(self.connection, self.seal).several(macs)
        return {mac: each.columns for mac, each in left.items()} | {
            mac: dict(zip(body.UNVERSIONED, held, strict=True))
            for mac, *held in self.connection.execute(query)
        }

    # -- as ``Secrets``

    def value(self, name: str) -> str:
        """A secret of now, or one that went with its device.

        Raises:
            NotFoundError: there is no secret of that name.
        """
        try:
            return Secrets(self.connection, self.seal).value(name)
        except NotFoundError:
            found = Departed(self.connection, self.seal).secrets([owner(name)])
            if name not in found:
                raise
            return found[name]

    # -- as ``Layers``

    def common(self) -> Iterator[Layer]:
        """Every layer that was not one device's own."""
        for layer in Layers(self.connection, self.seal).common():
            if (LAYER, str(layer)) not in self.differing:
                yield layer
        yield from self._layers(each for each in self.names(LAYER) if not each.startswith(_OWN))

    def own(self, macs: Sequence[str]) -> Iterator[Layer]:
        """The layers that these devices had."""
        now, then = self._apart(LAYER, [f"{_OWN}{mac}" for mac in macs])
        yield from Layers(self.connection, self.seal).own([each.removeprefix(_OWN) for each in now])
        yield from self._layers(then)

    def own_names(self) -> frozenset[str]:
        """Names of all settings that any device's own layer set."""
        changed = [each for each in self.names(LAYER) if each.startswith(_OWN)]
        macs = [each.removeprefix(_OWN) for each in changed]
        now = Layers(self.connection, self.seal).own_names(without=macs)
        return now.union(each.name for layer in self._layers(changed) for each in layer.settings)

    def _layers(self, names: Iterable[str]) -> Iterator[Layer]:
        """These, out of the history."""
        for piece in pieces(list(names)):
            yield from map(body.layer, self.bodies(LAYER, piece).values())

    @property
    def variables(self) -> dict[str, str]:
        """The fleet's variables."""
        return self.fact(VARIABLES)

    @property
    def ready(self) -> int:
        """The number of the ready-made layers that lay below."""
        return number_in(self.fact(READY_NUMBER), self.connection)

    def fact(self, name: str) -> dict[str, str]:
        """What is known of the fleet itself, by name; empty when it was not written."""
        if (FLEET, name) not in self.differing:
            return Layers(self.connection, self.seal).fact(name)
        then = self.bodies(FLEET, [name])
        return body.variables(then[name]) if then else {}

    # -- as ``Documents``

    def documents(self) -> Iterator[Document]:
        """Every document that was written."""
        for document in Documents(self.connection, self.seal):
            if (DOCUMENT, document.name) not in self.differing:
                yield document
        yield from map(body.document, self.bodies(DOCUMENT, self.names(DOCUMENT)).values())

    def _apart(self, kind: str, names: Iterable[str]) -> tuple[list[str], list[str]]:
        """Those that are today what they were, and those that differ."""
        apart: tuple[list[str], list[str]] = ([], [])
        for name in names:
            apart[(kind, name) in self.differing].append(name)
        return apart
