"""The shelf of what was served: append, look up, verify, and remove what is old enough."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, select

from ringback.store.bulk import insert_rows
from ringback.store.chain import Chain, Fact, Head, Kind, Record
from ringback.store.tables import head, ledger

_FACT = tuple(ledger.c[name] for name in Fact._fields)
_RECORD = (ledger.c.number, *_FACT, ledger.c.chain, ledger.c.seal)
PIECE = 1000


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
        query = select(*_RECORD).order_by(ledger.c.number.desc()).limit(1)
        row = self.connection.execute(query).first()
        return _record(row) if row else None

    def append(self, facts: Iterable[Fact]) -> Head:
        """Add a batch; the head moves with it, in the same transaction."""
        records, ends = self.chain.extend(self.head, facts)
        if records:
            rows = [(number, *fact, chain, seal) for number, fact, chain, seal in records]
            insert_rows(self.connection, ledger, rows)
            self.connection.execute(delete(head))
            self.connection.execute(insert(head).values(one=1, **ends._asdict()))
        return ends

    def records(
        self,
        *,
        device: str = "",
        since: float | None = None,
        until: float | None = None,
        newest: int = 0,
    ) -> Iterator[Record]:
        """Records in order, of all or some; ``newest`` gives the last few of them, newest first."""
        where: list[ColumnElement[bool]] = []
        where += [ledger.c.device == device] if device else []
        where += [ledger.c.time >= since] if since is not None else []
        where += [ledger.c.time < until] if until is not None else []
        order = ledger.c.number.desc() if newest else ledger.c.number
        query = select(*_RECORD).where(and_(True, *where)).order_by(order)  # noqa: FBT003 (SQL's)
        if newest:
            query = query.limit(newest)
        for row in self.connection.execute(query).yield_per(PIECE):
            yield _record(row)

    def faults(self) -> Iterator[str]:
        """What is wrong with it; nothing, when every record is as it was written."""
        return self.chain.faults(self.records(), self.head)

    def prune(self, before: float, now: float) -> int:
        """Remove records older than ``before``; says how many went.

        The newest record stays, and only what stands before the first younger one goes: a clock
        that was set back cannot make a hole in the middle.
        """
        younger = select(func.min(ledger.c.number)).where(
            ledger.c.time >= before, ledger.c.kind != Kind.CHECKPOINT
        )
        keep = self.connection.scalar(younger)
        upto = min(keep if keep is not None else self.head.number, self.head.number) - 1
        last = self.connection.execute(select(*_RECORD).where(ledger.c.number == upto)).first()
        if last is None or last.kind == Kind.CHECKPOINT:
            return 0
        first = self.connection.scalar(select(func.min(ledger.c.time))) or 0.0
        gone = self.connection.execute(delete(ledger).where(ledger.c.number <= upto)).rowcount
        mark = self.chain.checkpoint(_record(last), now, gone, first)
        self.connection.execute(insert(ledger).values(_row(mark)))
        return gone


def _record(row: Sequence[Any]) -> Record:
    number, *fact, chain, seal = row
    return Record(number, Fact(*fact), chain, seal)


def _row(record: Record) -> dict[str, Any]:
    return {
        "number": record.number,
        **record.fact._asdict(),
        "chain": record.chain,
        "seal": record.seal,
    }
