"""Whose word is taken about a client, and in which header."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.errors import UsageError
from ringback.http.forwarded import Forwarded, Trust
from ringback.http.networks import Networks

DER = b"\x30\x81\x80" + bytes(128)
SHOWN = base64.b64encode(DER)
PROXIES = Networks.parse(["127.0.0.1", "10.0.0.0/24"])
TRUST = Trust(PROXIES, "X-SSL-Client-Cert")
SAID = {
    b"x-forwarded-for": b"192.0.2.7",
    b"x-forwarded-proto": b"https",
    b"x-ssl-client-cert": SHOWN,
    b"x-ssl-client-verify": b"SUCCESS",
}


def read(trust: Trust = TRUST, peer: str = "127.0.0.1", **headers: str) -> Forwarded:
    """What is read of the usual headers, with these instead; an empty one was not sent."""
    changed = {name.replace("_", "-").encode(): text.encode() for name, text in headers.items()}
    return trust.read(peer, "http", {k: v for k, v in (SAID | changed).items() if v})


def test_a_trusted_proxy_is_believed() -> None:
    said = read()
    assert said == Forwarded("192.0.2.7", "https", DER, verified=True, verdict="SUCCESS")
    assert said.proven == DER


def test_anybody_else_is_not_and_the_headers_are_named() -> None:
    said = read(peer="192.0.2.66")
    assert said == Forwarded(
        "192.0.2.66", "http", ignored=("X-SSL-Client-Cert", "X-SSL-Client-Verify")
    )
    assert said.warning == (
        "X-SSL-Client-Cert and X-SSL-Client-Verify from no trusted proxy: ignored"
    )
    assert read().warning == ""


def test_an_address_from_a_stranger_is_ignored_without_a_word() -> None:
    """Clients behind their own proxies send it in good faith."""
    headers = {b"x-forwarded-for": b"10.0.0.1"}
    assert TRUST.read("192.0.2.66", "http", headers) == Forwarded("192.0.2.66", "http")


def test_without_trusted_proxies_nobody_is_believed() -> None:
    assert read(Trust(certificate_header="X-SSL-Client-Cert")).proven is None
    assert Trust().read("127.0.0.1", "http", SAID) == Forwarded("127.0.0.1", "http")


@pytest.mark.parametrize(
    "verdict",
    ["FAILED:unable to verify the first certificate", "NONE", "GENEROUS", "success", "", "0",
     "SUCCESS, SUCCESS", "NONE, SUCCESS", "SUCCESS "[:7] + ";"],
)  # fmt: skip
def test_only_success_is_success(verdict: str) -> None:
    said = read(x_ssl_client_verify=verdict)
    assert (said.certificate, said.verified, said.proven) == (DER, False, None)
    assert said.verdict == (verdict or "not said")


def test_a_proxy_that_sends_verified_certificates_only_need_not_say_so() -> None:
    said = read(Trust(PROXIES, "Client-Cert", verify_header=""), client_cert=f":{SHOWN.decode()}:")
    assert said.proven == DER


def test_the_certificate_is_read_from_the_header_that_was_named_and_no_other() -> None:
    assert read(Trust(PROXIES, "Client-Cert", verify_header="")).certificate is None


@pytest.mark.parametrize("header", ["(null)", ""])
def test_a_client_without_a_certificate(header: str) -> None:
    said = read(x_ssl_client_cert=header, x_ssl_client_verify="NONE")
    assert said == Forwarded("192.0.2.7", "https")


def test_two_certificates_are_none_and_the_proxy_wants_mending() -> None:
    said = read(x_ssl_client_cert=f"{SHOWN.decode()}, {SHOWN.decode()}")
    assert said.certificate is None
    assert "X-SSL-Client-Cert" in said.complaint
    assert said.warning == said.complaint


def test_a_certificate_over_plain_http_is_a_header_nobody_overwrote() -> None:
    said = read(x_forwarded_proto="http")
    assert said.certificate is None
    assert "overwrite it there" in said.complaint


def test_the_scheme_is_what_the_nearest_proxy_said() -> None:
    assert read(x_forwarded_proto="http, https").scheme == "https"
    assert read(x_forwarded_proto="https, http").scheme == "http"
    assert read(x_forwarded_proto="").scheme == "http"
    said = read(x_forwarded_proto="gopher")
    assert (said.scheme, said.complaint) == ("http", "not a scheme from the proxy: gopher")


def test_so_many_hops_and_no_more() -> None:
    trail = "10.0.0.66, 6.6.6.6, 192.0.2.7, 10.0.0.2"
    assert read(x_forwarded_for=trail).address == "10.0.0.2"
    assert read(Trust(PROXIES, hops=2), x_forwarded_for=trail).address == "192.0.2.7"
    assert read(Trust(PROXIES, hops=8), x_forwarded_for=trail).address == "192.0.2.7"


def test_an_address_that_is_none_leaves_the_proxys() -> None:
    said = read(x_forwarded_for="192.0.2.7, unknown\x1b[2J")
    assert said.address == "127.0.0.1"
    assert said.complaint == "X-Forwarded-For names no address: 192.0.2.7, unknown?[2J"
    assert read(x_forwarded_for="").address == "127.0.0.1"


def test_forwarded_says_address_and_scheme_in_one() -> None:
    trust = Trust(PROXIES, address_header="Forwarded")
    said = read(trust, forwarded="for=6.6.6.6;proto=http, for=192.0.2.8;proto=https")
    assert (said.address, said.scheme) == ("192.0.2.8", "https")
    said = read(trust, forwarded="for=")
    assert (said.address, said.scheme) == ("127.0.0.1", "http")
    assert said.complaint


def test_the_other_address_headers_are_not_read() -> None:
    said = read(x_real_ip="6.6.6.6", forwarded="for=6.6.6.6;proto=http")
    assert (said.address, said.scheme) == ("192.0.2.7", "https")
    assert read(Trust(PROXIES, address_header="X-Real-IP"), x_real_ip="::8").address == "::8"
    assert read(Trust(PROXIES, address_header="")).address == "127.0.0.1"


@pytest.mark.parametrize(
    "wrong",
    [
        {"address_header": "X-Client-IP"},
        {"hops": 0},
        {"hops": 9},
        {"certificate_header": "X_SSL_Client_Cert"},
        {"certificate_header": "x-forwarded-for"},
        {"certificate_header": "X-SSL-Client-Cert", "verify_header": "x-ssl-client-cert"},
        {"certificate_header": "Grüße"},
    ],
)
def test_settings_that_cannot_work_are_refused(wrong) -> None:
    with pytest.raises(UsageError):
        Trust(PROXIES, **wrong)


@given(st.dictionaries(st.sampled_from([*SAID, b"forwarded"]), st.binary(max_size=200)))
def test_nothing_in_a_header_raises_or_reaches_the_log_unseen(headers: dict[bytes, bytes]) -> None:
    for kind in ("X-Forwarded-For", "Forwarded"):
        trust = Trust(PROXIES, "X-SSL-Client-Cert", address_header=kind, hops=3)
        said = trust.read("127.0.0.1", "http", headers)
        assert said.scheme in ("http", "https")
        assert said.address.isprintable()
        assert said.complaint.isprintable()
        assert said.verdict.isprintable()
        assert len(said.complaint) < 400


@given(st.dictionaries(st.sampled_from([*SAID, b"forwarded"]), st.binary(max_size=200)))
def test_nothing_a_stranger_sends_changes_anything(headers: dict[bytes, bytes]) -> None:
    said = TRUST.read("192.0.2.66", "http", headers)
    assert said._replace(ignored=()) == Forwarded("192.0.2.66", "http")
