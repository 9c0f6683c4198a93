from itertools import count

import pytest

from ringback.errors import MessageError
from ringback.sip.errand import MOST_TRIES, Errand, address
from ringback.sip.keyring import Keyring
from ringback.sip.message import Response

HEADERS = (("To", "<sip:4711@example.com>"), ("Event", "resync"))


def errand(keyring=None):
    numbers = count(1)
    return Errand(
        "NOTIFY",
        "sip:4711@example.com",
        HEADERS,
        sender="<sip:ringback@example.com>",
        name=lambda: f"n{next(numbers)}",
        keyring=keyring,
    )


def challenge(code, nonce, *, stale=False):
    name = "WWW-Authenticate" if code == 401 else "Proxy-Authenticate"
    value = f'Digest realm="r", nonce="{nonce}", qop="auth"' + (", stale=true" if stale else "")
    return Response(((name, value),), b"", code)


def test_a_request_outside_of_dialogs_has_all_it_needs_but_a_via():
    request = errand().next()

    assert request.get("From") == "<sip:ringback@example.com>;tag=n1"
    assert request.get("Call-ID") == "n2"
    assert request.get("CSeq") == "1 NOTIFY"
    assert request.get("Event") == "resync"
    assert not request.all("Via")


def test_a_challenge_is_answered_in_the_same_call_with_the_next_number():
    mine = errand(Keyring("4711", "pw"))
    first = mine.next()
    assert mine.receive(challenge(401, "a"))
    second = mine.next()

    assert second.get("Call-ID") == first.get("Call-ID")
    assert second.get("From") == first.get("From")
    assert second.get("CSeq") == "2 NOTIFY"
    assert 'uri="sip:4711@example.com"' in second.get("Authorization")


def test_a_proxy_and_the_one_behind_it_may_both_challenge():
    mine = errand(Keyring("4711", "pw"))
    mine.next()
    assert mine.receive(challenge(407, "a"))
    mine.next()
    assert mine.receive(challenge(401, "b"))
    third = mine.next()

    assert 'nonce="a"' in third.get("Proxy-Authorization")
    assert "nc=00000002" in third.get("Proxy-Authorization")
    assert 'nonce="b"' in third.get("Authorization")


def test_a_wrong_password_is_not_tried_twice_but_a_stale_nonce_is():
    mine = errand(Keyring("4711", "pw"))
    mine.next()
    assert mine.receive(challenge(401, "a"))
    mine.next()
    assert mine.receive(challenge(401, "b", stale=True))
    mine.next()

    assert not mine.receive(challenge(401, "c"))


def test_nobody_is_asked_for_ever():
    mine = errand(Keyring("4711", "pw"))
    mine.next()
    for number in range(MOST_TRIES - 1):
        assert mine.receive(challenge(401, str(number), stale=True))
        mine.next()

    assert not mine.receive(challenge(401, "x", stale=True))


@pytest.mark.parametrize("keyring", [None, Keyring("", "")])
def test_without_credentials_a_challenge_is_the_last_word(keyring):
    mine = errand(keyring)
    mine.next()

    assert not mine.receive(challenge(401, "a"))


def test_basic_is_not_answered():
    mine = errand(Keyring("4711", "pw"))
    mine.next()

    assert not mine.receive(Response((("WWW-Authenticate", 'Basic realm="r"'),), b"", 401))


def test_an_address_has_its_name_in_quotes():
    assert address("sip:a@b", 'J "x" \\') == '"J \\"x\\" \\\\" <sip:a@b>'
    assert address("sip:a@b") == "<sip:a@b>"
    with pytest.raises(MessageError):
        address("sip:a b")
