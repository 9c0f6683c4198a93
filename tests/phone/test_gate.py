"""The gate of a phone's pages: credentials right, wrong, stale, used twice and made up."""

import base64
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.challenge import parse
from ringback.digest import new_nonce
from ringback.http import digest
from ringback.http.digest import Verdict
from ringback.http.request import Request
from ringback.phone.account import Lock
from ringback.phone.gate import MOST_USES, Gate

pytestmark = pytest.mark.duty(8)

NOW = 1_800_000_000.0
SECRET = b"nobody knows"
LOCK = Lock("spa admin", (("admin", "hush"), ("user", "mine")))
BASIC = replace(LOCK, basic=True)


def asked(authorization="", method="GET", target="/admin/advanced"):
    path, _, query = target.partition("?")
    headers = {b"authorization": authorization.encode("latin-1")} if authorization else {}
    return Request(method, path, path, query, headers)


def answered(gate, *, lock=LOCK, now=NOW, name="admin", password="hush", cnonce="c1", **more):
    """What a right client answers to this gate's challenge."""
    ((_, header), *_) = gate.challenges(lock, now, stale=False)
    challenge = digest.choose([header])
    assert challenge is not None
    given = {"method": "GET", "uri": "/admin/advanced", **more}
    return digest.answer(challenge, uid=name, pwd=password, cnonce=cnonce, **given)


@pytest.fixture
def gate():
    return Gate(SECRET)


def test_an_open_lock_asks_for_nothing(gate):
    assert gate.judge(Lock("x"), asked(), NOW) is Verdict.ADMITTED


def test_nobody_passes_a_lock_without_saying_who_he_is(gate):
    assert gate.judge(LOCK, asked(), NOW) is Verdict.DENIED
    assert gate.judge(Lock("x", ()), asked(answered(gate)), NOW) is Verdict.DENIED


def test_the_challenge_is_the_firmwares(gate):
    ((name, header),) = gate.challenges(LOCK, NOW, stale=False)
    assert name == "WWW-Authenticate"
    for part in ('Digest realm="spa admin"', 'domain="/"', 'nonce="', 'opaque="',
                 "algorithm=MD5", 'qop="auth"'):  # fmt: skip
        assert part in header
    assert "stale" not in header
    assert "stale=TRUE" in gate.challenges(LOCK, NOW, stale=True)[0][1]


def test_basic_is_offered_and_taken_only_where_the_lock_says_so(gate):
    given = "Basic " + base64.b64encode(b"admin:hush").decode()
    wrong = "Basic " + base64.b64encode(b"admin:nope").decode()
    assert [header.split()[0] for _, header in gate.challenges(BASIC, NOW, stale=False)] == [
        "Digest", "Basic",
    ]  # fmt: skip
    assert gate.judge(BASIC, asked(given), NOW) is Verdict.ADMITTED
    assert gate.judge(BASIC, asked(given), NOW) is Verdict.ADMITTED, "Basic says the same each time"
    assert gate.judge(BASIC, asked(wrong), NOW) is Verdict.DENIED
    assert gate.judge(LOCK, asked(given), NOW) is Verdict.DENIED


@pytest.mark.parametrize(("name", "password"), [("admin", "hush"), ("user", "mine")])
def test_any_key_of_the_lock_passes(gate, name, password):
    given = answered(gate, name=name, password=password)
    assert gate.judge(LOCK, asked(given), NOW) is Verdict.ADMITTED


@pytest.mark.parametrize(
    "wrong",
    [
        {"password": "nope"},
        {"name": "root"},
        {"name": "user"},
        {"method": "POST"},
        {"uri": "/admin/reboot"},
        {"lock": Lock("spa user", LOCK.keys)},
    ],
)
def test_credentials_for_anything_else_are_denied(gate, wrong):
    assert gate.judge(LOCK, asked(answered(gate, **wrong)), NOW) is Verdict.DENIED


def test_a_request_sent_again_is_stale_and_the_next_use_of_the_nonce_is_not(gate):
    given = answered(gate)
    assert gate.judge(LOCK, asked(given), NOW) is Verdict.ADMITTED
    assert gate.judge(LOCK, asked(given), NOW) is Verdict.STALE
    assert gate.judge(LOCK, asked(answered(gate, count=2)), NOW) is Verdict.ADMITTED


def test_two_clients_of_one_second_are_told_apart_and_counts_may_come_in_any_order(gate):
    for said in (
        answered(gate, cnonce="one"),
        answered(gate, cnonce="two"),
        answered(gate, cnonce="one", count=3),
        answered(gate, cnonce="one", count=2),
    ):
        assert gate.judge(LOCK, asked(said), NOW) is Verdict.ADMITTED


def test_an_old_nonce_is_stale_and_another_gates_is_none(gate):
    given = answered(gate)
    assert gate.judge(LOCK, asked(given), NOW + 301) is Verdict.STALE
    assert Gate(b"another secret").judge(LOCK, asked(given), NOW) is Verdict.DENIED


def test_a_wrong_password_with_an_old_nonce_is_wrong_and_not_stale(gate):
    given = answered(gate, password="nope")
    assert gate.judge(LOCK, asked(given), NOW + 301) is Verdict.DENIED


def test_what_was_forgotten_cannot_be_used_again(gate):
    first = answered(gate)
    assert gate.judge(LOCK, asked(first), NOW) is Verdict.ADMITTED
    for count in range(2, MOST_USES + 2):
        later = answered(gate, now=NOW + 1, count=count)
        assert gate.judge(LOCK, asked(later), NOW + 1) is Verdict.ADMITTED
    assert gate.judge(LOCK, asked(first), NOW + 1) is Verdict.STALE
    assert gate.judge(LOCK, asked(answered(gate, now=NOW + 2)), NOW + 2) is Verdict.ADMITTED


def test_the_memory_is_short(gate):
    for count in range(1, 3 * MOST_USES):
        gate.judge(LOCK, asked(answered(gate, now=NOW + count / 100, count=count)), NOW + 100)
    assert len(gate._used) <= MOST_USES


@given(st.text(st.characters(codec="latin-1"), max_size=200) | st.just("Digest " + "a=1, " * 60))
def test_whatever_is_said_is_denied_or_challenged_and_nothing_else(said):
    assert Gate(SECRET).judge(BASIC, asked(said), NOW) is Verdict.DENIED


@given(st.data())
def test_a_right_answer_with_one_character_changed_does_not_pass(data):
    gate = Gate(SECRET)
    given = answered(gate)
    place = data.draw(st.integers(0, len(given) - 1))
    other = data.draw(st.characters(codec="ascii", exclude_categories=["Cc"]))
    changed = given[:place] + other + given[place + 1 :]
    verdict = gate.judge(LOCK, asked(changed), NOW)
    # Case of hexadecimal and of names, and blanks between them, carry no meaning.
    harmless = changed.lower() == given.lower() or changed.replace(" ", "") == given.replace(
        " ", ""
    )
    assert harmless or verdict is not Verdict.ADMITTED or _means_the_same(changed, given)


def _means_the_same(changed, given):
    (one,), (two,) = parse(changed), parse(given)
    same = {name: value.lower() for name, value in one.parameters.items() if name in two.parameters}
    return all(two.parameters[name].lower() == value for name, value in same.items())


def test_nonces_of_the_future_are_not_ours(gate):
    assert new_nonce(SECRET, NOW + 100) != new_nonce(SECRET, NOW)
    assert gate.judge(LOCK, asked(answered(gate, now=NOW + 100)), NOW) is Verdict.STALE
