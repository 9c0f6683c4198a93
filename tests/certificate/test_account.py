"""Plain words about anything a PEM file may hold."""

import pytest
from tests.certificate.house import DAY, NOW

from ringback.certificate import account, key, pem, request, revocation
from ringback.certificate.account import Question
from ringback.certificate.key import Kind
from ringback.certificate.pem import Block
from ringback.certificate.request import Hosts
from ringback.certificate.revocation import Revoked
from ringback.cisco.model import Generation
from ringback.errors import RefusedError


def told(data, now=NOW, secret=None):
    return [account.give(block, now, secret) for block in pem.read(data, name="x.pem")]


def test_a_server_s_pair_is_told_piece_by_piece(house):
    made = house.server("prov.example.com", "10.0.0.7", days=90)
    server, above, private = told(bytes(made))
    facts = dict(server.facts)
    assert server.what == "a server's certificate"
    assert facts["hosts"] == "prov.example.com, 10.0.0.7"
    assert facts["for"] == "servers"
    assert facts["valid"].endswith("(90 days left)")
    assert above.what == "an authority's certificate"
    assert private.what == "a private key"
    assert dict(private.facts) == {
        "kind": "ECDSA secp256r1", "public half": f"SHA-256 {key.pin(made.key.public)}",
    }  # fmt: skip


def test_no_account_holds_a_byte_of_a_key(house):
    data = bytes(house.server())
    body = pem.read(data)[-1]
    assert all(word not in repr(told(data)) for word in ("PRIVATE", body.der.hex(), str(body.der)))


def test_dates_are_told_from_here(house):
    made = house.server(days=10).certificate.pem()
    assert dict(told(made, NOW + 11 * DAY)[0].facts)["valid"].endswith("(EXPIRED)")
    assert dict(told(made, NOW - 2 * DAY)[0].facts)["valid"].endswith("(NOT YET)")


def test_a_phone_is_named(house):
    (phone,) = told(house.device().certificate.pem())
    assert phone.what == "a client's certificate"
    assert dict(phone.facts)["phone"] == "CP-8861 000e08abcdef FCH2133E8B9"


def test_weak_and_odd_things_are_told(old_authority):
    _, leaf, _ = old_authority("md5", 1024)
    labels = [label for label, _ in told(leaf.read_bytes(), NOW + DAY)[0].facts]
    assert labels.count("weak") == 2


def test_a_locked_key_stays_closed_without_its_passphrase(house):
    locked = key.write(house.server().key, b"opensesame")
    assert told(locked)[0].what == "a private key, locked with a passphrase"
    assert told(locked, secret=b"opensesame")[0].what == "a private key"
    with pytest.raises(RefusedError, match="openssl pkey"):
        told(locked, secret=b"guess")


def test_requests_and_lists_are_told(house):
    asked = request.make(Hosts.parse(["prov.example.com"]), key.make(Kind.ECDSA_P256))
    listed = revocation.make(
        house.issuing.certificate, house.issuing.key, [Revoked(5, NOW)], number=4, now=NOW, days=9
    )
    first, second = told(asked.pem() + listed.pem(), NOW + 10 * DAY)
    assert first.what == "a signing request"
    assert dict(first.facts)["proof"] == "its own key signed it"
    assert second.what == "a revocation list"
    assert dict(second.facts) | {"number": "4", "holds": "1 revoked"} == dict(second.facts)
    assert dict(second.facts)["next"].endswith("(OVERDUE)")


def test_der_is_told_by_what_it_is(house):
    asked = request.make(Hosts.parse(["prov.example.com"]), key.make(Kind.ECDSA_P256))
    listed = revocation.make(
        house.issuing.certificate, house.issuing.key, [], number=4, now=NOW, days=9
    )
    for data, what in (
        (asked.pem(), "a signing request"),
        (listed.pem(), "a revocation list"),
        (house.root.certificate.pem(), "a root authority's certificate"),
    ):
        assert told(pem.read(data)[0].der)[0].what == what


def test_what_tls_does_not_use_is_said_to_be_so():
    (other,) = told(bytes(Block("DH PARAMETERS", b"\x30\x00")))
    assert other.what == "dh parameters: nothing TLS here would use"


def test_phones_answer_by_generation(house):
    made = house.server()
    shown = (made.certificate, *made.chain)
    question = Question(shown, NOW, "prov.example.com", house.anchors)
    assert account.answer(question, Generation.MPP).yes
    assert "has an ECDSA" in str(account.answer(question, Generation.SPA).problems[0])


def test_without_anchors_the_yes_has_a_condition(house):
    made = house.server()
    found = account.answer(Question((made.certificate, *made.chain), NOW), Generation.MPP)
    assert found.yes
    assert found.condition.startswith("provided it trusts CN=Test Root")


def test_an_authority_is_asked_about_as_the_custom_one(house):
    found = account.answer(Question((house.root.certificate,), NOW), Generation.MPP)
    assert found.yes
    assert "Custom_CA_Rule" in found.condition
    later = account.answer(Question((house.root.certificate,), NOW + 9999 * DAY), Generation.MPP)
    assert not later.yes
