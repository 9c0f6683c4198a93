"""Reading a certificate's fields; whatever is not one is refused."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.dynamic.conftest import ODD, Authority

from ringback.dynamic.der import elements, oid_text, read
from ringback.errors import CertificateError


@pytest.fixture(scope="module")
def der():
    return Authority().sign(ODD).der


def test_it_agrees_with_the_cryptography_library(der):
    from cryptography import x509

    theirs, ours = x509.load_der_x509_certificate(der), read(der)
    assert ours.serial == theirs.serial_number
    assert ours.version == 3
    for mine, other in ((ours.subject, theirs.subject), (ours.issuer, theirs.issuer)):
        groups = [list(rdn) for rdn in other.rdns]
        assert sorted((each.oid, each.group) for each in mine) == sorted(
            (each.oid.dotted_string, at) for at, rdn in enumerate(groups) for each in rdn
        )


def test_every_certificate_cut_short_is_refused(der):
    for length in range(0, len(der) - 1, 7):
        with pytest.raises(CertificateError):
            read(der[:length])


@given(st.data())
def test_damage_is_refused_or_read_and_nothing_else(der, data):
    at = data.draw(st.integers(0, len(der) - 1))
    changed = der[:at] + bytes((data.draw(st.integers(0, 255)),)) + der[at + 1 :]
    with contextlib.suppress(CertificateError):
        read(changed)


@given(st.binary(max_size=200))
def test_any_bytes_are_elements_or_refused(octets):
    try:
        found = list(elements(octets))
    except CertificateError:
        return
    assert b"".join(each.whole for each in found) == octets


@pytest.mark.parametrize(
    ("content", "text"), [("2a864886f70d010101", "1.2.840.113549.1.1.1"), ("550403", "2.5.4.3"),
                          ("883703", "2.999.3")]
)  # fmt: skip
def test_object_identifiers(content, text):
    assert oid_text(bytes.fromhex(content)) == text
