"""Request-targets: decoded once, whatever form they come in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.errors import MessageError
from ringback.http.request import Request, read_target


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (b"/spa.cfg", ("/spa.cfg", "/spa.cfg", "")),
        (b"/a?mac=00:0e&x", ("/a", "/a", "mac=00:0e&x")),
        (b"/a%20b?c%20d", ("/a b", "/a%20b", "c%20d")),
        (b"/%252e%252e/x", ("/%2e%2e/x", "/%252e%252e/x", "")),
        (b"/%2e%2e/x", ("/../x", "/%2e%2e/x", "")),
        (b"/%00", ("/\0", "/%00", "")),
        (b"/%zz%4", ("/%zz%4", "/%zz%4", "")),
        (b"/a+b", ("/a+b", "/a+b", "")),
        (b"/M%C3%BCnchen", ("/München", "/M%C3%BCnchen", "")),
        (b"/%ff", ("/\udcff", "/%ff", "")),
        (b"/a#b?c", ("/a", "/a", "")),
        (b"http://h:80/a?b", ("/a", "/a", "b")),
        (b"HTTPS://[::1]:8443", ("/", "/", "")),
        (b"http://h?q", ("/", "/", "q")),
        (b"//h/a", ("//h/a", "//h/a", "")),
    ],
)
def test_targets(target: bytes, expected: tuple[str, str, str]) -> None:
    assert read_target(target) == expected


@pytest.mark.parametrize("target", [b"", b"*", b"a/b", b"h:443", b"ftp://h/a", b"?"])
def test_other_forms_are_no_targets(target: bytes) -> None:
    with pytest.raises(MessageError):
        read_target(target)


@given(st.binary())
def test_any_target_is_read_or_refused(target: bytes) -> None:
    try:
        path, raw, query = read_target(target)
    except MessageError:
        return
    assert raw.startswith("/")
    assert path.startswith("/")
    assert "?" not in raw
    assert "#" not in raw + query


def test_headers_are_found_in_any_case() -> None:
    request = Request("GET", "/", "/", headers={b"user-agent": b" x \t"})
    assert request.header("User-Agent") == "x"
    assert request.header("Accept") == ""


def test_the_target_is_what_was_sent() -> None:
    assert Request("GET", "/a b", "/a%20b", "c").target == "/a%20b?c"
    assert Request("GET", "/", "/").target == "/"
