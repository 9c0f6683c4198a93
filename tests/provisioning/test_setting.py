import tomllib

import pytest

from ringback.cisco.parameter import Access
from ringback.errors import MalformedError
from ringback.provisioning.layer import Setting
from ringback.provisioning.setting import read_settings
from ringback.provisioning.table import Source, Table


def table(text):
    return Table(Source("x.toml", text), "", 0, tomllib.loads(text))


@pytest.mark.parametrize(
    ("written", "setting"),
    [
        ("'text'", Setting("GPP_A", "text")),
        ("17", Setting("GPP_A", "17")),
        ("true", Setting("GPP_A", "Yes")),
        ("false", Setting("GPP_A", "No")),
        ("{ value = 3, access = 'na' }", Setting("GPP_A", "3", Access("na"))),
        ("{ access = 'ro' }", Setting("GPP_A", None, Access("ro"))),
        ("{ value = '', unchecked = true }", Setting("GPP_A", "", None, unchecked=True)),
    ],
)
def test_a_setting_is_a_value_or_a_table_that_says_more(written, setting):
    assert read_settings(table(f"GPP_A = {written}")) == (setting,)


@pytest.mark.parametrize(
    ("written", "what"),
    [
        ("1.5", "a text, a whole number, true or false"),
        ("{ unchecked = true }", "says nothing"),
        ("{ access = 'all' }", "access"),
        ("{ value = 1, colour = 'red' }", "colour"),
    ],
)
def test_what_is_no_setting_is_told_with_its_line(written, what):
    with pytest.raises(MalformedError) as caught:
        read_settings(table(f"\nGPP_A = {written}"))
    assert what in caught.value.what
    assert caught.value.place.line == 2


def test_a_name_that_no_parameter_has_is_refused():
    with pytest.raises(MalformedError, match="cannot name a parameter"):
        read_settings(table("'1 x' = 'y'"))
