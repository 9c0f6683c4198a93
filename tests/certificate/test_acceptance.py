"""Would a phone accept it: each generation by its own measure."""

import pytest
from tests.certificate.house import DAY, NOW, found

from ringback.certificate import acceptance
from ringback.certificate import certificate as certificates
from ringback.certificate.chain import Kind
from ringback.certificate.key import Kind as KeyKind
from ringback.cisco.handshake import HANDSHAKES
from ringback.cisco.model import Generation

RSA = found("RSA Root", KeyKind.RSA_2048)


def ask(generation, *, kind=KeyKind.RSA_2048, host="prov.example.com", now=NOW):
    made = RSA.server(kind=kind)
    verdict = acceptance.verify(
        made.certificate, handshake=HANDSHAKES[generation], now=now, host=host,
        anchors=RSA.anchors, others=made.chain,
    )  # fmt: skip
    return {each.kind for each in verdict.problems}


@pytest.mark.parametrize("generation", [Generation.SPA, Generation.ATA, Generation.MPP])
def test_an_rsa_certificate_by_our_authority_pleases_every_phone_of_today(generation):
    assert ask(generation) == set()


def test_a_sipura_knows_no_sha_256():
    assert ask(Generation.SIPURA) == {Kind.DIGEST}


def test_ecdsa_is_for_the_young():
    assert ask(Generation.SPA, kind=KeyKind.ECDSA_P256) == {Kind.KEY}
    assert ask(Generation.MPP, kind=KeyKind.ECDSA_P256) == set()


@pytest.mark.parametrize(
    ("how", "kind"),
    [({"host": "www.example.com"}, Kind.NAME), ({"now": NOW + 100 * DAY}, Kind.EXPIRED),
     ({"now": NOW - 9 * DAY}, Kind.EARLY)],
)  # fmt: skip
def test_name_and_dates_are_minded_by_all(how, kind):
    for generation in (Generation.SPA, Generation.MPP):
        assert ask(generation, **how) == {kind}


def test_an_old_certificate_pleases_old_phones(openssl, tmp_path):
    openssl("req", "-x509", "-newkey", "rsa:1024", "-sha1", "-nodes", "-keyout", tmp_path / "k",
            "-out", tmp_path / "c", "-subj", "/CN=prov.example.com", "-days", "30")  # fmt: skip
    made = certificates.read((tmp_path / "c").read_bytes())[0]
    for generation in (Generation.SIPURA, Generation.SPA, Generation.MPP):
        handshake = HANDSHAKES[generation]
        assert list(acceptance.tastes(made, handshake)) == []
        verdict = acceptance.verify(
            made, handshake=handshake, now=NOW + DAY, host="prov.example.com", anchors=[made]
        )
        assert verdict.accepted
    assert {each.kind for each in acceptance.tastes(made, HANDSHAKES[Generation.ATA])} == set()


def test_after_a_handshake_the_whole_chain_is_held_to_the_phones_clock():
    made = RSA.server(kind=KeyKind.RSA_2048)
    path = (made.certificate, *made.chain, *RSA.anchors)
    spa, host = HANDSHAKES[Generation.SPA], "prov.example.com"
    assert list(acceptance.after_handshake(path, host, spa, NOW)) == []
    found = list(acceptance.after_handshake(path, "other", spa, NOW - 9 * DAY))
    assert [each.kind for each in found] == [Kind.EARLY, Kind.NAME]
    found = list(acceptance.after_handshake(path, host, spa, NOW - 500 * DAY))
    assert [each.kind for each in found] == [Kind.EARLY] * 3
