"""The shelf of what was served: append, look up, verify, and remove what is old enough.

Lines of one batch are much alike, so they lie compressed.
"""

import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from typing import Any, Final, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    delete,
    func,
    insert,
    select,
    true,
)

from ringback.errors import UsageError
from ringback.store.batch import Batch, Record
from ringback.store.bulk import insert_rows
from ringback.store.chain import Chain, Head
from ringback.store.changes import pieces
from ringback.store.fact import Fact, Kind
from ringback.store.tables import batches, head, visits

_Found = TypeVar("_Found")
_BATCH: Final = tuple(batches.c[name] for name in Batch._fields)
PIECE: Final = 32
"""Batches in memory at a time; each may hold some thousand records."""
_ROWS: Final = 10_000
_LEVEL: Final = 1
"""Of zlib: it makes a fourth of the lines, in a microsecond for each, beside the loop."""
_LARGEST: Final = 64 * 1024 * 1024
"""Bytes of a body that is read: some thousand records have one megabyte."""
_MOST: Final = _LARGEST // 8
"""Characters of a body that is written: none takes more than six bytes."""
_BESIDE: Final = 128
"""Characters of a record besides its texts, and more."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """The ledger, within one transaction."""

    connection: Connection
    chain: Chain

    @property
    def head(self) -> Head:
        """Where it ends."""
        row = self.connection.execute(select(head.c.number, head.c.chain, head.c.seal)).first()
        return Head(*row) if row else Head()

    @property
    def last(self) -> Record | None:
        """The last record."""
        return next(self.records(newest=1), None)

    def append(self, facts: Sequence[Fact]) -> None:
        """Add facts, at least one; the head moves with them, in the same transaction.

        They are one batch, or as many as it takes for each to be read again.

        Raises:
            UsageError: a fact is too long for that.
        """
        ends = self.head
        for piece in _pieces(facts):
            batch, ends = self.chain.extend(ends, piece)
            self._keep(batch)
            self._visit(batch, piece)
        self.connection.execute(delete(head))
        self.connection.execute(insert(head).values(one=1, **ends._asdict()))

    def _keep(self, batch: Batch) -> None:
        packed = zlib.compress(batch.body, _LEVEL)
        self.connection.execute(insert(batches).values({**batch._asdict(), "body": packed}))

    def _visit(self, batch: Batch, facts: Sequence[Fact]) -> None:
        """Let a batch be found by the devices in it."""
        macs = {each.device for each in facts if each.device}
        rows = [(mac, batch.number) for mac in sorted(macs)]
        insert_rows(self.connection, visits, rows)

    def records(
        self,
        *,
        device: str = "",
        since: float | None = None,
        until: float | None = None,
        newest: int = 0,
    ) -> Iterator[Record]:
        """Records in order, of all or some; ``newest`` gives the last few of them, newest first.

        Raises:
            MalformedError: a record cannot be read: somebody has altered it.
        """
        first = float("-inf") if since is None else since
        end = float("inf") if until is None else until
        found = (
            record
            for batch in self._batches([device] if device else [], first, end, newest=bool(newest))
            for record in _ordered(batch.records(device), newest=bool(newest))
            if first <= record.fact.time < end
        )
        return islice(found, newest) if newest else found

    def facts(self, devices: Sequence[str], *, newest: int = 0) -> Iterator[Fact]:
        """What there is of these devices, each in order; of one, ``newest`` as in ``records``.

        However many they are, a batch is read once for all of them, or for some hundreds.

        Raises:
            MalformedError: a record cannot be read: somebody has altered it.
        """
        found = (
            fact
            for piece in pieces(list(devices))
            for batch in self._batches(piece, float("-inf"), float("inf"), newest=bool(newest))
            for fact in _ordered(batch.facts(frozenset(piece)), newest=bool(newest))
        )
        return islice(found, newest) if newest else found

    def _batches(
        self, devices: Sequence[str], since: float, until: float, *, newest: bool
    ) -> Iterator[Batch]:
        """Batches that may hold such records."""
        where: list[ColumnElement[bool]] = [true()]
        if devices:
            holding = select(visits.c.batch).where(visits.c.device.in_(devices))
            where.append(batches.c.number.in_(holding))
        where += _not_before(since) if since > float("-inf") else []
        where += [batches.c.time < until] if until < float("inf") else []
        order = batches.c.number.desc() if newest else batches.c.number
        query = select(*_BATCH).where(and_(*where)).order_by(order)
        for row in self.connection.execute(query).yield_per(PIECE):
            yield _unpacked(row)

    def faults(self, see: Callable[[Sequence[Record]], object] | None = None) -> Iterator[str]:
        """What is wrong with it; nothing, when every record is as it was written.

        ``see`` is shown the records in passing, those of a batch together.
        """
        written = _Sum()

        def shown(batch: Batch, records: Sequence[Record]) -> None:
            written.see(batch, records)
            if see is not None:
                see(records)

        every = self._batches([], float("-inf"), float("inf"), newest=False)
        yield from self.chain.faults(every, self.head, shown)
        found = _Sum()
        query = select(visits.c.device, visits.c.batch)
        for device, batch in self.connection.execute(query).yield_per(_ROWS):
            found.add(device, batch)
        if written != found:
            yield "records are not found by their devices: a device's history may lack something"

    def prune(self, before: float, now: float) -> int:
        """Remove records older than ``before``; says how many went.

        The checkpoint in their place tells of all that ever went, not of the last time alone.

        The newest record stays, and only what stands before the first younger one goes: a clock
        that was set back cannot make a hole in the middle.

        Raises:
            MalformedError: what is to be sealed anew was altered.
        """
        younger = next(
            (each for each in self.records(since=before) if each.fact.kind != Kind.CHECKPOINT),
            None,
        )
        end = self.head.number
        upto = min(younger.number if younger else end, end) - 1
        last = self._record(upto)
        if last is None or last.fact.kind == Kind.CHECKPOINT:
            return 0
        first, oldest = self._begins(upto)
        before_that, since = self.chain.removed(first) if first.still else (0, oldest)
        gone = upto - first.number + (not first.still)
        self._cut(upto)
        self._keep(self.chain.checkpoint(last, now, before_that + gone, since))
        return gone

    def _begins(self, upto: int) -> tuple[Batch, float]:
        """The first batch, and the least time of all up to that record."""
        query = select(*_BATCH).order_by(batches.c.number).limit(1)
        first = _unpacked(self.connection.execute(query).one())
        least = select(func.min(batches.c.time)).where(batches.c.number <= upto)
        return first, self.connection.execute(least).scalar_one()

    def _record(self, number: int) -> Record | None:
        batch = self._holding(number)
        found = batch.records() if batch else ()
        return next((each for each in found if each.number == number), None)

    def _holding(self, number: int) -> Batch | None:
        """The batch with that record in it."""
        query = select(*_BATCH).where(batches.c.number <= number)
        row = self.connection.execute(query.order_by(batches.c.number.desc()).limit(1)).first()
        return _unpacked(row) if row and row.last >= number else None

    def _cut(self, upto: int) -> None:
        """Remove all records up to that one; what is left of a batch stays one."""
        batch = self._holding(upto + 1)
        cut = batch is not None and batch.number <= upto
        self.connection.execute(delete(batches).where(batches.c.number <= upto))
        self.connection.execute(delete(visits).where(visits.c.batch <= upto))
        if batch is not None and cut:
            rest = batch.after(upto)
            self._keep(rest)
            self._visit(rest, [each.fact for each in rest.records()])


def _not_before(since: float) -> list[ColumnElement[bool]]:
    """What is true of batches that may hold records of then or later.

    The first of them is found by the index; what stands before it, years perhaps, is not looked at.
    Without ``+ 0`` SQLite would seek the least number from the front of the table.
    """
    number = func.min(batches.c.number + 0)
    young = select(number).where(batches.c.until >= since).scalar_subquery()
    return [batches.c.number >= young, batches.c.until >= since]


def _pieces(facts: Sequence[Fact]) -> Iterator[Sequence[Fact]]:
    """Facts in such pieces as make a body each that can be read again."""
    size = begin = 0
    for at, fact in enumerate(facts):
        more = _characters(fact)
        if more > _MOST:
            raise UsageError(f"a record of {more} characters could not be read again")
        if size + more > _MOST:
            yield facts[begin:at]
            size, begin = 0, at
        size += more
    yield facts[begin:]


def _characters(fact: Fact) -> int:
    """At most so many has its line; most often, fewer."""
    texts = (fact.kind, fact.device, fact.evidence, fact.document, fact.content, fact.outcome)
    return _BESIDE + sum(map(len, texts))


def _unpacked(row: Sequence[Any]) -> Batch:
    """A batch from its row; without a body where that cannot be had, which no chain fits."""
    batch = Batch(*row)
    unpacking = zlib.decompressobj()
    try:
        body = unpacking.decompress(batch.body, _LARGEST)
    except zlib.error:
        body = b""
    return batch._replace(body=body if unpacking.eof else b"")


def _ordered(found: Iterator[_Found], *, newest: bool) -> Iterator[_Found]:
    return reversed(list(found)) if newest else found


@dataclass(slots=True)
class _Sum:
    """Which devices are in which batches, as one number; the order does not matter."""

    total: int = 0

    def add(self, device: str, batch: int) -> None:
        """One device that is in one batch."""
        self.total += int.from_bytes(sha256(f"{device} {batch}".encode()).digest())

    def see(self, batch: Batch, records: Sequence[Record]) -> None:
        """Every device of a batch; of one that cannot be read, the chain complains."""
        for device in {each.fact.device for each in records} - {""}:
            self.add(device, batch.number)
