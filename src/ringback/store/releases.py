"""The shelf of releases: what is served now, what was served then, and the step between two.

See ``tables`` for periods. A *turn* is everything one release changes; it is taken in one
transaction, so that whoever reads sees the release before or the one after.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    and_,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    true,
    update,
)

from ringback.errors import NotFoundError
from ringback.store import changes
from ringback.store.bulk import insert_rows
from ringback.store.changes import PIECE, pieces
from ringback.store.entry import Entry, Kept, Step
from ringback.store.seal import Seal
from ringback.store.tables import changes as marks
from ringback.store.tables import (
    contents,
    devices,
    documents,
    entries,
    history,
    layers,
    releases,
)
from ringback.store.tables import variables as fleet_facts

PLACE: Final = "content"
"""Where a prepared file belongs, with its hash behind: the same file wherever it is used."""


@dataclass(frozen=True, slots=True)
class Release:
    """A numbered state of everything; ``changed`` counts the files it changed."""

    number: int
    made: float
    note: str
    devices: int
    changed: int


_ENTRY: Final = tuple(entries.c[name] for name in Entry._fields)
_SOURCES: Final = {
    "device": (devices, devices.c.mac),
    "layer": (layers, layers.c.name),
    "document": (documents, documents.c.name),
    "fleet": (fleet_facts, fleet_facts.c.name),
}


@dataclass(frozen=True, slots=True)
class Releases:
    """The releases, within one transaction."""

    connection: Connection
    seal: Seal

    @property
    def newest(self) -> int:
        """The number of the release that is served; 0 before the first."""
        return self.connection.scalar(select(func.max(releases.c.number))) or 0

    def __iter__(self) -> Iterator[Release]:
        """Every release, the newest first."""
        columns = [releases.c[name] for name in ("number", "made", "note", "devices", "changed")]
        for row in self.connection.execute(select(*columns).order_by(releases.c.number.desc())):
            yield Release(*row)

    def get(self, number: int) -> Release:
        """One release.

        Raises:
            NotFoundError: there was none of that number.
        """
        found = next((each for each in self if each.number == number), None)
        if found is None:
            newest = self.newest
            remedy = f"releases 1 to {newest}" if newest else "none was published yet"
            raise NotFoundError(f"there is no release {number}", remedy=remedy)
        return found

    # -- what is served

    def kept(self, macs: Sequence[str]) -> Iterator[Kept]:
        """Every entry these devices ever had, the newest first; "" has those that are shared."""
        for piece in pieces(list(macs)):
            query = (
                select(entries.c.id, entries.c.until, *_ENTRY)
                .where(entries.c.mac.in_(piece))
                .order_by(entries.c.id.desc())
            )
            for number, until, *row in self.connection.execute(query):
                yield Kept(number, Entry(*row), until is None)

    def at(self, number: int, macs: Sequence[str] | None = None) -> Iterator[Entry]:
        """What release ``number`` served, to these devices or to all."""
        for piece in [None] if macs is None else pieces(list(macs)):
            chosen = true() if piece is None else entries.c.mac.in_(piece)
            query = select(*_ENTRY).where(_held(entries, number), chosen)
            for row in self.connection.execute(query.order_by(entries.c.path, entries.c.mac)):
                yield Entry(*row)

    def between(self, one: int, other: int) -> tuple[set[Entry], set[Entry]]:
        """What only the first of two releases served, and what only the second."""
        differs = _held(entries, one) != _held(entries, other)
        query = select(_held(entries, other), *_ENTRY).where(differs)
        sides: tuple[set[Entry], set[Entry]] = (set(), set())
        for in_other, *row in self.connection.execute(query):
            sides[bool(in_other)].add(Entry(*row))
        return sides[0] - sides[1], sides[1] - sides[0]

    def first_with(self, mac: str, key: int) -> int:
        """The first release that had a file of this device under that key; 0 for none."""
        query = select(func.min(entries.c.since)).where(entries.c.mac == mac, entries.c.key == key)
        return self.connection.scalar(query) or 0

    def body(self, found: bytes) -> bytes:
        """The bytes with that hash."""
        sealed = self.connection.scalar(select(contents.c.body).where(contents.c.hash == found))
        if sealed is None:
            raise NotFoundError(f"no content {found.hex()} is kept")
        return self.seal.open(sealed, f"{PLACE}/{found.hex()}")

    def gone(self, hashes: Iterable[bytes]) -> set[bytes]:
        """Those whose bytes are not kept any more."""
        wanted = sorted(hashes)
        for at in range(0, len(wanted), PIECE):
            piece = wanted[at : at + PIECE]
            there = set(
                self.connection.scalars(select(contents.c.hash).where(contents.c.hash.in_(piece)))
            )
            wanted[at : at + PIECE] = [b"" if each in there else each for each in piece]
        return {each for each in wanted if each}

    def forget(self, before: float) -> int:
        """Forget the bytes of what is only in releases made before then; says how many files.

        The release that is served, and whatever a later one still holds, stays. What the older
        ones were made of, and what they served to whom, can still be told.
        """
        made = select(func.min(releases.c.number)).where(releases.c.made >= before)
        first = self.connection.scalar(made) or self.newest
        held = select(entries.c.hash).where(or_(entries.c.until.is_(None), entries.c.until > first))
        old = contents.c.hash.in_(select(entries.c.hash)) & contents.c.hash.not_in(held)
        count = self.connection.execute(delete(contents).where(old)).rowcount
        lost = entries.c.hash.not_in(select(contents.c.hash))
        # Without its mark nobody takes it for bytes that can be had again.
        self.connection.execute(update(entries).where(lost, entries.c.mark != "").values(mark=""))
        return count

    def keep_bodies(self, sealed: Iterable[tuple[bytes, bytes]]) -> None:
        """Keep sealed bytes under their hashes, each once."""
        wanted = dict(sealed)
        for piece in (list(wanted)[at : at + PIECE] for at in range(0, len(wanted), PIECE)):
            there = select(contents.c.hash).where(contents.c.hash.in_(piece))
            known = set(self.connection.scalars(there))
            fresh = [(each, wanted[each]) for each in piece if each not in known]
            insert_rows(self.connection, contents, fresh)

    def sweep(self) -> int:
        """Forget bytes that no release holds: what a publishing left that was cut short."""
        orphaned = contents.c.hash.not_in(select(entries.c.hash))
        return self.connection.execute(delete(contents).where(orphaned)).rowcount

    # -- the step to the next

    def take(self, steps: Iterable[Step], number: int) -> int:
        """Let these rows end and begin with release ``number``; says how many begin."""
        begun = 0
        for step in steps:
            for at in range(0, len(step.ended), PIECE):
                piece = step.ended[at : at + PIECE]
                ended = update(entries).where(entries.c.id.in_(piece)).values(until=number)
                self.connection.execute(ended)
            rows = [(*each, number) for each in step.begun]
            insert_rows(self.connection, entries, rows, (*Entry._fields, "since"))
            begun += len(step.begun)
        return begun

    def clash(self, paths: Iterable[str]) -> tuple[str, ...]:
        """A path that several devices have for their own, and their MACs; most often nothing."""
        live = entries.c.until.is_(None)
        for piece in pieces(sorted(set(paths))):
            twice = (
                select(entries.c.path)
                .where(live, entries.c.path.in_(piece))
                .group_by(entries.c.path)
                .having(func.count() > 1)
                .limit(1)
            )
            path = self.connection.scalar(twice)
            if path is not None:
                whose = select(entries.c.mac).where(live, entries.c.path == path)
                return path, *self.connection.scalars(whose.order_by(entries.c.mac))
        return ()

    def remember(self, found: Iterable[changes.Change], number: int) -> int:
        """Keep what is marked as changed for later: what it is from this release on.

        ``found`` are the marks. Bodies go from table to table inside the database: there may be
        200 000 of them.
        """
        groups = {(kind, f"{name.partition('/')[0]}/" if kind == "layer" else "")
                  for kind, name in found if kind in _SOURCES}  # fmt: skip
        return sum(self._remember(*each, number) for each in sorted(groups))

    def _remember(self, kind: str, prefix: str, number: int) -> int:
        """The same for one kind; for layers, whose scope stands in front, for one scope."""
        table, column = _SOURCES[kind]
        mine = table.c.scope == prefix[:-1] if prefix else true()
        marked = and_(marks.c.kind == kind, marks.c.name.startswith(prefix, autoescape=True))
        live = and_(history.c.kind == kind, history.c.until.is_(None))
        same = select(column).where(
            mine, column == _without(prefix, history.c.name), table.c.body == history.c.body
        )
        ended = update(history).where(
            live, history.c.name.in_(select(marks.c.name).where(marked)), ~same.exists()
        )
        gone = self.connection.execute(ended.values(until=number)).rowcount
        name = literal(prefix) + column if prefix else column
        kept = select(history.c.name).where(live, history.c.name == name)
        fresh = select(literal(kind), name, literal(number), table.c.body).where(
            mine, column.in_(select(_without(prefix, marks.c.name)).where(marked)), ~kept.exists()
        )
        into = insert(history).from_select(["kind", "name", "since", "body"], fresh)
        return max(gone, self.connection.execute(into).rowcount)

    def sources(self, number: int, kind: str, names: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        """The things of one kind and these names as they were in a release."""
        for piece in pieces(list(names)):
            query = select(history.c.name, history.c.body).where(
                history.c.kind == kind, history.c.name.in_(piece), _held(history, number)
            )
            for row in self.connection.execute(query.order_by(history.c.name)):
                yield row.name, self.seal.open(row.body, f"{kind}/{row.name}")

    def unaltered(self, macs: Sequence[str]) -> set[str]:
        """Those of the devices that are what the newest release has, but for their columns."""
        kept = and_(
            history.c.kind == "device",
            history.c.name == devices.c.mac,
            history.c.until.is_(None),
            history.c.body == devices.c.body,
        )
        query = select(devices.c.mac).join(history, kept)
        return {
            mac
            for piece in pieces(list(macs))
            for mac in self.connection.scalars(query.where(devices.c.mac.in_(piece)))
        }

    def sources_between(
        self, one: int, other: int
    ) -> tuple[set[changes.Change], set[changes.Change]]:
        """Kind and name of what differs: as the first has it, and as the second has it.

        What changed is in both; what was added is in the second only.
        """
        differs = _held(history, one) != _held(history, other)
        columns = (history.c.kind, history.c.name, history.c.body)
        query = select(_held(history, other), *columns).where(differs)
        sides: tuple[set[tuple[str, str, bytes]], set[tuple[str, str, bytes]]] = (set(), set())
        for in_other, *row in self.connection.execute(query):
            sides[bool(in_other)].add((row[0], row[1], row[2]))
        first, second = sides[0] - sides[1], sides[1] - sides[0]
        return {each[:2] for each in first}, {each[:2] for each in second}

    def touched_between(self, one: int, other: int) -> set[changes.Change]:
        """Kind and name of whatever was written between two releases, if only to and fro.

        No body is read, so it costs little where everything was.
        """
        low, high = sorted((one, other))
        within = [
            and_(column > low, column <= high) for column in (history.c.since, history.c.until)
        ]
        query = select(history.c.kind, history.c.name).where(or_(*within))
        return {(row.kind, row.name) for row in self.connection.execute(query)}

    def add(self, release: Release) -> None:
        """Put the new number on the shelf: with the end of the transaction it is served."""
        values = {name: getattr(release, name) for name in Release.__slots__}
        self.connection.execute(insert(releases).values(values))


def _without(prefix: str, name: ColumnElement[str]) -> ColumnElement[str]:
    """The name behind a prefix."""
    return func.substr(name, len(prefix) + 1) if prefix else name


def _held(table: FromClause, number: int) -> ColumnElement[bool]:
    """Whether a period covers a release."""
    return and_(table.c.since <= number, or_(table.c.until.is_(None), table.c.until > number))
