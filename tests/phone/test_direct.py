"""Direct action URLs: how they are read, and what they do."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.phone.world import SERVER, ask, text

from ringback.phone.direct import rule_in
from ringback.phone.secret import MASK


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


# Direct actions


@pytest.mark.parametrize(
    "query",
    [
        f"tftp://{SERVER}/basic.txt",
        f"{SERVER}/basic.txt",  # without scheme
        "/basic.txt",  # without server: the host that asks
        quote(f"tftp://{SERVER}/basic.txt", safe=""),
        f"tftp://{SERVER}/basic.txt&xuser=admin&xpassword=x",
    ],
)
def test_a_resync_url_resyncs(world, query):
    done = ask(world, "/admin/resync?" + query, host=SERVER)
    assert done.status == 200
    assert "will resync when it is not in use" in text(done)
    assert world.value("GPP_A") == "12345678"


def test_a_second_question_mark_belongs_to_the_rule(world, profile):
    world.put("cgi?mac=000e08abcdef&x=1", profile(GPP_A="by query"), scheme="http")
    ask(world, f"/admin/resync?http://{SERVER}/cgi?mac=$MA&x=1")
    assert world.value("GPP_A") == "by query"


def test_options_in_the_url_act_and_are_not_shown(world):
    done = ask(world, f"/admin/resync?%5B--uid+admin+--pwd+hush%5Dhttp://{SERVER}/basic.txt")
    assert "hush" not in text(done)
    assert MASK in text(done)
    assert world.asked == [f"http://{SERVER}/basic.txt"]


def test_a_resync_url_without_rule_follows_the_phones_own(world):
    world.submit(Profile_Rule=f"tftp://{SERVER}/basic.txt")
    ask(world, "/admin/resync")
    assert world.value("GPP_A") == "12345678"


def test_a_resync_is_refused_when_provisioning_is_disabled(world):
    world.submit(Provision_Enable="No")
    done = ask(world, f"/admin/resync?tftp://{SERVER}/basic.txt")
    assert done.status == 403
    assert "Provision_Enable is No" in text(done)


def test_looking_at_the_head_of_an_action_does_nothing(world):
    assert ask(world, f"/admin/resync?tftp://{SERVER}/basic.txt", method="HEAD").status == 405
    assert world.asked == []


def test_reboot_reboots(world):
    assert ask(world, "/admin/reboot").status == 200
    assert not world.up
