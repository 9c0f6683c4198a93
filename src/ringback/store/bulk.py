"""Many rows at once: what a column at a time costs SQLAlchemy three times the insert itself.

The statement is SQLAlchemy's own, with the driver's own marks, so it is as portable as any; only
its conversion of every value of every row is left out. Columns must hold plain types.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table, insert


def insert_rows(connection: Connection, table: Table, rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows, each with a value for every column of the table, in the table's order."""
    if not rows:
        return
    compiled = insert(table).compile(dialect=connection.dialect)
    assert compiled.positional, "this driver names its parameters"
    connection.exec_driver_sql(str(compiled), [tuple(row) for row in rows])
