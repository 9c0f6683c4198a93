"""Passwords that were written out become secrets, which devices and layers only refer to.

A line's password and a parameter that the catalogue calls secret are concealed; a value with
``{{ … }}`` is an expression already and stays. So a fleet that is written to a repository holds
none, however it was typed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Generic, TypeVar

from ringback.mac import Mac
from ringback.provisioning.device import Device
from ringback.provisioning.ground import is_secret
from ringback.provisioning.layer import Layer

Thing = TypeVar("Thing", Device, Layer)
_INSIDE: Final = str.maketrans(dict.fromkeys("'\\{}", "_"))
"""What the name of a secret cannot have within an expression."""


@dataclass(frozen=True, slots=True)
class Concealed(Generic[Thing]):
    """A thing without passwords, and the passwords by the names it refers to them by."""

    thing: Thing
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


def secret_name(mac: Mac, number: int) -> str:
    """What the secret of a line is called."""
    return f"line/{mac}/{number}"


def reference(name: str) -> str:
    """What stands in the place of a secret."""
    return f"{{{{ secret('{name}') }}}}"


def is_clear(text: str | None) -> bool:
    """Whether a value is written out."""
    return bool(text) and "{{" not in str(text)


def of_device(device: Device) -> Concealed[Device]:
    """A device without its lines' passwords; their names are those that an import gives."""
    secrets: dict[str, str] = {}
    lines = []
    for line in device.lines:
        if not is_clear(line.password):
            lines.append(line)
            continue
        name = secret_name(device.mac, line.number)
        secrets[name] = line.password
        lines.append(replace(line, password=reference(name)))
    return Concealed(replace(device, lines=tuple(lines)), secrets) if secrets else Concealed(device)


def of_layer(layer: Layer) -> Concealed[Layer]:
    """A layer without its passwords, each named by the layer and the parameter."""
    secrets: dict[str, str] = {}
    settings = []
    for setting in layer.settings:
        if not (is_clear(setting.value) and is_secret(setting.name)):
            settings.append(setting)
            continue
        name = f"{layer}/{setting.name}".translate(_INSIDE)
        secrets[name] = setting.value or ""
        settings.append(replace(setting, value=reference(name)))
    return (
        Concealed(replace(layer, settings=tuple(settings)), secrets)
        if secrets
        else Concealed(layer)
    )
