"""Look one device over: what keeps its settings from being published, told before a publish is.

A change typed for one device (a line too many, another model) is kept, since the next change may
mend it; who typed it is told at once. Only layers that reach the device are read.
"""

from sqlalchemy import Connection

from ringback.errors import RingbackError
from ringback.provisioning.device import Device
from ringback.provisioning.fleet import Fleet
from ringback.provisioning.preparation import Preparation
from ringback.store.documents import Documents
from ringback.store.layers import Layers
from ringback.store.seal import Seal
from ringback.store.secrets import Secrets


def look_over(connection: Connection, seal: Seal, device: Device) -> tuple[str, ...]:
    """What stands between a device and the next publish, each with its place and remedy."""
    layers = Layers(connection, seal)
    fleet = Fleet.of(
        [*layers.common(), *layers.own([str(device.mac)])],
        Documents(connection, seal),
        [device],
        layers.variables,
        ready=layers.ready,
    )
    secret = Secrets(connection, seal).value
    try:
        preparation = Preparation(fleet, key=seal.draw("devices"), secret=secret)
        complaints = preparation.effective(device).complaints
    except RingbackError as error:
        return (str(error),)
    return tuple(str(each.error()) for each in complaints if each.fatal)
