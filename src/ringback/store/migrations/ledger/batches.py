"""Records that were written together lie in one row: the lines that they are hashed as, compressed.

Numbers, chains and seals stay what they are: every batch ended with a sealed record, and still
does, so what was proven before is proven after.
"""

import json
import zlib
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_FACT = ("time", "kind", "device", "evidence", "document", "release", "content", "outcome")
_PIECE = 1000


def upgrade() -> None:
    """Make the tables and move what there is."""
    op.create_table(
        "batches",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.Column("time", sa.Float(), nullable=False),
        sa.Column("until", sa.Float(), nullable=False),
        sa.Column("before", sa.String(length=64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("chain", sa.String(length=64), nullable=False),
        sa.Column("seal", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_index("batches_by_until", "batches", ["until"], unique=False)
    op.create_table(
        "visits",
        sa.Column("device", sa.String(length=12), nullable=False),
        sa.Column("batch", sa.Integer(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("device", "batch"),
        sqlite_with_rowid=False,
    )
    _move(op.get_bind())
    op.drop_index("ledger_by_device", "ledger")
    op.drop_index("ledger_by_time", "ledger")
    op.drop_table("ledger")


def _move(connection: sa.Connection) -> None:
    batches = sa.table("batches", *map(sa.column, (
        "number", "last", "time", "until", "before", "body", "chain", "seal"
    )))  # fmt: skip
    visits = sa.table("visits", sa.column("device"), sa.column("batch"))
    before = ""
    for rows in _sealed(connection):
        first, last = rows[0], rows[-1]
        times = [row.time for row in rows]
        lines = [_line(row) for row in rows]
        still = last.kind == "checkpoint"
        values = (
            first.number, last.number, min(times), max(times), last.chain if still else before,
            zlib.compress(b"\n".join(lines), 1), last.chain, last.seal,
        )  # fmt: skip
        connection.execute(sa.insert(batches).values(values))
        macs = sorted({row.device for row in rows if row.device})
        if macs:
            found = [{"device": mac, "batch": first.number} for mac in macs]
            connection.execute(sa.insert(visits), found)
        before = last.chain


def _sealed(connection: sa.Connection) -> Iterator[list[Any]]:
    """The records, as they were written together."""
    names = ("number", *_FACT, "chain", "seal")
    ledger = sa.table("ledger", *map(sa.column, names))
    together: list[Any] = []
    number = 0
    while True:
        query = sa.select(ledger).where(ledger.c.number > number).order_by(ledger.c.number)
        rows: Sequence[Any] = connection.execute(query.limit(_PIECE)).all()
        for row in rows:
            together.append(row)
            if row.seal:
                yield together
                together = []
        if not rows:
            break
        number = rows[-1].number
    if together:
        yield together


def _line(row: Any) -> bytes:
    values = [row.number, *(getattr(row, name) for name in _FACT)]
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass")
