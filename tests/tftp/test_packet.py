from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.errors import PacketError, UsageError
from ringback.tftp.packet import (
    LONGEST_REQUEST,
    Ack,
    Data,
    Error,
    Mode,
    Oack,
    Opcode,
    Request,
    parse,
    parse_request,
)

strings = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)
names = strings.filter(bool)
pairs = st.lists(st.tuples(names, strings), max_size=4).map(tuple)
numbers = st.integers(0, 65535)

packets = st.one_of(
    st.builds(
        Request, st.sampled_from([Opcode.RRQ, Opcode.WRQ]), names, st.sampled_from(Mode), pairs
    ),
    st.builds(Data, numbers, st.binary(max_size=100)),
    st.builds(Ack, numbers),
    st.builds(Error, numbers, strings),
    st.builds(Oack, pairs.filter(bool)),
)


@given(packets)
def test_a_packet_printed_and_parsed_is_the_same_packet(packet):
    assert parse(bytes(packet)) == packet


@given(st.binary(max_size=80) | st.binary(max_size=60).map(lambda rest: b"\0\1" + rest))
def test_no_datagram_raises_anything_but_a_packet_error(datagram):
    for reader in (parse, parse_request):
        with suppress(PacketError):
            bytes(reader(datagram))


@pytest.mark.parametrize(
    ("packet", "octets"),
    [
        (Request(Opcode.RRQ, "/spa504G.cfg"), b"\0\1/spa504G.cfg\0octet\0"),
        (
            Request(Opcode.WRQ, "x", Mode.NETASCII, (("blksize", "1428"),)),
            b"\0\2x\0netascii\0blksize\x001428\0",
        ),
        (Data(258, b"abc"), b"\0\3\1\2abc"),
        (Ack(65535), b"\0\4\xff\xff"),
        (Error(1, "File not found"), b"\0\5\0\1File not found\0"),
        (Oack((("tsize", "7"), ("timeout", "2"))), b"\0\6tsize\x007\0timeout\x002\0"),
    ],
)
def test_each_packet_has_the_octets_of_its_rfc(packet, octets):
    assert bytes(packet) == octets
    assert parse(octets) == packet


@pytest.mark.parametrize(
    ("datagram", "code", "words"),
    [
        (b"", 4, "0 octets"),
        (b"\0\1\0", 4, "3 octets"),
        (b"\0\7abcd", 4, "opcode 7"),
        (b"\1\1name\0octet\0", 4, "opcode 257"),
        (b"\0\1name", 4, "no NUL ends the file name"),
        (b"\0\1name\0octet", 4, "no NUL ends the mode"),
        (b"\0\1name\0", 4, "no NUL ends the mode"),
        (b"\0\1\0octet\0", 4, "names no file"),
        (b"\0\1name\0mail\0", 4, "'mail'"),
        (b"\0\1name\0\xff\xfe\0", 4, "neither octet nor netascii"),
        (b"\0\1caf\xe9.cfg\0octet\0", 1, "not UTF-8"),
        (b"\0\1" + b"a" * LONGEST_REQUEST + b"\0octet\0", 4, "more than 1024"),
    ],
)
def test_a_malformed_packet_is_refused_with_the_right_error_code(datagram, code, words):
    with pytest.raises(PacketError, match=words) as caught:
        parse(datagram)

    assert caught.value.code == code


@pytest.mark.parametrize("datagram", [b"\0\3\0\1x", b"\0\4\0\1", b"\0", b"", b"\0\6a\0b\0"])
def test_a_transfer_begins_with_a_request_and_nothing_else(datagram):
    with pytest.raises(PacketError, match="not a request"):
        parse_request(datagram)


@pytest.mark.parametrize("mode", ["octet", "OCTET", "Octet", "oCtEt"])
def test_modes_are_read_in_any_case(mode):
    assert parse_request(b"\0\1f\0" + mode.encode() + b"\0").mode is Mode.OCTET


@pytest.mark.parametrize(
    "tail", [b"\0\0\0\0", b"dangling\0", b"cut off", b"\0blksize\x0099\0", b"tsize\x000"]
)
def test_padding_and_cut_off_options_are_no_options(tail):
    assert parse_request(b"\0\1f\0octet\0" + tail).options == ()


def test_options_keep_order_spelling_and_repeats():
    request = parse_request(b"\0\1f\0octet\0BlkSize\x008\0tsize\x000\0blksize\x009\0")

    assert request.options == (("BlkSize", "8"), ("tsize", "0"), ("blksize", "9"))


@pytest.mark.parametrize("name", ["/with/slash", "c:\\back\\slash", "../..", "ümlaut", "a b\nc"])
def test_names_are_handed_on_as_they_are(name):
    assert parse_request(bytes(Request(Opcode.RRQ, name))).name == name


def test_an_acknowledgement_may_be_padded_and_an_error_may_lack_its_nul():
    assert parse(b"\0\4\0\7\0\0\0\0") == Ack(7)
    assert parse(b"\0\5\0\0oops") == Error(0, "oops")


def test_an_error_text_is_bounded_and_never_fails_to_decode():
    error = parse(b"\0\5\0\0" + b"\xff" * 5000)

    assert isinstance(error, Error)
    assert len(error.message) == 256


def test_an_error_reads_as_a_sentence():
    assert str(Error(1, "File not found")) == "error 1: File not found"
    assert str(Error(0, "")) == "error 0"


@pytest.mark.parametrize("packet", [Request(Opcode.RRQ, "a\0b"), Error(0, "\0")])
def test_a_nul_cannot_be_sent_inside_a_string(packet):
    with pytest.raises(UsageError, match="NUL"):
        bytes(packet)
