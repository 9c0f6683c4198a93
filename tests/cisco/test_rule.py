"""Rules: alternatives, assignments, options, URL and the trace."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.cisco.macros import phone_macros
from ringback.cisco.model import find_model
from ringback.cisco.rule import Alternative, Evaluation, RuleKind, evaluate, read_report
from ringback.errors import RuleError
from ringback.mac import Mac

pytestmark = pytest.mark.duty(3)

PARAMETERS = {"GPP_A": "Provisioned", "GPP_B": "Dj6Lmp23Q", "GPP_SA": "s3cret", "GPP_SB": "hunter2"}


def macros_of(model: str, **state: str) -> Mapping[str, str]:
    mac = Mac.parse("000e08012345")
    return phone_macros(
        find_model(model), mac, "FCH1", values=lambda name: PARAMETERS.get(name, ""), state=state
    )


MPP = macros_of("7832")
SPA = macros_of("SPA504G", SWVER="7.5.2")


def url_of(rule: str, macros: Mapping[str, str] = MPP) -> str | None:
    url = evaluate(rule, macros).url
    return str(url) if url else None


# The rules of the guide's own exercises


@pytest.mark.parametrize(
    ("rule", "url"),
    [
        ("tftp://192.168.1.200/basic.txt", "tftp://192.168.1.200/basic.txt"),
        (
            "\n  tftp://192.168.1.200/CP-7832-3PCC$MA.cfg\n",
            "tftp://192.168.1.200/CP-7832-3PCC000e08012345.cfg",
        ),
        (
            "tftp://prov.telco.com:6900/cisco/config/$PN.cfg",
            "tftp://prov.telco.com:6900/cisco/config/CP-7832-3PCC.cfg",
        ),
        (
            "tftp://prov.telco.com/cisco/$B/$MA.cfg",
            "tftp://prov.telco.com/cisco/Dj6Lmp23Q/000e08012345.cfg",
        ),
        ("tftp://192.168.1.200/basic.txt.gz", "tftp://192.168.1.200/basic.txt.gz"),
    ],
)
def test_the_guides_rules_lead_where_it_says(rule, url):
    assert url_of(rule) == url


def test_a_key_is_read_from_the_option_block():
    evaluation = evaluate("[--key MyOwnSecret] tftp://192.168.1.200/basic.cfg", MPP)
    assert evaluation.options.key == "MyOwnSecret"
    assert str(evaluation.url) == "tftp://192.168.1.200/basic.cfg"


# Alternatives

THREE = "(1 eq 2)? /one | (1 eq 1)? /two | /three"


def test_the_first_alternative_that_holds_is_taken_and_later_ones_are_not_considered():
    evaluation = evaluate(THREE, MPP)
    assert evaluation.chosen == 1
    assert str(evaluation.url) == "/two"
    assert [(each.condition, each.result) for each in evaluation.alternatives] == [
        ("1 eq 2", False),
        ("1 eq 1", True),
        (None, None),
    ]


def test_the_last_may_have_no_condition_and_is_then_taken():
    evaluation = evaluate("(1 eq 2)? /one | /two", MPP)
    assert (evaluation.chosen, str(evaluation.url)) == (1, "/two")
    assert evaluation.alternatives[1] == Alternative(None, result=True)


def test_when_no_condition_holds_the_rule_is_skipped():
    evaluation = evaluate('("$A" ne "Provisioned")? (a = "x")! /one', MPP)
    assert evaluation.chosen is None
    assert evaluation.url is None
    assert evaluation.assignments == ()
    assert evaluation.alternatives[0].result is False


@pytest.mark.parametrize(
    "rule", ["", " \n", "#", "# (( [-- \u201c $(A:", " \n# http://h/a", "$K", "$L#"]
)
def test_an_empty_or_commented_rule_asks_for_nothing(rule):
    evaluation = evaluate(rule, MPP)
    assert (evaluation.chosen, evaluation.url, evaluation.alternatives) == (None, None, ())
    assert evaluation.trace


def test_a_condition_is_shown_as_typed_and_as_it_became():
    alternative = evaluate("( $SWVER lt 7.5.2b ) ? /a", SPA).alternatives[0]
    assert alternative == Alternative("$SWVER lt 7.5.2b", result=True, became="7.5.2 lt 7.5.2b")


@pytest.mark.parametrize(
    "rule",
    [
        "(1 eq 1)?/a|/b",
        " ( 1 eq 1 ) ?  /a  |  /b ",
        "\n(1 eq 1)\n?\n/a\n|\n/b\n",
        "(1 eq 1)?\t/a\r\n| /b",
        '("|" eq "|")? /a | /b',
        '(")?" eq ")?")? /a | /b',
        "(2.0.3(b) eq 2.0.3(b))? /a | /b",
        '(1 eq 1)? (X = "|)!";)! /a | /b',
        '(1 eq 1)? [--key "]|"] /a | /b',
        "(true)? /a | /b",
    ],
)
def test_blanks_lines_and_marks_in_quotes_do_not_disturb(rule):
    assert url_of(rule) == "/a"


def test_the_whole_rule_may_come_out_of_one_macro():
    macros = {**MPP, "A": '("$B" eq "$B")? [--key k] http://h/$MA | /b'}
    evaluation = evaluate("$A", macros)
    assert str(evaluation.url) == "http://h/$MA"
    assert evaluation.options.key == "k"


# Assignments


def test_assignments_are_made_in_order_and_letters_are_written_out():
    evaluation = evaluate('( Line_Enable_1_ = "No" ; a="$MA"; p = "" ; a="2" )!', MPP)
    assert evaluation.assignments == (
        ("Line_Enable_1_", "No"),
        ("GPP_A", "000e08012345"),
        ("GPP_P", ""),
        ("GPP_A", "2"),
    )
    assert (evaluation.chosen, evaluation.url) == (0, None)


def test_the_guides_example_sets_and_fetches_once():
    rule = '("$A" ne "Provisioned")? (Line_Enable_1_ = "No";)! https://p.tel.com/init | https://p.tel.com/x'
    fresh = evaluate(rule, {**MPP, "A": ""})
    assert (fresh.chosen, str(fresh.url)) == (0, "https://p.tel.com/init")
    assert fresh.assignments == (("Line_Enable_1_", "No"),)
    again = evaluate(rule, MPP)
    assert (again.chosen, str(again.url), again.assignments) == (1, "https://p.tel.com/x", ())


def test_hyphens_and_dots_belong_to_names():
    pairs = evaluate('(Enable_LLDP-MED="Yes";G722.2_x="1";)!', MPP).assignments
    assert pairs == (("Enable_LLDP-MED", "Yes"), ("G722.2_x", "1"))


# Options and URL


def test_an_address_in_brackets_is_no_option_block():
    assert url_of("http://[2001:db8::1]:8080/$MA") == "http://[2001:db8::1]:8080/000e08012345"
    assert url_of("[2001:db8::1]/x") == "tftp://[2001:db8::1]/x"
    assert url_of("[--key k][2001:db8::1]:69/x") == "tftp://[2001:db8::1]:69/x"


def test_one_shot_rules_may_lack_scheme_and_server():
    assert url_of("192.168.1.130/profiles/init.cfg") == "tftp://192.168.1.130/profiles/init.cfg"
    assert url_of("prvserv/device.cfg") == "tftp://prvserv/device.cfg"
    bare = evaluate("/path", MPP).url
    assert bare is not None
    assert (bare.host, bare.scheme, bare.effective_port) == ("", "tftp", 69)


def test_a_host_that_cannot_exist_is_left_for_dns_to_refuse():
    assert url_of("http://192.168.1.300/basic.txt") == "http://192.168.1.300/basic.txt"


def test_an_unknown_macro_in_a_path_stays():
    assert url_of("tftp://h/spa$STRANGE$MAU.cfg") == "tftp://h/spa$STRANGE000E08012345.cfg"


def test_secrets_reach_the_options_and_nothing_else():
    evaluation = evaluate("[--uid $SA --pwd $SB]http://h/$SA", MPP)
    assert (evaluation.options.uid, evaluation.options.pwd) == ("s3cret", "hunter2")
    assert str(evaluation.url) == "http://h/$SA"


@pytest.mark.parametrize(
    ("rule", "column"),
    [
        ("http://h/[$SA]", 11),
        ("http://h/x?[a$SA]", 14),
        ("[--uid $D--key$SA]", 15),
        ("$E[--key $SA] eq 1)? /x", 10),
    ],
)
def test_a_secret_that_would_land_elsewhere_is_refused(rule, column):
    macros = {**MPP, "D": "x]http://evil/a_", "E": "("}
    with pytest.raises(RuleError) as caught:
        evaluate(rule, macros)
    assert "s3cret" not in str(caught.value)
    assert caught.value.place.column == column
    assert "$SA is a secret" in caught.value.what


def test_an_upgrade_rule_takes_no_options():
    with pytest.raises(RuleError, match="Upgrade_Rule takes no options") as caught:
        evaluate("(1 eq 1)? [--uid u] http://h/a", SPA, kind=RuleKind.UPGRADE)
    assert caught.value.place.column == 11
    evaluation = evaluate('(<8.0)? (a="1")! http://[::1]/a', SPA, kind=RuleKind.UPGRADE)
    assert (evaluation.chosen, evaluation.assignments) == (0, (("GPP_A", "1"),))


def test_a_secret_with_blanks_or_brackets_wants_quotes():
    macros = {**MPP, "SA": "my [s3cret] key"}
    assert evaluate('[--key "$SA"] /a', macros).options.key == "my [s3cret] key"
    with pytest.raises(RuleError) as caught:
        evaluate("[--key $SA] /a", macros)
    assert caught.value.place.column == 8
    assert "s3cret" not in str(caught.value)


# Bad rules


@pytest.mark.parametrize(
    ("rule", "column", "said"),
    [
        ("/a | /b", 1, "has no condition, so those after it are never reached"),
        ("(1 eq 1)? /a | /b | /c", 16, "has no condition"),
        ("| /b", 1, "has no condition"),
        ("(1 eq 1)? /a || /b", 15, "has no condition"),
        ("(1 eq 1 ? /a", 1, "a parenthesis never closes"),
        ('(")" eq 1 ? /a', 1, "a parenthesis never closes"),
        ("(1 eq 1) /a", 10, "without its mark"),
        ("(1 eq 1)", 9, "without its mark"),
        ("()? /a", 2, "the condition is empty"),
        ("(1 eq 1)? (2 eq 2)? /a", 11, "join them with and"),
        ('(a="1")! (1 eq 1)? /a', 10, "a condition comes first"),
        ('(a="1")! (b="2")! /a', 10, "two assignments"),
        ("(a=1)! /x", 2, 'write Name = "value";'),
        ('(a="1" b="2")! /x', 2, "not an assignment"),
        ('(a="1"; ="2")! /x', 9, "not an assignment"),
        ('(a="1)! /x', 2, "not an assignment"),
        ("(\u201c$A\u201d ne \u201cx\u201d)? /a", 2, 'left curly quote \u201c (U+201C): type "'),
        ("[\u2013key x] /a", 2, "en dash"),
        ("! 1.0.33", 1, "a condition stands in parentheses"),
        ("<1.0 ? /a", 1, "a condition stands in parentheses"),
        ("[--key k]", 10, "the options have no URL"),
        ("(1 eq 1)? [--key k] | /x", 21, "the options have no URL"),
        ("[--kye k] /a", 2, "did you mean --key?"),
        ("(1 eq 1)? ftp://h/a", 11, "unsupported scheme 'ftp'"),
        ("tftp://prov.telco.com: 6900/x", 23, "a blank inside the URL"),
        ("http://h/$MA http://h/b", 13, "a blank inside the URL"),
        ("http://h", 9, "no file path"),
        ("http://h/$(MA:", 10, "a broken macro"),
        ("spa$PSN.cfg", 12, "no file path"),
        ("http://$MAC/a", 8, "not a port"),
        # A mistake after the alternative that would be taken is a mistake all the same.
        ("(1 eq 1)? /a | ftp://h/b", 16, "unsupported scheme"),
        ("(1 eq 1)? /a | (1 == 2)? /b", 19, "write = or eq"),
    ],
)
def test_a_bad_rule_says_where_and_what(rule, column, said):
    with pytest.raises(RuleError) as caught:
        evaluate(rule, MPP)
    assert caught.value.place.column == column, caught.value
    assert said in str(caught.value)
    assert caught.value.remedy


# Traces


def test_the_trace_tells_each_step_and_hides_what_options_hold():
    rule = '("$A" ne "x" and $SWVER lt 7.6)? (b = "$MA")! [--key $SA --uid $B] http://h/$MA | /b'
    assert evaluate(rule, SPA).trace == (
        "$A is 'Provisioned'",
        "$SWVER is '7.5.2'",
        "$MA is '000e08012345'",
        "$SA is hidden",
        "$B is hidden",
        "$MA is '000e08012345'",
        'alternative 1 ("Provisioned" ne "x" is true, 7.5.2 lt 7.6 is true) holds: taken',
        "set GPP_B to '000e08012345'",
        "options [--key **** --uid ****]",
        "fetch http://h/000e08012345",
    )


def test_the_trace_of_a_skipped_rule_says_why():
    assert evaluate("(1 eq 2)? /a", SPA).trace == (
        "alternative 1 (1 eq 2 is false) does not hold",
        "no condition holds: the rule is skipped",
    )


def test_secrets_are_in_no_representation():
    evaluation = evaluate("[--key $SA --pwd $SB] http://h/a", MPP)
    for text in (repr(evaluation), *evaluation.trace):
        assert "s3cret" not in text
        assert "hunter2" not in text


# Report rules


def test_a_report_rule_has_up_to_two_targets():
    entries = read_report("[ --key $SA --delta ]http://h/one ; [--status] tftp://h/$MA/two;\n", MPP)
    assert [(str(each.url), each.options.given()) for each in entries] == [
        ("http://h/one", {"key": "s3cret", "delta": True}),
        ("tftp://h/000e08012345/two", {"status": True}),
    ]
    assert [str(each.url) for each in read_report("http://h/a http://h/b", MPP)] == [
        "http://h/a",
        "http://h/b",
    ]


@pytest.mark.parametrize("rule", ["", "  ", "# http://h/a"])
def test_an_empty_report_rule_has_none(rule):
    assert read_report(rule, MPP) == ()


@pytest.mark.parametrize(
    ("rule", "column", "said"),
    [
        ("http://h/a http://h/b http://h/c", 23, "more than two targets"),
        ("[--delta]", 10, "no file path"),
        ("[--detla] http://h/a", 2, "did you mean --delta?"),
        ("http://h/a | http://h/b", 12, "'|' cannot stand"),
        ("; http://h/a", 1, "no file path"),
    ],
)
def test_a_bad_report_rule_says_where(rule, column, said):
    with pytest.raises(RuleError) as caught:
        read_report(rule, MPP)
    assert caught.value.place.column == column, caught.value
    assert said in str(caught.value)


# Any text

PIECES = st.sampled_from(
    ["(", ")", "?", "!", "|", "[", "]", '"', "#", " ", "\n", ";", "=",
     "--key ", "--uid ", "--post a", "$MA", "$SA", "$SB", "$$", "$(A:1)", "$(A:", "$B", "$D", "$E",
     "http://", "h", "/a", "tftp://", ":69",
     "[::1]", "1 eq 1", "$SWVER lt 7.6", '"$A" ne "x"', 'a = "1"', "and", "\u201c", "{{"]
)  # fmt: skip
RULES = st.lists(PIECES | st.text(max_size=3), max_size=30).map("".join) | st.text()
HOSTILE = {**MPP, "D": '] http://evil/ "', "E": "[--key "}


def outcome(rule: str) -> Evaluation | RuleError:
    try:
        return evaluate(rule, HOSTILE)
    except RuleError as error:
        return error


@given(RULES)
def test_any_text_is_evaluated_or_refused_inside_itself(rule):
    result = outcome(rule)
    if isinstance(result, RuleError):
        assert 1 <= result.place.column <= len(rule) + 1
    else:
        taken = [each.result for each in result.alternatives]
        assert taken.count(True) == (result.chosen is not None)


@given(RULES)
def test_no_text_makes_a_secret_leave_the_options(rule):
    result = outcome(rule)
    if isinstance(result, RuleError):
        said = [str(result)]
    else:
        said = [str(result.url), *result.trace, *map(str, result.assignments)]
        said += [str(each) for each in result.alternatives]
    shown = " ".join([*said, repr(result)])
    assert "s3cret" not in shown
    assert "hunter2" not in shown


SAFE = st.text(alphabet="abcXYZ019_.-", min_size=1, max_size=8)


@given(
    st.lists(st.booleans(), min_size=1, max_size=6),
    st.dictionaries(st.sampled_from(["key", "uid", "pwd"]), SAFE, max_size=3),
    SAFE,
    st.sampled_from(["", " ", "\n ", "\t"]),
)
def test_a_rule_that_is_put_together_comes_apart_the_same(truths, options, path, blank):
    block = " ".join(f'--{name} "{value}"' for name, value in options.items())
    rule = f"{blank}|{blank}".join(
        f"(1 eq {1 if truth else 2}){blank}?{blank}[{block}]{blank}http://h/{index}/{path}"
        for index, truth in enumerate(truths)
    )
    evaluation = evaluate(rule, MPP)
    expected = truths.index(True) if True in truths else None
    assert evaluation.chosen == expected
    if expected is not None:
        assert str(evaluation.url) == f"http://h/{expected}/{path}"
        assert evaluation.options.given() == options


@pytest.mark.parametrize(
    "unit",
    ["(", "[", '"', "$(", "$(A:", "|", "(1 eq 1)?", "a", "[--key x]", '"x', "$A", "((", "http://",
     "h(", "h[", 'h"', "[h", "(1 eq 1 and ", "$STRANGE", "{{", "1.", "9", "a=", ";"],
)  # fmt: skip
def test_long_nonsense_ends_quickly(unit):
    # 40 000 characters in one test; a quadratic reader would take minutes here.
    outcome(unit * (40_000 // len(unit)))
    outcome("/" + unit * (40_000 // len(unit)))
    outcome("(" + unit * (40_000 // len(unit)) + ")? /x")
    outcome("[--key " + unit * (40_000 // len(unit)) + "] /x")


def test_older_generations_expand_secrets_after_key_only():
    rule = "[--uid u --pwd $SA] http://h/p"
    assert evaluate(rule, MPP).options.pwd == "s3cret"
    with pytest.raises(RuleError, match="only after --key, "):
        evaluate(rule, MPP, secret_options=("key",))
    assert evaluate("[--key $SA] http://h/p", MPP, secret_options=("key",)).options.key == "s3cret"
