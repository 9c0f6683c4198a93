"""Types, lengths and values behind the addresses; whole headers are in test_proxy_protocol."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.errors import MessageError
from ringback.http.tlv import Tls, read


def entry(kind: int, value: bytes) -> bytes:
    return struct.pack("!BH", kind, len(value)) + value


def ssl(flags: int, verify: int, *inner: bytes) -> bytes:
    return entry(0x20, struct.pack("!BI", flags, verify) + b"".join(inner))


def test_nothing_says_nothing() -> None:
    assert read(b"", b"", 0) is None
    assert read(entry(0x04, b"") + entry(0x05, b"id"), b"", 0) is None


@given(
    st.text(st.characters(codec="utf-8", categories=["L", "N", "P"]), max_size=40),
    st.binary(min_size=1, max_size=2000),
    st.booleans(),
)
def test_round_trip(name: str, certificate: bytes, verified: bool) -> None:
    inner = (entry(0x22, name.encode()), entry(0x28, certificate), entry(0x21, b"TLSv1.3"))
    block = entry(0x04, bytes(3)) + ssl(0x03, 0 if verified else 20, *inner)
    assert read(block, block, 0) == Tls("TLSv1.3", name, certificate, verified)


@given(
    st.binary(max_size=300),
    st.sampled_from([b"", b"\x20\x00\x40\x03\x00\x00\x00\x00", b"\x03\x00\x04"]),
)
def test_any_bytes_are_read_or_refused(rest: bytes, start: bytes) -> None:
    block = start + rest
    try:
        said = read(block, block, 0)
    except MessageError:
        return
    assert said is None or said.common_name.isprintable()


@pytest.mark.parametrize("cut", range(1, 12))
def test_what_is_cut_off_is_refused(cut: int) -> None:
    block = ssl(0x03, 0, entry(0x22, b"phone"))
    with pytest.raises(MessageError):
        read(block[:-cut], block[:-cut], 0)
