import pytest
from sqlalchemy import select

from ringback.store.bulk import insert_rows
from ringback.store.tables import meta


@pytest.mark.parametrize("count", [0, 1, 999, 1000, 1001, 2500])
def test_all_rows_are_there_and_in_their_columns(store, count):
    rows = [(f"n{number:05}", f"v{number}") for number in range(count)]
    with store.fleet.writing() as connection:
        insert_rows(connection, meta, rows)
        query = select(meta.c.name, meta.c.value).where(meta.c.name.like("n0%"))
        assert [tuple(row) for row in connection.execute(query.order_by(meta.c.name))] == rows
