"""Rendering, and the very place of whatever goes wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.dynamic.facts import Facts
from ringback.dynamic.template import Stationery, TemplateError, render
from ringback.errors import Place

FACTS: Facts = {"request": {"path": "/x.cfg", "query": "a<b"}, "certificate": {"OU": "SPA-962"}}


def show(text, most=10_000, **others):
    pages = {"x.j2": text, **others}
    stationery = Stationery(
        lambda name: (pages[name], name, lambda: True) if name in pages else None
    )
    return render(stationery, "x.j2", FACTS, most=most).decode()


def test_facts_are_escaped_as_xml_and_the_rest_is_left_alone():
    assert show("<a>{{ request.query }}</a>\r\n\n") == "<a>a&lt;b</a>\n\n"
    assert show("{{ request.query|safe }}") == "a<b"


def test_templates_are_made_of_others():
    made = show(
        "{% extends 'base.j2' %}{% block b %}{% include '.line.j2' %}{% endblock %}",
        **{"base.j2": "<a>{% block b %}{% endblock %}</a>", ".line.j2": "{{ certificate.OU }}"},
    )
    assert made == "<a>SPA-962</a>"


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("a\n ok {{ a b }}", "x.j2:2:10", "expected token"),
        ("a\n ok {% if %}", "x.j2:2:11", "Expected an expression"),
        ("a\n ok {{ 'abc }}", "x.j2:2:8", "unexpected char"),
        ("a\n ok {% for x in y %}\n", "x.j2:2", "Unexpected end of template"),
        ("a\n {% nope %}", "x.j2:2:5", "Encountered unknown tag 'nope'"),
        (
            "{{ request.path }}\n{{ request.path }} {{ reqest.path }}",
            "x.j2:2:29",
            "'reqest' is undefined",
        ),
        ("{{ request.path }} {{ request.paht }}", "x.j2:1:30", "no fact called 'paht'"),
        ("{{ ''.__class__.__mro__ }}", "x.j2:1:16", "not allowed"),
        ("{{ request.update({}) }}", "x.j2:1:18", "not allowed"),
        ("{{ ('x'|attr('__class__')).mro() }}", "x.j2:1", "x.j2:1"),
        ("{{ '{0.__class__}'.format(1) }}", "x.j2:1", "not allowed"),
        ("{{ range(10**9)|list }}", "x.j2:1", "Range too big"),
        ("{{ 9**9999 }}", "x.j2:1", "4096 bits"),
        ("\n {% include 'x.j2' %}", "x.j2:2:5", "without an end"),
        ("\n {% extends 'x.j2' %}", "x.j2:2", "without an end"),
        ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "x.j2:1:20", "without an end"),
        (
            "\n\n{% for i in range(1000) %}{{ 'x' * 100 }}{% endfor %}",
            "x.j2:3:30",
            "more than 10000",
        ),
        ("a\n  {% include 'no.j2' %}", "x.j2:2:6", "no template 'no.j2'"),
        ("{{ 1 / 0 }}", "x.j2:1", "ZeroDivisionError"),
        ("{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}", "x.j2", "without an end"),
    ],
)
def test_every_error_has_its_place(text, place, words):
    with pytest.raises(TemplateError) as caught:
        show(text)
    assert str(caught.value.place).startswith(place)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_error_in_an_included_template_names_that_one():
    with pytest.raises(TemplateError) as caught:
        show("a\n{% include 'b.j2' %}", **{"b.j2": "\n\n  {{ nothing }}"})
    assert str(caught.value.place) == "b.j2:3:6"


def test_no_request_leaves_anything_for_the_next():
    with pytest.raises(TemplateError):
        show("{{ request.clear() }}{{ request.path }}")
    assert show("{{ request.path }}") == "/x.cfg"


@given(st.text(max_size=80) | st.lists(
    st.sampled_from(["{{", "}}", "{%", "%}", "{#", "#}", " ", "\n", "x", "'", "(", ")", "request",
                     ".", "|", "if", "for", "in", "end", "1", "+", "-", "raw", "endraw", "\r\n"]),
    max_size=25).map("".join))  # fmt: skip
def test_any_text_is_a_template_or_our_error_with_a_place(text):
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    made, place = attempt(text)
    assert place.name in ("", "x.j2")
    assert place.line <= len(lines)
    assert place.column <= (len(lines[place.line - 1]) + 1 if place.line else 0)
    if not any(mark in text for mark in ("{{", "{%", "{#")):
        assert made == "\n".join(lines)


def attempt(text):
    """What a template makes, or where it fails."""
    try:
        return show(text), Place()
    except TemplateError as error:
        return None, error.place
