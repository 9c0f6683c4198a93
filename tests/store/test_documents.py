from dataclasses import replace

from ringback.provisioning.ready import DEVICE, DOCUMENTS
from ringback.store import changes
from ringback.store.documents import Documents


def test_documents_come_back_and_changes_are_marked(store):
    with store.fleet.writing() as connection:
        documents = Documents(connection, store.seal)
        assert documents.keep(DOCUMENTS) == 3
        assert tuple(documents) == DOCUMENTS
        changes.clear(connection)
        assert documents.keep(DOCUMENTS) == 0
        assert changes.marked(connection) == ()
        assert documents.keep([replace(DEVICE, slot="C")]) == 1
        assert documents.remove("common")
        assert not documents.remove("common")
        assert documents.get("common") is None
        assert documents.get("device") == replace(DEVICE, slot="C")
        assert changes.marked(connection) == (("document", "common"), ("document", "device"))
