import ipaddress
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.dns.name import check, fold, literal
from ringback.errors import Failure, TransferError


@given(st.ip_addresses())
def test_every_address_is_itself(address):
    assert literal(str(address)) == str(address)


@pytest.mark.parametrize(("text", "address"), [("[::1]", "::1"), ("FE80::1", "fe80::1")])
def test_ipv6_is_taken_in_brackets_and_in_capitals(text, address):
    assert literal(text) == address


@pytest.mark.parametrize(
    ("text", "flaw"),
    [
        ("192.168.1.300", "300 is over 255"),
        ("192.168.1", "3 of 4 parts"),
        ("1.2.3.4.5", "5 of 4 parts"),
        ("192.168.01.5", "01 begins with 0"),
        ("192.168..5", "a part is empty"),
        ("192.168.1.5.", "5 of 4 parts"),
        ("12345", "1 of 4 parts"),
        ("1.2.3." + "9" * 5000, "9 is over 255"),
    ],
)
def test_digits_and_dots_that_are_no_address_are_called_so(text, flaw):
    assert literal(text) is None
    with pytest.raises(TransferError, match=flaw) as caught:
        check(text)
    assert caught.value.failure is Failure.DNS
    assert "is not an IPv4 address" in str(caught.value)


def test_no_name_is_no_server():
    with pytest.raises(TransferError) as caught:
        check("")
    assert caught.value.failure is Failure.NO_SERVER


@pytest.mark.parametrize(
    "name",
    ["a b", "a\tb", "a\0b", "pbx/", "user@pbx", "pbx:80", "[::1", "a..b", ".", ".pbx", "x" * 64,
     "a." * 127 + "a", "a\\.b", "100%"],
)  # fmt: skip
def test_what_can_be_no_name_is_refused(name):
    with pytest.raises(TransferError) as caught:
        check(name)
    assert caught.value.failure is Failure.DNS


@pytest.mark.parametrize(
    "name",
    ["pbx", "prov.example.com", "prov.example.com.", "_sip._udp.a", "x" * 63, "pbx-1", "3cx"],
)
def test_what_can_be_a_name_is_let_through(name):
    check(name)


def test_case_and_a_final_dot_make_no_difference():
    assert fold("Prov.Example.COM.") == fold("prov.example.com")


@given(st.text())
def test_any_text_is_a_name_an_address_or_our_error(text):
    literal(text)
    with suppress(TransferError):
        check(text)


@given(st.text("0123456789.", min_size=1))
def test_numbers_are_an_address_or_refused(text):
    try:
        check(text)
    except TransferError:
        return
    ipaddress.ip_address(text)
