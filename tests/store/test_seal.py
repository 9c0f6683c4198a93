import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.errors import MalformedError, StorageError
from ringback.store.seal import Seal

SEAL = Seal(bytes(range(32)))


@given(st.binary(max_size=300), st.text(max_size=40))
def test_what_is_sealed_opens_in_its_place_and_seals_the_same_again(text, place):
    sealed = SEAL.close(text, place)
    assert SEAL.open(sealed, place) == text
    assert SEAL.close(text, place) == sealed


@given(st.binary(min_size=1, max_size=60), st.data())
def test_any_changed_bit_is_found(text, data):
    sealed = bytearray(SEAL.close(text, "here"))
    at = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[at // 8] ^= 1 << (at % 8)
    with pytest.raises(StorageError):
        SEAL.open(bytes(sealed), "here")


@given(st.binary(max_size=40))
def test_bytes_that_were_never_sealed_do_not_open(noise):
    with pytest.raises(StorageError):
        SEAL.open(noise, "here")


def test_a_value_cannot_be_moved_to_another_place_or_opened_with_another_key():
    sealed = SEAL.close(b"swordfish", "secret/one")
    with pytest.raises(StorageError, match="secret/two"):
        SEAL.open(sealed, "secret/two")
    with pytest.raises(StorageError):
        Seal(bytes(32)).open(sealed, "secret/one")


def test_place_and_text_cannot_be_cut_elsewhere():
    assert SEAL.close(b"bc", "a")[:12] != SEAL.close(b"c", "ab")[:12]


def test_the_sealed_bytes_do_not_hold_the_text():
    assert b"swordfish" not in SEAL.close(b"swordfish", "here")
    assert "00" not in repr(SEAL)


def test_a_key_file_reads_back():
    assert Seal.parse(bytes(SEAL).strip()) == SEAL


@pytest.mark.parametrize("text", [b"", b"00", b"xyz" * 30, b"\xff" * 64, b"00" * 33])
def test_what_is_no_key_is_said_to_be_none(text):
    with pytest.raises(MalformedError, match="64 hexadecimal digits"):
        Seal.parse(text)


def test_keys_for_different_purposes_differ():
    assert len({SEAL.draw(each) for each in ("seal", "nonce", "ledger", "devices", "check")}) == 5
