import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.errors import MessageError
from ringback.syslog.structured_data import Element, read

names = st.text(
    st.sampled_from([chr(c) for c in range(33, 127) if chr(c) not in '="]']),
    min_size=1,
    max_size=32,
)
values = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
elements = st.builds(Element, names, st.lists(st.tuples(names, values), max_size=4).map(tuple))


@given(
    st.lists(elements, min_size=1, max_size=4, unique_by=lambda each: each.name),
    st.text(max_size=9),
)
def test_what_is_written_is_read_back(many, before):
    text = before + "".join(map(str, many)) + " text ]"

    assert read(text, len(before)) == (tuple(many), len(text) - len(" text ]"))


def test_a_hyphen_is_no_data():
    assert read("- text", 0) == ((), 1)


def test_a_backslash_before_anything_else_stays():
    found, _ = read(r'[meta path="C:\new" quoted="a\"b\]c\\d"]', 0)

    assert found == (Element("meta", (("path", r"C:\new"), ("quoted", r'a"b]c\d'))),)


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("X", 1),
        ("[]", 1),
        ('["]', 1),
        ("[a]b[c", None),
        ("[a][b", 4),
        ('[a b="]"]', 1),
        ('[a b="c"d]', 1),
        ("[a][a]", 1),
        (f"[{'n' * 33}]", 1),
    ],
)
def test_broken_data_is_refused_where_it_breaks(text, column):
    if column is None:
        assert read(text, 0) == ((Element("a"),), 3)
        return
    with pytest.raises(MessageError) as caught:
        read(text, 0)

    assert caught.value.place.column == column


@given(st.text(st.sampled_from('[]"\\= -ab'), max_size=200))
def test_any_text_is_data_or_our_error(text):
    try:
        found, end = read(text, 0)
    except MessageError:
        return
    assert 0 < end <= len(text)
    assert all(isinstance(each, Element) for each in found)
