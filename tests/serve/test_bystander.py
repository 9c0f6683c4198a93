"""A guard without consequences: it checks as the real one does, and nothing is noted."""

from tests.operations.fleets import device, fill

from ringback.provisioning.evidence import Offer, Proof
from ringback.serve.bystander import Bystander, looking_on
from ringback.store.gate import Gate
from ringback.store.notebook import Notebook
from ringback.store.tables import passes

MAC = str(device(1).mac)


def counted(store):
    with store.ledger.reading() as connection:
        return [tuple(row) for row in connection.execute(passes.select())]


def test_a_right_token_is_right(store):
    fill(store)
    gate = Gate(store)
    token = gate.token(MAC, 1)
    gate.close()
    with looking_on(store, 5.0, digest=False) as guard:
        assert guard.examine(MAC, Offer(token)).proofs == (Proof.TOKEN,)


def test_a_pass_is_looked_at_and_not_counted(store):
    watching = Bystander(store)
    assert watching.let_pass(1, MAC, 1, 5.0)
    assert watching.let_pass(1, MAC, 1, 5.0)
    assert counted(store) == []
    notebook = Notebook(store, print)
    assert notebook.let_pass(1, MAC, 1, 6.0)
    notebook.close()
    before = counted(store)
    assert not watching.let_pass(1, MAC, 1, 7.0)
    assert counted(store) == before
