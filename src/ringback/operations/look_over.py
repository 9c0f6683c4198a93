"""Look a change over: what of it would keep the next publish from being made, told before it is.

A device or a layer is looked at as it was and as it is to be, and what is said of it afterwards and
was not said before is what the change does. So an older fault is nobody's again, and a fault that
the change makes elsewhere (a variable that another layer needs, a name that another layer sets) is
found. A layer is judged by the devices it reaches, as many as ``MOST``, each kind of them first;
one that reaches nobody yet by every model that it could be for.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import Connection

from ringback.cisco.markup import Severity
from ringback.cisco.model import Model, find_model
from ringback.errors import NotFoundError, RingbackError
from ringback.mac import Mac
from ringback.operations.apply import Secrets as Noting
from ringback.operations.hold import Held, Hold
from ringback.provisioning.cascade import refuse_variables
from ringback.provisioning.complaint import Complaint, complaints_of, general
from ringback.provisioning.device import Device
from ringback.provisioning.fleet import Fleet
from ringback.provisioning.gathering import gathered, key
from ringback.provisioning.layer import Layer, Scope
from ringback.provisioning.preparation import Preparation
from ringback.provisioning.vacancy import fits, of_nobody
from ringback.store.changes import DEVICE, marked
from ringback.store.devices import Devices
from ringback.store.documents import Documents
from ringback.store.kinds import Kind, Kinds
from ringback.store.layers import Layers
from ringback.store.seal import Seal
from ringback.store.secrets import Secrets

MOST: Final = 1000
"""Devices that a change of a layer is tried on; publishing looks at all."""
FEW: Final = 50
"""Devices, each of another kind, that are tried of what was written by the thousand."""
_LOOKED_AT: Final = 20_000
"""Devices among which those are looked for."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What a change does to the next publish."""

    complaints: tuple[Complaint, ...] = ()
    """Each once, with everybody it concerns."""
    missing: tuple[str, ...] = ()
    """Secrets that it refers to and that are not set yet."""
    tried: int = 0
    """On how many devices, where there are more that it reaches; 0 for on all."""

    @property
    def fatal(self) -> tuple[Complaint, ...]:
        """What forbids publishing."""
        return tuple(each for each in self.complaints if each.fatal)


def look_over(
    connection: Connection, seal: Seal, device: Device, old: Device | None = None
) -> Sight:
    """What a change of one device does; ``old`` is the device before it.

    Faults that other devices have too without it are not told. What any device would lack, such
    as the variable ``server``, is told and forbids nothing: it is not this one's.
    """
    shelf = Layers(connection, seal)
    looking = _Looking(connection, seal, [*shelf.common(), *shelf.own([str(device.mac)])])
    found = looking.at(device)
    before = looking.fresh()
    known = {key(each) for each in (before.at(old) if old else ())}
    missing = looking.missing - before.missing
    if found:
        known |= {
            key(each) for each in looking.grounds(Kinds(connection).besides(device.mac, MOST))
        }
        blank = Device(device.mac, device.model, "0", "-", "-")
        lacking = {key(each) for each in looking.at(blank) if not each.layer}
        found = [_eased(each) if key(each) in lacking else each for each in found]
    new = gathered(each for each in found if key(each) not in known)
    return Sight(new, tuple(sorted(missing)))


def look_over_layer(
    connection: Connection,
    seal: Seal,
    new: Layer | None,
    old: Layer | None,
    *,
    most: int = MOST,
) -> Sight:
    """What it does that a layer is ``new`` and no longer ``old``; None for not there.

    It is tried on ``most`` devices.
    """
    layer = new or old
    if layer is None:
        return Sight()
    macs = _reached(connection, layer, most + 1)
    tried = most if len(macs) > most else 0
    macs = macs[:most]
    shelf, devices = Layers(connection, seal), list(Devices(connection, seal).several(macs))
    others = [
        each
        for each in (*shelf.common(), *shelf.own(macs))
        if (each.scope, each.name) != (layer.scope, layer.name)
    ]
    after = _Looking(connection, seal, [*others, *([new] if new else [])])
    before = _Looking(connection, seal, [*others, *([old] if old else [])])
    told: list[Complaint] = []
    for device in devices:
        found = after.at(device)
        known = {key(each) for each in before.at(device)}
        told += [each for each in found if key(each) not in known]
    if not devices and new is not None:
        models = _models(connection)
        known = {key(each) for each in before.layer(layer, models)}
        told += [each for each in after.layer(layer, models) if key(each) not in known]
    missing = tuple(sorted(after.missing - before.missing))
    return Sight(gathered(told), missing, tried)


