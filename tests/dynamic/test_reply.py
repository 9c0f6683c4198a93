"""RFC 3875 section 6: what a script may print, and what is the trace of one that broke."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.dynamic.reply import LONGEST_HEAD, MOST_FIELDS, Reply, parse
from ringback.errors import MessageError


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_lines_end_with_or_without_a_carriage_return(end):
    reply = parse(b"Content-Type: text/xml" + end + b"X-A: 1" + end + end + b"<a/>\n\nb")
    assert reply == Reply(200, b"<a/>\n\nb", "text/xml", (("X-A", "1"),))


@pytest.mark.parametrize(
    ("head", "status", "headers", "local"),
    [
        (b"Status: 404 Not Found\nContent-Type: text/plain", 404, (), ""),
        (b"Status: 503\nContent-Type: text/plain", 503, (), ""),
        (b"Status: 204", 204, (), ""),
        (b"Location: https://a.example/x?y", 302, (("Location", "https://a.example/x?y"),), ""),
        (b"Status: 301\nLocation: http://a/", 301, (("Location", "http://a/"),), ""),
        (b"Status: 302\nLocation: /there", 302, (("Location", "/there"),), ""),
        (b"Location: /there?mac=1", 200, (), "/there?mac=1"),
        (b"content-type:text/xml", 200, (), ""),
    ],
)
def test_status_and_location(head, status, headers, local):
    reply = parse(head + b"\n\n")
    assert (reply.status, reply.headers, reply.local) == (status, headers, local)


def test_headers_of_the_connection_are_ours_to_say():
    reply = parse(
        b"Content-Type: a/b\nConnection: close\nTransfer-Encoding: chunked\nDate: x\nServer: y\n"
        b"Content-Length: 2\nCache-Control: no-store\n\nok"
    )
    assert reply.headers == (("Cache-Control", "no-store"),)


@pytest.mark.parametrize(
    ("output", "line", "words"),
    [
        (b"", 0, "nothing was printed"),
        (b"<flat-profile/>", 1, "no empty line"),
        (b"<flat-profile>\n\n</flat-profile>", 1, "is no header"),
        (b"\n\n<flat-profile/>", 1, "no header before the empty line"),
        (b"HTTP/1.1 200 OK\nContent-Type: a/b\n\n", 1, "NPH"),
        (b"X-A: 1\n\nbody", 1, "no Content-Type"),
        (b"Status: 200\n\nbody", 1, "without Content-Type"),
        (b"Content-Type: a/b\nX: a\0b\n\n", 2, "control character"),
        (b"Content-Type: a/b\nX: a\rSet-Cookie: b\n\n", 2, "control character"),
        (b"Content-Type: a/b\r\r\n\n", 1, "control character"),
        (b"Content-Type: a/b\n folded\n\n", 2, "is no header"),
        (b"Content-Type: a/b\nX : 1\n\n", 2, "is no header"),
        (b"Content-Type: a/b\nContent-type: c/d\n\n", 2, "a second time"),
        (b"Content-Type: a/b\nStatus: 99\n\n", 2, "Status '99'"),
        (b"Content-Type: a/b\nStatus: 100 Continue\n\n", 2, "Status"),
        (b"Content-Type: a/b\nStatus: 2000\n\n", 2, "Status"),
        (b"Location: there\n\n", 1, "neither a URL nor a path"),
        (b"Location: http://a/ b\n\n", 1, "neither a URL nor a path"),
        (b"Content-Type: a/b\nContent-Length: 10\n\nhalf", 2, "a body of 4 bytes"),
        (b"Content-Type: a/b\n" + b"X: 1\n" * MOST_FIELDS + b"\n", MOST_FIELDS + 1, "more than"),
        (b"X: " + b"y" * LONGEST_HEAD + b"\n\n", 1, "no empty line"),
    ],
)
def test_what_is_no_answer_is_refused_with_its_line(output, line, words):
    with pytest.raises(MessageError) as caught:
        parse(output)
    assert caught.value.place.line == line
    assert words in str(caught.value)


def test_the_answer_to_head_may_promise_a_length_and_have_no_body():
    assert parse(b"Content-Type: a/b\nContent-Length: 10\n\n").body == b""


@given(st.binary(max_size=300) | st.lists(
    st.sampled_from([b"Content-Type: a/b", b"Status: 404 x", b"Location: /x", b"X: y", b"\r", b"\n",
                     b"\r\n", b"\0", b":", b" ", b"Content-Length: 1", b"HTTP/1.1 200", b"z"]),
    max_size=20).map(b"".join))  # fmt: skip
def test_whatever_is_printed_becomes_a_safe_answer_or_our_error(output):
    try:
        reply = parse(output)
    except MessageError:
        return
    assert 200 <= reply.status <= 599
    for text in (
        reply.content_type,
        reply.local,
        *(part for pair in reply.headers for part in pair),
    ):
        assert text.isprintable()
    assert output.endswith(reply.body)


_WORDS = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=30)
_NAMES = st.from_regex(r"X-[A-Za-z0-9]{1,10}", fullmatch=True)


@given(st.lists(st.tuples(_NAMES, _WORDS), max_size=10), st.binary(max_size=200), st.booleans())
def test_what_a_careful_script_prints_arrives_as_it_is(headers, body, crlf):
    end = b"\r\n" if crlf else b"\n"
    lines = [b"Content-Type: text/xml", *(f"{a}: {b}".encode() for a, b in headers)]
    reply = parse(end.join([*lines, b"", b""]) + body)
    assert reply == Reply(200, body, "text/xml", tuple(headers))
