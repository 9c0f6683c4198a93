from itertools import count

import pytest

from ringback.sip.message import Response
from ringback.sip.registration import Account, Registration, State

NOW = 1_800_000_000.0
ACCOUNT = Account("4711", "example.com", pwd="pw", name="Front desk")
CONTACT = "sip:4711@192.0.2.1:5060"


def registration(account=ACCOUNT):
    numbers = count(1)
    found = Registration(account, name=lambda: f"n{next(numbers)}", spread=lambda most: most)
    found.start(CONTACT, NOW)
    return found


def ok(*headers):
    return Response((("Contact", f"<{CONTACT};x=y>;expires=100"), *headers), b"", 200)


CHALLENGE = Response((("WWW-Authenticate", 'Digest realm="r", nonce="n"'),), b"", 401)


def test_a_line_registers_its_contact():
    mine = registration()
    request = mine.take(NOW)

    assert request is not None
    assert (request.method, request.uri) == ("REGISTER", "sip:example.com")
    assert request.get("To") == '"Front desk" <sip:4711@example.com>'
    assert request.get("Contact") == f"<{CONTACT}>"
    assert request.get("Expires") == "3600"
    assert mine.take(NOW) is None


def test_what_was_granted_is_renewed_in_time_with_the_same_call():
    mine = registration()
    first = mine.take(NOW)
    mine.receive(ok(), NOW)
    assert mine.registered(NOW)
    assert mine.due == NOW + 90

    again = mine.take(NOW + 90)

    assert first is not None
    assert again is not None
    assert again.get("Call-ID") == first.get("Call-ID")
    assert again.get("CSeq") == "2 REGISTER"


@pytest.mark.parametrize(
    ("response", "granted"),
    [
        (ok(), 100),
        (Response((("Expires", "50"),), b"", 200), 50),
        (Response((), b"", 200), 3600),
        (Response((("Contact", "<sip:other@h>;expires=7, nonsense"),), b"", 200), 3600),
    ],
)
def test_the_registrar_says_for_how_long(response, granted):
    mine = registration()
    mine.take(NOW)
    mine.receive(response, NOW)

    assert mine.registered(NOW + granted - 1)
    assert not mine.registered(NOW + granted)


def test_a_challenge_is_answered_at_once():
    mine = registration()
    mine.take(NOW)
    mine.receive(CHALLENGE, NOW)
    request = mine.take(NOW)

    assert request is not None
    assert 'username="4711"' in request.get("Authorization")
    mine.receive(ok(), NOW)
    assert mine.state is State.REGISTERED


def test_a_wrong_password_waits_for_the_long_interval():
    mine = registration(Account("4711", "h", pwd="pw", long_retry=100.0, long_spread=7.0))
    mine.take(NOW)
    mine.receive(CHALLENGE, NOW)
    mine.take(NOW)
    mine.receive(CHALLENGE, NOW)

    assert (mine.state, mine.why, mine.due) == (State.FAILED, "401 Unauthorized", NOW + 107)


@pytest.mark.parametrize(
    ("response", "wait"),
    [(None, 30), (Response((), b"", 503), 30), (Response((), b"", 403), 1200)],
)
def test_silence_is_asked_again_sooner_than_a_refusal(response, wait):
    mine = registration()
    mine.take(NOW)
    mine.receive(response, NOW)

    assert mine.due == NOW + wait


def test_an_interval_of_zero_stops():
    mine = registration(Account("4711", "h", long_retry=0.0))
    mine.take(NOW)
    mine.receive(Response((), b"", 404), NOW)

    assert mine.due is None


def test_an_interval_too_brief_is_lengthened():
    mine = registration(Account("4711", "h", expires=60))
    mine.take(NOW)
    mine.receive(Response((("Min-Expires", "300"),), b"", 423), NOW)
    request = mine.take(NOW)

    assert request is not None
    assert request.get("Expires") == "300"


@pytest.mark.parametrize("least", ["60", "x", ""])
def test_a_registrar_that_makes_no_sense_is_not_asked_in_circles(least):
    mine = registration(Account("4711", "h", expires=60))
    mine.take(NOW)
    mine.receive(Response((("Min-Expires", least),), b"", 423), NOW)

    assert mine.due == NOW + 1200


def test_regtmr_counts_from_the_loss_and_is_zero_while_registered():
    mine = registration()
    assert mine.seconds_lost(NOW + 5) == 5
    mine.take(NOW)
    mine.receive(ok(), NOW + 6)
    assert mine.seconds_lost(NOW + 100) == 0
    mine.take(NOW + 96)
    mine.receive(None, NOW + 101)
    assert mine.registered(NOW + 101)
    assert mine.seconds_lost(NOW + 116) == 10
    mine.take(NOW + 131)
    mine.receive(None, NOW + 140)
    assert mine.state is State.FAILED
    assert mine.seconds_lost(NOW + 150) == 44


def test_a_registration_is_taken_back():
    mine = registration()
    assert mine.end() is None
    mine.start(CONTACT, NOW)
    mine.take(NOW)
    mine.receive(ok(), NOW)
    request = mine.end()

    assert request is not None
    assert request.get("Expires") == "0"
    assert (mine.state, mine.due) == (State.OFF, None)


@pytest.mark.parametrize("domain", ["h h", "", "h\r\nX: y"])
def test_a_domain_that_cannot_be_fails_and_says_so(domain):
    mine = registration(Account("4711", domain))

    assert mine.take(NOW) is None
    assert mine.state is State.FAILED
    assert "URI" in mine.why


def test_a_user_who_cannot_stand_in_a_header_fails_and_says_so():
    mine = registration(Account("a#\r\n", "h", pwd="pw"))
    request = mine.take(NOW)
    assert request is not None
    assert request.get("To").endswith("<sip:a%23%0D%0A@h>")
    mine.receive(CHALLENGE, NOW)

    assert mine.take(NOW) is None
    assert "control character" in mine.why
