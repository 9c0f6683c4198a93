"""The published examples are in tests/http/test_digest.py, which speaks through these sums."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.challenge import parse
from ringback.digest import choose, made, new_nonce, same, user

SECRET = b"secret"


def test_basic_is_no_answer_where_the_protocol_does_not_have_it():
    assert choose(['Basic realm="b"']) is None
    assert choose(['Basic realm="b"'], basic=True) is not None


@given(st.integers(0, 2**40), st.text("0123456789abcdef", max_size=16))
def test_a_nonce_says_when_we_made_it(now, salt):
    assert made(SECRET, new_nonce(SECRET, now, salt)) == now
    assert made(SECRET, new_nonce(SECRET, now, salt) + "0") is None


@given(st.text(max_size=60))
def test_a_nonce_of_somebody_else_is_not_ours(nonce):
    assert made(SECRET, nonce) is None


@pytest.mark.parametrize("spoilt", [0, 11, 12, 43])
def test_a_changed_nonce_is_not_ours(spoilt):
    nonce = new_nonce(SECRET, 1_800_000_000.0)
    other = "0" if nonce[spoilt] != "0" else "1"

    assert made(SECRET, nonce[:spoilt] + other + nonce[spoilt + 1 :]) is None


def test_texts_that_no_header_can_hold_are_compared_all_the_same():
    assert same("\u20ac", "\u20ac")
    assert not same("\u20ac", "e")


def test_the_user_name_has_two_forms():
    assert user(parse('Digest username="Jos\xc3\xa9"')[0]) == "Jos\u00e9"
    assert user(parse("Digest username*=UTF-8''Jos%C3%A9")[0]) == "Jos\u00e9"
