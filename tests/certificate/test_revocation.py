"""Revocation lists: ours, judged by openssl; others', read or refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.certificate.house import NOW, found, outcome

from ringback.certificate import pem, revocation
from ringback.certificate.pem import Block
from ringback.certificate.revocation import Revoked
from ringback.errors import CertificateError

HOUSE = found()


def made(*serials, number=1, house=HOUSE, days=30):
    entries = [Revoked(serial, NOW, "keyCompromise") for serial in serials]
    return revocation.make(
        house.issuing.certificate, house.issuing.key, entries, number=number, now=NOW, days=days
    )


SAMPLE = pem.read(made(5).pem())[0].der


def test_openssl_reads_our_list_and_believes_its_signature(openssl, tmp_path):
    (tmp_path / "mid.pem").write_bytes(HOUSE.issuing.certificate.pem())
    done = openssl("crl", "-noout", "-text", "-CAfile", tmp_path / "mid.pem", data=made(5).pem())
    assert b"verify OK" in done.stderr
    assert b"Serial Number: 05" in done.stdout
    assert b"Key Compromise" in done.stdout


def test_openssl_refuses_a_revoked_phone_and_takes_another(openssl, tmp_path):
    one, other = HOUSE.device(mac="000e08abcdef"), HOUSE.device(mac="000e08abcdee")
    for name, data in (
        ("root", HOUSE.root.certificate.pem()),
        ("mid", HOUSE.issuing.certificate.pem()),
        ("crl", made(one.certificate.serial).pem()),
        ("one", one.certificate.pem()),
        ("other", other.certificate.pem()),
    ):
        (tmp_path / name).write_bytes(data)
    common = ("verify", "-crl_check", "-CRLfile", tmp_path / "crl", "-CAfile", tmp_path / "root",
              "-untrusted", tmp_path / "mid")  # fmt: skip
    assert b"certificate revoked" in openssl(*common, tmp_path / "one", check=False).stderr
    openssl(*common, tmp_path / "other")


def test_a_list_comes_back_as_it_was_made():
    read = revocation.read(made(5, 7, number=3).pem(), name="crl.pem")[0]
    assert read.number == 3
    assert read.entries() == (Revoked(5, NOW, "keyCompromise"), Revoked(7, NOW, "keyCompromise"))
    assert read.find(7) == Revoked(7, NOW, "keyCompromise")
    assert read.find(6) is None
    assert read.find(-7) is None
    assert len(read) == 2
    assert read.signed_by(HOUSE.issuing.certificate)
    assert not read.signed_by(HOUSE.root.certificate)


@given(st.integers(0, 255), st.data())
def test_a_damaged_list_is_read_or_refused_with_our_own_error(value, data):
    der = bytearray(SAMPLE)
    der[data.draw(st.integers(0, len(der) - 1))] = value
    read = outcome(lambda: revocation.open_block(Block(revocation.LABEL, bytes(der))))
    if isinstance(read, CertificateError):
        assert "damaged revocation list" in str(read)
    else:
        assert isinstance(read.entries(), tuple)


def test_a_bundle_without_a_list_is_refused():
    with pytest.raises(CertificateError, match="no revocation list"):
        revocation.read(HOUSE.root.certificate.pem())
