"""The PROXY header: both versions, in any pieces, and never a byte too many."""

import contextlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.errors import MessageError
from ringback.http.checksum import crc32c
from ringback.http.proxy_protocol import LARGEST, SIGNATURE, Introducing, Introduction
from ringback.http.tlv import Tls

CLIENT = b"GET / HTTP/1.1\r\n"
TCP4 = struct.pack("!4s4sHH", bytes((192, 0, 2, 7)), bytes((192, 0, 2, 1)), 40000, 443)
TCP6 = struct.pack("!16s16sHH", bytes(15) + b"\x07", bytes(15) + b"\x01", 40000, 443)


def v2(rest: bytes, *, command: int = 0x21, family: int = 0x11, length: int | None = None) -> bytes:
    size = len(rest) if length is None else length
    return SIGNATURE + struct.pack("!BBH", command, family, size) + rest


def entry(kind: int, value: bytes) -> bytes:
    return struct.pack("!BH", kind, len(value)) + value


def ssl(flags: int, verify: int, *inner: bytes) -> bytes:
    return entry(0x20, struct.pack("!BI", flags, verify) + b"".join(inner))


def with_checksum(rest: bytes) -> bytes:
    blank = v2(rest + entry(0x03, bytes(4)))
    return blank[:-4] + crc32c(blank).to_bytes(4, "big")


def read(data: bytes) -> Introduction | None:
    return Introducing().feed(data)


def test_version_2_names_the_client() -> None:
    assert read(v2(TCP4)) == Introduction(("192.0.2.7", 40000), ("192.0.2.1", 443))
    assert read(v2(TCP6, family=0x21)) == Introduction(("::7", 40000), ("::1", 443))


def test_version_1_names_the_client() -> None:
    said = read(b"PROXY TCP4 192.0.2.7 192.0.2.1 40000 443\r\n")
    assert said == Introduction(("192.0.2.7", 40000), ("192.0.2.1", 443), version=1)
    said = read(b"PROXY TCP6 2001:DB8:0::7 ::1 0 65535\r\n")
    assert said == Introduction(("2001:db8::7", 0), ("::1", 65535), version=1)


def test_an_ipv4_client_of_a_dual_stack_proxy_is_an_ipv4_client() -> None:
    said = read(b"PROXY TCP6 ::ffff:192.0.2.7 ::1 1 2\r\n")
    assert said is not None
    assert said.source == ("192.0.2.7", 1)


@pytest.mark.parametrize(
    "header",
    [
        v2(b"", command=0x20, family=0),
        v2(TCP4, command=0x20),
        v2(TCP4 + ssl(1, 0), command=0x20),
        v2(b"any", command=0x20, family=0x77),
        v2(b"", family=0),
        v2(TCP4, family=0x12),
        v2(bytes(216), family=0x31),
        v2(bytes(36), family=0x22),
    ],
    ids=[
        "local", "local with addresses", "local with TLS", "local of any family", "unspecified",
        "datagrams", "unix", "datagrams over IPv6",
    ],
)  # fmt: skip
def test_a_proxy_that_speaks_for_nobody_we_could_name(header: bytes) -> None:
    assert read(header) == Introduction()


def test_version_1_may_not_know() -> None:
    assert read(b"PROXY UNKNOWN\r\n") == Introduction(version=1)
    assert read(b"PROXY UNKNOWN ff:: ff:: 65535 65535\r\n") == Introduction(version=1)


def test_tls_that_the_proxy_ended() -> None:
    inner = (entry(0x21, b"TLSv1.2"), entry(0x22, b"SPA-962, MAC: x"))
    said = read(v2(TCP4 + ssl(0x03, 0, *inner)))
    assert said is not None
    assert said.tls == Tls("TLSv1.2", "SPA-962, MAC: x", verified=True)


def test_a_proxy_may_send_the_whole_certificate() -> None:
    said = read(v2(TCP4 + ssl(0x03, 0, entry(0x28, b"\x30\x82"))))
    assert said is not None
    assert said.tls == Tls(certificate=b"\x30\x82", verified=True)


