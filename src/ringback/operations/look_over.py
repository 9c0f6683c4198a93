"""Look one device or layer over: what keeps settings from being published, told before it is.

A change typed for one device or layer (a line too many, another model, a slip of the pen) is kept,
since the next change may mend it; who typed it is told at once. Only layers that reach the device
are read.
"""

from sqlalchemy import ColumnElement, Connection, func, select, true

from ringback.errors import RingbackError
from ringback.mac import Mac
from ringback.provisioning.complaint import Complaint
from ringback.provisioning.device import Device
from ringback.provisioning.fleet import Fleet
from ringback.provisioning.layer import Layer, Scope
from ringback.provisioning.preparation import Preparation
from ringback.store.devices import Devices
from ringback.store.documents import Documents
from ringback.store.layers import Layers
from ringback.store.seal import Seal
from ringback.store.secrets import Secrets
from ringback.store.tables import devices as table


def look_over(connection: Connection, seal: Seal, device: Device) -> tuple[str, ...]:
    """What stands between a device and the next publish, each with its place and remedy."""
    try:
        complaints = _complaints(connection, seal, device)
    except RingbackError as error:
        return (str(error),)
    return tuple(str(each.error()) for each in complaints)


def look_over_layer(connection: Connection, seal: Seal, layer: Layer) -> tuple[str, ...]:
    """The same of one layer, for one device of each model that it reaches."""
    told: dict[str, None] = {}
    firsts = connection.scalars(
        select(func.min(table.c.mac)).where(_reach(layer)).group_by(table.c.model)
    )
    for mac in list(firsts):
        device = Devices(connection, seal).get(Mac.parse(mac))
        if device is None or not _of_model(layer, device):
            continue
        try:
            complaints = _complaints(connection, seal, device)
        except RingbackError as error:
            return (str(error),)
        told |= {str(each.error()): None for each in complaints if each.layer == str(layer)}
    return tuple(told)


def _complaints(connection: Connection, seal: Seal, device: Device) -> list[Complaint]:
    layers = Layers(connection, seal)
    fleet = Fleet.of(
        [*layers.common(), *layers.own([str(device.mac)])],
        Documents(connection, seal),
        [device],
        layers.variables,
        ready=layers.ready,
    )
    secret = Secrets(connection, seal).value
    preparation = Preparation(fleet, key=seal.draw("devices"), secret=secret)
    return [each for each in preparation.effective(device).complaints if each.fatal]


def _reach(layer: Layer) -> ColumnElement[bool]:
    column = {Scope.SITE: table.c.site, Scope.GROUP: table.c.group, Scope.DEVICE: table.c.mac}
    return column[layer.scope] == layer.name if layer.scope in column else true()


def _of_model(layer: Layer, device: Device) -> bool:
    kind = device.kind
    return layer.scope is not Scope.MODEL or layer.name in {device.model, kind.generation.value}
