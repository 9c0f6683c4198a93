import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback import digest
from ringback.sip.gate import LIFETIME, MOST_USED, Gate, Lock
from ringback.sip.keyring import Keyring
from ringback.sip.message import Request, Response

NOW = 1_800_000_000.0
LOCK = Lock("example.com", "4711", 'pa"ss')


def request(*headers):
    return Request(headers, b"", "NOTIFY", "sip:4711@192.0.2.1")


def challenged(gate, lock=LOCK, now=NOW):
    return Response(gate.check(request(), lock, now), b"", 401)


def credentials(ring, uri="sip:4711@example.com"):
    return request(*ring.headers("NOTIFY", uri, "c0ffee"))


def stale(challenges):
    return "stale=TRUE" in challenges[0][1]


@pytest.mark.parametrize("algorithms", [("MD5",), ("SHA-256",), ("SHA-256", "MD5"), ("MD5-sess",)])
def test_right_credentials_come_in_whatever_the_uri_became_on_the_way(algorithms):
    gate, ring = Gate(b"s"), Keyring("4711", 'pa"ss')
    lock = Lock("example.com", "4711", 'pa"ss', algorithms)
    assert ring.learn(challenged(gate, lock))

    for _ in range(3):
        assert gate.check(credentials(ring), lock, NOW) == ()


def test_the_strongest_offer_is_taken():
    gate, ring = Gate(b"s"), Keyring("4711", 'pa"ss')
    ring.learn(challenged(gate, Lock("r", "4711", "x", ("MD5", "SHA-256"))))

    assert "algorithm=SHA-256" in ring.headers("NOTIFY", "sip:a", "c")[0][1]


@pytest.mark.parametrize("ring", [Keyring("4711", "wrong"), Keyring("4712", 'pa"ss')])
def test_wrong_credentials_are_challenged_again_and_not_tried_again(ring):
    gate = Gate(b"s")
    assert ring.learn(challenged(gate))
    again = gate.check(credentials(ring), LOCK, NOW)

    assert again
    assert not stale(again)
    assert not ring.learn(Response(again, b"", 401))


def test_the_same_words_do_not_come_in_twice():
    gate, ring = Gate(b"s"), Keyring("4711", 'pa"ss')
    ring.learn(challenged(gate))
    once = credentials(ring)
    assert gate.check(once, LOCK, NOW) == ()

    replayed = gate.check(once, LOCK, NOW)

    assert stale(replayed)
    assert ring.learn(Response(replayed, b"", 401))
    assert gate.check(credentials(ring), LOCK, NOW) == ()


def test_an_old_nonce_is_stale_and_the_next_one_is_not():
    gate, ring = Gate(b"s"), Keyring("4711", 'pa"ss')
    ring.learn(challenged(gate))
    late = NOW + LIFETIME + 2
    refused = gate.check(credentials(ring), LOCK, late)

    assert stale(refused)
    assert ring.learn(Response(refused, b"", 401))
    assert gate.check(credentials(ring), LOCK, late) == ()


def test_credentials_in_the_old_form_are_good_for_one_request():
    gate = Gate(b"s")
    nonce = digest.choose([challenged(gate).headers[0][1]])
    assert nonce is not None
    old = digest.Challenge("digest", nonce.realm, nonce.nonce, algorithm="MD5")
    value = digest.answer(old, uid="4711", pwd='pa"ss', method="NOTIFY", uri="sip:x", cnonce="c")
    said = request(("Authorization", value))

    assert gate.check(said, LOCK, NOW) == ()
    assert stale(gate.check(said, LOCK, NOW))


def test_a_nonce_of_somebody_else_is_wrong():
    ring = Keyring("4711", 'pa"ss')
    ring.learn(challenged(Gate(b"other")))
    again = Gate(b"s").check(credentials(ring), LOCK, NOW)

    assert again
    assert not stale(again)


@pytest.mark.parametrize(
    "what", ["nc=00000002", "qop=auth-int", 'realm="other"', "algorithm=SHA-256"]
)
def test_changed_words_are_wrong(what):
    gate, ring = Gate(b"s"), Keyring("4711", 'pa"ss')
    ring.learn(challenged(gate))
    ((name, value),) = ring.headers("NOTIFY", "sip:a", "c")
    before = {
        "nc": "nc=00000001", "qop": "qop=auth", "realm": 'realm="example.com"',
        "algorithm": "algorithm=MD5",
    }[what.partition("=")[0]]  # fmt: skip
    assert before in value

    assert gate.check(request((name, value.replace(before, what))), LOCK, NOW)


@given(st.text(st.characters(codec="latin-1"), max_size=300))
def test_any_words_are_refused(words):
    assert Gate(b"s").check(request(("Authorization", f"Digest {words}")), LOCK, NOW)
    assert Gate(b"s").check(request(("Authorization", words * 40)), LOCK, NOW)


def test_memory_is_bounded_and_what_is_forgotten_is_stale():
    gate, ring = Gate(b"s"), Keyring("4711", 'pa"ss')
    ring.learn(challenged(gate))
    first = credentials(ring)
    assert gate.check(first, LOCK, NOW) == ()
    for _ in range(MOST_USED + 10):
        other = Keyring("4711", 'pa"ss')
        other.learn(challenged(gate, now=NOW + 5))
        assert gate.check(credentials(other), LOCK, NOW + 5) == ()

    assert len(gate._used) <= MOST_USED
    assert stale(gate.check(first, LOCK, NOW + 5))
