"""Hold devices on a release: their files are made from its sources, read as they were (``Past``).

Sources are kept for ever, so a release can be held to whose bytes were forgotten. Of today are the
secrets and the numbers of keys, which no release has.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Self

from sqlalchemy import Connection

from ringback.errors import NotFoundError
from ringback.provisioning.device import Device
from ringback.provisioning.facts import Function
from ringback.provisioning.fleet import Fleet
from ringback.provisioning.layer import Layer, Scope, Setting
from ringback.provisioning.pin import Pin
from ringback.provisioning.preparation import Preparation
from ringback.provisioning.prepared import Prepared
from ringback.store.changes import SECRET, Change, marked
from ringback.store.kinds import Kinds
from ringback.store.past import Past
from ringback.store.releases import Releases
from ringback.store.seal import Seal


@dataclass(frozen=True, slots=True)
class Held:
    """A release that devices are held on."""

    number: int
    differing: frozenset[Change]
    """The sources that may not be now what they were in it."""
    names: frozenset[str]
    """What devices set for themselves then."""

    @classmethod
    def of(cls, connection: Connection, seal: Seal, number: int) -> Self:
        """That release; one that never was is told when its devices are prepared."""
        releases = Releases(connection, seal)
        touched = releases.touched_between(number, releases.newest)
        written = {each for each in marked(connection) if each[0] != SECRET}
        differing = frozenset(touched | written)
        return cls(number, differing, Past(connection, seal, number, differing).own_names())


@dataclass(slots=True)
class Hold:
    """Prepares the devices held on one release, a piece at a time."""

    past: Past
    pin: Pin
    _taken: set[str] = field(default_factory=set)
    _devices: dict[str, Device] = field(default_factory=dict)

    @classmethod
    def of(
        cls, connection: Connection, seal: Seal, held: Held, now: Preparation, secret: Function
    ) -> Self:
        """From the sources of a release, beside what is prepared for the release to be.

        Raises:
            NotFoundError: there was no such release.
        """
        Releases(connection, seal).get(held.number)
        past = Past(connection, seal, held.number, held.differing)
        fleet = Fleet.of(
            [*past.common(), any_device(held.names)],
            past.documents(),
            (),
            past.variables,
            ready=past.ready,
        )
        then = Preparation(fleet, key=seal.draw("devices"), secret=secret)
        return cls(past, Pin(held.number, then, now))

    def files(self, device: Device, piece: Sequence[str]) -> tuple[Prepared, ...]:
        """The files of one of the devices of a piece that are held on this release.

        Raises:
            NotFoundError: the release had no such device, or no file of its own for it.
        """
        if str(device.mac) not in self._taken:
            self._take(piece)
        then = self._devices.get(str(device.mac))
        found = self.pin.of(then, device) if then else ()
        if not found:
            raise NotFoundError(
                f"release {self.pin.number} has nothing for {device.mac}",
                remedy="pin it to a release that knew it",
            )
        return found

    def _take(self, piece: Sequence[str]) -> None:
        self._taken = set(piece)
        self._devices = {str(each.mac): each for each in self.past.several(piece)}
        self.pin.then.cascade.take(self.past.own(list(self._devices)))


def held_of(connection: Connection, seal: Seal, macs: Sequence[str]) -> tuple[Held, ...]:
    """The releases that any of these devices is held on."""
    return tuple(Held.of(connection, seal, each) for each in Kinds(connection).pins(macs))


def any_device(names: Iterable[str]) -> Layer:
    """What devices set for themselves, as shared files must know it: by name alone."""
    return Layer(Scope.DEVICE, "", tuple(Setting(name, None) for name in sorted(names)))
