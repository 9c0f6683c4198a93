"""What a private authority signs, judged by openssl; and what it never signs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.certificate.house import DAY, NOW, found, stamp

from ringback.certificate import authority as authorities
from ringback.certificate import certificate as certificates
from ringback.certificate import key, pem, request
from ringback.certificate.authority import Authority
from ringback.certificate.chain import Purpose
from ringback.certificate.key import Kind
from ringback.errors import RefusedError


def write(folder, **files):
    for name, data in files.items():
        (folder / f"{name}.pem").write_bytes(data)


@pytest.mark.parametrize("kind", [Kind.RSA_2048, Kind.ECDSA_P256])
def test_openssl_believes_the_whole_chain_strictly(openssl, tmp_path, kind):
    house = found(kind=kind)
    server, device = house.server(), house.device()
    write(tmp_path, root=house.root.certificate.pem(), mid=house.issuing.certificate.pem(),
          server=server.certificate.pem(), device=device.certificate.pem())  # fmt: skip
    common = ("verify", "-x509_strict", "-CAfile", tmp_path / "root.pem",
              "-untrusted", tmp_path / "mid.pem")  # fmt: skip
    openssl(*common, "-purpose", "sslserver", "-verify_hostname", "prov.example.com",
            tmp_path / "server.pem")  # fmt: skip
    openssl(*common, "-purpose", "sslclient", tmp_path / "device.pem")
    for purpose, leaf in (("sslclient", "server"), ("sslserver", "device")):
        done = openssl(*common, "-purpose", purpose, tmp_path / f"{leaf}.pem", check=False)
        assert b"purpose" in done.stderr


def test_openssl_shows_what_a_server_certificate_holds(house, openssl):
    made = house.server("prov.example.com", "alt.example.com", "10.0.0.7", kind=Kind.RSA_2048)
    text = openssl("x509", "-noout", "-text", data=made.certificate.pem()).stdout.decode()
    assert "DNS:prov.example.com, DNS:alt.example.com, IP Address:10.0.0.7" in text
    assert "Digital Signature, Key Encipherment" in text
    assert "TLS Web Server Authentication" in text
    assert "CA:FALSE" in text
    assert "sha256WithRSAEncryption" in text or "ecdsa-with-SHA256" in text


def test_a_leaf_never_outlives_its_authority():
    house = found(now=NOW - 10 * DAY)
    made = house.server(days=100_000).certificate
    assert made.not_after == house.issuing.certificate.not_after
    assert house.server().certificate.not_before == NOW - DAY


@given(st.binary(min_size=20, max_size=20))
def test_serial_numbers_are_positive_and_fit_20_octets(random):
    assert 0 < authorities.serial_of(random) < 1 << 159


def test_a_clock_in_the_past_signs_nothing(house):
    with pytest.raises(RefusedError, match=r"not valid before .* check this clock"):
        house.server(now=NOW - 2000 * DAY)


def test_an_expired_authority_signs_nothing():
    house = found(now=NOW - 4000 * DAY)
    with pytest.raises(RefusedError, match="expired on"):
        house.server()


def test_a_key_of_another_authority_signs_nothing(house, stranger):
    mixed = Authority(house.issuing.certificate, stranger.issuing.key, house.issuing.above)
    with pytest.raises(RefusedError, match="does not belong to the authority"):
        mixed.ready(NOW)


def made_by_openssl(openssl, tmp_path, subject, *, bits=2048, digest="sha256", extensions=()):
    more = [part for each in extensions for part in ("-addext", each)]
    data = openssl("req", "-new", "-newkey", f"rsa:{bits}", "-nodes", f"-{digest}",
                   "-keyout", tmp_path / "k.pem", "-subj", subject, *more).stdout  # fmt: skip
    return request.open_block(pem.read(data, name="r.csr")[0])


def test_a_request_by_openssl_is_signed_with_its_names(house, openssl, tmp_path):
    asked = made_by_openssl(
        openssl, tmp_path, "/C=US/O=Example/CN=prov.example.com/emailAddress=voip@example.com",
        extensions=["subjectAltName=DNS:prov.example.com,DNS:b.example.com,IP:10.0.0.7"],
    )  # fmt: skip
    made = authorities.sign(house.issuing, asked, stamp(days=90))
    assert made.dropped == ()
    assert made.certificate.dns_names == ("prov.example.com", "b.example.com")
    assert [str(each) for each in made.certificate.addresses] == ["10.0.0.7"]
    assert certificates.spell(made.certificate.subject) == (
        "C=US, O=Example, CN=prov.example.com, emailAddress=voip@example.com"
    )


def test_a_request_without_alternative_names_gets_its_common_name_as_one(house, openssl, tmp_path):
    asked = made_by_openssl(openssl, tmp_path, "/CN=prov.example.com")
    assert authorities.sign(house.issuing, asked, stamp()).certificate.dns_names == (
        "prov.example.com",
    )


def test_wishes_beyond_names_are_not_granted_and_said(house, openssl, tmp_path):
    asked = made_by_openssl(
        openssl, tmp_path, "/CN=prov.example.com/GN=Eve",
        extensions=["basicConstraints=critical,CA:TRUE", "keyUsage=keyCertSign,cRLSign",
                    "extendedKeyUsage=codeSigning", "1.2.3.4=ASN1:UTF8String:x",
                    "subjectAltName=DNS:prov.example.com,URI:http://x/,email:e@example.com"],
    )  # fmt: skip
    made = authorities.sign(house.issuing, asked, stamp())
    assert not made.certificate.authority
    assert made.certificate.purposes == ("1.3.6.1.5.5.7.3.1",)
    assert made.certificate.dns_names == ("prov.example.com",)
    assert made.certificate.emails == ()
    assert "1.2.3.4" not in made.certificate.extensions
    assert set(made.dropped) == {
        "2.5.4.42=Eve of the subject", "basicConstraints CA:TRUE", "extension keyUsage",
        "extension extendedKeyUsage", "extension 1.2.3.4",
        "UniformResourceIdentifier http://x/", "RFC822Name e@example.com",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("how", "says"),
    [({"bits": 1024}, "1024 bits is too short"), ({"digest": "sha1"}, "signed with SHA1"),
     ({"digest": "md5"}, "signed with MD5")],
)  # fmt: skip
def test_weak_requests_need_legacy(house, openssl, tmp_path, how, says):
    asked = made_by_openssl(openssl, tmp_path, "/CN=prov.example.com", **how)
    with pytest.raises(RefusedError, match=rf"{says}.*--legacy"):
        authorities.sign(house.issuing, asked, stamp())
    made = authorities.sign(house.issuing, asked, stamp(), legacy=True).certificate
    assert made.digest == "sha256"


def test_a_request_that_names_no_host_is_refused_for_a_server_only(house, openssl, tmp_path):
    asked = made_by_openssl(openssl, tmp_path, "/OU=SPA-962/L=88012BA01234/ST=000e08abcdef")
    with pytest.raises(RefusedError, match="names no host"):
        authorities.sign(house.issuing, asked, stamp())
    made = authorities.sign(house.issuing, asked, stamp(), purpose=Purpose.CLIENT).certificate
    assert made.purposes == ("1.3.6.1.5.5.7.3.2",)


def test_a_request_signed_by_another_key_is_refused(house, openssl, tmp_path):
    asked = made_by_openssl(openssl, tmp_path, "/CN=prov.example.com")
    der = bytearray(pem.read(asked.pem())[0].der)
    der[-1] ^= 1
    forged = request.open_block(pem.Block("CERTIFICATE REQUEST", bytes(der)))
    with pytest.raises(RefusedError, match="not signed by its own key"):
        authorities.sign(house.issuing, forged, stamp())


def test_a_renewed_certificate_has_the_same_names_and_new_dates(house):
    old = house.server("prov.example.com", "10.0.0.7")
    made = authorities.renew(
        house.issuing, old.certificate, key.make(Kind.ECDSA_P256).public, stamp(NOW, 700)
    )
    assert made.subject == old.certificate.subject
    assert made.dns_names == old.certificate.dns_names
    assert made.addresses == old.certificate.addresses
    assert made.purposes == old.certificate.purposes
    assert made.not_after > old.certificate.not_after
    assert made.serial != old.certificate.serial


def test_another_s_certificate_is_not_renewed(house, stranger):
    other = stranger.server().certificate
    with pytest.raises(RefusedError, match="was not issued by"):
        authorities.renew(house.issuing, other, other.public, stamp())
