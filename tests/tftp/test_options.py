import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.tftp.link import read

from ringback.errors import PacketError
from ringback.tftp.options import PLAIN, Ceiling, Options, adopt, agree
from ringback.tftp.packet import Oack

CEILING = Ceiling()
NUMBER = st.integers(-5, 70000).map(str) | st.sampled_from(["", "x", "0x200", "٣", "1e3", "9" * 40])
ASKED = st.lists(
    st.tuples(
        st.sampled_from(["blksize", "BLKSIZE", "timeout", "tsize", "Tsize", "windowsize", "multi"]),
        NUMBER,
    ),
    max_size=6,
).map(tuple)


def answered(asked, size=1000, ceiling=CEILING):
    oack = agree(asked, ceiling).oack(size)
    return read(Oack, oack).options if oack else ()


def test_the_options_a_phone_sends_are_taken():
    asked = (("blksize", "1428"), ("timeout", "2"), ("tsize", "0"))

    assert agree(asked, CEILING).options == Options(1428, 2, 0, 1)
    assert answered(asked) == (("blksize", "1428"), ("timeout", "2"), ("tsize", "1000"))


def test_no_options_asked_is_no_oack():
    assert agree((), CEILING).options == PLAIN
    assert agree((), CEILING).oack(1000) == b""


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ((("BLKSIZE", "1024"),), (("BLKSIZE", "1024"),)),
        ((("Tsize", "0"),), (("Tsize", "1000"),)),
        ((("blksize", "7"),), ()),
        ((("blksize", "8"),), (("blksize", "8"),)),
        ((("blksize", "65464"),), (("blksize", "65464"),)),
        ((("blksize", "65465"),), (("blksize", "65464"),)),
        ((("blksize", "1e3"),), ()),
        ((("blksize", "٣٣"),), ()),
        ((("blksize", ""),), ()),
        ((("blksize", "-512"),), ()),
        ((("timeout", "0"),), ()),
        ((("timeout", "1"),), (("timeout", "1"),)),
        ((("timeout", "255"),), (("timeout", "255"),)),
        ((("timeout", "256"),), ()),
        ((("windowsize", "0"),), ()),
        ((("windowsize", "4"),), (("windowsize", "4"),)),
        ((("windowsize", "65535"),), (("windowsize", "64"),)),
        ((("multicast", ""), ("rollover", "0"), ("blksize", "600")), (("blksize", "600"),)),
        ((("blksize", "600"), ("blksize", "700")), (("blksize", "600"),)),
        ((("blksize", "bad"), ("BlkSize", "700")), (("BlkSize", "700"),)),
        ((("tsize", "0"), ("tsize", "0")), (("tsize", "1000"),)),
        ((("tsize", "9" * 30),), ()),
    ],
)
def test_each_option_is_answered_in_range_or_left_out(asked, answer):
    assert answered(asked) == answer


def test_the_size_is_left_out_for_an_empty_file():
    both = (("blksize", "512"), ("tsize", "0"), ("timeout", "3"))

    assert answered(both, size=0) == (("blksize", "512"), ("timeout", "3"))
    assert answered((("tsize", "0"),), size=0) == ()


def test_what_a_server_may_grant_is_configurable():
    asked = (("blksize", "1428"), ("windowsize", "16"))

    assert answered(asked, ceiling=Ceiling(blksize=512, windowsize=4)) == (
        ("blksize", "512"),
        ("windowsize", "4"),
    )


def test_a_writers_own_size_is_repeated():
    agreement = agree((("tsize", "777"),), CEILING)

    assert agreement.options.tsize == 777
    assert agreement.oack(agreement.options.tsize) == bytes(Oack((("tsize", "777"),)))


@given(ASKED, st.integers(0, 1 << 40))
def test_a_client_can_adopt_whatever_the_server_answers(asked, size):
    agreed = agree(asked, CEILING).options
    adopted = adopt(first_of_each(asked), answered(asked, size))

    assert (adopted.blksize, adopted.timeout, adopted.windowsize) == (
        agreed.blksize,
        agreed.timeout,
        agreed.windowsize,
    )
    assert adopted.tsize == (size if size and agreed.tsize is not None else None)
    assert 8 <= adopted.blksize <= 65464
    assert 1 <= adopted.windowsize <= 64


def first_of_each(asked):
    """What a client that repeats itself must take its word for: the first value that is one."""
    return tuple(pair for pair in asked if agree((pair,), CEILING).oack(1))


@pytest.mark.parametrize(
    ("asked", "answer", "words"),
    [
        ((("blksize", "512"),), (("tsize", "9"),), "unasked"),
        ((), (("blksize", "512"),), "unasked"),
        ((("blksize", "512"),), (("blksize", "1024"),), "blksize=1024"),
        ((("blksize", "512"),), (("blksize", "4"),), "blksize='4'"),
        ((("blksize", "512"),), (("blksize", "many"),), "blksize='many'"),
        ((("timeout", "5"),), (("timeout", "4"),), "timeout=4"),
        ((("windowsize", "4"),), (("windowsize", "5"),), "windowsize=5"),
    ],
)
def test_an_answer_that_was_not_asked_for_is_refused_with_error_8(asked, answer, words):
    with pytest.raises(PacketError, match=words) as caught:
        adopt(asked, answer)

    assert caught.value.code == 8


def test_a_smaller_block_or_window_is_adopted():
    asked = (("blksize", "1428"), ("windowsize", "8"), ("tsize", "0"))

    assert adopt(asked, (("BLKSIZE", "512"), ("windowsize", "1"), ("tsize", "99"))) == Options(
        512, None, 99, 1
    )
