from collections.abc import Iterator

import pytest

from ringback.store.database import Store


@pytest.fixture
def store(tmp_path) -> Iterator[Store]:
    made = Store(tmp_path / "fleet.db")
    yield made
    made.close()
