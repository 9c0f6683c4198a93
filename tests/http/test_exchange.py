import time
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.errors import Failure, TransferError
from ringback.http.exchange import LONGEST_HEAD, Exchange, Request

LIMIT = 100_000
HEAD = b"HTTP/1.1 200 OK\r\nContent-Encoding: aes128gcm\r\n"


def asked(method="GET", target="/x", headers=(("Host", "h:80"),), body=b""):
    return Exchange(Request(method, target, headers, body), limit=LIMIT)


def told(*pieces, closed=True):
    exchange = asked()
    for piece in (*pieces, *([b""] if closed else [])):
        exchange.receive(piece)
        if exchange.response:
            return exchange.response
    return None


def failed(*pieces):
    with pytest.raises(TransferError) as caught:
        told(*pieces)
    return caught.value


def test_the_request_goes_out_as_written():
    headers = (("Host", "prov:80"), ("User-Agent", "Cisco/SPA504G"), ("Content-Length", "4"))

    assert asked("POST", "/a?b", headers, b"body").outgoing == (
        b"POST /a?b HTTP/1.1\r\nHost: prov:80\r\nUser-Agent: Cisco/SPA504G\r\n"
        b"Content-Length: 4\r\n\r\nbody"
    )


@pytest.mark.parametrize(
    "bad",
    [
        {"target": "/a b"},
        {"target": "/a\r\nX: y"},
        {"headers": (("Host", "h\r\nX: y"),)},
        {"headers": (("Host", "h"), ("Bad Name", "v"))},
        {"headers": (("Host", "h"), ("Ü", "v"))},
        {"headers": ()},
        {"method": "G T"},
    ],
)
def test_what_http_cannot_say_is_a_bad_url_not_a_smuggled_header(bad):
    with pytest.raises(TransferError) as caught:
        asked(**bad)
    assert caught.value.failure is Failure.BAD_URL


def test_words_beyond_latin_1_go_out_as_utf_8():
    assert (
        b"User-Agent: T\xc3\xa9l\xe2\x82\xac"
        in asked(headers=(("Host", "h"), ("User-Agent", "Tél€"))).outgoing
    )


def test_headers_are_found_whatever_their_case_and_content_codings_are_left_alone():
    response = told(HEAD + b"X-A: 1\r\nx-a: 2\r\n\r\nbody")

    assert response.header("Content-Encoding") == "aes128gcm"
    assert response.values("X-A") == ("1", "2")
    assert response.header("x-none") == ""
    assert (response.body, str(response)) == (b"body", "200 OK")


CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: 1\r\n\r\n"
COUNTED = HEAD + b"Content-Length: 5\r\n\r\nabcde"
UNTIL_CLOSE = b"HTTP/1.0 200 OK\r\n\r\nabcde"
INTERIM = b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + COUNTED


@given(st.sampled_from([CHUNKED, COUNTED, UNTIL_CLOSE, INTERIM]), st.data())
def test_every_framing_gives_the_file_however_it_is_cut_into_pieces(message, data):
    cuts = sorted(data.draw(st.lists(st.integers(1, len(message) - 1), max_size=5)))
    pieces = [message[a:b] for a, b in zip([0, *cuts], [*cuts, len(message)], strict=True) if a < b]

    assert told(*pieces).body == b"abcde"


@given(st.sampled_from([CHUNKED, COUNTED]), st.data())
def test_a_message_cut_off_anywhere_is_interrupted(message, data):
    end = data.draw(st.integers(1, len(message) - 1))

    assert failed(message[:end]).failure is Failure.INTERRUPTED


def test_a_server_that_says_nothing_has_not_answered():
    exchange = asked()
    with pytest.raises(TransferError, match="closed without an answer"):
        exchange.receive(b"")
    assert not exchange.answered


@pytest.mark.parametrize(
    "message",
    [
        HEAD + b"Content-Length: 100001\r\n\r\n",
        HEAD + b"Content-Length: 99999999999999999999\r\n\r\n",
        HEAD + b"\r\n" + bytes(LIMIT + 1),
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n186a1\r\n" + bytes(LIMIT + 1),
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + (b"4\r\nabcd\r\n" * 25_001),
    ],
)
def test_more_than_the_limit_is_too_large(message):
    assert failed(message).failure is Failure.TOO_LARGE


def test_exactly_the_limit_is_taken():
    assert len(told(HEAD + b"Content-Length: 100000\r\n\r\n" + bytes(LIMIT)).body) == LIMIT


@pytest.mark.parametrize("status", [301, 401, 404, 500])
def test_of_anything_but_a_success_the_head_says_all(status):
    head = f"HTTP/1.1 {status} X\r\nContent-Length: 99999999\r\n\r\n".encode()

    assert told(head, closed=False).status == status


FLOODS = {
    "one endless header": [HEAD, *[b"X: " + b"x" * 8192] * 8],
    "endless headers": [HEAD, *[b"X: y\r\n" * 1000] * 12],
    "an endless status line": [b"HTTP/1.1 200 " + b"x" * LONGEST_HEAD * 2],
    "an endless chunk extension": [HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;", b"x" * 99_999],
    "endless trailers": [
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n",
        *[b"T: 1\r\n" * 999] * 9,
    ],
    "endless interim responses": [b"HTTP/1.1 100 Continue\r\n\r\n" * 9],
    "a length of many digits": [HEAD + b"Content-Length: " + b"9" * 9000 + b"\r\n\r\n"],
    "a chunk of many digits": [HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"9" * 99 + b"\r\n"],
}


@pytest.mark.parametrize("pieces", FLOODS.values(), ids=FLOODS.keys())
def test_what_never_ends_is_given_up(pieces):
    tracemalloc.start()
    began = time.process_time()
    error = failed(*pieces)
    spent, (_, peak) = time.process_time() - began, tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert error.failure is Failure.GET
    assert len(str(error)) < 200
    assert spent < 1
    assert peak < 2_000_000


@pytest.mark.parametrize(
    "version", [b"HTTP/0.9", b"HTTP/2.0", b"HTTP/5.6", b"RTSP/1.0", b"SSH-2.0"]
)
def test_only_http_1_is_spoken(version):
    assert failed(version + b" 200 OK\r\n\r\n").failure is Failure.GET


@given(st.lists(st.binary(max_size=100), max_size=4))
def test_noise_ends_in_an_answer_or_our_error(pieces):
    for start in (b"", b"HTTP/1.1 200 OK\r\n", HEAD + b"Transfer-Encoding: chunked\r\n\r\n"):
        try:
            assert told(start, *pieces) is not None
        except TransferError as error:
            failure = error.failure
        else:
            continue
        assert failure in {Failure.GET, Failure.INTERRUPTED}
