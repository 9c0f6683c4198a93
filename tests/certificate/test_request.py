"""Signing requests: made for openssl, read from anywhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.certificate.house import outcome

from ringback.certificate import key, pem, request
from ringback.certificate.key import Kind
from ringback.certificate.pem import Block
from ringback.certificate.request import Hosts
from ringback.errors import CertificateError, UsageError

SAMPLE = request.make(Hosts.parse(["prov.example.com"]), key.make(Kind.ECDSA_P256))


@pytest.mark.parametrize("kind", [Kind.RSA_2048, Kind.ECDSA_P256])
def test_openssl_reads_a_request_and_believes_its_signature(openssl, kind):
    hosts = Hosts.parse(["prov.example.com", "10.0.0.7"], email="voip@example.com")
    made = request.make(hosts, key.make(kind), organization="Example")
    text = openssl("req", "-verify", "-noout", "-text", data=made.pem()).stdout.decode()
    assert "CN = prov.example.com, O = Example, emailAddress = voip@example.com" in text
    assert "DNS:prov.example.com, IP Address:10.0.0.7" in text
    assert made.proven


def test_names_and_addresses_are_sorted_and_given_once():
    hosts = Hosts.parse(["Prov.Example.com", "10.0.0.7", "prov.example.com", " ", "::1"])
    assert hosts.dns == ("prov.example.com", "prov.example.com")
    assert [str(each) for each in hosts.addresses] == ["10.0.0.7", "::1"]


@pytest.mark.parametrize(
    "names", [[], ["prov example.com"], ["prov..example.com"], ["prövider.example"], ["a\0b.com"],
              ["x" * 64 + ".example.com"], ["http://prov.example.com/"]]
)  # fmt: skip
def test_what_is_no_host_name_is_refused(names):
    with pytest.raises(UsageError, match="host name"):
        Hosts.parse(names)


@pytest.mark.parametrize("email", ["voip", "a@b@c", "vöip@example.com", "a\n@b"])
def test_what_is_no_address_for_mail_is_refused(email):
    with pytest.raises(UsageError, match="not an e-mail address"):
        Hosts.parse(["prov.example.com"], email=email)


@pytest.mark.parametrize("common", ["prov", "10.0.0.7", "*.example.com"])
def test_a_request_must_ask_for_a_full_host_name(common):
    with pytest.raises(UsageError, match="not a full host name"):
        request.make(Hosts.parse([common]), key.make(Kind.ECDSA_P256))


def test_a_name_that_does_not_fit_is_refused():
    with pytest.raises(UsageError, match="not fit for a name"):
        request.make(
            Hosts.parse(["prov.example.com"]), key.make(Kind.ECDSA_P256), organization="x" * 65
        )


@given(st.integers(0, 255), st.data())
def test_a_damaged_request_is_read_or_refused_with_our_own_error(value, data):
    der = bytearray(pem.read(SAMPLE.pem())[0].der)
    der[data.draw(st.integers(0, len(der) - 1))] = value
    read = outcome(lambda: request.open_block(Block("CERTIFICATE REQUEST", bytes(der))))
    if isinstance(read, CertificateError):
        assert "damaged signing request" in str(read)
    else:
        assert read.proven in {True, False}


def test_a_certificate_is_not_a_request():
    with pytest.raises(CertificateError, match="a certificate where a signing request belongs"):
        request.open_block(Block("CERTIFICATE", b"\x30\x00"))
