"""Private keys: made, locked, opened; and never shown."""

import pytest

from ringback.certificate import key, pem
from ringback.certificate.key import Kind
from ringback.errors import CertificateError, RefusedError


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        (Kind.RSA_2048, "RSA 2048"),
        (Kind.ECDSA_P256, "ECDSA secp256r1"),
        (Kind.ECDSA_P384, "ECDSA secp384r1"),
    ],
)
def test_a_key_is_of_the_kind_asked_for_and_survives_a_round_trip(kind, says, openssl):
    made = key.make(kind)
    data = key.write(made)
    assert str(made) == says
    assert key.read(pem.read(data)[0]).opens(made.public)
    openssl("pkey", "-check", "-noout", data=data)


def test_a_key_shows_nothing_of_itself():
    made = key.make(Kind.ECDSA_P256)
    assert "PRIVATE" not in repr(made)
    assert repr(made) == "PrivateKey()"


@pytest.mark.parametrize("old_style", [False, True])
def test_a_locked_key_needs_its_passphrase_and_says_how_to_unlock_it(openssl, old_style):
    plain = key.write(key.make(Kind.RSA_2048))
    how = ("rsa", "-aes128", "-traditional") if old_style else ("pkey", "-aes256")
    locked = openssl(*how, "-passout", "pass:opensesame", data=plain).stdout
    block = pem.read(locked, name="server.key")[0]
    assert key.encrypted(block)
    assert key.read(block, b"opensesame").opens(key.read(pem.read(plain)[0]).public)
    for wrong in (None, b"guess"):
        with pytest.raises(RefusedError, match=r"openssl pkey -in server\.key -out") as refusal:
            key.read(block, wrong)
        assert "--passphrase-file" in str(refusal.value)


def test_our_own_locked_keys_open_with_openssl(openssl, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("opensesame\n")
    data = key.write(key.make(Kind.ECDSA_P256), b"opensesame")
    assert b"ENCRYPTED" in data
    openssl("pkey", "-noout", "-passin", f"file:{secret}", data=data)


@pytest.mark.parametrize("body", [b"\x30\x00", b"junk", b"\x30\x03\x02\x01\x00"])
def test_a_damaged_key_is_refused(body):
    with pytest.raises(CertificateError, match="cannot be read"):
        key.read(pem.Block("PRIVATE KEY", body))


def test_a_key_that_cannot_sign_is_refused(openssl):
    data = openssl("genpkey", "-algorithm", "X25519").stdout
    with pytest.raises(CertificateError, match="cannot sign"):
        key.read(pem.read(data)[0])


def test_a_passphrase_is_the_first_line_of_a_file():
    assert key.passphrase(b"open sesame\r\nnote\n") == b"open sesame"
    with pytest.raises(CertificateError, match="no passphrase"):
        key.passphrase(b"\n")


def test_short_keys_are_called_weak(old_authority):
    from ringback.certificate import certificate as certificates

    leaf = certificates.read(old_authority()[1].read_bytes())[0]
    assert "1024 bits" in key.weakness(leaf.public)
    assert key.weakness(key.make(Kind.RSA_2048).public) == ""
    assert key.weakness(key.make(Kind.ECDSA_P256).public) == ""
