import re
from pathlib import Path

import pytest

from ringback.cisco import handshake
from ringback.cisco.model import MODELS, SWITCHES, Empty, Generation, Traits, find_model
from ringback.errors import NotFoundError

pytestmark = pytest.mark.duty(2)

SOURCES = Path(__file__).parents[2] / "docs" / "sources.md"


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("CP-8851-3PCC", "CP-8851-3PCC"),
        ("8851", "CP-8851-3PCC"),
        ("cp7832", "CP-7832-3PCC"),
        ("SPA504G", "SPA504G"),
        ("504g", "SPA504G"),
        ("SPA-942", "SPA942"),
        ("ata191", "ATA191-MPP"),
    ],
)
def test_a_model_is_found_by_any_usual_spelling(spelling, name):
    assert find_model(spelling).name == name


def test_every_model_finds_itself_by_its_own_name():
    assert [find_model(model.name) for model in MODELS] == list(MODELS)


def test_an_unknown_model_is_refused_with_the_nearest_one():
    with pytest.raises(NotFoundError) as caught:
        find_model("CP-8852-3PCC")

    assert "8852" in str(caught.value)
    assert caught.value.nearest.startswith("CP-88")


def test_every_trait_has_a_value_and_a_source_for_every_generation():
    rows = {switch.trait: switch for switch in SWITCHES}

    assert set(rows) == set(Traits.__slots__)
    assert all(rows[trait].row(each)[1] for trait in rows for each in Generation)


def test_generations_disagree_about_a_bare_element():
    by_generation = {model.generation: model.traits.bare_element for model in MODELS}

    assert by_generation[Generation.SPA] is Empty.KEEP
    assert by_generation[Generation.MPP] is Empty.CLEAR
    assert by_generation[Generation.SIPURA] is Empty.DEFAULT


def test_the_series_number_is_spelt_as_its_generation_does():
    series = {name: find_model(name).series for name in ("8851", "SPA504G", "ATA191", "PAP2T")}

    assert series == {"8851": "8851-3PCC", "SPA504G": "504G", "ATA191": "191", "PAP2T": "2"}


def test_every_source_is_listed_or_says_that_it_is_inferred():
    known = re.findall(r"^\W*(S\d+b?|C\d+|F)\b", SOURCES.read_text(), re.MULTILINE)

    for switch in (*SWITCHES, *handshake.SWITCHES):
        for generation in Generation:
            source = switch.row(generation)[1]
            keys = re.findall(r"\b(?:S\d+b?|C\d+|F)\b", source)
            assert keys or "inferred" in source, (switch.trait, generation)
            assert set(keys) <= set(known), (switch.trait, generation, source)
