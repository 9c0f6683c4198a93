"""The archive: a release as it was, for whoever asks what a phone was given, and from what.

Where the pantry gives what is served now, this gives what release ``number`` served, by the same
path and with the same facts; and the things that its files were made from. Secrets are not kept
by release, and locks are not either: a past release is looked at as if nothing were locked.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select

from ringback.errors import NotFoundError
from ringback.provisioning.device import Device
from ringback.provisioning.document import Document
from ringback.provisioning.layer import Layer, Scope
from ringback.store import body
from ringback.store.departed import Departed
from ringback.store.entry import Entry
from ringback.store.pantry import Ready
from ringback.store.releases import PLACE, Release
from ringback.store.seal import Seal
from ringback.store.tables import contents, devices, entries, history, releases

_OF_ENTRY: Final = tuple(entries.c[name] for name in Entry._fields)
_READY: Final = (*_OF_ENTRY, entries.c.since, contents.c.body, releases.c.made)


@dataclass(frozen=True, slots=True)
class Archive:
    """One release, within one transaction."""

    connection: Connection
    seal: Seal
    number: int

    # -- what was served

    def find(self, path: str) -> Ready | None:
        """The file that was served at ``path``, from ``/``; as ``Pantry.find`` finds today's."""
        query = (
            select(*_READY)
            .join(contents, contents.c.hash == entries.c.hash)
            .join(releases, releases.c.number == entries.c.since)
            .where(entries.c.path == path, self._held(entries))
        )
        row = self.connection.execute(query).first()
        return None if row is None else self._ready(row)

    def _ready(self, row: Row[Any]) -> Ready:
        content = row.hash.hex()
        data = self.seal.open(row.body, f"{PLACE}/{content}")
        return Ready(
            data, row.path, row.mac, row.document, row.level, row.key, row.encoding, row.type,
            row.since, content, row.made, locked=False,
        )  # fmt: skip

    def paths(self, mac: str) -> list[str]:
        """The paths of a device's own files."""
        query = select(entries.c.path).where(entries.c.mac == mac, self._held(entries))
        return list(self.connection.scalars(query.order_by(entries.c.path)))

    def ever(self, content: str, mac: str) -> Entry | None:
        """An entry by which any release gave these bytes, to this device or to all."""
        query = select(*_OF_ENTRY).where(
            entries.c.hash == bytes.fromhex(content), entries.c.mac.in_((mac, ""))
        )
        row = self.connection.execute(query.order_by(entries.c.mac.desc())).first()
        return Entry(*row) if row else None

    # -- what it was made from

    def device(self, mac: str) -> Device | None:
        """The device as the release knew it, with the keys and the pin that it has now, or had."""
        sealed = self._source("device", mac)
        if sealed is None:
            return None
        columns = [devices.c[name] for name in body.UNVERSIONED]
        row = self.connection.execute(select(*columns).where(devices.c.mac == mac)).first()
        if row is not None:
            return body.device(sealed, **row._asdict())
        left = Departed(self.connection, self.seal).several([mac]).get(mac)
        return body.device(sealed, **(left.columns if left else {}))

    def layers(self, mac: str) -> Iterator[Layer]:
        """Every layer but those of other devices."""
        own = f"{Scope.DEVICE}/{mac}"
        others = and_(history.c.name.like(f"{Scope.DEVICE}/%"), history.c.name != own)
        query = self._sources("layer").where(~others)
        for name, sealed in self.connection.execute(query):
            yield body.layer(self.seal.open(sealed, f"layer/{name}"))

    def documents(self) -> Iterator[Document]:
        """Every document that was written; none where the fleet was given those of the package."""
        for name, sealed in self.connection.execute(self._sources("document")):
            yield body.document(self.seal.open(sealed, f"document/{name}"))

    def fact(self, name: str) -> dict[str, str]:
        """``variables``, or ``ready``: the number of the ready-made layers."""
        opened = self._source("fleet", name)
        return {} if opened is None else body.variables(opened)

    def since(self, kind: str, name: str) -> int:
        """The release since which a thing was as this one has it; 0 when it has none."""
        query = select(history.c.since).where(*self._named(kind, name))
        return self.connection.scalar(query) or 0

    def _source(self, kind: str, name: str) -> bytes | None:
        sealed = self.connection.scalar(select(history.c.body).where(*self._named(kind, name)))
        return None if sealed is None else self.seal.open(sealed, f"{kind}/{name}")

    def _sources(self, kind: str) -> Any:
        query = select(history.c.name, history.c.body).where(history.c.kind == kind)
        return query.where(self._held(history)).order_by(history.c.name)

    def _named(self, kind: str, name: str) -> tuple[ColumnElement[bool], ...]:
        return history.c.kind == kind, history.c.name == name, self._held(history)

    def _held(self, table: Any) -> ColumnElement[bool]:
        """Whether a period covers this release."""
        ended = or_(table.c.until.is_(None), table.c.until > self.number)
        return and_(table.c.since <= self.number, ended)


def live_at(connection: Connection, moment: float) -> int:
    """The number of the release that was served at that time, POSIX seconds.

    Raises:
        NotFoundError: there was none yet.
    """
    query = select(func.max(releases.c.number)).where(releases.c.made <= moment)
    found = connection.scalar(query)
    if found is None:
        first = connection.scalar(select(func.min(releases.c.made)))
        remedy = "ringback publish" if first is None else f"a time from {_after(first)} on"
        raise NotFoundError("nothing had been published at that time", remedy=remedy)
    return int(found)


def _after(seconds: float) -> str:
    """The first whole second since then, as it can be typed."""
    return datetime.fromtimestamp(ceil(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def made(connection: Connection, number: int) -> Release:
    """That release.

    Raises:
        NotFoundError: there was none of that number.
    """
    columns = [releases.c[name] for name in ("number", "made", "note", "devices", "changed")]
    row = connection.execute(select(*columns).where(releases.c.number == number)).first()
    if row is None:
        newest = connection.scalar(select(func.max(releases.c.number)))
        remedy = f"releases 1 to {newest}" if newest else "ringback publish"
        raise NotFoundError(f"there is no release {number}", remedy=remedy)
    return Release(*row)