def look_over_written(connection: Connection, seal: Seal, *, most: int = FEW) -> Sight:
    """What keeps the devices that were written since the last release from being published.

    One of each kind is tried, at most so many. What all devices lack yet, such as the variable
    ``server``, is not theirs and is not told.
    """
    written = [name for kind, name in marked(connection) if kind == DEVICE]
    macs = Kinds(connection).firsts(written[:_LOOKED_AT], most)
    shelf = Layers(connection, seal)
    looking = _Looking(connection, seal, [*shelf.common(), *shelf.own(macs)])
    devices = Devices(connection, seal).several(macs)
    told = [each for device in devices for each in looking.at(device) if each.layer]
    return Sight(gathered(told), tuple(sorted(looking.missing)), len(macs))


class _Looking:
    """One state of the layers, and what is said of devices on them."""

    def __init__(self, connection: Connection, seal: Seal, layers: Sequence[Layer]) -> None:
        self._from = (connection, seal, layers)
        shelf = Layers(connection, seal)
        self._secrets = Noting(Secrets(connection, seal).value)
        self._preparation: Preparation | None = None
        self._broken: list[Complaint] = []
        self._holds: dict[int, Hold] = {}
        fleet = Fleet.of(
            layers, Documents(connection, seal), (), shelf.variables, ready=shelf.ready
        )
        try:
            self._preparation = Preparation(fleet, key=seal.draw("devices"), secret=self._secrets)
        except RingbackError as error:
            self._broken = [general(error)]

    def fresh(self) -> "_Looking":
        """The same with no secret missed yet."""
        return _Looking(*self._from)

    @property
    def missing(self) -> set[str]:
        """Secrets that were asked for and are not set."""
        return self._secrets.missing

    def at(self, device: Device) -> list[Complaint]:
        """What is said of a device; of one that stays on a release, whether it can."""
        if self._preparation is None:
            return self._broken
        try:
            if device.pinned is not None:
                self._hold(device.pinned, self._preparation).files(device, [str(device.mac)])
                return []
            refuse_variables([(f"device {device.mac}", device.variables)])
            return list(self._preparation.effective(device).complaints)
        except RingbackError as error:
            return list(complaints_of(error, str(device.mac)))

    def _hold(self, number: int, now: Preparation) -> Hold:
        """Who prepares the devices that stay on a release."""
        if number not in self._holds:
            connection, seal, _ = self._from
            held = Held.of(connection, seal, number)
            self._holds[number] = Hold.of(connection, seal, held, now, self._secrets)
        return self._holds[number]

    def grounds(self, kinds: Iterable[Kind]) -> Iterator[Complaint]:
        """What is said of the layers of these models, sites and groups."""
        for model, site, group in kinds if self._preparation else ():
            assert self._preparation is not None
            yield from self._preparation.cascade.ground(find_model(model), site, group).complaints

    def layer(self, layer: Layer, models: Iterable[Model]) -> list[Complaint]:
        """What is said of a layer that reaches nobody."""
        if self._preparation is None:
            return self._broken
        return list(of_nobody(self._preparation.cascade, layer, models))


def _eased(complaint: Complaint) -> Complaint:
    return replace(complaint, severity=Severity.WARNING, devices=())


def _reached(connection: Connection, layer: Layer, most: int) -> list[str]:
    """Devices that have this layer: one of each kind first, then others."""
    names = [layer.name]
    if layer.scope is Scope.MODEL:
        names = [each.name for each in _models(connection) if fits(layer, each)]
    return Kinds(connection).reached(layer.scope, names, most)


def _models(connection: Connection) -> list[Model]:
    """The models of the fleet, but for those that this program does not know."""
    found = []
    for name in Kinds(connection).models():
        with suppress(NotFoundError):
            found.append(find_model(name))
    return found


def known_device(connection: Connection, mac: Mac) -> None:
    """Refuse a layer of a device that is not there.

    Raises:
        NotFoundError: with the device whose MAC is the most like it.
    """
    kinds = Kinds(connection)
    if kinds.has(mac):
        return
    nearest = kinds.alike(mac)
    remedy = f"did you mean {nearest}?" if nearest else "ringback device add takes one in"
    raise NotFoundError(f"there is no device {mac}", nearest=nearest, remedy=remedy)
