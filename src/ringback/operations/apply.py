"""Apply: what a change of the fleet would do to its phones, told before it is done.

``revise`` finds what differs and carries it out. Here each device that the difference can reach is
cascaded before and after: whether its settings change at all, which do, and whether they restart
it. A layer that no device has is tried on the models of the fleet. Nothing here writes. A hundred
thousand devices are looked at when the fleet's own layer changes, and one when one device does.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from ringback.cisco.model import find_model
from ringback.cisco.restart import needs_reboot
from ringback.errors import NotFoundError, RingbackError
from ringback.operations.revise import Revision
from ringback.provisioning.cascade import Effective
from ringback.provisioning.complaint import Complaint, complaints_of
from ringback.provisioning.device import Device
from ringback.provisioning.facts import UNKNOWN
from ringback.provisioning.fleet import Fleet
from ringback.provisioning.gathering import Gathering
from ringback.provisioning.ground import Value
from ringback.provisioning.layer import Layer, Scope
from ringback.provisioning.preparation import Preparation
from ringback.provisioning.vacancy import of_nobody

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a change would do."""

    changed: tuple[str, ...] = ()
    """MACs of devices that were there and get other settings; those that are pinned do not."""
    restarting: tuple[str, ...] = ()
    """Those of them that restart for it."""
    settings: Mapping[str, int] | None = None
    """Each parameter that changes, and for how many devices."""
    complaints: tuple[Complaint, ...] = ()
    missing: tuple[str, ...] = ()
    """Secrets that are referred to and not set."""

    @property
    def fatal(self) -> tuple[Complaint, ...]:
        """What forbids it."""
        return tuple(each for each in self.complaints if each.fatal)


class Secrets:
    """The secrets as far as they are known; notes which are not."""

    def __init__(self, known: Callable[[str], str]) -> None:
        self._known = known
        self.missing: set[str] = set()

    def __call__(self, name: str) -> str:
        """The value, or a stand-in."""
        try:
            return self._known(name)
        except NotFoundError:
            self.missing.add(name)
            return UNKNOWN


def foresee(
    old: Fleet,
    wanted: Fleet,
    revisions: Iterable[Revision],
    *,
    key: bytes,
    secret: Callable[[str], str],
    progress: Progress = lambda _done, _whole: None,
) -> Outlook:
    """Say what a change would do. Pure.

    Args:
        old: what there is.
        wanted: what there is to be.
        revisions: what differs, by ``revise.plan``.
        key: the fleet's key.
        secret: the value of a secret; NotFoundError when it is not set.
        progress: told how many devices were looked at, and of how many.

    Raises:
        UsageError: documents or variables that cannot be.
    """
    secrets = Secrets(secret)
    after = Preparation(wanted, key=key, secret=secrets)
    before = _before(old, key, Secrets(secret))  # what it lacked is not asked for
    known = {each.mac: each for each in old.devices}
    revisions = tuple(revisions)
    concerned = list(reached(wanted, revisions))
    changed, restarting, counts = list[str](), list[str](), dict[str, int]()
    told = Gathering()
    for number, device in enumerate(concerned, 1):
        new = _effective(after, device)
        told.take(new.complaints)
        was = known.get(device.mac)
        names = _differing(before(was) if was else None, new.values)
        if was is not None and was.pinned is None and names:
            changed.append(str(device.mac))
            restarting += [str(device.mac)] if needs_reboot(names) else []
            for name in names:
                counts[name] = counts.get(name, 0) + 1
        progress(number, len(concerned))
    models = [find_model(each) for each in sorted({device.model for device in wanted.devices})]
    for layer in unreached(wanted, revisions):
        found = of_nobody(after.cascade, layer, models)
        told.take(each for each in found if not wanted.devices or each.layer == str(layer))
    return Outlook(
        tuple(changed),
        tuple(restarting),
        counts,
        told.complaints(),
        tuple(sorted(secrets.missing)),
    )


def _effective(preparation: Preparation, device: Device) -> Effective:
    """What a device is given; what it lacks altogether is complained of."""
    try:
        return preparation.effective(device)
    except RingbackError as error:
        return Effective({}, complaints_of(error, str(device.mac)))


def _before(old: Fleet, key: bytes, secrets: Secrets) -> Callable[[Device], Mapping[str, Value]]:
    """The settings a device had; none when what there was cannot be prepared either."""
    try:
        preparation = Preparation(old, key=key, secret=secrets)
    except RingbackError:
        return lambda _: {}

    def before(device: Device) -> Mapping[str, Value]:
        try:
            return preparation.effective(device).values
        except RingbackError:
            return {}

    return before


def reached(wanted: Fleet, revisions: tuple[Revision, ...]) -> Iterator[Device]:
    """The devices that these revisions may reach."""
    everybody = any(each.kind in {"fleet", "document"} for each in revisions)
    own = {each.name for each in revisions if each.kind == "device"}
    layers = [
        layer for each in revisions for layer in (each.old, each.new) if isinstance(layer, Layer)
    ]
    everybody = everybody or any(layer.scope in {Scope.FLEET, Scope.READY} for layer in layers)
    names = {(layer.scope, layer.name) for layer in layers}
    for device in wanted.devices:
        if everybody or str(device.mac) in own or names & _layers_of(device):
            yield device


def unreached(wanted: Fleet, revisions: Iterable[Revision]) -> list[Layer]:
    """The layers that are new or changed and that no device has."""
    layers = [each.new for each in revisions if isinstance(each.new, Layer)]
    held = set[tuple[Scope, str]]().union(*map(_layers_of, wanted.devices)) if layers else set()
    return [
        each
        for each in layers
        if ((each.scope, each.name) not in held)
        and not (each.scope is Scope.FLEET and wanted.devices)
    ]


def _layers_of(device: Device) -> set[tuple[Scope, str]]:
    return {
        (Scope.MODEL, device.model),
        (Scope.MODEL, device.kind.generation.value),
        (Scope.SITE, device.site),
        (Scope.GROUP, device.group),
        (Scope.DEVICE, str(device.mac)),
    }


def _differing(old: Mapping[str, Value] | None, new: Mapping[str, Value]) -> list[str]:
    """Names whose value or access a phone would be given otherwise.

    A name that is no longer said is not among them: phones keep what they were not told about.
    """
    if old is None:
        return []
    return [
        name
        for name, value in new.items()
        if (was := old.get(name)) is None or (was.value, was.access) != (value.value, value.access)
    ]
