import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.errors import MalformedError
from ringback.mac import Mac
from ringback.provisioning.cell import FORMULA, clean, guarded, mac, phone_mac

MAC = "000e08abcdef"


@pytest.mark.parametrize(
    "text",
    [
        MAC, "00:0E:08:AB:CD:EF", "00-0e-08-ab-cd-ef", "000e.08ab.cdef", "00 0e 08 ab cd ef",
        "0:e:8:ab:cd:ef", "000E08-ABCDEF", "SEP000E08ABCDEF", "0x000e08abcdef", "mac: 000e08abcdef",
        "{000e08abcdef}", "00_0e_08_ab_cd_ef", '="000e08abcdef"', "'000e08abcdef",
        "00\u20130e\u201308abcdef", "\ufeff000e08abcdef",
        "".join(chr(ord(each) + 0xFEE0) for each in "000E08ABCDEF"), "000e\u200b08abcdef",
        "\xa0000e08abcdef\xa0",
    ],
)  # fmt: skip
def test_a_mac_is_read_in_any_spelling(text):
    assert mac(text) == Mac(MAC)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("1.23E+11", "made a number of it"),
        ("1,23457E+11", "made a number of it"),
        ("123456789012.0", "made a number of it"),
        ("8123456789", "leading zeros are lost"),
        ("000e08abcde", "a MAC has 12 hex digits, and this has 11"),
        ("000e08abcdef00", "and this has 14"),
        ("000e0800000", "a MAC has 12 hex digits, and this has 11"),
        ("=A1", "a formula"),
        ("#REF!", "a formula that failed"),
        ("#####", "a formula that failed"),
        ("hello", "not a MAC address"),
        ("", "empty"),
        ("000000000000", "nobody's"),
        ("ffffffffffff", "the address of a group"),
        ("010e08abcdef", "the address of a group"),
    ],
)
def test_a_spoilt_mac_is_named_and_never_guessed(text, why):
    with pytest.raises(MalformedError, match=why) as caught:
        phone_mac(text)
    assert caught.value.remedy


@pytest.mark.parametrize("text", ["+49 221 1234", "-", "@alice", "a=b", "#1", "2E5", "O'Neil"])
def test_what_is_no_damage_stays(text):
    assert clean(text) == text


@pytest.mark.parametrize("text", ["=cmd|' /C calc'!A0", "1.5E+10", "a\x01b", "{{ secret('x') }}"])
def test_formulas_numbers_controls_and_expressions_are_refused(text):
    with pytest.raises(MalformedError):
        clean(text)


def test_a_password_is_taken_as_it_is_and_never_repeated():
    assert clean("=1+1'{{x", password=True) == "=1+1'{{x"
    with pytest.raises(MalformedError) as caught:
        clean("swordfish\x01", password=True)
    assert "swordfish" not in str(caught.value)


@given(st.from_regex(r"\A[0-9a-f]{12}\Z"), st.sampled_from(["", ":", "-", "."]), st.booleans())
def test_every_mac_is_read_back_from_every_spelling(digits, mark, upper):
    text = mark.join(digits[at : at + 2] for at in range(0, 12, 2))
    assert mac(text.upper() if upper else text) == Mac(digits)


@given(st.text(max_size=60))
def test_any_text_is_a_mac_or_an_error_of_ours(text):
    try:
        found = phone_mac(text)
    except MalformedError:
        return
    assert int(found.digits, 16)


@given(st.text("='+-@a ", max_size=8).map(str.strip))
def test_what_is_guarded_from_spreadsheets_is_read_back_as_it_was(text):
    assert not guarded(text).startswith(FORMULA)
    assert clean(guarded(text)) == text


@pytest.mark.parametrize("text", ["'quoted'", "''", "'", "O'Neil"])
def test_a_quotation_mark_that_guards_nothing_stays(text):
    assert clean(guarded(text)) == text
