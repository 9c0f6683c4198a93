"""What a phone's mind asks of the world."""

from ringback.cisco.url import Url
from ringback.phone.action import Ask, Fetch, Resolve, Say


def test_two_questions_for_the_same_thing_are_told_apart_by_their_number():
    assert Ask(1, Resolve("prov.test")) != Ask(2, Resolve("prov.test"))


def test_a_fetch_without_credentials_and_a_line_without_hearers_need_nothing_said():
    fetch = Fetch(Url.parse("tftp://h/a"), ("10.0.0.1",), "agent")
    assert (fetch.uid, fetch.pwd) == ("", "")
    assert Say("text").servers == ()
