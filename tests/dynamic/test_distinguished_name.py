"""OpenSSL's two spellings of a name, for string types no library here would write.

The rest is judged by Apache itself, in ``test_mod_ssl``.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.dynamic.der import Attribute, Element
from ringback.dynamic.distinguished_name import value, whole

T61, UTF8, OCTETS = 20, 12, 4


def element(tag, content):
    return Element(tag, content, bytes((tag, len(content))) + content)


@pytest.mark.parametrize(
    ("tag", "content", "text"),
    [
        (T61, b"\xe4\xf6", "äö"),
        (UTF8, "äö".encode(), "äö"),
        (UTF8, b"\xff", "\udcff"),
        (T61, b"a\0b\r\n", r"a\00b\0D\0A"),
        (UTF8, b"a\\b", r"a\\b"),
    ],
)
def test_a_value(tag, content, text):
    assert value(element(tag, content)) == text


@pytest.mark.parametrize(
    ("oid", "tag", "content", "text"),
    [
        ("2.5.4.3", T61, b"\xe4", "CN=ä"),
        ("2.5.4.3", OCTETS, b"ab", "CN=#04026162"),
        ("1.2.3", UTF8, b"ab", "1.2.3=#0C026162"),
        ("2.5.4.3", UTF8, b"# ", r"CN=\#\ "),
        ("2.5.4.3", UTF8, b" ", r"CN=\ "),
        ("2.5.4.3", UTF8, b"", "CN="),
    ],
)
def test_a_name(oid, tag, content, text):
    assert whole([Attribute(oid, element(tag, content), 0)]) == text


def test_components_come_backwards_and_sets_stay_together():
    parts = [("2.5.4.6", b"US", 0), ("2.5.4.3", b"a", 1), ("2.5.4.4", b"b", 1)]
    name = [Attribute(oid, element(UTF8, content), group) for oid, content, group in parts]
    assert whole(name) == "SN=b+CN=a,C=US"


@given(st.sampled_from([12, 19, 20, 22, 28, 30, 4, 3]), st.binary(max_size=40))
def test_no_value_can_end_a_line_or_an_environment_variable(tag, content):
    shown = value(element(tag, content)) + whole([Attribute("2.5.4.3", element(tag, content), 0)])
    assert not any(ord(letter) < 32 or ord(letter) == 127 for letter in shown)
