"""Adopt a folder of profiles that served phones before: a fleet that gives each what it had.

Exactly that, or nothing: the cascade of the proposed layers is run for every device, and one that
would not get each value and access of its file is left out and named. So nobody has to believe in
``distillation``.

Nothing in the folder is touched, and the proposal does not stand in its way: its document lies at
paths below ``/adopted``, which no phone asks for, while the answer path (``operations/answer``)
goes on finding the plain files at the paths that phones do ask for. Handing over is one line, the
same document at the old paths, said by whoever has looked at what a device would get; rolling back
the release, or pinning a device to an earlier one, gives the plain file again.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Final

from ringback.cisco.model import find_model
from ringback.errors import MalformedError, RingbackError
from ringback.mac import Mac
from ringback.provisioning import relic as relics
from ringback.provisioning.cascade import Cascade
from ringback.provisioning.concealment import secret_name
from ringback.provisioning.device import Device
from ringback.provisioning.distillation import Distilled, Whom, distil
from ringback.provisioning.document import Document, Envelope, Level, Selection
from ringback.provisioning.fleet import Fleet
from ringback.provisioning.ground import is_secret
from ringback.provisioning.identity import mentions
from ringback.provisioning.layer import Setting
from ringback.provisioning.line import Line
from ringback.provisioning.relic import Relic, State
from ringback.provisioning.resugar import FIELDS, lines_of

ASIDE: Final = "adopted"
_KEY: Final = bytes(32)
"""Any key: what is compared does not depend on it."""
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Terms:
    """What whoever adopts has said."""

    models: Sequence[tuple[str, str]] = ()
    """Patterns of paths, each with a model; ``*`` for all others."""
    hand_over: bool = False
    """The document is at the paths that phones ask for."""
    below: tuple[str, ...] = ()
    """Patterns of paths of shared files that lie below the phones' own: adopted with them."""
    with_secrets: bool = False
    """The document holds secrets too, and then goes to certificates only."""


@dataclass(frozen=True, slots=True)
class Adoption:
    """A proposal."""

    fleet: Fleet
    secrets: Mapping[str, str] = field(repr=False)
    relics: tuple[Relic, ...]
    """Every file; ``why`` of one that is not adopted says why."""
    adopted: Mapping[str, Mac]
    """Paths of the files that are."""
    before: int
    """Settings in the adopted files."""

    @property
    def after(self) -> int:
        """Settings in the layers, and texts of lines."""
        of_lines = (
            bool(getattr(line, name))
            for each in self.fleet.devices
            for line in each.lines
            for name in FIELDS
        )
        return sum(len(each.settings) for each in self.fleet.layers) + sum(of_lines)


