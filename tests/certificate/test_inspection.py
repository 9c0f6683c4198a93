"""The second look at a certificate that OpenSSL verified."""

import pytest
from tests.certificate.house import DAY, NOW

from ringback.certificate import certificate as certificates
from ringback.certificate import inspection, revocation
from ringback.certificate.inspection import Inspection
from ringback.certificate.policy import Legacy
from ringback.certificate.revocation import Revoked
from ringback.certificate.subject import Shape
from ringback.errors import CertificateError, RefusedError


def test_a_phone_is_known_by_its_certificate(house):
    seen = Inspection().inspect(house.device().certificate.der(), NOW)
    assert seen.bearer
    assert str(seen.bearer.mac) == "000e08abcdef"
    assert "CP-8861 000e08abcdef FCH2133E8B9" in str(seen)


def test_a_certificate_that_names_no_phone_is_seen_as_such(house):
    seen = Inspection().inspect(house.server().certificate.der(), NOW)
    assert seen.bearer is None
    named = Inspection(shapes=(Shape.parse("CN={product}"),))
    assert str(named.inspect(house.server().certificate.der(), NOW).bearer) == "prov.example.com"


def test_revocation_counts_for_its_own_authority_only(house, stranger):
    phone = house.device().certificate
    entry = [Revoked(phone.serial, NOW, "keyCompromise")]
    for who, refused in ((house, True), (stranger, False)):
        listed = revocation.make(
            who.issuing.certificate, who.issuing.key, entry, number=1, now=NOW, days=9
        )
        look = Inspection(lists=(listed,))
        if refused:
            with pytest.raises(RefusedError, match=r"was revoked on .*keyCompromise") as refusal:
                look.inspect(phone.der(), NOW)
            assert refusal.value.why == "revoked"
        else:
            assert look.inspect(phone.der(), NOW)


def test_expired_factory_certificates_pass_where_told_and_ours_never(house, stranger):
    ours = (house.root.certificate, house.issuing.certificate)
    lenient = Inspection(Legacy(expired_certificates=True), ours=ours)
    later = NOW + 100 * DAY
    assert lenient.inspect(stranger.device().certificate.der(), later)
    for look, leaf in ((lenient, house.device()), (Inspection(ours=ours), stranger.device())):
        with pytest.raises(RefusedError, match="expired on"):
            look.inspect(leaf.certificate.der(), later)


def test_nobody_comes_from_the_future(stranger):
    lenient = Inspection(Legacy.every())
    with pytest.raises(RefusedError, match="is not valid before"):
        lenient.inspect(stranger.device().certificate.der(), NOW - 30 * DAY)


@pytest.mark.parametrize(("digest", "bits"), [("md5", 1024), ("sha1", 2048), ("sha256", 1024)])
def test_weak_certificates_pass_where_told(old_authority, digest, bits):
    leaf = certificates.read(old_authority(digest, bits)[1].read_bytes())[0]
    with pytest.raises(RefusedError, match=r"weak|signed with"):
        Inspection().inspect(leaf.der(), NOW + DAY)
    seen = Inspection(Legacy(weak_certificates=True)).inspect(leaf.der(), NOW + DAY)
    assert seen.bearer


def test_bytes_that_are_no_certificate_are_refused():
    with pytest.raises(CertificateError):
        Inspection().inspect(b"\x30\x00", NOW)


def test_a_list_with_a_false_signature_is_not_believed(house, stranger):
    def listed(by):
        return revocation.make(
            house.issuing.certificate, by.issuing.key, [], number=1, now=NOW, days=9
        )

    ours = (house.root.certificate, house.issuing.certificate)
    assert inspection.believe([listed(house)], ours)
    with pytest.raises(RefusedError, match="false signature"):
        inspection.believe([listed(stranger)], ours)
