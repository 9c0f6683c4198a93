"""What phones that know nothing may ask for, as a person is told it."""

import pytest
from tests.operations.fleets import fill

from ringback.mac import Mac
from ringback.operations.publish import publish
from ringback.operations.revise import revise
from ringback.provisioning.device import Device
from ringback.provisioning.document import Document, Envelope, Level, Selection
from ringback.provisioning.fleet import Fleet
from ringback.serve.welcome import Welcome, welcomes
from ringback.store.database import Store

SERVER = {"server": "https://prov.example.com"}


@pytest.fixture
def store(tmp_path):
    made = Store(tmp_path / "fleet.db")
    yield made
    made.close()


def test_before_a_release_there_is_nothing_to_ask_for(store):
    fill(store)
    assert welcomes(store) == ()


def test_each_generation_is_told_its_own_path_with_its_macros(store):
    models = ("CP-8851-3PCC", "CP-7841-3PCC", "CP-8851-3PCC", "SPA504G")
    devices = [Device(Mac(f"000e0800000{at}"), model) for at, model in enumerate(models)]
    revise(store, Fleet.of((), (), devices, SERVER), now=1.0)
    publish(store, 5.0)
    assert welcomes(store) == (
        Welcome("/$PSN.xml", "/8851-3PCC.xml", ("CP-8851-3PCC", "CP-7841-3PCC")),
        Welcome("/spa$PSN.cfg", "/spa504G.cfg", ("SPA504G",)),
    )


def test_a_fleets_own_documents_are_told_and_those_that_not_anybody_gets_are_not(store):
    open_ = Selection(("GPP_A",))
    documents = (
        Document("first", ("/boot/{mac}.xml",), open_, Envelope.PLAIN, Level.BOOTSTRAP),
        Document("own", ("/own/{mac}.xml",), open_, Envelope.PLAIN, Level.OPEN),
    )
    devices = [Device(Mac("000e08000001"), "CP-8851-3PCC")]
    revise(store, Fleet.of((), documents, devices, SERVER), now=1.0)
    publish(store, 5.0)
    (way,) = welcomes(store)
    assert (way.rule, way.path) == ("/boot/$(MA).xml", "/boot/000e08000001.xml")