def test_a_resumed_session_shows_the_certificate_it_began_with() -> None:
    said = read(v2(TCP4 + ssl(0x05, 0, entry(0x22, b"phone"))))
    assert said is not None
    assert said.tls == Tls(common_name="phone", verified=True)


@pytest.mark.parametrize(("flags", "verify"), [(0x03, 1), (0x01, 0), (0x05, 0x80000000)])
def test_a_certificate_that_failed_or_was_not_shown_proves_nothing(flags: int, verify: int) -> None:
    said = read(v2(TCP4 + ssl(flags, verify, entry(0x22, b"phone"))))
    assert said is not None
    assert said.tls is not None
    assert not said.tls.verified


def test_a_name_without_a_certificate_is_nobodys() -> None:
    said = read(v2(TCP4 + ssl(0x01, 0, entry(0x22, b"phone"), entry(0x28, b"x"))))
    assert said is not None
    assert said.tls == Tls()


def test_plain_text_to_the_proxy_has_no_tls() -> None:
    said = read(v2(TCP4 + ssl(0x06, 0, entry(0x22, b"phone"))))
    assert said is not None
    assert said.tls is None


def test_other_types_are_passed_over() -> None:
    said = read(v2(TCP4 + entry(0x04, bytes(500)) + entry(0xEA, b"vpce") + entry(0x04, b"")))
    assert said == Introduction(("192.0.2.7", 40000), ("192.0.2.1", 443))


def test_the_checksum_is_checked() -> None:
    good = with_checksum(TCP4 + ssl(1, 0))
    said = read(good)
    assert said is not None
    assert said.tls == Tls()
    with pytest.raises(MessageError, match="checksum is wrong"):
        read(good[:16] + b"\x0a" + good[17:])


WRONG = {
    "HTTP": CLIENT,
    "TLS": b"\x16\x03\x01\x02\x00\x01" + bytes(20),
    "another signature": b"\r\n\r\n\0\r\nQUIT\r" + bytes(4),
    "version 3": v2(TCP4, command=0x31),
    "another command": v2(TCP4, command=0x22),
    "another family": v2(TCP4, family=0x13),
    "addresses cut short": v2(TCP4[:-1]),
    "IPv6 in twelve bytes": v2(TCP4, family=0x21),
    "unix cut short": v2(bytes(215), family=0x31),
    "too large": v2(b"", length=LARGEST + 1),
    "a TLV beyond the end": v2(TCP4 + b"\x04\x00\x05abc"),
    "bytes after the TLVs": v2(TCP4 + b"\x04\x00"),
    "a short SSL TLV": v2(TCP4 + entry(0x20, b"\x01")),
    "two SSL TLVs": v2(TCP4 + ssl(1, 0) + ssl(1, 0)),
    "two names": v2(TCP4 + ssl(3, 0, entry(0x22, b"a"), entry(0x22, b"b"))),
    "a sub-TLV beyond the end": v2(TCP4 + ssl(3, 0, b"\x22\x00\x09a")),
    "a NUL in the name": v2(TCP4 + ssl(3, 0, entry(0x22, b"good\0evil"))),
    "a line end in the name": v2(TCP4 + ssl(3, 0, entry(0x22, b"good\nevil"))),
    "a name of 300 bytes": v2(TCP4 + ssl(3, 0, entry(0x22, b"x" * 300))),
    "a short checksum": v2(TCP4 + entry(0x03, b"123")),
    "two checksums": v2(TCP4 + entry(0x03, bytes(4)) * 2),
    "lower case": b"proxy TCP4 1.2.3.4 1.2.3.4 1 2\r\n",
    "two blanks": b"PROXY TCP4  1.2.3.4 1.2.3.4 1 2\r\n",
    "leading zeros": b"PROXY TCP4 1.2.3.04 1.2.3.4 1 2\r\n",
    "a port too high": b"PROXY TCP4 1.2.3.4 1.2.3.4 1 65536\r\n",
    "a port with zeros": b"PROXY TCP4 1.2.3.4 1.2.3.4 1 0443\r\n",
    "IPv6 called IPv4": b"PROXY TCP4 ::1 ::1 1 2\r\n",
    "IPv4 called IPv6": b"PROXY TCP6 1.2.3.4 1.2.3.4 1 2\r\n",
    "another transport": b"PROXY UDP4 1.2.3.4 1.2.3.4 1 2\r\n",
    "more after the ports": b"PROXY TCP4 1.2.3.4 1.2.3.4 1 2 3\r\n",
    "a bare line feed": b"PROXY TCP4 1.2.3.4 1.2.3.4 1 2\n" + CLIENT * 6,
    "108 bytes": b"PROXY UNKNOWN" + b" " * 93 + b"\r\n",
    "a line that does not end": b"PROXY UNKNOWN " + b"x" * 200,
}


