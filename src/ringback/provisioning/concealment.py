"""Passwords that were written out become secrets, which devices and layers only refer to.

A line's password and a parameter that the catalogue calls secret are concealed; a value with
``{{ … }}`` is an expression already and stays. So a fleet that is written to a repository holds
none, however it was typed. Where another password has the name already, ``/2`` is put behind it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Final, Generic, TypeVar

from ringback.mac import Mac
from ringback.provisioning.device import Device
from ringback.provisioning.ground import is_secret
from ringback.provisioning.layer import Layer

Thing = TypeVar("Thing", Device, Layer)
Holds = Callable[[str], str | None]
"""What a secret of this name is already; None where there is none."""
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


def of_device(device: Device, holds: Holds, before: Device | None = None) -> Concealed[Device]:
    """A device without its lines' passwords; their names are those that an import gives.

    ``before`` is the device as it was: a secret that this line had already is given another value.
    """
    old = {each.number: each.password for each in before.lines} if before else {}
    secrets: dict[str, str] = {}
    lines = []
    for line in device.lines:
        if not is_clear(line.password):
            lines.append(line)
            continue
        wanted, told = secret_name(device.mac, line.number), old.get(line.number)
        name = _free(wanted, line.password, _with(secrets, holds), told)
        secrets[name] = line.password
        lines.append(replace(line, password=reference(name)))
    return Concealed(replace(device, lines=tuple(lines)), secrets)


def of_layer(layer: Layer, holds: Holds, before: Layer | None = None) -> Concealed[Layer]:
    """A layer without its passwords, each named by the layer and the parameter.

    ``before`` is the layer as it was: a secret that this setting had already is given another
    value.
    """
    old = {each.name: each.value for each in before.settings} if before else {}
    secrets: dict[str, str] = {}
    settings = []
    for setting in layer.settings:
        if not (setting.value and is_clear(setting.value) and is_secret(setting.name)):
            settings.append(setting)
            continue
        wanted = f"{layer}/{setting.name}".translate(_INSIDE)
        name = _free(wanted, setting.value, _with(secrets, holds), old.get(setting.name))
        secrets[name] = setting.value
        settings.append(replace(setting, value=reference(name)))
    return Concealed(replace(layer, settings=tuple(settings)), secrets)


def _with(chosen: Mapping[str, str], holds: Holds) -> Holds:
    return lambda name: chosen.get(name) or holds(name)


def _free(wanted: str, value: str, holds: Holds, told: str | None) -> str:
    """A name that no other password has: others may refer to it, and would be given this one.

    ``told`` is what stood there before.
    """
    for number in count(1):
        name = wanted if number == 1 else f"{wanted}/{number}"
        if told == reference(name) or holds(name) in {None, value}:
            return name
    raise AssertionError
