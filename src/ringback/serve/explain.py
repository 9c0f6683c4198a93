"""Explain a device: what it would ask for, be given and become, and why; without touching it.

It lives on this floor because it needs both strangers: the real answer path, which is ours
(``operations.answer`` behind ``serve.respond``), and the real mind of a phone (``phone``), which
may know nothing of us. The rehearsal is handed the counter as its world; neither imports the
other. A second, smaller model of a phone beside the answer path was rejected: it would be wrong in
the one case that somebody asks about.

Nothing is written: not to the ledger, not to the store, and no phone hears of it.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

from sqlalchemy import Connection

from ringback.certificate import certificate as certificates
from ringback.certificate.certificate import Certificate
from ringback.certificate.vault import Vault, read_bytes, read_pair
from ringback.cisco.difference import Difference, Side, compare
from ringback.cisco.element import Element
from ringback.cisco.profile import Profile
from ringback.errors import NotFoundError, Place, StorageError
from ringback.files.root import File, Root
from ringback.mac import Mac
from ringback.operations.recall import Recalled, recall
from ringback.operations.recollect import Recollection, Served, Uploaded, recollect
from ringback.phone.rehearse import Rehearsal
from ringback.phone.secret import mask
from ringback.provisioning.device import Device
from ringback.serve.bystander import looking_on
from ringback.serve.counter import Find, Stock
from ringback.serve.house import admission
from ringback.serve.secure import CA_NAME
from ringback.serve.setting import Inquiry, Setting
from ringback.serve.story import Given, Story, tell
from ringback.settings import Serve
from ringback.store import search
from ringback.store.archive import Archive, live_at, made
from ringback.store.changes import marked
from ringback.store.database import Store
from ringback.store.devices import Devices
from ringback.store.pantry import Pantry
from ringback.store.releases import Release, Releases

_TEMPORARY: Final = "/tmp"  # noqa: S108 (a folder of a name nobody can guess is made in it)


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything there is to tell."""

    device: Device
    release: Release
    newest: int
    fresh: bool
    """Told from power-on, fresh from the factory; else from its last known state."""
    assumed: tuple[str, ...]
    """What had to be taken for granted."""
    story: Story
    given: tuple[Given, ...]
    since: Mapping[str, int]
    """Layer to the release since which it says so."""
    recollection: Recollection
    served: Mapping[str, Served]
    """What was last served, by the path that is asked for now."""
    unlike_served: Mapping[str, Difference]
    """How that differs from what is served now, by path."""
    unlike_reported: Difference | None
    """What it reported, and what it would hold; None when it never reported."""


def explain(store: Store, settings: Serve, inquiry: Inquiry, now: float) -> Explanation:
    """Rehearse one device.

    Raises:
        NotFoundError: no such device or release, or nothing was published yet.
        RefusedError: several devices fit; a one-shot rule, and the phone is set not to resync.
    """
    with ExitStack() as doors:
        connection = doors.enter_context(store.fleet.reading())
        newest = Releases(connection, store.seal).newest
        if not newest:
            raise NotFoundError("nothing was published yet", remedy="ringback publish")
        release = made(connection, _number(connection, inquiry, newest))
        archive = Archive(connection, store.seal, release.number)
        device = _device(archive, inquiry.device)
        known = recollect(store, device, _uploads(inquiry.reports, device.mac))
        setting = Setting(inquiry, device, archive, known, now)
        past = setting.past
        find = archive.find if past else doors.enter_context(_pantry(store))
        stock = Stock(
            find,
            Root(settings.root or doors.enter_context(_bare())),
            admission(settings),
            _published(settings),
            doors.enter_context(looking_on(store, now, digest=settings.digest)),
            _chain(settings),
        )
        counter = doors.enter_context(setting.counter(stock, settings))
        rehearsal = Rehearsal(setting.phone(), counter, now)
        story = tell(rehearsal, counter, rule=inquiry.rule, fresh=setting.fresh)
        recalled = recall(archive, device)
        return Explanation(
            device, release, newest, setting.fresh,
            tuple(setting.assumed(stock, settings, pending=bool(marked(connection)) and not past)),
            story,
            tuple(story.given(recalled.explained)),
            _since(story, recalled),
            known,
            known.served,
            _unlike_served(story, known),
            _unlike_reported(story.after, known),
        )  # fmt: skip


