import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.cisco.parameter import Access
from ringback.errors import StorageError
from ringback.mac import Mac
from ringback.provisioning.device import Device
from ringback.provisioning.document import Document, Envelope, Level, Rules, Selection
from ringback.provisioning.layer import Layer, Scope, Setting
from ringback.provisioning.line import Line
from ringback.provisioning.ready import DOCUMENTS
from ringback.store import body

texts = st.text(max_size=20)
names = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=10)
tables = st.dictionaries(names, texts, max_size=3)
lines = st.lists(
    st.builds(
        Line, st.integers(1, 100), texts, texts, texts, texts, texts, tables
    ),
    max_size=4,
    unique_by=lambda each: each.number,
).map(lambda found: tuple(sorted(found, key=lambda each: each.number)))  # fmt: skip
devices = st.builds(
    Device,
    st.integers(0, 2**48 - 1).map(lambda number: Mac(f"{number:012x}")),
    texts, texts, texts, texts,
    st.frozensets(names, max_size=3),
    lines,
    tables,
    locked=st.booleans(),
    pinned=st.none() | st.integers(1, 9),
    key=st.integers(1, 9),
    next_key=st.none() | st.integers(1, 9),
)  # fmt: skip
settings = st.builds(
    Setting, names, st.none() | texts, st.none() | st.sampled_from(Access), st.booleans()
)
named_once = st.lists(settings, max_size=4, unique_by=lambda each: each.name).map(tuple)
layers = st.builds(Layer, st.sampled_from(Scope), texts, named_once, tables)
selections = st.builds(
    Selection, st.lists(texts).map(tuple), st.lists(texts).map(tuple), st.booleans()
)
documents = st.builds(
    Document, names, st.lists(texts, min_size=1).map(tuple), selections,
    st.sampled_from(Envelope), st.sampled_from(Level), texts, st.sampled_from(Rules),
)  # fmt: skip


@given(devices)
def test_a_device_comes_back_as_it_was(device):
    columns = {name: getattr(device, name) for name in body.UNVERSIONED}
    assert body.device(body.dump(device), **columns) == device


@given(devices)
def test_what_is_not_versioned_is_not_in_the_body(device):
    bare = Device(**{name: getattr(device, name) for name in Device.__slots__[:8]})
    assert body.dump(device) == body.dump(bare)


@given(layers)
def test_a_layer_comes_back_as_it_was(layer):
    assert body.layer(body.dump(layer)) == layer


@given(documents)
def test_a_document_comes_back_as_it_was(document):
    assert body.document(body.dump(document)) == document


@given(tables)
def test_variables_come_back_as_they_were(variables):
    assert body.variables(body.dump(variables)) == variables


def test_the_documents_of_the_package_come_back():
    assert tuple(body.document(body.dump(each)) for each in DOCUMENTS) == DOCUMENTS


def test_a_field_that_holds_its_default_is_left_out():
    assert body.dump(Device(Mac("000e08000001"), "SPA504G")) == (
        b'{"mac":"000e08000001","model":"SPA504G"}'
    )


def test_what_is_no_json_is_a_damaged_store():
    with pytest.raises(StorageError, match="not JSON"):
        body.layer(b"{")
