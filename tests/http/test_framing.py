"""Heads: what llhttp lets through and we do not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.http.framing import RequestError, check_head, check_trailer, gather

HOST = {b"host": b"prov.test:8080"}


def check(
    method: str = "GET", version: str = "1.1", headers: dict[bytes, bytes] | None = None
) -> bool:
    given_headers = HOST if headers is None else headers
    return check_head(
        method, version, given_headers, allowed=("GET", "HEAD", "PUT"), largest_body=100
    )


def test_repeats_are_joined_and_underscores_left_out() -> None:
    fields = [(b"accept", b"a"), (b"x_y", b"1"), (b"accept", b"b"), (b"x-y", b"2")]
    assert gather(fields) == {b"accept": b"a, b", b"x-y": b"2"}


@pytest.mark.parametrize("name", [b"host", b"content-length", b"user-agent", b"transfer-encoding"])
def test_some_headers_come_once(name: bytes) -> None:
    with pytest.raises(RequestError) as caught:
        gather([(name, b"1"), (b"a", b"b"), (name, b"1")])
    assert caught.value.status == 400


@pytest.mark.parametrize("name", [b"content_length", b"transfer_encoding"])
def test_lookalikes_are_refused(name: bytes) -> None:
    with pytest.raises(RequestError):
        gather([(name, b"1")])


@given(st.lists(st.tuples(st.binary(min_size=1).map(bytes.lower), st.binary())))
def test_any_fields_are_gathered_or_refused(fields: list[tuple[bytes, bytes]]) -> None:
    try:
        headers = gather(fields)
    except RequestError:
        return
    assert all(b"_" not in name for name in headers)
    assert headers.keys() == {name for name, _ in fields if b"_" not in name}


@pytest.mark.parametrize("host", [b"a", b"10.0.0.1:80", b"[::1]:80", b"[fe80::1%25eth0]", b"",
                                  b"0.0.0.0=5000", b" spaced \t"])  # fmt: skip
def test_hosts(host: bytes) -> None:
    assert check(headers={b"host": host}) is False


@pytest.mark.parametrize("host", [b"a b", b"a/b", b"a@b", b"a,b:x", b"[::1", b"::1:x", b"a\\b",
                                  b"a:123456", b"h" * 300])  # fmt: skip
def test_what_is_no_host(host: bytes) -> None:
    with pytest.raises(RequestError) as caught:
        check(headers={b"host": host})
    assert caught.value.status == 400


def test_only_http_1_0_may_leave_the_host_out() -> None:
    assert check(version="1.0", headers={}) is False
    with pytest.raises(RequestError):
        check(headers={})


@pytest.mark.parametrize(
    ("method", "status"), [("OPTIONS", 405), ("TRACE", 405), ("DELETE", 405), ("BREW", 501)]
)
def test_methods_that_are_not_served(method: str, status: int) -> None:
    with pytest.raises(RequestError) as caught:
        check(method)
    assert caught.value.status == status
    allow = (("Allow", "GET, HEAD, PUT"),)
    assert caught.value.headers == (allow if status == 405 else ())


@pytest.mark.parametrize(
    ("version", "headers", "status"),
    [
        ("2.0", {}, 505),
        ("0.9", {}, 505),
        ("1.0", {b"transfer-encoding": b"chunked"}, 400),
        ("1.1", {b"transfer-encoding": b"gzip, chunked"}, 501),
        ("1.1", {b"transfer-encoding": b"identity"}, 501),
        ("1.1", {b"content-length": b"101"}, 413),
        ("1.1", {b"expect": b"200-ok"}, 417),
        ("1.1", {b"upgrade": b"h2c", b"content-length": b"5"}, 400),
    ],
)
def test_bodies_that_are_not_taken(version: str, headers: dict[bytes, bytes], status: int) -> None:
    with pytest.raises(RequestError) as caught:
        check("PUT", version, {**HOST, **headers})
    assert caught.value.status == status


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({b"content-length": b"0"}, False),
        ({b"content-length": b" 100 "}, True),
        ({b"transfer-encoding": b" Chunked\t"}, True),
        ({b"expect": b"100-Continue", b"content-length": b"3"}, True),
        ({b"upgrade": b"h2c"}, False),
    ],
)
def test_bodies_that_are_announced(headers: dict[bytes, bytes], body: bool) -> None:
    assert check("PUT", headers={**HOST, **headers}) is body


def test_trailers_are_dropped_unless_they_change_the_message() -> None:
    check_trailer(b"vary", 1, 10)
    for name in (b"content-length", b"transfer-encoding", b"host", b"content_length"):
        with pytest.raises(RequestError):
            check_trailer(name, 1, 10)
    with pytest.raises(RequestError):
        check_trailer(b"vary", 21, 10)
