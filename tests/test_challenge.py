import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.challenge import LONGEST, Scheme, parse, quote
from ringback.errors import MessageError

latin = st.text(st.characters(codec="latin-1"), max_size=200)
words = st.text("abcdefXYZ-._", min_size=1, max_size=8)
values = st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=20)
schemes = st.lists(
    st.builds(Scheme, words.map(str.lower), st.dictionaries(words.map(str.lower), values)),
    max_size=4,
)


@given(schemes)
def test_what_is_written_is_read_again(written):
    text = ", ".join(
        f"{each.name} "
        + ", ".join(f"{name}={quote(value)}" for name, value in each.parameters.items())
        for each in written
    )

    assert list(parse(text)) == written


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Basic", [("basic", {}, "")]),
        ('Basic realm="a, b"', [("basic", {"realm": "a, b"}, "")]),
        ('Basic realm="say \\"hi\\" \\\\"', [("basic", {"realm": 'say "hi" \\'}, "")]),
        ("DIGEST Realm = x ,QOP=auth", [("digest", {"realm": "x", "qop": "auth"}, "")]),
        ('Digest qop="auth,auth-int"', [("digest", {"qop": "auth,auth-int"}, "")]),
        (", ,Basic realm=x,, ", [("basic", {"realm": "x"}, "")]),
        ("Basic dTpw", [("basic", {}, "dTpw")]),
        ("Basic dTo=", [("basic", {}, "dTo=")]),
        ("Negotiate YII/+a==, Basic realm=x", [("negotiate", {}, "YII/+a=="),
                                               ("basic", {"realm": "x"}, "")]),
        ("NTLM, Basic realm=x", [("ntlm", {}, ""), ("basic", {"realm": "x"}, "")]),
        ('Newauth realm="apps", type=1, title="Login to \\"apps\\"", Basic realm="simple"',
         [("newauth", {"realm": "apps", "type": "1", "title": 'Login to "apps"'}, ""),
          ("basic", {"realm": "simple"}, "")]),
        ("", []),
    ],
)  # fmt: skip
def test_commas_between_challenges_and_parameters_are_told_apart(text, expected):
    assert list(parse(text)) == [Scheme(*each) for each in expected]


@pytest.mark.parametrize(
    ("text", "column", "expected"),
    [
        ('Digest realm="open', 14, "a closing quotation mark"),
        ("Digest a=1, realm=", 19, "a word"),
        ("Digest realm=a b", 16, "a comma"),
        ("Digest {", 8, "a word"),
        ('"quoted"', 1, "a word"),
    ],
)
def test_nonsense_is_refused_with_its_column(text, column, expected):
    with pytest.raises(MessageError, match=expected) as caught:
        parse(text)
    assert caught.value.place.column == column


def test_a_repeated_parameter_keeps_its_first_value_unless_strict():
    text = "Digest realm=a, realm=b"

    assert parse(text)[0].get("realm") == "a"
    with pytest.raises(MessageError, match="realm only once"):
        parse(text, strict=True)


def test_no_more_than_four_kilobytes_are_looked_at():
    assert parse("Basic " + "a" * (LONGEST - 6))
    with pytest.raises(MessageError, match="too long"):
        parse("Basic " + "a" * (LONGEST - 5))


@pytest.mark.parametrize("bad", ["a\r\nb", "\0", "\x7f", "\n"])
def test_control_characters_are_never_written(bad):
    with pytest.raises(MessageError, match="control character"):
        quote(bad)


@given(latin | st.text('Digest ="\\,;/ \t', max_size=300))
def test_any_text_is_read_or_refused(text):
    with suppress(MessageError):
        for each in parse(text):
            assert each.name


@pytest.mark.parametrize(
    "unit", ['"', "\\", "a", ",", "a,", "a=", "a=b,", 'a="', " ", "\t=", "a b", "=", 'a="\\"",']
)
def test_the_longest_header_takes_no_time(unit):
    began = time.process_time()
    with suppress(MessageError):
        parse(("Digest " + unit * LONGEST)[:LONGEST])
    assert time.process_time() - began < 0.2
