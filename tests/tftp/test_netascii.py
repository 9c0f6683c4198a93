import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.tftp.netascii import decode, encode

texts = st.lists(st.sampled_from([b"\r", b"\n", b"\0", b"a", b"xyz"])).map(b"".join)


@given(texts | st.binary())
def test_what_travels_arrives_as_it_was(text):
    assert decode(encode(text)) == text


@given(texts)
def test_a_travelling_cr_is_always_followed_by_lf_or_nul(text):
    travelling = encode(text) + b"."

    assert all(pair[:1] in (b"\n", b"\0") for pair in travelling.split(b"\r")[1:])
    assert len(encode(text)) <= 2 * len(text)


@pytest.mark.parametrize(
    ("local", "travelling"),
    [(b"a\nb\n", b"a\r\nb\r\n"), (b"a\rb", b"a\r\0b"), (b"a\r\n", b"a\r\0\r\n"), (b"", b"")],
)
def test_lines_end_in_cr_lf_and_bare_crs_in_cr_nul(local, travelling):
    assert encode(local) == travelling


@pytest.mark.parametrize("sloppy", [b"a\nb", b"a\rb", b"a\r"])
def test_what_strangers_send_is_taken_as_it_is_meant(sloppy):
    assert decode(sloppy) == sloppy
