import pytest
from sqlalchemy import update

from ringback.cli.histories import last
from ringback.store.chain import Chain
from ringback.store.database import Store
from ringback.store.fact import Fact, Kind
from ringback.store.ledger import Ledger
from ringback.store.tables import batches

MAC = "000e08000001"
ANYBODY = "address=192.0.2.9 certificate=- mac=- agent=-"
PHONE = f"address=192.0.2.7 certificate=CN=x mac={MAC} agent=-"


@pytest.fixture
def store(tmp_path):
    """The phone proved itself twice, and then somebody asked in its name."""
    made = Store(tmp_path / "fleet.db")
    with made.ledger.writing() as connection:
        ledger = Ledger(connection, Chain(made.seal.draw("ledger")))
        for when, evidence in ((1.0, PHONE), (2.0, PHONE), (3.0, ANYBODY)):
            ledger.append([Fact(when, Kind.ANSWER, MAC, evidence)])
    yield made
    made.close()


def test_the_last_is_told_and_the_last_that_was_proven(store):
    found = last(store, MAC)
    assert found["last"]["time"].startswith("1970-01-01T00:00:03")
    assert found["last"]["proof"].startswith("none")
    assert found["last proven"]["time"].startswith("1970-01-01T00:00:02")
    assert last(store, "000e08000002") == {"last": None, "last proven": None}


def test_behind_a_proof_nothing_is_read(store):
    with store.ledger.writing() as connection:
        connection.execute(update(batches).where(batches.c.number == 1).values(body=b""))
    assert last(store, MAC)["last proven"]