def _number(connection: Connection, inquiry: Inquiry, newest: int) -> int:
    if inquiry.moment is not None:
        return live_at(connection, inquiry.moment)
    return newest if inquiry.release is None else inquiry.release


def _device(archive: Archive, text: str) -> Device:
    """The device that is meant; as the release knew it, if it did."""
    devices = Devices(archive.connection, archive.seal)
    mac = search.as_mac(text)
    if mac is None or archive.device(str(mac)) is None:
        mac = search.which(archive.connection, text)
    found = archive.device(str(mac)) or devices.get(mac)
    assert found is not None
    return found


@contextmanager
def _bare() -> Iterator[Path]:
    """An empty folder, for whoever serves none: it takes no room, so a full disk will do.

    Raises:
        StorageError: it cannot be made.
    """
    place = os.environ.get("TMPDIR") or _TEMPORARY
    try:
        made = Path(mkdtemp(prefix="ringback-", dir=place))
    except OSError as error:
        raise StorageError(
            f"no folder can be made in {place} ({error.strerror})",
            remedy="name the served folder by --root, or another place by TMPDIR",
        ) from error
    try:
        yield made
    finally:
        made.rmdir()


@contextmanager
def _pantry(store: Store) -> Iterator[Find]:
    """What is served now, as the device plane reads it."""
    pantry = Pantry(store, lambda _: None)
    try:
        yield pantry.find
    finally:
        pantry.close()


def _published(settings: Serve) -> Mapping[str, File]:
    """Our authority's certificate, where the state folder is named and has one."""
    vault = Vault(settings.state) if settings.state else None
    if vault is None or not vault.exists:
        return {}
    data = read_bytes(vault.trust_file)
    return {CA_NAME: File(data, '"explain"', 0.0, CA_NAME, "application/x-pem-file")}


def _chain(settings: Serve) -> tuple[Certificate, ...]:
    """The certificate our HTTPS shows, where it is named."""
    if settings.tls_cert is not None:
        return certificates.read(read_bytes(settings.tls_cert), name=str(settings.tls_cert))
    vault = Vault(settings.state) if settings.state else None
    if vault is None or not vault.server_file.exists():
        return ()
    pair = read_pair(vault.server_file)
    return (pair.certificate, *pair.chain)


def _uploads(folder: Path | None, mac: Mac) -> Iterator[Uploaded]:
    """The reports of a phone, as ``files.inbox`` keeps them; those that nobody opened are not."""
    own = folder / str(mac) if folder else None
    if own is None or not own.is_dir():
        return
    for path in sorted(own.glob("[0-9]*.xml")):
        stamp = path.name.partition("-")[0]
        try:
            moment = datetime.strptime(stamp, "%Y%m%dT%H%M%S.%fZ").replace(tzinfo=UTC)
        except ValueError:
            continue
        yield Uploaded(moment.timestamp(), read_bytes(path))


def _since(story: Story, recalled: Recalled) -> Mapping[str, int]:
    given = story.given(recalled.explained)
    layers = {each.origin.layer for each in given if each.origin is not None}
    return {layer: recalled.since(layer) for layer in sorted(layers)}


def _unlike_served(story: Story, known: Recollection) -> Mapping[str, Difference]:
    """By path, for what was served at that path before and is other bytes now."""
    found = {}
    for question in story.all:
        before = known.served.get(question.asked.wanted.url.path)
        if before is None or not question.content or before.content == question.content:
            continue
        found[before.path] = compare(
            Side(before.elements), Side(question.elements), story.after.model
        )
    return found


def _unlike_reported(after: Profile, known: Recollection) -> Difference | None:
    """What it last reported beside what it would report in the end: keys in rules masked."""
    if not known.reported:
        return None
    nowhere = Place()
    ends = {
        name: Element(
            name, mask(after.value(name)), after.access(name), preserve=False, place=nowhere
        )
        for name in known.reported
        if name in after
    }
    told = {name: each for name, each in known.reported.items() if name in after}
    return compare(Side(told, from_phone=True), Side(ends), after.model)