def adopt(
    files: Iterable[tuple[str, bytes]],
    terms: Terms,
    progress: Progress = lambda _done, _all: None,
) -> Adoption:
    """Propose a fleet.

    Args:
        files: path below the folder, with ``/``, and bytes.
        terms: what was said.
        progress: told how many devices were compared, and of how many.
    """
    found = [relics.read(path, data, terms.models) for path, data in files]
    found.sort(key=lambda each: each.path)
    chosen, left = _chosen(found)
    shared = [each for each in found if _lies_below(each, terms)]
    left |= {each.path: "lies below the phones' own, adopted with them" for each in shared}
    chosen = {mac: _upon(each, shared) for mac, each in chosen.items()}
    wanted, secrets, unsayable = _wanted(chosen)
    plain = set[Mac]()
    left |= unsayable
    while True:
        document = _document([chosen[mac] for mac in wanted], terms, found)
        fleet = _fleet(chosen, wanted, plain, document)
        wrong = _wrong(fleet, wanted, secrets, progress)
        if not wrong:
            break
        for mac, why in wrong.items():
            if mac in plain:
                left[chosen[mac].path] = why
                del wanted[mac]
            plain.add(mac)
    adopted = {chosen[mac].path: mac for mac in wanted}
    told = tuple(replace(each, why=left.get(each.path, each.why)) for each in found)
    used = {name for macs in wanted.values() for name in macs.secrets}
    return Adoption(
        fleet,
        {name: secrets[name] for name in sorted(used)},
        told,
        adopted,
        sum(len(each.values) for each in wanted.values()),
    )


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What one device must be given."""

    settings: dict[str, Setting]
    values: dict[str, tuple[str | None, object]] = field(repr=False)
    """Value and access by name, as the file has them."""
    secrets: frozenset[str] = frozenset()


def _chosen(found: Sequence[Relic]) -> tuple[dict[Mac, Relic], dict[str, str]]:
    """The file of each device; and why others of devices are not taken."""
    chosen: dict[Mac, Relic] = {}
    left: dict[str, str] = {}
    for each in found:
        if each.state is not State.DEVICE or not each.model or each.mac is None:
            continue
        if each.mac in chosen:
            left[each.path] = f"{chosen[each.mac].path} is of the same phone"
        else:
            chosen[each.mac] = each
    patterns = {relics.pattern(each, _folder(each)) for each in chosen.values()}
    for each in found:
        taken = chosen.get(each.mac) if each.mac else None
        if (
            taken is not None
            and taken is not each
            and (relics.pattern(each, _folder(each)) in patterns)
        ):
            left[taken.path] = f"{each.path} is of the same phone and named like others"
            del chosen[taken.mac]  # type: ignore[arg-type]  # a chosen one has a MAC
    return chosen, left


def _lies_below(relic: Relic, terms: Terms) -> bool:
    fits = any(fnmatchcase(relic.path.lower(), each.lower()) for each in terms.below)
    return fits and relic.state is State.SHARED and relic.mac is None


def _upon(own: Relic, shared: Iterable[Relic]) -> Relic:
    """A phone's file with the shared ones that it fetches first: those for all, for its model."""
    lower = [each for each in shared if each.model in {"", own.model}]
    lower.sort(key=lambda each: (each.model, each.path))
    return replace(own, elements=tuple(e for each in (*lower, own) for e in each.elements))


def _wanted(
    chosen: Mapping[Mac, Relic],
) -> tuple[dict[Mac, _Wanted], dict[str, str], dict[str, str]]:
    """What each device must be given, the secrets by name, and which files cannot be said."""
    held: dict[Mac, dict[str, Setting]] = {}
    left = dict[str, str]()
    uses = defaultdict[tuple[str, str], set[Mac]](set)
    for mac, each in chosen.items():
        try:
            held[mac] = relics.settings(each, lambda _, value: value)
        except MalformedError as error:
            left[each.path] = f"{error.what}"
            continue
        for name, setting in held[mac].items():
            if setting.value and is_secret(name):
                uses[name, setting.value].add(mac)
    names = _names(uses)
    secrets = {name: value for (_, value), name in names.items()}
    wanted = {mac: _with_references(settings, names) for mac, settings in held.items()}
    return wanted, secrets, left


def _names(uses: Mapping[tuple[str, str], set[Mac]]) -> dict[tuple[str, str], str]:
    """A name for each secret: its device's if one alone has it, else the setting's."""
    names: dict[tuple[str, str], str] = {}
    counts = Counter[str]()
    for (name, value), macs in sorted(uses.items()):
        if len(macs) == 1:
            mac = next(iter(macs))
            number = name.removeprefix("Password_").removesuffix("_")
            of_line = name.startswith("Password_") and number.isdigit()
            names[name, value] = (
                secret_name(mac, int(number)) if of_line else f"device/{mac}/{name}"
            )
        else:
            counts[name] += 1
            names[name, value] = f"{ASIDE}/{name}-{counts[name]}"
    return names


def _with_references(
    settings: Mapping[str, Setting], names: Mapping[tuple[str, str], str]
) -> _Wanted:
    """Settings whose secrets are referred to, beside the values themselves."""
    said, used = dict[str, Setting](), set[str]()
    for name, each in settings.items():
        text = each.value
        if text is not None:
            secret = names.get((name, text))
            if secret:
                used.add(secret)
            text = f"{{{{ secret('{secret}') }}}}" if secret else relics.quoted(text)
        said[name] = replace(each, value=text)
    values: dict[str, tuple[str | None, object]] = {
        name: (each.value, each.access) for name, each in settings.items()
    }
    return _Wanted(said, values, frozenset(used))


