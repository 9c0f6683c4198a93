"""A profile is compressed unless its document or its model is too plain for that."""

import gzip

import pytest

from ringback.cisco.model import find_model
from ringback.provisioning.document import Document, Envelope
from ringback.provisioning.facts import RELEASE
from ringback.provisioning.ground import Value
from ringback.provisioning.paper import papers
from ringback.provisioning.sheet import Sheet, element


@pytest.mark.parametrize(
    ("envelope", "model", "plain"),
    [
        (Envelope.PLAIN, "CP-8851-3PCC", True),
        (Envelope.GZIP, "CP-8851-3PCC", False),
        (Envelope.GZIP, "SPA2000", True),
    ],
)
def test_the_number_is_written_and_the_rest_compressed_where_it_may_be(envelope, model, plain):
    (paper,) = papers([Document("x", ("/{mac}.cfg",), envelope=envelope)])
    sheet = Sheet.of(paper, f"release={RELEASE}", find_model(model))
    packed = sheet.packed(7)
    assert (packed if plain else gzip.decompress(packed)) == b"release=7"
    assert sheet.digest == Sheet.of(paper, sheet.text, None).digest


def test_an_empty_value_is_written_so_that_its_model_takes_it_for_empty():
    empty = Value("GPP_A", "", None, "fleet/all")
    assert '""' in element(empty, find_model("SPA2000"))
    assert '""' not in element(empty, find_model("CP-8851-3PCC"))
