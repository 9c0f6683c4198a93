"""A pair out of whatever files there are; or the reason why it is none."""

import itertools

import pytest
from tests.certificate.house import DAY, NOW

from ringback.certificate import key, pair, pem
from ringback.certificate.chain import Kind, Purpose
from ringback.errors import CertificateError, RefusedError


def parts(house, **how):
    made = house.server(**how)
    return made, [key.write(made.key), made.certificate.pem(), made.chain[0].pem()]


def test_key_certificate_and_chain_are_found_in_any_order(house):
    made, pieces = parts(house)
    for order in itertools.permutations([*pieces, house.root.certificate.pem()]):
        found = pair.parse(b"".join(order))
        assert (found.certificate, found.chain) == (made.certificate, made.chain)


def test_certbot_s_four_files_say_everything_twice(house):
    made, (private, leaf, above) = parts(house)
    found = pair.parse(private + leaf + above + leaf + above)
    assert (found.certificate, found.chain) == (made.certificate, made.chain)


def test_a_pair_survives_a_round_trip_and_openssl_reads_it(house, openssl):
    made, _ = parts(house)
    data = bytes(made)
    assert bytes(pair.parse(data)) == data
    openssl("x509", "-noout", data=data)
    openssl("pkey", "-noout", "-check", data=data)


def test_the_root_is_not_sent_along(house):
    _, pieces = parts(house)
    found = pair.parse(b"".join([*pieces, house.root.certificate.pem()]))
    assert house.root.certificate not in found.chain


def test_the_younger_of_two_certificates_for_one_key_counts(house):
    from tests.certificate.house import stamp

    from ringback.certificate import authority as authorities

    made, pieces = parts(house)
    younger = authorities.renew(house.issuing, made.certificate, made.key.public, stamp(days=500))
    assert pair.parse(b"".join([*pieces, younger.pem()])).certificate == younger


def test_a_key_of_another_certificate_is_refused_in_one_line(house, stranger):
    other = key.write(stranger.server().key)
    with pytest.raises(RefusedError, match="does not belong to the certificate") as refusal:
        pair.parse(other + house.server().certificate.pem())
    assert "openssl pkey -pubout" in str(refusal.value)


def test_a_locked_key_opens_with_its_passphrase(house):
    made, (_, leaf, above) = parts(house)
    locked = key.write(made.key, b"opensesame")
    assert pair.parse(locked + leaf + above, secret=b"opensesame").certificate == made.certificate
    with pytest.raises(RefusedError, match="--passphrase-file"):
        pair.parse(locked + leaf + above)


@pytest.mark.parametrize(
    ("pick", "says"),
    [((1, 2), "no private key"), ((0,), "no certificate beside"), ((0, 0, 1), None)],
)
def test_what_is_missing_is_named(house, pick, says):
    _, pieces = parts(house)
    data = b"".join(pieces[each] for each in pick)
    if says is None:
        assert pair.parse(data)
        return
    with pytest.raises(CertificateError, match=says):
        pair.parse(data)


def test_two_keys_are_one_too_many(house, stranger):
    _, pieces = parts(house)
    with pytest.raises(CertificateError, match="more than one private key"):
        pair.parse(b"".join([*pieces, key.write(stranger.server().key)]))


def test_a_truncated_file_is_refused_with_its_line(house):
    made, _ = parts(house)
    with pytest.raises(CertificateError, match=r"server.pem:\d+: truncated"):
        pair.parse(bytes(made)[:-40], name="server.pem")


@pytest.mark.parametrize(
    ("how", "ask", "kind"),
    [
        ({}, {"host": "prov.example.com"}, None),
        ({}, {"host": "www.example.com"}, Kind.NAME),
        ({}, {"now": NOW + 100 * DAY}, Kind.EXPIRED),
        ({}, {"now": NOW - 2 * DAY}, Kind.EARLY),
        ({}, {"purpose": Purpose.CLIENT}, Kind.PURPOSE),
    ],
)
def test_a_pair_is_examined_before_it_is_served(house, how, ask, kind):
    made, _ = parts(house, **how)
    verdict = pair.examine(made, **({"now": NOW} | ask))
    assert [each.kind for each in verdict.problems] == ([kind] if kind else [])


def test_with_an_authority_named_the_whole_chain_must_hold(house, stranger):
    made, _ = parts(house)
    assert pair.examine(made, now=NOW, anchors=house.anchors).accepted
    verdict = pair.examine(made, now=NOW, anchors=stranger.anchors)
    assert [each.kind for each in verdict.problems] == [Kind.UNKNOWN]


def test_a_key_says_nothing_of_itself_when_a_pair_is_printed(house):
    made, _ = parts(house)
    assert "PRIVATE" not in repr(made)
    assert pem.read(bytes(made))[-1].der not in repr(made).encode()
