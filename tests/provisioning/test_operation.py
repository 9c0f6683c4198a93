import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.provisioning.operation import (
    ARITHMETIC,
    COMPARISON,
    FILTERS,
    GREATEST,
    LONGEST,
    AbsentError,
    ExpressionError,
    bounded,
    letters,
    pick,
    span,
    text,
    whole,
)

VALUES = st.one_of(
    st.text(max_size=8), st.integers(), st.booleans(), st.tuples(st.text(max_size=3)),
    st.dictionaries(st.sampled_from(["a", 1]), st.text(max_size=3), max_size=2),
)  # fmt: skip


def test_a_bool_is_yes_or_no_and_neither_text_nor_number():
    assert [text(each) for each in (True, False, 7)] == ["Yes", "No", "7"]
    for refuse, value in ((letters, True), (whole, False)):
        with pytest.raises(ExpressionError):
            refuse(value)


def test_parts_that_are_not_there_are_absent():
    for owner, wanted in (({}, "a"), ((), 0), ("abc", 9)):
        with pytest.raises(AbsentError):
            pick(owner, wanted)
        with pytest.raises(AbsentError, match="there is no such part in it"):
            pick(owner, wanted, told=False)
    with pytest.raises(ExpressionError, match="a number has no parts"):
        pick(7, 0)
    assert pick(("a", "b"), -1) == "b"


def test_bounds():
    assert bounded("x" * LONGEST)
    assert bounded(GREATEST)
    for value in ("x" * (LONGEST + 1), GREATEST + 1, -GREATEST - 1):
        with pytest.raises(ExpressionError):
            bounded(value)
    with pytest.raises(ExpressionError):
        FILTERS["replace"][2]("a" * 1000, "a", "b" * 1000)


@given(st.text(max_size=9), st.none() | st.integers(-9, 9), st.none() | st.integers(-9, 9))
def test_a_span_is_pythons(value, first, last):
    assert span(value, first, last) == value[first:last]


@given(st.sampled_from([*ARITHMETIC.values(), *COMPARISON.values()]), VALUES, VALUES)
def test_an_operation_gives_a_result_or_an_error_that_is_told(do, left, right):
    try:
        do(left, right)
    except (ExpressionError, TypeError, ArithmeticError, ValueError):
        return


@given(st.sampled_from([each for each in FILTERS if FILTERS[each][0] == 0]), VALUES)
def test_a_filter_gives_a_result_or_an_error_that_is_told(name, value):
    try:
        FILTERS[name][2](value)
    except (ExpressionError, TypeError):
        return
