"""Why a handshake came to nothing, in words."""

import pytest
from tests.certificate.house import found

from ringback.cisco.handshake import HANDSHAKES
from ringback.cisco.model import Generation
from ringback.phone import refusal
from ringback.phone.security import Security

HOUSE = found()
MPP = Security(trusted=HOUSE.anchors)
SHOWS = Security(trusted=HOUSE.anchors, pair=HOUSE.device())
SPA = Security(HANDSHAKES[Generation.SPA], HOUSE.anchors)


def test_a_phone_that_trusts_nobody_says_so_with_the_remedy():
    said = refusal.of_certificate(20, "unknown here", Security())
    assert "trusts no authority at all" in said
    assert "--ca" in said
    assert "Custom_CA_Rule" in said


def test_an_unknown_authority_has_a_remedy_and_an_expired_certificate_has_not():
    assert "Custom_CA_Rule" in refusal.of_certificate(20, "unknown here", MPP)
    said = refusal.of_certificate(1, "CN=prov expired on 2026-01-01", MPP)
    assert said == "the server's certificate is refused: CN=prov expired on 2026-01-01"


@pytest.mark.parametrize(
    ("reason", "security", "says"),
    [
        ("TLSV13_ALERT_CERTIFICATE_REQUIRED", MPP, "requires a client certificate"),
        ("SSLV3_ALERT_HANDSHAKE_FAILURE", MPP, "or it requires a client certificate"),
        ("TLSV1_ALERT_UNKNOWN_CA", SHOWS, "does not know the authority of this phone"),
        ("SSLV3_ALERT_CERTIFICATE_EXPIRED", SHOWS, "expired"),
        ("TLSV1_ALERT_PROTOCOL_VERSION", SPA, "this phone speaks TLS 1.0; it needs a listener"),
        ("TLSV1_ALERT_PROTOCOL_VERSION", MPP, "this phone speaks TLS 1.1 to 1.2"),
        ("SSLV3_ALERT_HANDSHAKE_FAILURE", SPA, "legacy"),
        ("WRONG_VERSION_NUMBER", MPP, "does not speak TLS on this port"),
        ("SOMETHING_NEW_FROM_OPENSSL", MPP, "TLS failed: something new from openssl"),
    ],
)
def test_each_alert_is_told_in_words(reason, security, says):
    assert says in refusal.of_handshake(reason, security)


def test_a_phone_that_shows_a_certificate_is_not_told_to_show_one():
    assert "--cert" not in refusal.of_handshake("SSLV3_ALERT_HANDSHAKE_FAILURE", SHOWS)
    assert refusal.of_status("https://h:443/ answered 400 Bad Request", SHOWS) == ""


def test_an_answer_that_is_how_some_servers_ask_for_a_certificate_gets_a_hint():
    assert "--cert" in refusal.of_status("https://h:443/ answered 400 Bad Request", MPP)
    assert refusal.of_status("https://h:443/ answered 500 Oops", MPP) == ""
