from hypothesis import given
from hypothesis import strategies as st

from ringback.sip.framing import Broken, Framing
from ringback.sip.message import LONGEST_BODY, LONGEST_HEAD, Request


def request(number, body):
    return Request(
        (("CSeq", f"{number} X"), ("Content-Length", str(len(body)))), body, "X", "sip:a"
    )


@given(
    st.lists(st.binary(max_size=40), min_size=1, max_size=5),
    st.lists(st.sampled_from([b"", b"\r\n", b"\r\n\r\n"]), min_size=5, max_size=5),
    st.integers(1, 50),
)
def test_messages_come_out_whole_however_the_bytes_are_cut(bodies, blanks, size):
    sent = [request(number, body) for number, body in enumerate(bodies)]
    data = b"".join(blank + bytes(each) for blank, each in zip(blanks, sent, strict=False))
    framing = Framing()

    got = [
        message
        for at in range(0, len(data), size)
        for message in framing.receive(data[at : at + size])
    ]

    assert got == sent


@given(st.binary(max_size=200))
def test_any_bytes_are_cut_or_end_the_stream(data):
    framing = Framing()
    assert all(
        isinstance(each, Broken) or each.headers is not None
        for each in framing.receive(b"X sip:a SIP/2.0\r\n" + data + b"\r\n\r\n")
    )


def test_a_header_without_end_ends_the_stream():
    framing = Framing()
    found = []
    for _ in range(1 + LONGEST_HEAD // 1000):
        found += framing.receive(b"X sip:a SIP/2.0\r\nX: " + b"y" * 1000)
    assert [each.code for each in found if isinstance(each, Broken)] == [513]


def test_a_body_beyond_the_limit_is_refused_before_it_is_read():
    (broken,) = Framing().receive(
        b"X sip:a SIP/2.0\r\nContent-Length: %d\r\n\r\n" % (LONGEST_BODY + 1)
    )

    assert isinstance(broken, Broken)
    assert broken.code == 513
    assert broken.request is not None


def test_a_size_that_is_no_number_ends_the_stream():
    (broken,) = Framing().receive(b"X sip:a SIP/2.0\r\nl: 1\r\nl: 2\r\n\r\n")

    assert isinstance(broken, Broken)
    assert broken.code == 400


def test_a_ping_is_noticed():
    framing = Framing()
    assert framing.receive(b"\r\n\r\n") == []
    assert framing.pinged