@pytest.mark.parametrize("header", WRONG.values(), ids=WRONG)
def test_what_is_no_header_is_refused(header: bytes) -> None:
    with pytest.raises(MessageError):
        read(header)


def test_the_longest_line_is_read() -> None:
    assert read(b"PROXY UNKNOWN" + b" " * 92 + b"\r\n") == Introduction(version=1)


HEADERS = st.sampled_from(
    [
        v2(TCP4),
        v2(TCP6 + ssl(3, 0, entry(0x22, b"phone")) + entry(0x04, bytes(600)), family=0x21),
        v2(b"", command=0x20, family=0),
        with_checksum(TCP4),
        b"PROXY UNKNOWN\r\n",
        b"PROXY UNKNOWN and so on\r\n",
        b"PROXY TCP4 1.1.1.1 1.1.1.1 1 1\r\n",
        b"PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n",
        b"PROXY TCP6 :: :: 1 1\r\n",
        b"PROXY TCP6 " + b"ffff:f:f:f:f:f:f:ffff " * 2 + b"65535 65535\r\n",
    ]
)


@given(HEADERS, st.binary(max_size=40))
def test_reading_what_is_wanted_never_reads_too_far(header: bytes, client: bytes) -> None:
    engine, stream, at, pieces = Introducing(), header + client, 0, 0
    said = None
    while said is None:
        assert engine.wants > 0
        piece = stream[at : at + engine.wants]
        assert piece
        at, pieces = at + len(piece), pieces + 1
        said = engine.feed(piece)
    assert at == len(header)
    assert pieces <= 64
    assert engine.rest == b""
    assert said == read(header)


@given(HEADERS, st.binary(max_size=40), st.data())
def test_pieces_do_not_matter(header: bytes, client: bytes, data: st.DataObject) -> None:
    stream, engine, said = header + client, Introducing(), None
    expected = Introducing()
    assert (whole := expected.feed(stream)) is not None
    while said is None:
        size = data.draw(st.integers(1, len(stream)))
        said, stream = engine.feed(stream[:size]), stream[size:]
    assert said == whole
    assert engine.rest + stream == expected.rest == client


@given(
    st.one_of(
        st.binary(max_size=300),
        st.binary(max_size=300).map(v2),
        st.binary(max_size=300).map(lambda rest: v2(TCP4 + rest)),
        st.binary(max_size=300).map(lambda rest: v2(TCP4 + entry(0x20, rest))),
        st.binary(max_size=120).map(lambda rest: b"PROXY " + rest + b"\r\n"),
    ),
    st.integers(1, 50),
)
def test_any_bytes_are_read_refused_or_too_few(data: bytes, size: int) -> None:
    engine = Introducing()
    try:
        for start in range(0, len(data), size):
            if engine.feed(data[start : start + size]) is not None:
                return
    except MessageError:
        return
    assert len(data) < 16 + 65536
    assert engine.wants > 0


@given(HEADERS, st.data())
def test_one_byte_changed_is_our_own_error_at_worst(header: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(header) - 1))
    changed = header[:at] + bytes((data.draw(st.integers(0, 255)),)) + header[at + 1 :]
    with contextlib.suppress(MessageError):
        assert isinstance(read(changed), Introduction | None)
