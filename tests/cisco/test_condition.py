"""Conditions of rules and triggers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.cisco.condition import OPERATORS, Condition, commented_out, holds, trigger
from ringback.cisco.macro import expand
from ringback.errors import RuleError

pytestmark = pytest.mark.duty(3)

SPA = {"SWVER": "7.5.2", "A": "Provisioned", "B": "", "C": "12", "CCERT": "Installed",
       "EXTIP": "", "REGTMR1": "400", "PRVTMR": "1300", "UPGTMR": "301", "PRVST": "-1"}  # fmt: skip
MPP = SPA | {"SWVER": "sip88xx.11-3-2MPP0001-598"}


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("1 = 1", True), ("1 eq 2", False), ("1 != 1", False), ("1 ne 2", True), ("1 ! 2", True),
        ("1 < 2", True), ("2 lt 2", False), ("2 <= 2", True), ("3 le 2", False),
        ("3 > 2", True), ("2 gt 2", False), ("2 >= 2", True), ("1 ge 2", False),
        ("1=1", True), ("1<2", True), ('"a"eq"a"', True), ("  1\n=\t1 ", True),
        ("007 eq 7", True), ("-1 lt 0", True), ("$PRVST eq -1", True), ("9 lt 10", True),
        ('"a" = "a"', True), ('"a" eq "A"', False), ('"" ne ""', False), ('"9" eq "09"', False),
        ('"a b = c and d" eq "a b = c and d"', True),
        ('"$A" ne "Provisioned"', False), ('"$EXTIP" ne ""', False),
        ("$SWVER lt 7.5.2b", True), ("$SWVER ge 7.5.2", True), ("$SWVER eq 7.5.2", True),
        ("$SWVER lt 7.6.2.a", True), ("$SWVER ne 2.0.3(0412s)", True),
        ("2.0.3(0412s) gt 2.0.3", True),
        ("$SWVER lt 7.10.0", True),
        # All must hold; both spellings of and.
        ('1 eq 1 and "a" eq "a" AND 2 gt 1', True), ("1 eq 1 and 1 eq 2", False),
        # The guides' own.
        ("$UPGTMR gt 300 and $PRVTMR ge 600", True),
        ('$REGTMR1 gt 300 and $PRVTMR gt 1200 and "$EXTIP" ne ""', False),
        ('$SWVER ge 2.0.6 and "$CCERT" eq "Installed"', True),
        # Firmware before 2.0.6: the left side is $SWVER.
        ("! 1.0.33", True), ("!7.5.2", False), ("<1.0", False), ("> 1.0 and < 8.0", True),
        ("ge 7.5.2", True),
        ("true", True),
    ],
)  # fmt: skip
def test_spa_conditions(expression, result):
    assert holds(expression, SPA) is result


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("$SWVER ne sip7832.11-0-0MPP-256", True),
        ("$SWVER eq sip7832.11-3-2MPP0001-598", True),
        ("$SWVER lt sip88xx.11-3-2MPP0001-609", True),
        ("$SWVER gt sip88xx.11-3-1MPP-678", True),
        ("$SWVER ge 11-0-0MPP-7", True),
        # Quoted, it is the full text.
        ('"$SWVER" eq "sip7832.11-3-2MPP0001-598"', False),
        ('"$SWVER" eq "sip88xx.11-3-2MPP0001-598"', True),
        ("! sip88xx.11-3-2MPP0001-598.loads", False),
    ],
)
def test_mpp_conditions(expression, result):
    assert holds(expression, MPP) is result


@pytest.mark.parametrize(
    ("expression", "column", "said"),
    [
        ("", 1, "empty"),
        ("  ", 1, "empty"),
        ("1", 2, "expected an operator, but the condition ends here"),
        ("1 eq", 5, "expected a number, a version or a quoted string, but the condition ends"),
        ("1 eq 1 and", 11, "but the condition ends here"),
        ("1 eq 1 1 eq 1", 8, "expected and, found '1'"),
        ("1 eq 1 or 2 eq 2", 8, "there is no or"),
        ("1 eq 1 || 2 eq 2", 8, "there is no or"),
        ("1 eq 1 && 2 eq 2", 8, "write and"),
        ("1 == 1", 3, "write = or eq"),
        ("1 EQ 1", 3, "expected an operator, found 'EQ'"),
        ("1 eq eq", 6, "an operator stands between two operands"),
        ('"a" lt "b"', 1, "strings have no order"),
        ('1 eq 1 and "a" >= "b"', 12, "strings have no order"),
        ('$SWVER eq "7.5.2"', 11, "cannot compare the version 7.5.2 with the string"),
        ('"5" eq 5', 8, "cannot compare the string"),
        ("$SWVER gt 7", 11, "cannot compare the version 7.5.2 with the whole number 7"),
        ("$SWVER lt sip88xx.11-0-0MPP-1", 11, "versions of two formats"),
        ("$SWVER lt sip88xx.11-0-0MPP-BN", 11, "put a text in double quotes"),
        ('$A ne "x"', 1, "$A (Provisioned) is neither a number"),
        ("$B eq 1", 1, "$B is empty"),
        ("1 eq $B", 6, "$B is empty"),
        ("1 eq $B and 2 eq 2", 6, "$B is empty"),
        ("$UNKNOWN eq 1", 1, "no macro of that name is known"),
        ("$CC eq 1", 1, "no macro of that name is known"),
        ('"a" eq "b', 8, "a quoted string never ends"),
        ('$SWVER ne 7.5.2 and "$A eq 1', 21, "a quoted string never ends"),
        ("\u201c$A\u201d eq 1", 1, "left curly quote"),
        ("1 eq $(A:", 6, "a broken macro"),
        ("7.5.2.1.1 eq 7.5.2", 1, "neither a number, a version nor"),
        ("true and 1 eq 1", 1, "neither a number"),
    ],
)
def test_a_bad_condition_says_where_and_what(expression, column, said):
    with pytest.raises(RuleError) as caught:
        holds(expression, SPA)
    assert caught.value.place.column == column, caught.value
    assert said in str(caught.value)
    assert caught.value.remedy or "ends here" in caught.value.what


def test_errors_after_a_macro_point_at_the_typed_column():
    with pytest.raises(RuleError) as caught:
        holds('$CCERT$CCERT eq "x" and 1 == 1', SPA | {"CCERT": '"'})
    assert caught.value.place.column == 27


def test_a_missing_left_side_needs_a_known_load():
    with pytest.raises(RuleError, match="the left side is missing"):
        holds("! 1.0.33", {})


@pytest.mark.parametrize("text", ["", "   ", "# 1 eq 1", "\n#", "# \u201c $(A:"])
def test_a_trigger_that_is_not_set_says_nothing(text):
    assert commented_out(text)
    assert trigger(text, SPA) is None


def test_a_trigger_that_is_set_says_yes_or_no():
    assert trigger("$PRVTMR ge 600", SPA) is True
    assert trigger("$PRVTMR ge 6000", SPA) is False


def test_each_comparison_is_traced_with_its_outcome():
    source = expand('! 1.0.33 and "$A" eq "x"', SPA)
    condition = Condition.read(source, 0, len(source.text), load="7.5.2")
    assert condition.steps() == (
        "7.5.2 ne 1.0.33 is true",
        '"Provisioned" eq "x" is false',
    )
    assert str(condition) == '7.5.2 ne 1.0.33 and "Provisioned" eq "x"'


INTEGERS = st.integers(-(10**12) + 1, 10**12 - 1)
OPERANDS = (
    INTEGERS.map(str)
    | st.from_regex(r"[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}(\([a-z0-9]{1,4}\)|[a-z])?", fullmatch=True)
    | st.text(alphabet="ab =<!?and()|", max_size=8).map(lambda text: f'"{text}"')
)


@given(INTEGERS, INTEGERS)
def test_integers_compare_as_python_does(one, other):
    assert holds(f"{one} lt {other}", {}) is (one < other)
    assert holds(f"{one}>={other}", {}) is (one >= other)
    assert holds(f"{one} = {other}", {}) is (one == other)


@given(st.lists(st.tuples(OPERANDS, st.sampled_from(["eq", "!=", "="]), OPERANDS), min_size=1))
def test_what_is_printed_means_the_same(triples):
    typed = " and ".join(" ".join(triple) for triple in triples)
    verdict = outcome(typed)
    if isinstance(verdict, bool):
        source = expand(typed, {})
        printed = str(Condition.read(source, 0, len(typed), load=""))
        assert outcome(printed) is verdict


def outcome(expression: str) -> bool | RuleError:
    try:
        return holds(expression, SPA)
    except RuleError as error:
        return error


WORDS = st.sampled_from(
    [*OPERATORS, "and", "AND", "or", "true", "$SWVER", "$A", "$B", "$(A:", '"', '"x"', "1",
     "7.5.2b", "sip88xx.11-0-0MPP-1", " ", "(", ")", "\u201c"]
)  # fmt: skip


@given(st.lists(WORDS | st.text(max_size=4), max_size=25).map("".join) | st.text())
def test_any_text_is_true_false_or_one_error_inside_it(expression):
    verdict = outcome(expression)
    if isinstance(verdict, RuleError):
        assert 1 <= verdict.place.column <= len(expression) + 1
