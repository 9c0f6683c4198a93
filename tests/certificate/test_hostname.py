"""Which names of a certificate stand for the host a phone asked for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.certificate import hostname
from ringback.cisco.handshake import CheckedNames

pytestmark = pytest.mark.duty(5)


@pytest.mark.parametrize(
    ("pattern", "host", "stands"),
    [
        ("prov.example.com", "prov.example.com", True),
        ("Prov.Example.COM.", "prov.example.com", True),
        ("*.example.com", "prov.example.com", True),
        ("*.example.com", "example.com", False),
        ("*.example.com", "a.b.example.com", False),
        ("*.com", "example.com", False),
        ("*", "example.com", False),
        ("prov.*.com", "prov.example.com", False),
        ("p*.example.com", "prov.example.com", False),
        ("prov..example.com", "prov..example.com", False),
        ("prov.example.com\0.evil.net", "prov.example.com", False),
        ("10.0.0.1", "10.0.0.1", False),
    ],
)
def test_a_dns_name_stands_for_a_host(pattern, host, stands):
    assert hostname.stands_for(pattern, host) is stands


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_two_texts_can_be_compared(pattern, host):
    assert hostname.stands_for(pattern, host) in {True, False}


@pytest.mark.parametrize(
    ("checked", "common", "alternative"),
    [(CheckedNames.CN, True, False), (CheckedNames.SAN, False, True),
     (CheckedNames.BOTH, True, True)],
)  # fmt: skip
def test_generations_look_at_different_names(openssl, checked, common, alternative):
    made = self_signed(openssl, "/CN=cn.example.com", "DNS:san.example.com")
    assert hostname.covers(made, "cn.example.com", checked) is common
    assert hostname.covers(made, "san.example.com", checked) is alternative


def test_a_common_name_may_go_on_after_a_slash(openssl):
    made = self_signed(openssl, "/CN=prov.example.com\\/Customer 42", "DNS:other.example.com")
    assert hostname.covers(made, "prov.example.com", CheckedNames.CN)


def test_an_address_must_be_named_as_an_address(openssl):
    made = self_signed(openssl, "/CN=x", "IP:10.0.0.1,DNS:10.0.0.2,IP:2001:db8::1")
    assert hostname.covers(made, "10.0.0.1", CheckedNames.SAN)
    assert hostname.covers(made, "[2001:DB8:0::1]", CheckedNames.SAN)
    assert not hostname.covers(made, "10.0.0.2", CheckedNames.SAN)


def test_an_address_as_common_name_serves_phones_that_read_no_other(openssl):
    made = self_signed(openssl, "/CN=192.168.1.200", "DNS:x.example.com")
    assert hostname.covers(made, "192.168.1.200", CheckedNames.CN)
    assert not hostname.covers(made, "192.168.1.200", CheckedNames.SAN)


def self_signed(openssl, subject, alternatives):
    from ringback.certificate import certificate as certificates

    data = openssl(
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "/dev/null", "-subj", subject,
        "-addext", f"subjectAltName={alternatives}", "-days", 3,
    ).stdout  # fmt: skip
    return certificates.read(data)[0]
