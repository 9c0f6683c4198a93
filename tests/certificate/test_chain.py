"""What is wrong with a chain, in one plain sentence each; nothing where nothing is."""

import pytest
from tests.certificate.house import DAY, NOW, stamp

from ringback.certificate import authority as authorities
from ringback.certificate import certificate as certificates
from ringback.certificate import chain, key, revocation
from ringback.certificate.chain import Kind, Policy, Purpose
from ringback.certificate.key import Kind as KeyKind
from ringback.certificate.revocation import Revoked
from ringback.errors import RefusedError


def judge(pair, house, *, now=NOW, purpose=Purpose.SERVER, host="prov.example.com", **more):
    forgive = frozenset(more.pop("forgive", ()))
    return chain.verify(
        pair.certificate,
        policy=Policy(now, purpose, host, forgive=forgive),
        anchors=more.pop("anchors", house.anchors),
        others=more.pop("others", pair.chain),
        **more,
    )


def test_a_good_chain_is_accepted_from_leaf_to_root(house):
    verdict = judge(house.server(), house)
    assert verdict.accepted
    assert [str(each) for each in verdict.path] == [
        "CN=prov.example.com", "CN=Test Root Issuing", "CN=Test Root",
    ]  # fmt: skip
    verdict.insist()


@pytest.mark.parametrize(
    ("how", "kind", "says"),
    [
        ({"now": NOW + 91 * DAY}, Kind.EXPIRED, r"CN=prov.example.com expired on .*, 1 days ago"),
        ({"now": NOW - 2 * DAY}, Kind.EARLY, "is not valid before .*; it is .* here"),
        ({"host": "www.example.com"}, Kind.NAME,
         "does not name www.example.com; by SAN it names prov.example.com"),
        ({"purpose": Purpose.CLIENT}, Kind.PURPOSE, "may not prove a client: it is for servers"),
        ({"anchors": ()}, Kind.UNKNOWN, "CN=Test Root Issuing was signed by CN=Test Root, which"),
        ({"others": ()}, Kind.UNKNOWN, "was signed by CN=Test Root Issuing, which is not known"),
    ],
)  # fmt: skip
def test_a_bad_chain_is_refused_for_the_right_reason(house, how, kind, says):
    verdict = judge(house.server(), house, **how)
    assert [each.kind for each in verdict.problems] == [kind]
    with pytest.raises(RefusedError, match=says) as refusal:
        verdict.insist()
    assert refusal.value.why == kind.value
    assert "\n" not in str(refusal.value)
    assert judge(house.server(), house, **how, forgive=[kind]).accepted


def test_a_stranger_s_chain_is_refused_and_names_whom_to_trust(house, stranger):
    pair = stranger.server()
    verdict = judge(pair, house, others=(*pair.chain, stranger.root.certificate))
    assert [each.kind for each in verdict.problems] == [Kind.SELF_SIGNED]
    assert stranger.root.certificate.fingerprint in verdict.problems[0].remedy


def test_an_authority_of_the_same_name_but_another_key_is_not_taken_for_ours(house):
    from tests.certificate.house import found

    twin = found()
    assert not judge(twin.server(), house).accepted


def test_a_revoked_certificate_is_refused_and_a_stale_list_is_told(house):
    pair = house.device()
    listed = revocation.make(
        house.issuing.certificate, house.issuing.key,
        [Revoked(pair.certificate.serial, NOW, "keyCompromise")], number=1, now=NOW, days=10,
    )  # fmt: skip
    verdict = judge(pair, house, purpose=Purpose.CLIENT, host="", lists=[listed])
    assert str(verdict.problems[0]).endswith("(keyCompromise)")
    assert verdict.problems[0].kind is Kind.REVOKED
    later = judge(
        house.device(), house, purpose=Purpose.CLIENT, host="", lists=[listed], now=NOW + 11 * DAY
    )
    assert [each.kind for each in later.problems] == [Kind.STALE]


def test_a_list_that_another_key_signed_counts_for_nothing(house, stranger):
    pair = house.device()
    forged = revocation.make(
        house.issuing.certificate, stranger.issuing.key,
        [Revoked(pair.certificate.serial, NOW)], number=1, now=NOW, days=10,
    )  # fmt: skip
    assert judge(pair, house, purpose=Purpose.CLIENT, host="", lists=[forged]).accepted


def test_a_leaf_cannot_sign_another(house):
    phone = house.device()
    forger = authorities.Authority(phone.certificate, phone.key)
    private = key.make(KeyKind.ECDSA_P256)
    from ringback.certificate.request import Hosts, server_name

    hosts = Hosts.parse(["prov.example.com"])
    forged = authorities.server(forger, private.public, hosts, server_name(hosts), stamp(days=9))
    verdict = chain.verify(
        forged, policy=Policy(NOW, Purpose.SERVER), anchors=house.anchors,
        others=(phone.certificate, *phone.chain),
    )  # fmt: skip
    assert Kind.ISSUER in {each.kind for each in verdict.problems}


def test_the_root_may_be_trusted_or_the_intermediate_alone(house):
    pair = house.server()
    assert judge(pair, house, anchors=(house.issuing.certificate,), others=()).accepted


def test_old_factory_certificates_are_weak_unless_forgiven(old_authority):
    ca, leaf, _ = old_authority("md5", 1024)
    root, phone = (certificates.read(path.read_bytes())[0] for path in (ca, leaf))
    policy = Policy(NOW + DAY, Purpose.CLIENT)
    verdict = chain.verify(phone, policy=policy, anchors=[root])
    kinds = {each.kind for each in verdict.problems}
    assert {Kind.KEY, Kind.DIGEST} <= kinds
    forgiving = Policy(NOW + DAY, Purpose.CLIENT, forgive=frozenset({*kinds}))
    assert chain.verify(phone, policy=forgiving, anchors=[root]).accepted


def test_an_authority_among_the_leaves_of_a_bundle_is_found(house):
    pair = house.server()
    bundle = (pair.certificate, *pair.chain, house.root.certificate)
    assert chain.anchors_among(bundle) == (house.root.certificate,)
