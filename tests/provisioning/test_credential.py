import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback import digest
from ringback.mac import Mac
from ringback.provisioning.credential import (
    LIFETIME,
    Desk,
    Verdict,
    challenge,
    first_half,
    password,
    user,
)

KEY, SECRET, NOW = b"k" * 32, b"s" * 32, 1_700_000_000.0
PHONE = Mac("000e08000001")
TARGET = "/device/000e08000001-0.cfg"
HALVES = (first_half(KEY, PHONE, 1), first_half(KEY, PHONE, 2))


def answered(number=1, *, uid=str(PHONE), target=TARGET, made=NOW, count=1, cnonce="c0"):
    asked = digest.choose([challenge(SECRET, made)])
    assert asked is not None
    pwd = password(KEY, PHONE, number)
    return digest.answer(
        asked, uid=uid, pwd=pwd, method="GET", uri=target, cnonce=cnonce, count=count
    )


def judged(desk, authorization, now=NOW):
    return desk.judge(authorization, HALVES, method="GET", target=TARGET, now=now)


@pytest.mark.parametrize("number", [1, 2])
def test_a_device_is_known_by_its_old_password_and_by_its_next(number):
    assert judged(Desk(SECRET), answered(number)) == (Verdict.RIGHT, number - 1)


def test_the_same_answer_twice_is_a_recording():
    desk = Desk(SECRET)
    assert judged(desk, answered())[0] is Verdict.RIGHT
    assert judged(desk, answered())[0] is Verdict.STALE
    assert judged(desk, answered(count=2))[0] is Verdict.RIGHT
    assert judged(desk, answered(count=1))[0] is Verdict.STALE


def test_an_old_challenge_is_asked_again():
    assert judged(Desk(SECRET), answered(), NOW + LIFETIME + 1)[0] is Verdict.STALE
    assert judged(Desk(b"x" * 32), answered())[0] is Verdict.STALE


@pytest.mark.parametrize(
    "wrong",
    [
        answered(3),
        answered(uid="000e08000002"),
        answered(target="/other"),
        answered().replace('realm="ringback"', 'realm="else"'),
        answered().replace("qop=auth", "qop=auth-int"),
        answered().replace("algorithm=MD5", "algorithm=SHA-256"),
        answered().replace("nc=00000001", "nc=1"),
        answered().replace("nc=00000001", "nc=+0000001"),
        "Basic dTpw",
        "",
        "Digest",
    ],
)
def test_anything_else_is_wrong(wrong):
    assert judged(Desk(SECRET), wrong) == (Verdict.WRONG, -1)


def test_a_challenge_says_nothing_of_who_asks_and_says_when_it_is_repeated():
    assert challenge(SECRET, NOW) == challenge(SECRET, NOW + 0.5)
    assert "stale=TRUE" in challenge(SECRET, NOW, stale=True)


def test_the_user_is_read_or_empty():
    assert user(answered()) == str(PHONE)
    assert user("nonsense=") == ""


@given(st.text(max_size=200))
def test_nothing_that_is_sent_raises(text):
    assert judged(Desk(SECRET), f"Digest {text}")[0] is not Verdict.RIGHT
