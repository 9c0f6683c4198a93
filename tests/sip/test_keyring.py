"""What a keyring answers to our own gate is in test_gate.py, to SIPp in test_endpoint.py."""

import pytest

from ringback.challenge import parse
from ringback.errors import MessageError
from ringback.sip.keyring import Keyring
from ringback.sip.message import Response


def challenge(code, *values):
    name = "WWW-Authenticate" if code == 401 else "Proxy-Authenticate"
    return Response(tuple((name, value) for value in values), b"", code)


def test_the_example_of_rfc_2617_in_a_proxys_challenge():
    ring = Keyring("Mufasa", "Circle Of Life")
    ring.learn(
        challenge(
            407,
            'Digest realm="testrealm@host.com", qop="auth,auth-int", '
            'nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"',
        )
    )
    ((name, value),) = ring.headers("GET", "/dir/index.html", "0a4f113b")

    assert name == "Proxy-Authorization"
    assert parse(value)[0].get("response") == "6629fae49393a05397450978507c4ef1"


def test_of_several_challenges_the_strongest_is_answered():
    ring = Keyring("u", "p")
    ring.learn(
        challenge(
            401,
            'Digest realm="r", nonce="1", algorithm=MD5',
            'Digest realm="r", nonce="2", algorithm=SHA-256',
            'Digest realm="r", nonce="3", algorithm=SHA-512-256',
            "NoOneKnowsThisScheme opaque-data=here",
        )
    )

    assert 'nonce="2"' in ring.headers("NOTIFY", "sip:a", "c")[0][1]


def test_a_nonce_is_counted_each_time_it_is_used():
    ring = Keyring("u", "p")
    ring.learn(challenge(401, 'Digest realm="r", nonce="1", qop="auth"'))
    counts = [parse(ring.headers("X", "sip:a", "c")[0][1])[0].get("nc") for _ in range(3)]

    assert counts == ["00000001", "00000002", "00000003"]


def test_a_nonce_that_was_good_before_may_have_gone_without_saying_so():
    ring = Keyring("u", "p")
    ring.learn(challenge(401, 'Digest realm="r", nonce="1", qop="auth"'))
    ring.headers("X", "sip:a", "c")
    ring.headers("X", "sip:a", "c")

    assert ring.learn(challenge(401, 'Digest realm="r", nonce="2", qop="auth"'))
    ring.headers("X", "sip:a", "c")
    assert not ring.learn(challenge(401, 'Digest realm="r", nonce="3", qop="auth"'))


@pytest.mark.parametrize("code", [200, 403, 404, 500])
def test_other_answers_teach_nothing(code):
    assert not Keyring("u", "p").learn(Response((), b"", code))


@pytest.mark.parametrize("value", ["", "Digest", 'Digest realm="', "Basic realm=r", "x" * 5000])
def test_a_challenge_that_cannot_be_read_is_not_answered(value):
    assert not Keyring("u", "p").learn(challenge(401, value))


def test_a_user_who_cannot_stand_in_a_header_is_refused():
    ring = Keyring("a\r\nX: y", "p")
    ring.learn(challenge(401, 'Digest realm="r", nonce="1"'))

    with pytest.raises(MessageError):
        ring.headers("X", "sip:a", "c")
