"""How a rule is read out of a direct action URL."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.phone.direct import rule_in


@pytest.mark.parametrize(
    ("query", "rule"),
    [
        ("tftp://192.168.1.200/basic.txt", "tftp://192.168.1.200/basic.txt"),
        ("prvserv/device.cfg", "prvserv/device.cfg"),
        ("/basic.txt", "/basic.txt"),
        ("", ""),
        # A second question mark belongs to the rule.
        ("http://h/cgi?mac=$MA&x=1", "http://h/cgi?mac=$MA&x=1"),
        # Percent-encoded as a whole, or only where a browser does it.
        ("%5B--uid+admin+--pwd+555%5Dhttp://h/a.cfg", "[--uid admin --pwd 555]http://h/a.cfg"),
        ("[--uid%20admin%20--pwd%20555]http://h/a", "[--uid admin --pwd 555]http://h/a"),
        ("tftp%3A%2F%2Fh%2Fa.cfg", "tftp://h/a.cfg"),
        ("%5B--key%20x%5D%20tftp%3A%2F%2Fh%2Fa", "[--key x] tftp://h/a"),
        ("(%22$A%22+eq+%22x%22)?+tftp://h/a", '("$A" eq "x")? tftp://h/a'),
        # In a URL a plus is a plus.
        ("http://h/a+b.cfg", "http://h/a+b.cfg"),
        ("[--key+x]tftp://h/a+b.cfg", "[--key x]tftp://h/a+b.cfg"),
        ("/a+b.cfg", "/a+b.cfg"),
        ("[--key+a%2Bb]tftp://h/c", "[--key a+b]tftp://h/c"),
        # An account's credentials are no part of the rule.
        ("tftp://h/a&xuser=admin&xpassword=secret", "tftp://h/a"),
        ("http://h/a?x=1&xuser=admin&xpassword=", "http://h/a?x=1"),
    ],
)
def test_a_rule_is_read_however_it_was_typed(query, rule):
    assert rule_in(query) == rule


@given(st.text(max_size=200))
def test_any_query_is_some_rule(query):
    assert isinstance(rule_in(query), str)


@given(st.text("abc]%25D5B[+:/?)(!&xuser=", max_size=4000))
def test_reading_takes_no_longer_than_the_query(query):
    rule_in(query * 8)
