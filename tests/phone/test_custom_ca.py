"""The custom authority of a phone, as a value."""

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.certificate.house import found

from ringback.errors import CertificateError
from ringback.phone.custom_ca import LARGEST, MOST, CustomCa, read

HOUSE, OTHER = found(), found("Somebody Else")
ROOT = HOUSE.root.certificate
UTC = timedelta(0)


def test_a_phone_from_the_factory_has_none_and_nobody_has_tried():
    fresh = CustomCa()
    assert (fresh.info, fresh.status(UTC)) == ("Not Installed", "")


def test_the_status_page_shows_the_cn_and_the_phones_time():
    installed = CustomCa((ROOT,), 1_767_225_600.0)
    assert installed.info == "Installed \N{EN DASH} Test Root"
    assert installed.status(UTC) == "Last provisioning succeeded on 01/01/2026 00:00:00"
    east = timedelta(hours=5, minutes=30)
    assert installed.status(east) == "Last provisioning succeeded on 01/01/2026 05:30:00"


def test_a_failure_keeps_what_was_installed():
    after = CustomCa((ROOT,), 1.0).failed(1_767_225_600.0, "file not found")
    assert after.info == "Installed \N{EN DASH} Test Root"
    assert after.status(UTC) == "Last provisioning failed on 01/01/2026 00:00:00"


def test_the_first_certificate_gives_the_name():
    assert CustomCa(read(ROOT.pem() + OTHER.root.certificate.pem())).name == "Test Root"


def test_pem_and_der_are_read_with_text_around_them():
    assert read(ROOT.der()) == read(b"Here it is:\r\n\r\n" + ROOT.pem()) == (ROOT,)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"<flat-profile/>", "no certificate"),
        (b"", "no certificate"),
        (ROOT.pem()[:200], "no END"),
        (ROOT.der()[:200], "damaged"),
        (bytes(HOUSE.device().certificate.pem()).replace(b"A", b"\0", 1), "NUL"),
        (ROOT.pem() * (MOST + 1), "certificates"),
        (b"x" * (LARGEST + 1), "bytes"),
    ],
    ids=["profile", "empty", "cut off", "cut off DER", "NUL", "too many", "too long"],
)
def test_junk_is_refused_with_its_reason(data, why):
    with pytest.raises(CertificateError, match=why):
        read(data)


def test_equal_phones_share_what_was_read():
    assert read(ROOT.pem())[0] is read(bytes(bytearray(ROOT.pem())))[0]


@given(
    st.sampled_from([(), (ROOT,), (ROOT, OTHER.root.certificate)]),
    st.none() | st.floats(0, 4e9, allow_nan=False),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
)
def test_what_is_remembered_comes_back(certificates, tried, why):
    known = CustomCa(certificates, tried, why)
    assert CustomCa.from_facts(json.loads(json.dumps(known.facts()))) == known


@given(st.binary(max_size=200))
def test_any_bytes_end_in_certificates_or_our_error(data):
    with pytest.raises(CertificateError):
        read(data)


def test_a_memory_from_before_there_were_any_is_read():
    assert CustomCa.from_facts({}) == CustomCa()
