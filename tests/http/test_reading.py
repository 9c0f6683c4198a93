"""Bytes to requests, without a network: bounds, deafness, and heads that are known already."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.http.framing import RequestError
from ringback.http.limits import Limits
from ringback.http.reading import Known, Reading
from ringback.http.request import Request

GET = b"GET /spa.cfg HTTP/1.1\r\nHost: a\r\nUser-Agent: Cisco/SPA504G\r\n\r\n"


class Reader(Reading):
    methods = frozenset(("GET", "HEAD", "POST", "PUT"))

    def __init__(self, memory: dict[bytes, Known] | None = None, **limits: Any) -> None:
        self.limits = Limits(**limits)
        self.memory = {} if memory is None else memory
        self.requests: list[Request] = []
        self.keeps: list[bool] = []
        self.encouraged: list[bool] = []

    def taken(self, request: Request, *, keep: bool) -> None:
        self.requests.append(request)
        self.keeps.append(keep)

    def awaited(self, *, encouraged: bool) -> None:
        self.encouraged.append(encouraged)


def put(body: bytes, *headers: str) -> bytes:
    lines = ["PUT /x HTTP/1.1", "Host: a", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def test_a_request_says_who_and_what() -> None:
    reader = Reader()
    reader.address, reader.port = "192.0.2.1", 4711
    assert reader.feed(GET) is None
    (request,) = reader.requests
    assert (request.method, request.path, request.agent) == ("GET", "/spa.cfg", "Cisco/SPA504G")
    assert (request.address, request.port, request.scheme) == ("192.0.2.1", 4711, "http")


def test_a_head_that_is_known_gives_the_same_request_for_another_sender() -> None:
    memory: dict[bytes, Known] = {}
    first, second = Reader(memory), Reader(memory)
    second.address = "192.0.2.2"
    first.feed(GET)
    assert list(memory) == [GET]
    second.feed(GET)
    assert second.parser is None
    assert second.requests[0] == first.requests[0]._replace(address="192.0.2.2")
    assert second.keeps == first.keeps == [True]


@pytest.mark.parametrize(
    "data",
    [
        GET + b"\r\n",
        GET + GET,
        GET + b"G",
        GET[:-1],
        put(b"abc", "Content-Length: 3"),
        GET.replace(b"Host: a", b"Host: a\r\nX: " + b"x" * 1024),
        GET.replace(b"Host: a", b"Host: a\r\nUpgrade: h2c\r\nConnection: upgrade"),
        GET.replace(b"GET", b"BREW"),
        b"GET / HTTP/1.1\r\n\r\n",
    ],
)
def test_only_one_whole_head_alone_is_remembered(data: bytes) -> None:
    reader = Reader()
    reader.feed(data)
    assert reader.memory == {}


def test_a_known_head_is_not_known_in_the_middle_of_another() -> None:
    memory: dict[bytes, Known] = {}
    Reader(memory).feed(GET)
    reader = Reader(memory)
    reader.feed(put(b"", f"Content-Length: {len(GET)}"))
    reader.feed(GET)
    (request,) = reader.requests
    assert request.body == GET


def test_what_is_remembered_is_bounded() -> None:
    memory: dict[bytes, Known] = {}
    for number in range(16_400):
        Reader(memory).feed(GET.replace(b"spa", b"%d" % number))
    assert len(memory) <= 16_384


def test_close_is_the_end() -> None:
    reader = Reader()
    closing = GET.replace(b"Host", b"Connection: close\r\nHost")
    assert reader.feed(closing + GET) is None
    assert reader.deaf
    assert reader.keeps == [False]


def test_http_1_0_closes_unless_asked_not_to() -> None:
    reader = Reader()
    reader.feed(b"GET / HTTP/1.0\r\n\r\n")
    kept = Reader()
    kept.feed(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    assert (reader.keeps, kept.keeps) == ([False], [True])


def test_a_connection_has_so_many_requests() -> None:
    reader = Reader(requests=2)
    for _ in range(2):
        reader.feed(GET)
    assert reader.keeps == [True, False]


def test_bodies_come_whole_or_in_chunks() -> None:
    reader = Reader()
    reader.feed(put(b"abc", "Content-Length: 3"))
    reader.feed(put(b"2\r\nab\r\n1;x=y\r\nc\r\n0\r\nVary: *\r\n\r\n", "Transfer-Encoding: chunked"))
    assert [request.body for request in reader.requests] == [b"abc", b"abc"]
    assert all(b"vary" not in request.headers for request in reader.requests)


def test_a_body_with_get_is_read_and_dropped() -> None:
    reader = Reader()
    reader.feed(b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc" + GET)
    assert [request.body for request in reader.requests] == [b"", b""]


def test_encouragement_is_for_http_1_1() -> None:
    reader = Reader()
    reader.feed(put(b"", "Content-Length: 3", "Expect: 100-continue"))
    assert reader.encouraged == [True]
    old = Reader()
    request = put(b"", "Content-Length: 3", "Expect: 100-continue")
    old.feed(request.replace(b"HTTP/1.1", b"HTTP/1.0"))
    assert old.encouraged == [False]


def drip(reader: Reader, data: bytes, size: int = 1000) -> RequestError | None:
    for at in range(0, len(data), size):
        error = reader.feed(data[at : at + size])
        if error:
            return error
    return None


@pytest.mark.parametrize("size", [1000, 10_000_000])
@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 20_000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 100 + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 300_000, 431),
        (put(b"", "Content-Length: 2000000"), 413),
        (put(b"%x\r\n" % 2_000_000 + b"a" * 2_000_000, "Transfer-Encoding: chunked"), 413),
        (put(b"1\r\na\r\n" * 100_000, "Transfer-Encoding: chunked"), 400),
        (put(b"0\r\n" + b"X: y\r\n" * 200 + b"\r\n", "Transfer-Encoding: chunked"), 431),
        (put(b"0\r\nX: " + b"y" * 300_000, "Transfer-Encoding: chunked"), 400),
    ],
)
def test_everything_is_bounded(data: bytes, status: int, size: int) -> None:
    error = drip(Reader(), data, size)
    if size > len(data) and data.endswith((b"a" * 99, b"y" * 99, b"a\r\n")):
        return  # one piece without an end: the next piece, or the deadline, ends it
    assert error is not None
    assert error.status == status


def test_a_tls_client_on_a_plain_listener_is_told_apart_in_the_log() -> None:
    error = Reader().feed(b"\x16\x03\x01\x02\x00\x01\x00")
    assert error is not None
    assert "TLS" in error.what


def test_what_is_known_of_a_request_that_failed() -> None:
    reader = Reader()
    error = reader.feed(b"GET /x?y HTTP/1.1\r\nHost: a\r\nUser-Agent: z\r\nX: y\r\nbad\r\n\r\n")
    assert error is not None
    request = reader.incomplete()
    assert (request.target, request.agent) == ("/x?y", "z")
    assert Reader().incomplete().target == "-"


@given(st.lists(st.binary(max_size=200)))
def test_any_bytes_are_requests_or_errors(pieces: list[bytes]) -> None:
    reader = Reader()
    for piece in pieces:
        if not reader.deaf:
            reader.feed(piece)
    reader.incomplete()


WORDS = st.sampled_from(
    [b"GET ", b"PUT ", b"/", b"/x", b" HTTP/1.1\r\n", b"Host: a\r\n", b"\r\n", b"\n", b"\r", b"0",
     b"Content-Length: 1\r\n", b"Transfer-Encoding: chunked\r\n", b"a", b"1\r\n", b"a\r\n",
     b"Connection: upgrade\r\n", b"Upgrade: x\r\n", b" ", b":", GET]
)  # fmt: skip


@given(st.lists(WORDS, max_size=30), st.integers(1, 40))
def test_pieces_mean_what_the_whole_means(words: list[bytes], size: int) -> None:
    data = b"".join(words)
    whole, cut = Reader(), Reader()
    ends = [reader_end(whole, [data])]
    ends.append(reader_end(cut, [data[at : at + size] for at in range(0, len(data), size)]))
    assert whole.requests == cut.requests
    assert whole.keeps == cut.keeps
    assert ends[0] == ends[1]


def reader_end(reader: Reader, pieces: list[bytes]) -> int:
    for piece in pieces:
        if not reader.deaf:
            error = reader.feed(piece)
            if error:
                return error.status
    return 0
