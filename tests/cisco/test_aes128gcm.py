import base64
import struct
import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.cisco import aes128gcm
from ringback.errors import EnvelopeError, UsageError

pytestmark = pytest.mark.duty(6)

SALT = bytes(range(16))
IKM = bytes(range(100, 116))


def opened(data, ikm=IKM):
    return aes128gcm.decrypt(data, ikm=ikm)


def sealed(data, **kwargs):
    return aes128gcm.encrypt(data, ikm=IKM, salt=SALT, **kwargs)


@given(st.binary(max_size=300), st.integers(18, 100), st.binary(max_size=255))
def test_what_is_encoded_comes_back(data, record_size, keyid):
    assert opened(sealed(data, record_size=record_size, keyid=keyid)) == data


def test_our_bytes_are_those_of_rfc_8188_section_3_1():
    salt = base64.urlsafe_b64decode("I1BsxtFttlv3u_Oo94xnmw==")
    ikm = aes128gcm.parse_ikm("yqdlZ-tYemfogSmv7Ws5PQ")

    ours = aes128gcm.encrypt(b"I am the walrus", ikm=ikm, salt=salt)
    assert base64.urlsafe_b64encode(ours).decode().rstrip("=") == (
        "I1BsxtFttlv3u_Oo94xnmwAAEAAA-NAVub2qFgBEuQKRapoZu-IxkIva3MEB1PD-ly8Thjg"
    )


@pytest.mark.parametrize("size", [0, 7, 8, 9, 16, 24])
def test_records_at_and_around_their_size_come_back(size):
    body = sealed(b"x" * size, record_size=25)

    assert len(body) == 21 + size + 17 * max(1, -(-size // 8))
    assert opened(body) == b"x" * size


@given(st.integers(0, 200))
def test_a_body_cut_off_anywhere_does_not_open(length):
    body = sealed(b"x" * 60, record_size=30)
    if length < len(body):
        with pytest.raises(EnvelopeError) as caught:
            opened(body[:length])
        assert caught.value.status == "file decrypt error"


def test_a_body_cut_off_between_records_is_noticed_by_its_delimiter():
    body = sealed(b"x" * 60, record_size=30)

    with pytest.raises(EnvelopeError, match="record 1 does not end as the last"):
        opened(body[: 21 + 30])


def test_records_out_of_order_do_not_open():
    body = sealed(b"x" * 13 + b"y" * 13 + b"z", record_size=30)
    swapped = body[:21] + body[51:81] + body[21:51] + body[81:]

    with pytest.raises(EnvelopeError, match="record 1 does not open"):
        opened(swapped)


def record(number, plain):
    return aes128gcm._Records(IKM, SALT)._cipher.encrypt(
        aes128gcm._Records(IKM, SALT)._nonce_of(number), plain, None
    )


def body_of(*plains, record_size=40):
    records = (record(number, plain) for number, plain in enumerate(plains))
    return SALT + struct.pack(">IB", record_size, 0) + b"".join(records)


def test_padding_after_the_delimiter_is_taken_off():
    first = b"abc\x01" + bytes(20)

    assert opened(body_of(first, b"def\x02" + bytes(9))) == b"abcdef"


@pytest.mark.parametrize(
    "plain", [bytes(5), b"abc\x01", b"abc\x03"], ids=["only zeros", "not the last", "unknown"]
)
def test_a_wrong_delimiter_is_refused(plain):
    with pytest.raises(EnvelopeError, match="does not end"):
        opened(body_of(plain))


def test_a_last_record_before_the_end_is_refused():
    with pytest.raises(EnvelopeError, match="record 1 does not end as a middle one"):
        opened(body_of(b"x" * 23 + b"\x02", b"y\x02"))


@given(st.binary(max_size=120))
def test_noise_ends_in_our_error(noise):
    for data in (noise, SALT + struct.pack(">IB", 18, 0) + noise):
        with pytest.raises(EnvelopeError) as caught:
            opened(data)
        assert caught.value.status == "file decrypt error"


@pytest.mark.parametrize("record_size", [0, 1, 17])
def test_a_record_too_small_to_hold_anything_is_refused_at_once(record_size):
    with pytest.raises(EnvelopeError, match="at least 18"):
        opened(SALT + struct.pack(">IB", record_size, 0) + bytes(100))


def test_a_record_size_of_four_gigabytes_reserves_nothing():
    body = sealed(b"small", record_size=(1 << 32) - 1)

    assert opened(body) == b"small"


def test_the_key_identifier_is_bounded_by_the_body():
    with pytest.raises(EnvelopeError, match="before its first record"):
        opened(SALT + struct.pack(">IB", 4096, 255) + bytes(100))


def test_the_smallest_records_cost_linear_time():
    body = sealed(b"x" * 50_000, record_size=18)
    began = time.process_time()

    assert opened(body) == b"x" * 50_000
    assert time.process_time() - began < 2


def test_another_key_does_not_open():
    with pytest.raises(EnvelopeError, match="wrong key"):
        opened(sealed(b"x"), ikm=b"another")


@pytest.mark.parametrize(
    "text", ["yqdlZ-tYemfogSmv7Ws5PQ", "yqdlZ-tYemfogSmv7Ws5PQ==", " yqdlZ-tYemfogSmv7Ws5PQ\n"]
)
def test_keying_material_is_base64url_with_or_without_padding(text):
    assert aes128gcm.parse_ikm(text).hex() == "caa76567eb587a67e88129afed6b393d"


@pytest.mark.parametrize("text", ["", "=", "yq/lZ", "yq+l", "a", "äöü", "yqdl Z", "yq=l"])
def test_anything_else_is_no_keying_material(text):
    with pytest.raises(UsageError, match="base64url"):
        aes128gcm.parse_ikm(text)


@given(st.text())
def test_any_text_is_keying_material_or_our_error(text):
    with suppress(UsageError):
        assert aes128gcm.parse_ikm(text)


def test_wrong_use_is_refused_in_words():
    with pytest.raises(UsageError, match="16 bytes, not 3"):
        aes128gcm.encrypt(b"", ikm=IKM, salt=b"abc")
    with pytest.raises(UsageError, match="18 bytes to 4 GB"):
        sealed(b"", record_size=17)
    with pytest.raises(UsageError, match="255"):
        sealed(b"", keyid=bytes(256))
