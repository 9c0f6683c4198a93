"""Roll back: serve again what an earlier release served, as a new release.

Not the files alone go back but what they are made from, so that the next publish does not bring
back what was rolled back. Locks, pins and the numbers of keys stay as they are: a phone that has
its new key would not open a file under the old one. Files that come out as they were get the very
bytes of then.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection

from ringback.errors import RefusedError
from ringback.operations.publish import Progress, publish
from ringback.provisioning.layer import Scope
from ringback.store import body, changes
from ringback.store.changes import DEVICE, DOCUMENT, FLEET, LAYER, SECRET, Change
from ringback.store.database import Store
from ringback.store.devices import Devices
from ringback.store.documents import Documents
from ringback.store.layers import Layers
from ringback.store.releases import Release, Releases
from ringback.store.seal import Seal


def roll_back(
    store: Store,
    number: int,
    now: float,
    *,
    discard: bool = False,
    progress: Progress = lambda _done, _total: None,
    hands: int | None = None,
) -> Release | None:
    """Make release ``number`` what is served; None when it is that already.

    Raises:
        NotFoundError: there was no such release.
        RefusedError: there are changes that were never published, and no ``discard``.
    """
    with store.fleet.writing() as connection:
        releases = Releases(connection, store.seal)
        releases.get(number)
        pending = {each for each in changes.marked(connection) if each[0] != SECRET}
        if pending and not discard:
            raise RefusedError(
                f"{len(pending)} changes were never published and would be lost",
                remedy="publish them, or say --discard",
            )
        before, after = releases.sources_between(number, releases.newest)
        differing = {*pending, *before, *after}
        Restoring(connection, store.seal, number).restore(differing)
    return publish(
        store, now, note=f"rolled back to release {number}", progress=progress, hands=hands,
        again=number,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Restoring:
    """Writes sources back as they were in a release."""

    connection: Connection
    seal: Seal
    number: int

    def restore(self, differing: Iterable[Change]) -> None:
        """Make each of these what it was."""
        wanted = sorted(differing)
        for kind, put in (
            (LAYER, self._layer), (DOCUMENT, self._document), (FLEET, self._fact)
        ):  # fmt: skip
            names = [name for each, name in wanted if each == kind]
            then = self._then(kind) if names else {}
            for name in names:
                put(name, then.get(name))
        self._devices([name for kind, name in wanted if kind == DEVICE])

    def _then(self, kind: str) -> dict[str, bytes]:
        releases = Releases(self.connection, self.seal)
        return {
            name: self.seal.open(sealed, f"{kind}/{name}")
            for name, sealed in releases.sources(self.number, kind)
        }

    def _layer(self, name: str, then: bytes | None) -> None:
        layers = Layers(self.connection, self.seal)
        if then is not None:
            layers.keep([body.layer(then)])
            return
        scope, _, own = name.partition("/")
        layers.remove(Scope[scope.upper()], own)

    def _document(self, name: str, then: bytes | None) -> None:
        documents = Documents(self.connection, self.seal)
        if then is None:
            documents.remove(name)
        else:
            documents.keep([body.document(then)])

    def _fact(self, name: str, then: bytes | None) -> None:
        Layers(self.connection, self.seal).set_fact(name, body.variables(then) if then else {})

    def _devices(self, macs: list[str]) -> None:
        if not macs:
            return
        devices, then = Devices(self.connection, self.seal), self._then(DEVICE)
        now = {str(each.mac): each for each in devices.several(macs)}
        columns = {
            mac: {name: getattr(each, name) for name in body.UNVERSIONED}
            for mac, each in now.items()
        }
        devices.keep(body.device(then[mac], **columns.get(mac, {})) for mac in macs if mac in then)
        devices.remove([mac for mac in macs if mac not in then and mac in now])
