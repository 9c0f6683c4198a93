import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.errors import MessageError
from ringback.sip.message import (
    LONGEST_BODY,
    LONGEST_HEAD,
    MOST_LINES,
    Request,
    Response,
    parse,
)

OPTIONS = (
    b"OPTIONS sip:u@example.com SIP/2.0\r\nv: SIP/2.0/UDP h;branch=z9hG4bKx\r\n"
    b"f: <sip:a@b>;tag=1\r\nT:\r\n <sip:u@example.com>\r\n\t;x=y\r\nI: 1\r\n"
    b"CSeq: 1 OPTIONS\r\n\r\nhi"
)
value = st.text(st.characters(min_codepoint=33, max_codepoint=255), max_size=40)
name = st.from_regex(r"X-[A-Za-z0-9.-]{1,20}", fullmatch=True)
headers = st.lists(st.tuples(name, value), max_size=8).map(tuple)


def test_short_names_are_spelt_out_and_folded_lines_are_one():
    request = parse(OPTIONS)

    assert isinstance(request, Request)
    assert request.get("Via") == "SIP/2.0/UDP h;branch=z9hG4bKx"
    assert request.get("To") == "<sip:u@example.com> ;x=y"
    assert request.body == b"hi"
    assert request.get("Contact") == ""


@given(headers, st.binary(max_size=50), st.sampled_from(["OPTIONS", "NOTIFY", "x'!"]))
def test_what_is_written_can_be_read_again(lines, body, method):
    request = Request(lines, body, method, "sip:a@b")

    again = parse(bytes(request))

    assert again == request.having(("Content-Length", str(len(body))))


@given(headers, st.integers(100, 699), value)
def test_a_response_can_be_read_again(lines, code, phrase):
    again = parse(bytes(Response(lines, b"", code, phrase or "OK")))

    assert isinstance(again, Response)
    assert (again.code, again.phrase) == (code, phrase or "OK")


@given(st.binary(max_size=300) | st.binary(max_size=200).map(lambda junk: OPTIONS + junk))
def test_any_bytes_are_a_message_or_refused(data):
    try:
        message = parse(data)
    except MessageError:
        return
    assert isinstance(message, Request | Response)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\r\n\r\n\r\n",
        b"OPTIONS\r\n\r\n",
        b"SIP/2.0 99 x\r\n\r\n",
        b"SIP/2.0 2000 x\r\n\r\n",
        b"SIP/3.0 200 OK\r\n\r\n",
        b"OPTIONS sip:a SIP/2.0\r\nX: a\nY: b\r\n\r\n",
        b"OPTIONS sip:a SIP/2.0\r\nX: a\rY: b\r\n\r\n",
        b"OPTIONS sip:a SIP/2.0\r\n" + b"X: y\r\n" * MOST_LINES + b"\r\n",
        b"OPTIONS sip:a SIP/2.0\r\nX: " + b"y" * LONGEST_HEAD + b"\r\n\r\n",
        b"OPTIONS sip:a SIP/2.0\r\nX: " + b"y" * 9000 + b"\r\n\r\n",
        b"OPTIONS sip:a SIP/2.0\r\n\r\n" + b"y" * (LONGEST_BODY + 1),
    ],
)
def test_what_is_no_message_or_too_much_is_refused(data):
    with pytest.raises(MessageError):
        parse(data)


def test_a_header_cannot_smuggle_a_line():
    with pytest.raises(MessageError, match="line end"):
        bytes(Request((("X", "a\r\nY: b"),), b"", "OPTIONS", "sip:a"))


def test_a_replaced_header_goes_to_the_end():
    request = Request((("A", "1"), ("B", "2"), ("A", "3")), b"", "X", "y")

    assert request.having(("A", "4")).headers == (("B", "2"), ("A", "4"))
