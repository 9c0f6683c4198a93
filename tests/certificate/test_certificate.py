"""A certificate is opened whole, or refused."""

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st
from tests.certificate.house import found, outcome

from ringback.certificate import certificate as certificates
from ringback.certificate.pem import Block
from ringback.errors import CertificateError

SAMPLE = found().device().certificate


def test_everything_a_certificate_says_is_at_hand(house):
    made = house.server("prov.example.com", "10.0.0.7").certificate
    read = certificates.read(made.pem(), name="x.pem")[0]
    assert read == made
    assert read.common_names == ("prov.example.com",)
    assert read.dns_names == ("prov.example.com",)
    assert [str(each) for each in read.addresses] == ["10.0.0.7"]
    assert read.digest == "sha256"
    assert not read.authority
    assert not read.self_signed
    assert read.signed_by(house.issuing.certificate)
    assert not read.signed_by(house.root.certificate)
    assert str(read.place) == "x.pem:1"


@given(st.integers(0, len(SAMPLE.der()) - 1), st.integers(0, 255))
def test_a_damaged_certificate_is_read_or_refused_with_our_own_error(at, value):
    der = bytearray(SAMPLE.der())
    der[at] = value
    damaged = outcome(lambda: certificates.open_block(Block("CERTIFICATE", bytes(der))))
    if not isinstance(damaged, CertificateError):
        assert str(damaged)
        assert damaged.serial is not None
        assert damaged.fingerprint


@given(st.integers(0, len(SAMPLE.der()) - 1))
def test_a_truncated_certificate_is_refused(length):
    with pytest.raises(CertificateError, match="damaged"):
        certificates.open_block(Block("CERTIFICATE", SAMPLE.der()[:length]))


def test_a_nul_in_a_name_is_refused(house):
    der = house.server("www.example.com").certificate.der()
    with pytest.raises(CertificateError, match="control character in the name"):
        certificates.open_block(
            Block("CERTIFICATE", der.replace(b"www.example.com", b"www\0example.com"))
        )


def test_another_thing_is_named_for_what_it_is():
    with pytest.raises(CertificateError, match="a x509 crl where a certificate belongs"):
        certificates.open_block(Block("X509 CRL", b"\x30\x00"))


def test_a_bundle_without_a_certificate_is_refused():
    with pytest.raises(CertificateError, match=r"k.pem: no certificate in it"):
        certificates.read(bytes(Block("PRIVATE KEY", b"\x30\x00")), name="k.pem")


@pytest.mark.parametrize(("digest", "bits"), [("md5", 1024), ("sha1", 1024), ("sha256", 2048)])
def test_signatures_of_factory_certificates_are_checked(old_authority, digest, bits):
    ca, leaf, _ = (path.read_bytes() for path in old_authority(digest, bits))
    above, below = certificates.read(ca)[0], certificates.read(leaf)[0]
    assert below.digest == digest
    assert below.signed_by(above)
    assert above.self_signed
    assert not above.signed_by(below)


def test_names_are_spelt_for_people(house):
    name = house.device("SPA962").certificate.subject
    assert certificates.spell(name).startswith("ST=000e08abcdef, L=FCH2133E8B9, OU=SPA-962")
    assert certificates.spell(x509.Name([])) == ""


def test_the_fingerprint_is_openssl_s(house, openssl):
    made = house.root.certificate
    text = openssl("x509", "-noout", "-fingerprint", "-sha256", data=made.pem()).stdout.decode()
    assert text.strip().endswith(made.fingerprint)
