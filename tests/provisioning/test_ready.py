import pytest

from ringback.cisco.catalogue import catalogue
from ringback.cisco.model import MODELS, Generation
from ringback.cisco.parameter import fold
from ringback.errors import UsageError
from ringback.provisioning.document import Level
from ringback.provisioning.expression import parse
from ringback.provisioning.fleet import READY
from ringback.provisioning.paper import papers
from ringback.provisioning.ready import DOCUMENTS, ready_layers


@pytest.mark.parametrize("version", range(1, READY + 1))
def test_every_generation_has_a_layer_whose_names_some_model_of_it_has(version):
    layers = ready_layers(version)
    assert set(layers) == {"all", *Generation}
    for generation in Generation:
        models = [each for each in MODELS if each.generation is generation]
        known = {fold(name) for each in models for name in catalogue(each)}
        for setting in layers[generation].settings:
            assert fold(setting.name) in known, (generation, setting.name)


def test_their_values_can_be_read():
    for layer in ready_layers(READY).values():
        for setting in layer.settings:
            assert setting.value
            parse(setting.value)


@pytest.mark.parametrize("generation", list(Generation))
def test_since_the_second_every_line_about_a_resync_or_an_upgrade_bears_our_marks(generation):
    layers = ready_layers(READY)
    said = {each.name: each.value or "" for name in ("all", generation)
            for each in layers[name].settings if each.name.startswith("Log_")}  # fmt: skip
    assert "Log_Upgrade_Success_Msg" in said
    assert "Log_Upgrade_Success_Msg" not in {each.name for each in ready_layers(1)["all"].settings}
    assert len(said) == 6
    assert all("-- release={{ release }} prvst=$PRVST" in each for each in said.values())


def test_there_are_no_others():
    assert ready_layers(0) == {}
    with pytest.raises(UsageError, match="no ready-made layers 99"):
        ready_layers(99)


def test_the_documents_of_every_fleet_can_be_and_only_one_holds_secrets():
    assert [each.document.name for each in papers(DOCUMENTS)] == ["bootstrap", "common", "device"]
    assert [each.name for each in DOCUMENTS if each.selection.secrets] == ["device"]
    assert [each.level for each in DOCUMENTS] == [Level.BOOTSTRAP, Level.OPEN, Level.DEVICE]
