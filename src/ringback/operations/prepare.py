"""Prepare the files of some devices, and find what of them differs from what is served.

Runs in every worker of a crew: each opens the store for itself and reads one state of it. What
comes back is small: rows that end and begin, and sealed bytes for those alone that begin. For a
rollback it reads the sources as they were (``Past``), for nothing is written before the switch.
"""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import Final, NamedTuple

from sqlalchemy import Connection

from ringback.errors import RefusedError, RingbackError
from ringback.operations.hold import Held, Hold, any_device
from ringback.provisioning.complaint import Complaint, complaints_of
from ringback.provisioning.device import Device
from ringback.provisioning.document import Document
from ringback.provisioning.facts import Function
from ringback.provisioning.fleet import Fleet
from ringback.provisioning.gathering import gathered
from ringback.provisioning.preparation import Preparation
from ringback.provisioning.prepared import Prepared
from ringback.store.changes import Change
from ringback.store.database import Store
from ringback.store.devices import Devices
from ringback.store.documents import Documents
from ringback.store.entry import Entry, Kept, Step, entry, step
from ringback.store.layers import Layers
from ringback.store.past import Past
from ringback.store.releases import PLACE, Releases
from ringback.store.seal import Seal
from ringback.store.secrets import Secrets

SHARED: Final = ""
"""Stands among MACs for the files that phones share."""


class Made(NamedTuple):
    """What became of some devices."""

    macs: tuple[str, ...]
    step: Step
    bodies: tuple[tuple[bytes, bytes], ...] = ()
    """Hash and sealed bytes of the files that begin."""
    uses: tuple[tuple[str, str], ...] = ()
    """Secret and MAC: whose files hold which."""
    faults: tuple[Complaint, ...] = ()
    """What is wrong with devices that could not be prepared, each once."""
    warnings: tuple[Complaint, ...] = ()
    """What is to be said of those that were."""


