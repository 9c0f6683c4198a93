import pytest

from ringback.cisco.model import MODELS, SWITCHES, Empty, Generation, Traits, find_model
from ringback.errors import NotFoundError


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
