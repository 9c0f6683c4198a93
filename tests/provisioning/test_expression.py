import pickle
import time

import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.errors import NotFoundError
from ringback.provisioning.expression import DEEPEST, MOST_NODES, parse
from ringback.provisioning.operation import LONGEST, AbsentError, ExpressionError

FACTS = {
    "mac": "000e08abcdef",
    "site": "berlin",
    "number": 7,
    "tags": ("desk", "lobby"),
    "lines": {1: {"user": "100", "number": 1}},
    "line": {"user": "100", "number": 1},
    "secret": lambda name: f"<{name}>",
    "own_secret": lambda name: f"mine:{name}",
}


def render(text):
    return parse(text).render(FACTS)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("plain", "plain"),
        ("", ""),
        ("#} %} a dial plan {", "#} %} a dial plan {"),
        ("{{ '{#' }} and {{ \"{%\" }} %}", "{# and {% %}"),
        ('{{ \'}} {%\' ~ "\\"{#" }}', '}} {%"{#'),
        ("{{ mac }}", "000e08abcdef"),
        ("a {{ mac | upper }} b", "a 000E08ABCDEF b"),
        ("{{ mac[6:] }}{{ mac[:2] }}", "abcdef00"),
        ("{{ lines[1].user }}", "100"),
        ("{{ line.user ~ '@' ~ site }}", "100@berlin"),
        ("{{ nothing | default('none') }}", "none"),
        ("{{ lines[2].user | default('none') }}", "none"),
        ("{{ 'yes' if site == 'berlin' else 'no' }}", "yes"),
        ("{{ 'lobby' in tags }}", "Yes"),
        ("{{ number * 1000 + 5 }}", "7005"),
        ("{{ tags | join(',') }}", "desk,lobby"),
        ("{{ secret('trunk-' ~ site) }}", "<trunk-berlin>"),
        ("[--key {{ own_secret('x') }}]", "[--key mine:x]"),
        ("{{ '{{' }}", "{{"),
        ("{{ nothing is defined }} {{ mac is defined }}", "No Yes"),
        ("{{ mac | replace('0', 'o') | title }}", "Oooeo8Abcdef"),
    ],
)
def test_a_value_becomes_text(text, result):
    assert render(text) == result


@pytest.mark.parametrize(
    ("text", "what", "place"),
    [
        ("{{ macc }}", "nothing called 'macc'", "1:4"),
        ("line one\nand {{ site ~ macc }}", "nothing called 'macc'", "2:15"),
        ("{{ ", "", "1:"),
        ("{{ mac", "", "1:"),
        ("{% if mac %}{{ mac }}{% endif %}", "the statement {%", "1:1"),
        ("{% for x in tags %}{{ x }}{% endfor %}", "the statement {%", "1:1"),
        ("one\n{{ mac }} {# no #}", "the comment {#", "2:11"),
        ("plain {%- x %}", "the statement {%", "1:7"),
        ("{{ mac.__class__ }}", "no parts", "1:"),
        ("{{ mac.upper() }}", "cannot be called", "1:"),
        ("{{ range(9) }}", "cannot be called", "1:"),
        ("{{ tags }}", "list is not a value", ""),
        ("{{ 'a' * 9 }}", "no whole number", "1:"),
        ("{{ 2 ** 9 }}", "pow is not allowed", "1:"),
        ("{{ 1 // 0 }}", "zero", "1:"),
        ("{{ '%s' % mac }}", "no whole number", "1:"),
        ("{{ mac | attr('x') }}", "no filter 'attr'", "1:"),
        ("{{ 'x' | int }}", "no whole number", "1:"),
        ("{{ mac if mac }}", "without else", "1:"),
        ("{{ secret() }}", "takes one name", "1:"),
        ("{{ site < 3 }}", "not supported", "1:"),
        ("{{ mac }}{# note #}", "comment", ""),
        ("{{ 999999999999999999 * 99 }}", "18 digits", "1:"),
        ("{{ mac | replace('0', 'x' ) | replace }}", "takes 2 arguments", "1:"),
    ],
)
def test_what_fails_says_where(text, what, place):
    with pytest.raises(ExpressionError) as caught:
        render(text)
    assert what in caught.value.what
    assert str(caught.value.place).startswith(place)


