"""Many rows at once: what a column at a time costs SQLAlchemy three times the insert itself.

The statement is SQLAlchemy's own, with the driver's own marks, so it is as portable as any; only
its conversion of every value of every row is left out. Columns must hold plain types. Many rows
share a statement, because the driver lets other threads run at every one, and whoever writes from
a thread beside a busy loop would wait for its turn after every row.
"""

from collections.abc import Sequence
from itertools import chain
from typing import Any, Final

from sqlalchemy import Connection, Table, insert

_VALUES: Final = " VALUES "
_MOST: Final = 2000
"""Values in one statement; every database takes so many."""


def insert_rows(
    connection: Connection,
    table: Table,
    rows: Sequence[Sequence[Any]],
    columns: Sequence[str] = (),
) -> None:
    """Insert rows, each with a value for every column in the table's order, or for ``columns``."""
    names = [each.name for each in table.columns if not columns or each.name in columns]
    assert not columns or names == list(columns), "the order of columns is the table's"
    compiled = insert(table).compile(dialect=connection.dialect, column_keys=names)
    assert compiled.positional, "this driver names its parameters"
    head, _, one = str(compiled).partition(_VALUES)
    size = _MOST // len(names)
    for at in range(0, len(rows), size):
        piece = rows[at : at + size]
        statement = f"{head}{_VALUES}{', '.join([one] * len(piece))}"
        connection.exec_driver_sql(statement, tuple(chain.from_iterable(piece)))
