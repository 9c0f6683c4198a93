"""What many devices have in common, as layers: fleet, model, site, group, and the device's own.

A layer cannot take away what a broader one sets. So a name goes into a layer only if every device
below has it, with the value that most of them have; the others set it again, narrower. It goes
there only if that makes fewer settings in all. Groups are what is left: devices that share several
values which no broader layer gives them.

Broadest first and greedily: the smallest set of layers is a covering problem, and a person who
reads the result wants the obvious split, not the smallest. That the layers give every device
exactly what it had does not rest on this file: ``operations/adopt`` runs the cascade and compares.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from ringback.mac import Mac
from ringback.provisioning.layer import Layer, Scope, Setting

_WORTH: Final = 4
"""Settings that a group must save."""
_MOST_GROUPS: Final = 50
BASE: Final = "adopted"
"""The name of the fleet's layer."""

Has = Mapping[str, Setting]
"""What one device has, by name."""


@dataclass(frozen=True, slots=True)
class Whom:
    """Where a device belongs."""

    model: str
    site: str = ""


@dataclass(slots=True)
class Distilled:
    """The layers, and which group each device is in."""

    layers: list[Layer] = field(default_factory=list)
    groups: dict[Mac, str] = field(default_factory=dict)


def distil(devices: Mapping[Mac, Has], whom: Mapping[Mac, Whom]) -> Distilled:
    """Layers that give each device what it has."""
    found = Distilled()
    given: dict[Mac, dict[str, Setting]] = {mac: {} for mac in devices}
    _lay(found, Scope.FLEET, {BASE: list(devices)}, devices, given)
    _lay(found, Scope.MODEL, _by(devices, lambda mac: whom[mac].model), devices, given)
    _lay(found, Scope.SITE, _by(devices, lambda mac: whom[mac].site), devices, given)
    groups = _groups(devices, given)
    _lay(found, Scope.GROUP, groups, devices, given)
    found.groups = {mac: name for name, macs in groups.items() for mac in macs}
    for mac, has in devices.items():
        own = tuple(each for name, each in has.items() if given[mac].get(name) != each)
        if own:
            found.layers.append(Layer(Scope.DEVICE, mac.digits, own))
    return found


def _by(macs: Iterable[Mac], name_of: Callable[[Mac], str]) -> dict[str, list[Mac]]:
    found = defaultdict[str, list[Mac]](list)
    for mac in macs:
        if name_of(mac):
            found[name_of(mac)].append(mac)
    return dict(sorted(found.items()))


def _lay(
    found: Distilled,
    scope: Scope,
    buckets: Mapping[str, list[Mac]],
    devices: Mapping[Mac, Has],
    given: dict[Mac, dict[str, Setting]],
) -> None:
    """Make a layer of that scope for each bucket in which one pays."""
    for name, macs in buckets.items():
        settings = []
        for each in _shared_names(macs, devices):
            best = _best(
                [devices[mac][each] for mac in macs], [given[mac].get(each) for mac in macs]
            )
            if best is not None:
                settings.append(best)
        if settings:
            found.layers.append(Layer(scope, name, tuple(settings)))
        for mac in macs:
            given[mac].update((each.name, each) for each in settings)


def _shared_names(macs: list[Mac], devices: Mapping[Mac, Has]) -> list[str]:
    """Names that all of these devices have."""
    names = set(devices[macs[0]]) if macs else set()
    for mac in macs[1:]:
        names &= devices[mac].keys()
    return sorted(names)


def _best(wanted: list[Setting], below: list[Setting | None]) -> Setting | None:
    """The setting that spares the devices most; None when none does."""
    counted = Counter(wanted)
    best = min(counted, key=lambda each: (-counted[each], repr(each)))
    without = sum(one != other for one, other in zip(wanted, below, strict=True))
    if 1 + len(wanted) - counted[best] >= without or not _may_cover(best, wanted, below):
        return None
    return best


def _may_cover(best: Setting, wanted: list[Setting], below: list[Setting | None]) -> bool:
    """Whether all others can be laid over it, and it over what lies below.

    An access that is not said is taken from below, and so is a value.
    """
    lower = [each for each in below if each is not None]
    if best.value is None or any(each.value is None for each in wanted):
        return len(set(wanted)) == 1 and not lower
    others = [each for each in wanted if each != best]
    if best.access is not None and any(each.access is None for each in others):
        return False
    return best.access is not None or all(each.access is None for each in lower)


def _groups(
    devices: Mapping[Mac, Has], given: Mapping[Mac, Mapping[str, Setting]]
) -> dict[str, list[Mac]]:
    """Devices that share values which nothing broader gives them; each in one group at most."""
    holders = defaultdict[Setting, list[Mac]](list)
    for mac, has in devices.items():
        for name, each in has.items():
            if given[mac].get(name) != each:
                holders[each].append(mac)
    worth = Counter[frozenset[Mac]]()
    for holding in holders.values():
        if len(holding) > 1:
            worth[frozenset(holding)] += len(holding) - 1
    taken, groups = set[Mac](), dict[str, list[Mac]]()
    for macs, saved in sorted(worth.items(), key=lambda each: (-each[1], sorted(each[0]))):
        if saved >= _WORTH and not macs & taken and len(groups) < _MOST_GROUPS:
            groups[f"group-{len(groups) + 1}"] = sorted(macs)
            taken |= macs
    return groups
