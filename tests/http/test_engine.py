from ringback.http.engine import Doubt, Failed, HandshakeError, Session


def test_a_doubt_says_all_there_is_and_what_would_help() -> None:
    doubt = Doubt("unknown here", "CN=phone", "CN=issuing", "CN=root", b"\x30")
    assert str(doubt) == (
        "unknown here (subject CN=phone; issuer CN=issuing): "
        "trust it with --client-ca and the certificate of CN=root"
    )
    assert str(Doubt("expired", issuer="CN=issuing")) == (
        "expired (subject unknown; issuer CN=issuing)"
    )


def test_a_failure_shows_its_evidence_once() -> None:
    doubt = Doubt("expired", "CN=phone", "CN=issuing")
    failed = Failed("192.0.2.7", 40000, "refused", doubt=doubt)
    assert str(failed) == "refused: expired (subject CN=phone; issuer CN=issuing)"
    assert str(failed._replace(served=True)) == "refused"


def test_only_a_verified_certificate_is_proven() -> None:
    shown = Session("TLSv1.2", "AES256-SHA", 256, b"\x30")
    assert shown.proven is None
    assert Session("TLSv1.2", "AES256-SHA", 256, b"\x30", verified=True).proven == b"\x30"
    assert shown.sni == ""


def test_a_handshake_error_is_one_clear_line() -> None:
    assert str(HandshakeError("no shared cipher")) == "no TLS with this client (no shared cipher)"