class Shelves(NamedTuple):
    """Where sources are read, as they are or as they were."""

    devices: Devices | Past
    layers: Layers | Past
    documents: Iterable[Document]
    secrets: Secrets | Past

    @classmethod
    def of(cls, connection: Connection, seal: Seal, past: Past | None) -> "Shelves":
        """Those of the past, or of now."""
        if past is not None:
            return cls(past, past, past.documents(), past)
        return cls(
            Devices(connection, seal),
            Layers(connection, seal),
            Documents(connection, seal),
            Secrets(connection, seal),
        )


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be prepared, a piece of it at a time."""

    number: int
    """The release to be."""
    shared: tuple[str, ...]
    """The devices whose shared files are wanted."""
    partial: bool
    """Whether there are shared files beside those, which stay."""
    names: frozenset[str]
    """What devices set for themselves: shared files leave it out."""
    again: int | None = None
    """A release that is had again, from its sources: what it served is served again, byte by byte,
    wherever its bytes are kept and still right."""
    differing: frozenset[Change] = frozenset()
    """The sources that are not now what they were in that release."""
    held: tuple[Held, ...] = ()
    """The releases that devices stay on."""

    def past(self, connection: Connection, seal: Seal) -> Past | None:
        """The sources of the release that is had again."""
        if self.again is None:
            return None
        return Past(connection, seal, self.again, self.differing)


@dataclass(frozen=True, slots=True)
class Sources:
    """Everything that files are made from but the devices, and who prepares."""

    preparation: Preparation
    asked: set[str]
    """The secrets asked for since it was last emptied."""
    secret: Function
    """The value of a secret, which is then among those."""

    @classmethod
    def of(
        cls,
        seal: Seal,
        shelves: Shelves,
        task: Task,
    ) -> "Sources":
        """As the shelves have them, with the secrets of now."""
        layers, secrets = shelves.layers, shelves.secrets
        asked: set[str] = set()
        kept: dict[str, str] = {}

        def secret(name: str) -> str:
            asked.add(name)
            if name not in kept:
                kept[name] = secrets.value(name)
            return kept[name]

        known = [*layers.common(), any_device(task.names)]
        sharing = shelves.devices.several(task.shared)
        fleet = Fleet.of(known, shelves.documents, sharing, layers.variables, ready=layers.ready)
        return cls(Preparation(fleet, key=seal.draw("devices"), secret=secret), asked, secret)


class Preparing:
    """One worker, with a connection of its own."""

    def __init__(self, store: Store, task: Task) -> None:
        self._doors = ExitStack()
        self._connection = connection = self._doors.enter_context(store.fleet.reading())
        self._seal = store.seal
        self._holds: dict[int, Hold] = {}
        self._staying: dict[int, list[str]] = {}
        self._task = task
        self._shelves = Shelves.of(connection, self._seal, task.past(connection, self._seal))
        self._releases = Releases(connection, self._seal)
        self._sources = Sources.of(self._seal, self._shelves, task)
        self._again = task.again if task.again and Secrets(connection, self._seal).unchanged(
            self._releases.get(task.again).made
        ) else None  # fmt: skip

    def close(self) -> None:
        """Let go of the connection."""
        self._doors.close()

    def piece(self, macs: Sequence[str]) -> Made:
        """Prepare these; ``SHARED`` among them stands for the shared files."""
        wanted = [mac for mac in macs if mac]
        there = {str(each.mac): each for each in self._shelves.devices.several(wanted)}
        self._sources.preparation.cascade.take(self._shelves.layers.own(list(there)))
        self._staying = {}
        for mac, device in there.items():
            if device.pinned is not None:
                self._staying.setdefault(device.pinned, []).append(mac)
        old: dict[str, list[Kept]] = {mac: [] for mac in macs}
        for each in self._releases.kept(macs):
            old[each.entry.mac].append(each)
        then = self._then(macs)
        parts = [self._one(mac, there.get(mac), old[mac], then.get(mac)) for mac in macs]
        return Made(
            tuple(macs),
            Step(
                tuple(number for part in parts for number in part.step.ended),
                tuple(each for part in parts for each in part.step.begun),
            ),
            tuple(each for part in parts for each in part.bodies),
            tuple(each for part in parts for each in part.uses),
            gathered(each for part in parts for each in part.faults),
            gathered(each for part in parts for each in part.warnings),
        )

    def _then(self, macs: Sequence[str]) -> dict[str, list[Entry]]:
        """What the release that is to be had again served to these, where all of it is kept."""
        found: dict[str, list[Entry]] = {}
        if self._again is not None:
            for each in self._releases.at(self._again, macs):
                found.setdefault(each.mac, []).append(each)
            gone = self._releases.gone({each.hash for held in found.values() for each in held})
            found = {
                mac: held for mac, held in found.items() if not gone & {each.hash for each in held}
            }
        return found

    def _one(
        self, mac: str, device: Device | None, old: Sequence[Kept], then: list[Entry] | None
    ) -> Made:
        self._sources.asked.clear()
        if then and (mac == SHARED or (device is not None and _fits(device, then))):
            return Made((mac,), step(old, then, exactly=True), uses=self._uses(mac, device))
        told: list[Complaint] = []
        try:
            files = self._files(mac, device, told)
        except RingbackError as error:
            return Made((mac,), Step((), ()), faults=complaints_of(error, mac))
        found = step(old, [entry(each) for each in files])
        if mac == SHARED and self._task.partial:
            found = _keeping(found, old)
        wanted = {each.hash for each in found.begun}
        bodies = {entry(each).hash: each.body for each in files}
        sealed = tuple(
            (each, self._seal.close(body, f"{PLACE}/{each.hex()}"))
            for each, body in bodies.items()
            if each in wanted
        )
        asked = tuple((name, mac) for name in self._sources.asked)
        return Made((mac,), found, sealed, asked, warnings=tuple(told))

    def _files(
        self, mac: str, device: Device | None, told: list[Complaint]
    ) -> tuple[Prepared, ...]:
        if mac == SHARED:
            return tuple(self._sources.preparation.shared(self._task.number))
        if device is None:
            return ()
        if device.pinned is not None:
            hold = self._hold(device.pinned)
            return hold.files(device, self._staying[device.pinned])
        return tuple(self._sources.preparation.of(device, self._task.number, told))

    def _hold(self, number: int) -> Hold:
        """Who prepares the devices that stay on a release."""
        if number not in self._holds:
            held = next((each for each in self._task.held if each.number == number), None)
            if held is None:  # pinned after it was planned what is to be done
                raise RefusedError("the fleet was changed meanwhile", remedy="try again")
            self._holds[number] = Hold.of(
                self._connection, self._seal, held, self._sources.preparation, self._sources.secret
            )
        return self._holds[number]

    def _uses(self, mac: str, device: Device | None) -> tuple[tuple[str, str], ...]:
        """The secrets in a device's files, without making them: a change of one concerns it."""
        if device is not None:
            # What cannot be prepared any more was had before all the same.
            with suppress(RingbackError):
                self._sources.preparation.effective(device)
        return tuple((name, mac) for name in self._sources.asked)


def _fits(device: Device, then: Sequence[Entry]) -> bool:
    """Whether files of an earlier release are under the keys that count now.

    Where no file tells its key, only those fit that were made before the first change of keys.
    """
    numbers = {each.key for each in then if each.key} or {1}
    return device.pinned is None and numbers == set(device.keys)


def _keeping(found: Step, old: Sequence[Kept]) -> Step:
    """Only some of the shared files were prepared: those of other models stay."""
    begun = {each.name for each in found.begun}
    rows = {each.id: each.entry.name for each in old}
    return Step(tuple(each for each in found.ended if rows[each] in begun), found.begun)


_worker: list[Preparing] = []
"""The one of this process."""


def begin(store: Store, task: Task) -> None:
    """In a worker: open the store."""
    end()
    _worker.append(Preparing(store, task))


def piece(macs: Sequence[str]) -> Made:
    """In a worker: prepare some devices."""
    return _worker[-1].piece(macs)


def end() -> None:
    """Let go of what this process has open."""
    while _worker:
        _worker.pop().close()
