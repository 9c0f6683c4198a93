from hypothesis import given
from hypothesis import strategies as st

from ringback.cisco.aes128gcm import parse_ikm
from ringback.mac import Mac
from ringback.provisioning import own

KEY, MAC = bytes(32), Mac("000e08abcdef")


def test_what_is_derived_today_is_derived_for_ever():
    """A change here would lock every phone in the field out of its own files."""
    assert own.passphrase(KEY, MAC, 1) == "1d3ed7a2345f5dbbf46abd766ad3f619"
    assert own.ikm(KEY, MAC, 1) == "NeRBeb-xnj_niCgY31lFLg"
    assert own.token(KEY, MAC, 1) == "48523244d37789a09da7095ca2f021bc"
    assert own.password(KEY, MAC, "admin") == "93b61a312d950ee025ac"
    assert own.salt(KEY, "seal", b"contents", 8).hex() == "19464ad39bc70590"


def test_they_have_the_forms_that_phones_take():
    assert len(parse_ikm(own.ikm(KEY, MAC, 1))) == 16
    assert own.passphrase(KEY, MAC, 1).isalnum()


@given(st.lists(st.binary(max_size=6), max_size=4), st.lists(st.binary(max_size=6), max_size=4))
def test_no_two_lists_of_parts_are_taken_for_one_another(one, other):
    assert (own.mark(KEY, *one) == own.mark(KEY, *other)) == (one == other)


@given(st.binary(), st.binary())
def test_a_salt_is_of_one_content_and_one_key(one, other):
    assert (own.salt(KEY, "k", one, 16) == own.salt(KEY, "k", other, 16)) == (one == other)
    assert own.salt(KEY, "k", one, 16) != own.salt(KEY, "l", one, 16)
