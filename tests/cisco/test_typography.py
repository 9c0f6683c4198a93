"""Characters that only look right."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.cisco.typography import LOOKALIKES, refuse_typography
from ringback.errors import RuleError


@pytest.mark.parametrize("character", LOOKALIKES, ids=lambda each: f"U+{ord(each):04X}")
def test_each_lookalike_is_named_placed_and_corrected(character):
    name, right = LOOKALIKES[character]
    with pytest.raises(RuleError) as caught:
        refuse_typography(f"[{character}key x] tftp://h/a")
    assert caught.value.place.column == 2
    assert name in caught.value.what
    assert f"U+{ord(character):04X}" in caught.value.what
    assert caught.value.remedy == f"type {right}"


def test_inside_straight_quotes_they_are_text():
    refuse_typography('("$A" eq "it\u2019s \u2013 \u201chere\u201d")? /x')


def test_the_first_one_outside_quotes_is_reported():
    with pytest.raises(RuleError) as caught:
        refuse_typography('"\u201c" \u201d')
    assert caught.value.place.column == 5


def test_letters_of_other_scripts_are_nobodys_mistake():
    refuse_typography("http://h/gr\u00f6\u00dfe/\u0444.cfg")


def refusal(text: str) -> RuleError | None:
    try:
        refuse_typography(text)
    except RuleError as error:
        return error
    return None


@given(st.text() | st.text(alphabet='a"\u201c\u2013 '))
def test_any_text_passes_or_is_refused_inside_itself(text):
    error = refusal(text)
    if error:
        assert text[error.place.column - 1] in LOOKALIKES
    else:
        assert not set(LOOKALIKES) & set("".join(text.split('"')[::2]))
