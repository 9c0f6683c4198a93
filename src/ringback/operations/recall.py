"""Recall what a device's files were made from, as a release had it: layers, documents, variables.

So that a value in a file can be traced to the layer that gave it, as it was then and not as it is
now. Secrets are as they are today: their old values are not kept, and a value that they changed
has no origin that could be told.
"""

from dataclasses import dataclass
from typing import Final

from ringback.provisioning.device import Device
from ringback.provisioning.fleet import Fleet
from ringback.provisioning.origin import Origin, Origins, Staying
from ringback.provisioning.pin import Pin
from ringback.provisioning.preparation import Preparation
from ringback.store.archive import Archive
from ringback.store.layers import READY_NUMBER, number_in
from ringback.store.secrets import Secrets

_OWN: Final = "device"


@dataclass(frozen=True, slots=True)
class Recalled:
    """The sources of one device's files."""

    archive: Archive
    """Of its own files: an earlier release than is told, if the device is pinned to one."""
    device: Device
    shared: Origins
    own: Origins
    """Of its own files."""

    def explained(self, document: str, name: str, value: str | None) -> Origin | None:
        """The origin of what a file of that document says; None when it cannot be told."""
        found = self.own.of(document, name, value)
        return found or self.shared.of(document, name, value)

    def since(self, layer: str) -> int:
        """The release since which a layer says what it says; 0 for what no release changes."""
        kind, _, name = layer.partition("/")
        ready = self.archive.since("fleet", "ready")
        if kind in ("ready", ""):
            return ready
        if kind == "document":
            return self.archive.since("document", name) or ready
        if kind == _OWN and " line " in name:
            return self.archive.since("device", name.partition(" ")[0])
        return self.archive.since("layer", layer)


def recall(archive: Archive, device: Device) -> Recalled:
    """Read the sources of a device as a release had them."""
    preparation = _preparation(archive, device)
    now, pinned = Origins(preparation, device), device.pinned
    if pinned is None or pinned >= archive.number:
        return Recalled(archive, device, now, now)
    then = Archive(archive.connection, archive.seal, pinned)
    known = then.device(str(device.mac)) or device
    pin = Pin(pinned, _preparation(then, known), preparation)
    return Recalled(then, device, now, Origins(pin.then, known, Staying(pin, device)))


def _preparation(archive: Archive, device: Device) -> Preparation:
    secrets = Secrets(archive.connection, archive.seal)
    ready = number_in(archive.fact(READY_NUMBER), archive.connection)
    fleet = Fleet.of(
        archive.layers(str(device.mac)),
        archive.documents(),
        (device,),
        archive.fact("variables"),
        ready=ready,
    )
    key = archive.seal.draw("devices")
    return Preparation(fleet, key=key, secret=secrets.value)
