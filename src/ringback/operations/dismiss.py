"""Dismiss devices: they go, and with them whatever would let somebody in.

The tokens that people made for them end, windows opened for one of them shut, their own layers and
the secrets that are theirs by name are taken away. What has to be known should they come again is
remembered (``store/departed``): the lock, and the numbers of all keys there were. Whoever adds
such a device afterwards begins with the next key, and its old files, tokens, keys and passwords
open nothing. A rollback brings it back as it went, for its phone has never heard of the change.
"""

from collections.abc import Iterator, Sequence
from dataclasses import astuple
from typing import Final

from sqlalchemy import Connection

from ringback.provisioning.device import Device
from ringback.store.changes import DEVICE, LAYER, marked
from ringback.store.devices import Devices
from ringback.store.layers import Layers
from ringback.store.seal import Seal
from ringback.store.secrets import Secrets
from ringback.store.tokens import Tokens
from ringback.store.windows import Windows

REMOVAL: Final = "removal of the device"
"""Who shut its windows."""


def dismiss(
    connection: Connection, seal: Seal, macs: Sequence[str], now: float, *, layers: bool = True
) -> int:
    """Take devices away with all that was theirs; says how many were there.

    Args:
        connection: a transaction that writes.
        seal: the store's.
        macs: which devices.
        now: when what they had ends (POSIX seconds).
        layers: whether their own layers go; a rollback decides that for itself.
    """
    if not macs:
        return 0
    secrets = Secrets(connection, seal)
    mine = secrets.of_devices(macs)
    count = Devices(connection, seal).remove(macs, mine)
    Tokens(connection).end_of(macs, now)
    Windows(connection).close_of(macs, now, REMOVAL)
    if layers:
        Layers(connection, seal).remove_own(macs)
    names = [name for held in mine.values() for name in held]
    others = secrets.used_by_others(names, macs)
    if names:
        others |= _written(connection, seal, names)
    secrets.remove_several(sorted(set(names) - others), now)
    return count


def _written(connection: Connection, seal: Seal, names: Sequence[str]) -> set[str]:
    """Those of the secrets that something refers to which was written since the last release."""
    found = marked(connection)
    devices = Devices(connection, seal).several([name for kind, name in found if kind == DEVICE])
    texts = [text for each in devices for text in _texts_of(each)]
    written = {name for kind, name in found if kind == LAYER}
    for layer in Layers(connection, seal) if written else ():
        if str(layer) in written:
            texts += [each.value or "" for each in layer.settings] + list(layer.variables.values())
    spoken = "\n".join(each for each in texts if "secret" in each)
    return {each for each in names if each in spoken}


def _texts_of(device: Device) -> Iterator[str]:
    yield from device.variables.values()
    for line in device.lines:
        yield from (each for each in astuple(line) if isinstance(each, str))
