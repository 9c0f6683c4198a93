import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.syslog.framing import Frames

lines = st.binary(min_size=1, max_size=40).filter(
    lambda line: not set(line) & set(b"\n\0\r") and not line[:1].isdigit()
)
messages = st.binary(max_size=60).map(lambda rest: b"<" + rest)


def counted(message):
    return b"%d %s" % (len(message), message)


def fed(frames, data, cuts=()):
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    found = [f for a, b in pairwise(edges) for f in frames.feed(data[a:b])]
    return found + frames.close()


@given(
    st.lists(messages.map(lambda m: (m, counted(m))) | lines.map(lambda m: (m, m + b"\n"))),
    st.lists(st.integers(0, 5000), max_size=20),
)
def test_both_framings_mixed_and_cut_anywhere_give_every_message(pairs, cuts):
    wire = b"".join(framed for _, framed in pairs)

    assert fed(Frames(), wire, cuts) == [message for message, _ in pairs]


@pytest.mark.parametrize("trailer", [b"\n", b"\0", b"\r\n", b"\n\n", b"\n\0"])
def test_a_line_ends_with_lf_or_nul(trailer):
    assert fed(Frames(), b"<13>a" + trailer + b"<13>b" + trailer) == [b"<13>a", b"<13>b"]


@pytest.mark.parametrize("line", [b"0", b"19", b"12 monkeys", b"1104 NOT Apr 11", b"007 <13>x"])
def test_a_number_is_a_count_only_before_a_priority(line):
    assert fed(Frames(), line + b"\n<13>b\n", range(20)) == [line, b"<13>b"]


def test_line_breaks_survive_octet_counting():
    assert fed(Frames(), counted(b"<13>a\nb\0c")) == [b"<13>a\nb\0c"]


def test_the_last_line_needs_no_trailer_and_a_truncated_count_gives_what_there_is():
    assert fed(Frames(), b"<13>a\n<13>b") == [b"<13>a", b"<13>b"]
    assert fed(Frames(), b"99 <13>a") == [b"<13>a"]


@pytest.mark.parametrize("framed", [b"40 <" + b"x" * 39, b"<" + b"x" * 39 + b"\n"])
@pytest.mark.parametrize("step", [1, 3, 100])
def test_a_long_message_is_cut_counted_and_the_next_one_is_whole(framed, step):
    frames = Frames(limit=10)
    wire = framed + b"<13>next\n"

    assert fed(frames, wire, range(0, 100, step)) == [b"<" + b"x" * 9, b"<13>next"]
    assert frames.cut == 1


def test_a_huge_count_keeps_no_more_than_the_limit():
    frames = Frames(limit=100)
    frames.feed(b"9999999999 <")
    for _ in range(50):
        frames.feed(b"x" * 100)
        assert len(frames) <= 200


def test_an_endless_line_keeps_no_more_than_the_limit():
    frames = Frames(limit=100)
    for _ in range(50):
        frames.feed(b"x" * 100)
        assert len(frames) <= 200

    assert frames.cut == 1


@given(st.lists(st.text(st.sampled_from("0123 <a\n\0\r"), max_size=20).map(str.encode)))
def test_any_stream_falls_apart_alike_whole_or_octet_by_octet(chunks):
    wire = b"".join(chunks)

    assert fed(Frames(limit=16), wire, range(len(wire))) == fed(Frames(limit=16), wire)


def test_a_long_line_octet_by_octet_costs_one_pass():
    begun = time.process_time()
    frames = Frames()
    for _ in range(200_000):
        frames.feed(b"x")

    assert time.process_time() - begun < 5  # searching again each time: 10 minutes
