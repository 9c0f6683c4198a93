"""The certificate on the wire, judged by a client that OpenSSL makes."""

import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.certificate import flight
from ringback.certificate.kept import maker
from ringback.certificate.policy import Clients, Policy


def flight_of(house, phone, tmp_path, version):
    """All that a client with a certificate sends."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version = context.maximum_version = version
    (tmp_path / "phone.pem").write_bytes(bytes(phone))
    context.load_cert_chain(tmp_path / "phone.pem")
    coming, going = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(coming, going)
    server = maker(house.server(), Policy(Clients.ASK), house.anchors)()
    sent, session, shaken = b"", None, False
    while not shaken or session is None:
        try:
            client.do_handshake()
            shaken = True
        except ssl.SSLWantReadError:
            pass
        said = going.read()
        sent += said
        session = server.shake(said) if said else session
        coming.write(server.take())
    return sent


def test_a_certificate_in_the_clear_is_found(house, tmp_path):
    phone = house.device()
    sent = flight_of(house, phone, tmp_path, ssl.TLSVersion.TLSv1_2)
    assert flight.leaf(sent) == phone.certificate.der()
    whole = sent.index(phone.certificate.der()) + len(phone.certificate.der())
    assert flight.leaf(sent[:whole]) == phone.certificate.der()
    assert flight.leaf(sent[: whole - 1]) is None


def test_one_that_is_encrypted_or_absent_is_not(house, tmp_path):
    assert flight.leaf(flight_of(house, house.device(), tmp_path, ssl.TLSVersion.TLSv1_3)) is None
    assert flight.leaf(b"") is None
    assert flight.leaf(b"\x16\x03\x03\x00\x07\x0b\x00\x00\x03\x00\x00\x00") is None


@given(st.binary(max_size=200))
def test_messages_may_be_cut_anywhere_into_records(noise):
    body = len(noise).to_bytes(3, "big") + noise
    message = b"\x0b" + (len(body) + 3).to_bytes(3, "big") + len(body).to_bytes(3, "big") + body
    records = b"".join(b"\x16\x03\x03\x00\x01" + message[at : at + 1] for at in range(len(message)))
    assert flight.leaf(records) == (noise or None)


@given(st.binary(max_size=400))
def test_nothing_a_stranger_sends_is_an_error(noise):
    assert flight.leaf(noise) is None or noise
    assert flight.leaf(b"\x16\x03\x03\x01\x00" + noise) is None or noise


@pytest.mark.parametrize("size", [0, 0xFFFFFF])
def test_a_length_that_lies_gives_nothing(size):
    message = b"\x0b\x00\x00\x07\x00\x00\x04" + size.to_bytes(3, "big") + b"x"
    assert flight.leaf(b"\x16\x03\x03\x00\x0b" + message) is None
