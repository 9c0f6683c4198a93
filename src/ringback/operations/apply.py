"""Apply: what a change of the fleet would do to its phones, told before it is done.

``revise`` finds what differs and carries it out. Here each device that the difference can reach is
cascaded before and after: whether its settings change at all, which do, and whether they restart
it. Nothing here writes. A hundred thousand devices are looked at when the fleet's own layer
changes, and one when one device does.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from ringback.cisco.markup import Severity
from ringback.cisco.restart import needs_reboot
from ringback.errors import NotFoundError, RingbackError
from ringback.operations.revise import Revision
from ringback.provisioning.complaint import Complaint
from ringback.provisioning.device import Device
from ringback.provisioning.fleet import Fleet
from ringback.provisioning.ground import Value
from ringback.provisioning.layer import Layer, Scope
from ringback.provisioning.preparation import Preparation

Progress = Callable[[int, int], None]
_MISSING: Final = "\ufffd"
"""Stands for a secret that nobody has set yet: publishing will ask for it, this only notes it."""


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
            return _MISSING


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
    before = _before(old, key, secrets)
    known = {each.mac: each for each in old.devices}
    concerned = list(reached(wanted, tuple(revisions)))
    changed, restarting, counts = list[str](), list[str](), dict[str, int]()
    told: dict[tuple[str, str, str], Complaint] = {}
    for number, device in enumerate(concerned, 1):
        new = after.effective(device)
        for each in new.complaints:
            _tell(told, each, device)
        was = known.get(device.mac)
        names = _differing(before(was) if was else None, new.values)
        if was is not None and was.pinned is None and names:
            changed.append(str(device.mac))
            restarting += [str(device.mac)] if needs_reboot(names) else []
            for name in names:
                counts[name] = counts.get(name, 0) + 1
        progress(number, len(concerned))
    return Outlook(
        tuple(changed),
        tuple(restarting),
        counts,
        tuple(sorted(told.values(), key=lambda each: (not each.fatal, each.layer, each.name))),
        tuple(sorted(secrets.missing)),
    )


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


def _tell(told: dict[tuple[str, str, str], Complaint], new: Complaint, device: Device) -> None:
    """Note a complaint once, with all devices it concerns."""
    if new.severity is Severity.HINT:
        return
    key = (new.layer, new.name, new.what)
    old = told.get(key, replace(new, devices=()))
    told[key] = replace(old, devices=(*old.devices, str(device.mac)))
