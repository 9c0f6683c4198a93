"""Revise: make the store's fleet what a source says, after a look at what that would change.

The plan is made and carried out in one transaction: all of it, or nothing. What only the store
knows of a device (its lock, its pin, the numbers of its keys) stays as it is; a source that is a
folder of files has no say in it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from sqlalchemy import Connection

from ringback.errors import RefusedError
from ringback.operations.dismiss import dismiss
from ringback.provisioning.device import Device
from ringback.provisioning.document import Document
from ringback.provisioning.fleet import Fleet
from ringback.provisioning.layer import Layer
from ringback.store.archive import Archive
from ringback.store.body import UNVERSIONED
from ringback.store.database import Store
from ringback.store.devices import Devices
from ringback.store.documents import Documents
from ringback.store.layers import Layers
from ringback.store.releases import Releases
from ringback.store.seal import Seal

Thing = Device | Layer | Document


class Verb(StrEnum):
    """What happens to a thing."""

    ADD = "add"
    CHANGE = "change"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class Revision:
    """One thing that a source has otherwise than the store; ``old`` or ``new`` may be missing."""

    verb: Verb
    kind: str
    name: str
    old: Thing | None = None
    new: Thing | None = None

    def __str__(self) -> str:
        return f"{self.verb} {self.kind} {self.name}"


def current(store: Store) -> Fleet:
    """The whole fleet as the store has it."""
    with store.fleet.reading() as connection:
        return fleet_of(connection, store.seal)


def fleet_of(connection: Connection, seal: Seal) -> Fleet:
    """The whole fleet, within a transaction."""
    layers = Layers(connection, seal)
    return Fleet.of(
        layers,
        Documents(connection, seal),
        Devices(connection, seal),
        layers.variables,
        ready=layers.ready,
    )


def plan(old: Fleet, wanted: Fleet) -> tuple[Revision, ...]:
    """What has to be done to the old fleet. Pure."""
    return (
        *_facts(old, wanted),
        *_compared("layer", {str(x): x for x in old.layers}, {str(x): x for x in wanted.layers}),
        *_compared(
            "document",
            {each.name: each for each in old.documents},
            {each.name: each for each in wanted.documents},
        ),
        *_compared("device", *_devices(old, wanted)),
    )


def _facts(old: Fleet, wanted: Fleet) -> Iterator[Revision]:
    if (dict(old.variables), old.ready) != (dict(wanted.variables), wanted.ready):
        yield Revision(Verb.CHANGE, "fleet", "variables")


def _devices(old: Fleet, wanted: Fleet) -> tuple[dict[str, Device], dict[str, Device]]:
    """Both sides by MAC; what only the store knows is carried over."""
    before = {str(each.mac): each for each in old.devices}
    after = {str(each.mac): _as_kept(each, before.get(str(each.mac))) for each in wanted.devices}
    return before, after


def _as_kept(device: Device, old: Device | None) -> Device:
    if old is None:
        return device
    return replace(device, **{name: getattr(old, name) for name in UNVERSIONED})


def _compared(kind: str, old: Mapping[str, Thing], new: Mapping[str, Thing]) -> Iterator[Revision]:
    for name in sorted({*old, *new}):
        before, after = old.get(name), new.get(name)
        if before == after:
            continue
        verb = Verb.CHANGE if before and after else Verb.ADD if after else Verb.REMOVE
        yield Revision(verb, kind, name, before, after)


def revise(
    store: Store, wanted: Fleet, expected: Iterable[Revision] | None = None, *, now: float
) -> int:
    """Make the store's fleet the wanted one; says how much changed.

    Args:
        store: the store.
        wanted: what the fleet is to be.
        expected: the plan a person has seen: it must still be the plan.
        now: when what devices that go had ends (POSIX seconds).

    Raises:
        RefusedError: the fleet was changed since; nothing was changed.
    """
    with store.fleet.writing() as connection:
        found = plan(fleet_of(connection, store.seal), wanted)
        if expected is not None and tuple(expected) != found:
            raise RefusedError(
                "nothing was applied: the fleet was changed meanwhile", remedy="look again"
            )
        _carry_out(connection, store.seal, found, wanted, now)
        return len(found)


def _carry_out(
    connection: Connection, seal: Seal, found: tuple[Revision, ...], wanted: Fleet, now: float
) -> None:
    layers, documents = Layers(connection, seal), Documents(connection, seal)
    gone = [each.name for each in found if each.kind == "device" and each.new is None]
    layers.set_facts(wanted.variables, wanted.ready)
    for each in found:
        match each.old, each.new:
            case Layer() as old, None:
                layers.remove(old.scope, old.name)
            case Document() as old, None:
                documents.remove(old.name)
            case _:
                continue
    layers.keep(each.new for each in found if isinstance(each.new, Layer))
    documents.keep(each.new for each in found if isinstance(each.new, Document))
    devices = [each.new for each in found if isinstance(each.new, Device)]
    _refuse_pins(connection, seal, (each.new for each in found if each.old is None))
    Devices(connection, seal).keep(devices)
    dismiss(connection, seal, gone, now)


def _refuse_pins(connection: Connection, seal: Seal, added: Iterable[object]) -> None:
    """Refuse new devices that are to stay on a release that did not know them.

    Raises:
        NotFoundError: there was no such release. RefusedError: it had no such device.
    """
    for device in added:
        if not isinstance(device, Device) or device.pinned is None:
            continue
        Releases(connection, seal).get(device.pinned)
        if Archive(connection, seal, device.pinned).device(str(device.mac)) is None:
            raise RefusedError(
                f"nothing was applied: release {device.pinned} has nothing for {device.mac}",
                remedy="leave its pin out of the folder, or name a release that knew it",
            )
