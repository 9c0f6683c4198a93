"""Alias tables, and profiles read by them."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.cisco import alias
from ringback.cisco.alias import MOST, Alias
from ringback.errors import ProfileError, RuleError

pytestmark = pytest.mark.duty(3)

TABLE = "/CPE/SIP-Credentials/Auth_ID = /flat-profile/Auth_ID_1_ ; /Name=/flat-profile/GPP_A ;"


def read(text, table=TABLE):
    elements = alias.read(text.encode(), alias.parse(table)).elements
    return [(each.name, each.value) for each in elements]


def test_a_table_is_read_entry_by_entry():
    assert alias.parse(TABLE) == (
        Alias(("CPE", "SIP-Credentials", "Auth_ID"), "Auth_ID_1_"),
        Alias(("Name",), "GPP_A"),
    )


def test_an_element_becomes_the_parameter_on_the_right():
    text = "<CPE><SIP-Credentials><Auth_ID> 21\n</Auth_ID></SIP-Credentials></CPE>"
    assert read(text) == [("Auth_ID_1_", "21")]


def test_the_left_side_is_matched_by_the_part_that_is_given():
    assert read("<x><y><Name>n</Name></y></x>") == [("GPP_A", "n")]
    assert read("<x><SIP-Credentials><Auth_ID>1</Auth_ID></SIP-Credentials><Name/></x>") == [
        ("GPP_A", None)
    ]


def test_a_flat_profile_beside_it_means_what_it_always_does():
    text = "<device><Name>n</Name><flat-profile><GPP_B>b</GPP_B></flat-profile></device>"
    assert read(text) == [("GPP_A", "n"), ("GPP_B", "b")]


def test_an_element_inside_the_flat_profile_can_be_renamed():
    text = "<flat-profile><Name>n</Name><GPP_B>b</GPP_B></flat-profile>"
    assert read(text) == [("GPP_A", "n"), ("GPP_B", "b")]


def test_names_are_matched_in_their_case():
    with pytest.raises(ProfileError, match="no alias matches"):
        read("<x><name>n</name></x>")


def test_half_a_file_is_refused():
    with pytest.raises(ProfileError, match="cut off"):
        read("<CPE><Name>n</Name>")


def test_thirty_entries_are_taken_and_one_more_is_not():
    entry = "/a = /flat-profile/GPP_A;"
    assert len(alias.parse(entry * MOST)) == MOST
    with pytest.raises(RuleError, match="too many") as caught:
        alias.parse(entry * (MOST + 1))
    assert caught.value.status == "aliases error"


@pytest.mark.parametrize(
    "table",
    ["", " ; ", "/a", "/a = GPP_A", "a = /flat-profile/GPP_A", "/a = /flat-profile/x/y",
     "/a = /flat-profile/GPP_A ; ; /b = /flat-profile/GPP_B", "/ = /flat-profile/GPP_A"],
)  # fmt: skip
def test_what_is_no_table_is_an_aliases_error(table):
    with pytest.raises(RuleError) as caught:
        alias.parse(table)
    assert caught.value.status == "aliases error"
    assert caught.value.remedy


NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_.-]{0,8}", fullmatch=True)
ALIASES = st.builds(Alias, st.lists(NAMES, min_size=1, max_size=5).map(tuple), NAMES)


@given(st.lists(ALIASES, min_size=1, max_size=MOST))
def test_a_table_that_was_written_is_read_as_it_was(aliases):
    assert list(alias.parse(" ".join(map(str, aliases)))) == aliases


@given(st.text(alphabet="/a=;flat-profile \n_", max_size=200))
def test_any_text_is_a_table_or_an_aliases_error(text):
    with contextlib.suppress(RuleError):
        assert all(each.path and each.parameter for each in alias.parse(text))


@given(st.text(alphabet="<>/aName &;\n-!flatprofile", max_size=200))
def test_any_file_is_read_or_refused(text):
    with contextlib.suppress(ProfileError):
        assert all(name for name, _ in read(text))