def test_only_an_absent_name_has_a_default():
    with pytest.raises(ExpressionError) as caught:
        render("{{ (1 // 0) | default('x') }}")
    assert not isinstance(caught.value, AbsentError)


def test_errors_of_secrets_are_placed():
    def missing(name):
        raise NotFoundError(f"no secret {name}")

    with pytest.raises(ExpressionError) as caught:
        parse("x {{ secret('trunk') }}").render({"secret": missing})
    assert str(caught.value) == "1:12: no secret trunk"


def test_what_a_value_depends_on_is_known_without_rendering():
    assert parse("{{ secret('a') if site else mac[1:number] }}").names == {
        "secret",
        "site",
        "mac",
        "number",
    }
    assert parse("no {{ 'name' }}").names == frozenset()


@pytest.mark.parametrize(
    "text",
    [
        "{{ " + "~".join(["mac"] * 3000) + " }}",
        "{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}",
        "{{ " + "-" * 3000 + "1 }}",
        "{{ " + "not " * (DEEPEST + 2) + "mac }}",
        "{{ " + "[" * 60 + "]" * 60 + " }}",
        "{{ " + "+".join(["1"] * (MOST_NODES + 1)) + " }}",
        "{{ 'x' }}" * 5000,
        "{{ '" + "a" * 9000 + "' ~ '" + "b" * 7300 + "' }}" + "{{ mac }}" * 20,
        "{{ ('" + "a" * 5000 + "') | replace('a', '" + "b" * 5000 + "') }}",
        "{{ '" + "9" * 15000 + "' | int }}",
        "{{ " + "9" * 5000 + " }}",
    ],
)
def test_what_grows_or_nests_is_refused_at_once(text):
    before = time.process_time()
    with pytest.raises(ExpressionError):
        render(text)
    assert time.process_time() - before < 2


NAMES = st.sampled_from(["mac", "site", "number", "line.user", "lines[1].user", "tags", "nothing"])
LEAVES = NAMES | st.integers(0, 99).map(str) | st.text("ab'", max_size=4).map(repr)


def _deeper(inner):
    return st.one_of(
        st.tuples(
            inner, st.sampled_from(["~", "+", "-", "*", "==", "<", "in", "and", "or", "//"]), inner
        ).map(lambda each: f"({each[0]} {each[1]} {each[2]})"),
        st.tuples(inner, inner, inner).map(lambda each: f"({each[0]} if {each[1]} else {each[2]})"),
        st.tuples(
            inner, st.sampled_from(["upper", "lower", "length", "first", "trim", "default('q')"])
        ).map(lambda each: f"({each[0]} | {each[1]})"),
        inner.map(lambda each: f"(not {each})"),
        inner.map(lambda each: f"{each}[1:3]"),
    )


@given(st.recursive(LEAVES, _deeper, max_leaves=8))
def test_a_result_is_what_jinja_says_or_an_error_of_ours(source):
    text = "{{ " + source + " }}"
    try:
        ours = render(text)
    except ExpressionError:
        return
    judge = jinja2.Environment(undefined=jinja2.StrictUndefined, finalize=_yes_or_no)
    try:
        theirs = judge.from_string(text).render(FACTS)
    except SyntaxError:  # Jinja2 makes 0[1:3] a piece of Python that is not compiled
        return
    assert ours == theirs


def _yes_or_no(value):
    return {True: "Yes", False: "No"}[value] if isinstance(value, bool) else value


@given(st.text(max_size=60) | st.text("{}%#| '()[]macifelse\n.~-", max_size=60).map("{{".__add__))
def test_any_text_gives_text_or_an_error_of_ours(text):
    try:
        result = render(text)
    except ExpressionError:
        return
    assert len(result) <= LONGEST or "{{" not in text


def test_facts_travel():
    assert pickle.loads(pickle.dumps(parse("x"))).render({}) == "x"
