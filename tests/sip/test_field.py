import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.errors import MessageError
from ringback.sip.field import (
    LONGEST,
    Address,
    CSeq,
    Uri,
    Via,
    is_token,
    parameters,
    split,
    unquote,
    vias,
)

PARSERS = (Via.parse, Uri.parse, Address.parse, CSeq.parse)
SHAPES = (
    "SIP/2.0/UDP h.example.com:5060;branch=z9hG4bKx;rport",
    '"A \\" B" <sip:a:p@[2001:db8::1]:5061;lr?x=y>;tag=1;q="a\\"b"',
    "sip:a-b.c-d@e-f.g-h.i;a=b;c",
    "tel:+1-(2)-3;x=y",
    "4711 INVITE",
)
GRAINS = (
    '"', '\\"', "\\", "-", "a", "a-", "a.", "1.", ":", "::", "a:", ";", ";a", ";a=", '="',
    " ", "<", ">", "%", "%4", "[", "(", "1", ",", "a@", "+1-", "\xa0", "=a", ';a="\\"', "/ ",
)  # fmt: skip
soup = st.lists(st.sampled_from([*GRAINS, *SHAPES]), max_size=60).map("".join)


def refused(parse, text):
    try:
        parse(text)
    except MessageError:
        return True
    return False


@given(soup | st.text(st.characters(codec="latin-1"), max_size=200))
def test_any_text_is_read_or_refused(text):
    for parse in PARSERS:
        refused(parse, text)
    split(text)
    parameters(text)
    unquote(text)


@pytest.mark.parametrize("parse", PARSERS)
@pytest.mark.parametrize("grain", GRAINS)
@pytest.mark.parametrize("frame", ["{}", "{}!", '"{}', "sip:{}", "sip:{}!", "sip:a@{}!",
    "sip:a@b;{}!", "<sip:{}>", "{} <sip:a@b>", "{}<", '"{}" <sip:a@b>;{}!', "<sip:a@b>;a={}!",
    "SIP/2.0/UDP {}!", "SIP/2.0/UDP h;{}!", "SIP/2.0/{} h", "{} INVITE", "1 {}!", "tel:{}!",
])  # fmt: skip
def test_no_text_within_the_limit_takes_long_to_read(parse, grain, frame):
    count = (LONGEST - len(frame)) // (len(grain) * frame.count("{}"))
    text = frame.replace("{}", grain * count)
    start = time.process_time()
    refused(parse, text)
    assert time.process_time() - start < 0.25


@pytest.mark.parametrize("parse", PARSERS)
def test_a_value_beyond_the_limit_is_refused(parse):
    with pytest.raises(MessageError):
        parse("sip:" + "a" * LONGEST)


def test_a_via_says_where_it_was_sent_from():
    via = Via.parse("SIP / 2.0 / udp Spindle.example.com ; branch = z9hG4bK%41 ;rport")

    assert (via.transport, via.branch, via.sent_by) == (
        "UDP",
        "z9hG4bK%41",
        "spindle.example.com:5060",
    )
    assert Via.parse("SIP/2.0/UDP [::1];received=::1;branch=x").parameters["received"] == "::1"
    assert Via.parse("SIP/2.0/TLS [2001:db8::1]").sent_by == "[2001:db8::1]:5061"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("sip:example.com", ("sip", "", "example.com", None, "")),
        ("SIPS:a%40b:pw@example.com:5071", ("sips", "a@b", "example.com", 5071, "")),
        ("sip:a@my_host;transport=tcp?Route=%3Cx%40y%3E", ("sip", "a", "my_host", None, "TCP")),
        ("sip:a@[2001:db8::1]:5062;lr", ("sip", "a", "[2001:db8::1]", 5062, "")),
        ("sip:a@[2001:db8::1]", ("sip", "a", "[2001:db8::1]", None, "")),
        ("sip:;x?y@192.0.2.1", ("sip", ";x?y", "192.0.2.1", None, "")),
    ],
)
def test_a_uri_has_parts(text, parts):
    uri = Uri.parse(text)

    assert (uri.scheme, uri.user, uri.host, uri.port, uri.transport) == parts
    assert uri.text == text


@pytest.mark.parametrize("text", ["", "sip:", "http://a", "sip:a b", "sip:a@b:0", "sip:a@b:65536"])
def test_what_is_no_sip_uri_is_refused(text):
    with pytest.raises(MessageError):
        Uri.parse(text)


@pytest.mark.parametrize(
    ("text", "name", "uri", "tag"),
    [
        ("sip:a@b;tag=1", "", "sip:a@b", "1"),
        ("sip:a@b ; tag = 1", "", "sip:a@b", "1"),
        ("<sip:a@b;tag=2>;tag=1", "", "sip:a@b;tag=2", "1"),
        ('"<x>, \\"y\\"" <sip:a@b>', '<x>, "y"', "sip:a@b", ""),
        ("caller<sip:a@b>;Tag=z", "caller", "sip:a@b", "z"),
        ("<sip:a@b?Route=%3Cx%3E>", "", "sip:a@b?Route=%3Cx%3E", ""),
    ],
)
def test_an_address_has_a_name_a_uri_and_a_tag(text, name, uri, tag):
    address = Address.parse(text)

    assert (address.name, address.uri.text, address.tag) == (name, uri, tag)


@pytest.mark.parametrize(
    "text", ["", "<sip:a@b", "< sip:a@b >", "sip:a@b?x=y", "<sip:a@b> x", "a@b", '"x <sip:a@b>']
)
def test_what_is_no_address_is_refused(text):
    with pytest.raises(MessageError):
        Address.parse(text)


@pytest.mark.parametrize("text", ["", "1", "INVITE 1", "2147483648 A", "-1 A", "1 A B", "\u0661 A"])
def test_what_is_no_cseq_is_refused(text):
    with pytest.raises(MessageError):
        CSeq.parse(text)


def test_marks_inside_quotes_and_brackets_split_nothing():
    assert split('"a,b" <c,d>, e ,f') == ['"a,b" <c,d>', "e", "f"]
    assert parameters('x;a="1;2";B;c=<;>') == {"a": "1;2", "b": "", "c": "<;>"}


def test_a_loop_of_vias_is_too_much():
    with pytest.raises(MessageError):
        vias(["SIP/2.0/UDP h"] * 65)


def test_a_token_has_no_blank():
    assert is_token("NOTIFY")
    assert not is_token("")
    assert not is_token("a b")
