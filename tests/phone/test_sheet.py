"""Which settings stand where, and who sees them."""

from itertools import pairwise

import pytest

from ringback.cisco import flat_profile
from ringback.cisco.catalogue import catalogue
from ringback.cisco.model import MODELS, find_model
from ringback.cisco.profile import Profile
from ringback.phone.secret import MASK
from ringback.phone.sheet import sheets, slug

pytestmark = pytest.mark.duty(8)

EVERY = [model.name for model in MODELS]


def titles(model):
    return [sheet.title for sheet in sheets(find_model(model))]


def fields(profile, title, *, user):
    (sheet,) = (each for each in sheets(profile.model) if each.title == title)
    return {each.name: each for each in sheet.fields(profile, user=user)}


def test_tabs_are_those_of_the_phones_pages_in_their_order():
    assert titles("7832") == [
        "System", "SIP", "Provisioning", "Regional", "Phone", "User", "Ext 1", "Certificate",
        "TR-069",
    ]  # fmt: skip
    assert titles("8851")[6:16] == [f"Ext {number}" for number in range(1, 11)]
    assert titles("SPA2102")[-3:] == ["Line 1", "Line 2", "Other"]


@pytest.mark.parametrize("name", EVERY)
def test_every_parameter_of_every_model_stands_on_one_tab_and_hidden_ones_on_none(name):
    model = find_model(name)
    shown = [spot.name for sheet in sheets(model) for spot in sheet.spots]
    hidden = {each for each in catalogue(model) if each.startswith("GPP_S")}
    assert len(shown) == len(set(shown))
    assert set(shown) == set(catalogue(model)) - hidden


@pytest.mark.parametrize("name", EVERY)
def test_no_two_tabs_share_a_name_and_sections_stand_together(name):
    every = sheets(find_model(name))
    assert len({sheet.slug for sheet in every}) == len(every)
    for sheet in every:
        sections = [spot.section for spot in sheet.spots]
        changes = sum(one != two for one, two in pairwise(sections))
        assert changes == len(set(sections)) - 1
        assert all(sections)


@pytest.mark.parametrize("name", EVERY)
def test_every_field_has_something_to_be_called(name):
    profile = Profile.factory(find_model(name))
    for sheet in sheets(profile.model):
        assert all(field.label for field in sheet.fields(profile, user=False))


def test_a_field_without_a_label_is_called_by_its_name():
    assert (
        fields(Profile.factory(find_model("ATA192")), "Line 1", user=False)[
            "DTMF_Process_INFO_1_"
        ].label
        == "DTMF Process INFO"
    )


def test_numbers_are_put_in_for_lines_keys_and_units():
    model = find_model("8851")
    places = {
        spot.name: (sheet.title, spot.section) for sheet in sheets(model) for spot in sheet.spots
    }
    assert places["Dial_Plan_10_"] == ("Ext 10", "Dial Plan")
    assert places["Extension_3_"] == ("Phone", "Line Key 3")
    assert places["Unit_2_Key_3_"] == ("Att Console", "Unit 2")
    sections = [section for _, section in places.values() if section.startswith("Line Key")]
    assert sections.index("Line Key 2") < sections.index("Line Key 10")


def test_an_adapters_speed_dial_stands_on_the_page_of_its_line():
    (line,) = (each for each in sheets(find_model("SPA112")) if each.title == "Line 1")
    names = {spot.name for spot in line.spots}
    assert "Speed_Dial_2_1_" in names
    assert "Speed_Dial_2_2_" not in names


def test_provisioning_is_not_on_basic_pages():
    basic = {sheet.title for sheet in sheets(find_model("7832")) if sheet.basic}
    assert basic == {"System", "Phone", "User", "Ext 1"}


def test_the_user_sees_what_ua_lets_him_and_no_keys():
    rule = "[--key hush]tftp://h/a"
    text = f"""<flat-profile><GPP_A ua="rw">free</GPP_A><GPP_B ua="ro">seen</GPP_B>
        <GPP_C ua="na">hidden</GPP_C><Profile_Rule ua="ro">{rule}</Profile_Rule></flat-profile>"""
    factory = Profile.factory(find_model("7832"))
    profile, _ = factory.apply(flat_profile.read(text.encode()).elements)
    shown = fields(profile, "Provisioning", user=True)
    assert {name: field.locked for name, field in shown.items()} == {
        "GPP_A": False, "GPP_B": True, "Profile_Rule": True,
    }  # fmt: skip
    assert shown["Profile_Rule"].value == f"[--key {MASK}]tftp://h/a"
    everything = fields(profile, "Provisioning", user=False)
    assert everything["Profile_Rule"].value == rule
    assert not any(field.locked for field in everything.values())


@pytest.mark.parametrize(
    ("title", "name"),
    [("Ext 1", "ext-1"), ("TR-069", "tr-069"), ("PROVISIONING", "provisioning"), ("<\0>", "")],
)
def test_a_slug_is_safe_in_html_and_the_same_in_any_case(title, name):
    assert slug(title) == name
