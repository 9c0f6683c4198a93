"""Waiting lists."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.cisco.delay import Delay, DelayList
from ringback.clock import dice
from ringback.errors import RuleError

pytestmark = pytest.mark.duty(4)

DICE = dice(7)


def test_each_wait_is_used_once_and_the_last_for_ever():
    waits = DelayList.parse("60,120,240")
    assert [waits.wait(index, DICE) for index in range(5)] == [60, 120, 240, 240, 240]


def test_a_random_part_is_added_within_its_bound():
    waits = DelayList.parse("1800,3600,7200,14400+3600")
    thrown = {waits.wait(9, DICE) for _ in range(200)}
    assert len(thrown) > 100
    assert all(14400 <= wait <= 18000 for wait in thrown)
    assert waits.wait(0, DICE) == 1800


@pytest.mark.parametrize(
    ("text", "off"),
    [("", True), ("  ", True), ("0", True), ("0,0", True), ("0+30", False), ("0,60", False),
     ("30", False)],
)  # fmt: skip
def test_off_means_nothing_to_wait_for(text, off):
    assert DelayList.parse(text).off is off


def test_an_empty_list_waits_no_time():
    assert DelayList.parse("").wait(3, DICE) == 0.0


def test_blanks_are_allowed_anywhere():
    assert DelayList.parse(" 60 , 120 + 30\n").delays == (Delay(60), Delay(120, 30))


@pytest.mark.parametrize(
    ("text", "column"),
    [("60,", 4), (",60", 1), ("60,,60", 4), ("abc", 1), ("60, abc", 5), ("-5", 1), ("60+", 1),
     ("60;120", 1), ("1.5", 1), ("60,1e3", 4), ("12345678901", 1), ("\u0661", 1), ("60 60", 1)],
)  # fmt: skip
def test_a_bad_list_says_where(text, column):
    with pytest.raises(RuleError) as caught:
        DelayList.parse(text)
    assert caught.value.place.column == column
    assert "60,120+30" in str(caught.value)


DELAYS = st.builds(Delay, st.integers(0, 10**9 - 1), st.integers(0, 10**9 - 1))


@given(st.lists(DELAYS, max_size=20))
def test_what_is_printed_reads_back(delays):
    waits = DelayList(tuple(delays))
    assert DelayList.parse(str(waits)) == waits


def refusal(text: str) -> RuleError | None:
    try:
        DelayList.parse(text)
    except RuleError as error:
        return error
    return None


@given(st.text() | st.text(alphabet="0123456789+, ", max_size=30))
def test_any_text_is_a_list_or_an_error_inside_it(text):
    error = refusal(text)
    if error:
        assert 1 <= error.place.column <= len(text) + 1
    else:
        assert DelayList.parse(text).wait(0, DICE) >= 0