# ---- the proposal ------------------------------------------------------------------------------


def _fleet(
    chosen: Mapping[Mac, Relic],
    wanted: Mapping[Mac, _Wanted],
    plain: set[Mac],
    document: Document,
) -> Fleet:
    """The layers, the document and the devices; those in ``plain`` get no lines."""
    sites = _sites([chosen[mac] for mac in wanted])
    lines: dict[Mac, tuple[Line, ...]] = {}
    rest: dict[Mac, dict[str, Setting]] = {}
    for mac, each in wanted.items():
        model = chosen[mac].model
        lines[mac], rest[mac] = (
            ((), each.settings) if mac in plain else lines_of(each.settings, find_model(model))
        )
    whom = {mac: Whom(chosen[mac].model, sites.get(mac, "")) for mac in wanted}
    distilled = distil(rest, whom)
    devices = _devices(whom, lines, distilled)
    return Fleet.of(distilled.layers, [document], devices, ready=0)


def _devices(
    whom: Mapping[Mac, Whom], lines: Mapping[Mac, tuple[Line, ...]], distilled: Distilled
) -> Iterator[Device]:
    for mac, each in whom.items():
        group = distilled.groups.get(mac, "")
        yield Device(mac, each.model, site=each.site, group=group, lines=lines[mac])


def _sites(taken: Sequence[Relic]) -> dict[Mac, str]:
    """The folder of each file as its site, if there is more than one that is no model's."""
    folders: dict[Mac, str] = {}
    for each in taken:
        folder = _folder(each)
        if folder and each.mac is not None:
            folders[each.mac] = folder
    return folders if len(set(folders.values())) > 1 else {}


def _folder(relic: Relic) -> str:
    """The folder a file lies in, if it is no model's and no phone's own; else ""."""
    parts = [part for part in relic.path.split("/")[:-1] if part != relic.model]
    return parts[-1][:128] if parts and not mentions(parts[-1]) else ""


def _document(taken: Sequence[Relic], terms: Terms, found: Sequence[Relic]) -> Document:
    """What becomes of the files: aside, or at their old paths."""
    sites = _sites(taken)
    everywhere = sites if len(sites) == len(taken) else {}
    spelt = (relics.pattern(each, everywhere.get(each.mac, "")) for each in taken if each.mac)
    patterns = sorted({each for each in spelt if each}) or ["/{mac}.cfg"]
    if not terms.hand_over:
        tops = {each.path.partition("/")[0] for each in found}
        aside = next(
            name
            for number in range(1, len(tops) + 2)
            if (name := ASIDE if number == 1 else f"{ASIDE}-{number}") not in tops
        )
        patterns = [f"/{aside}{each}" for each in patterns]
    packed = bool(taken) and all(each.packed for each in taken)
    return Document(
        ASIDE,
        tuple(patterns),
        Selection(secrets=terms.with_secrets),
        Envelope.GZIP if packed else Envelope.PLAIN,
        Level.DEVICE if terms.with_secrets else Level.OPEN,
    )


# ---- the proof ---------------------------------------------------------------------------------


def _wrong(
    fleet: Fleet,
    wanted: Mapping[Mac, _Wanted],
    secrets: Mapping[str, str],
    progress: Progress,
) -> dict[Mac, str]:
    """Devices that would not get exactly what they had, and how that shows."""
    cascade = Cascade(fleet, key=_KEY, secret=secrets.__getitem__)
    wrong = {}
    for number, device in enumerate(fleet.devices, 1):
        why = _difference(cascade, device, wanted[device.mac])
        if why:
            wrong[device.mac] = f"{why}"
        progress(number, len(fleet.devices))
    return wrong


def _difference(cascade: Cascade, device: Device, wanted: _Wanted) -> str:
    """What a device would get otherwise; "" when nothing."""
    try:
        effective = cascade.effective(device)
        effective.refuse()
    except RingbackError as error:
        return str(error)
    values = {name: (each.value, each.access) for name, each in effective.values.items()}
    differing = sorted(
        name
        for name in values.keys() | wanted.values.keys()
        if values.get(name) != wanted.values.get(name)
    )
    return f"layers cannot give {', '.join(differing[:5])}" if differing else ""
