"""Why a TLS handshake came to nothing, in words for whoever looks after the phone.

A server says no with an alert, of which OpenSSL keeps the name; in TLS 1.3 it says so after the
handshake, when the phone first reads. The phone says no with a verdict on the certificate. Either
way ``$ERR`` is the same "get failed"; these lines go to Debug_Level and to the terminal.
"""

from collections.abc import Mapping

from ringback.cisco.handshake import Version
from ringback.phone.security import Security

UNKNOWN = frozenset({2, 18, 19, 20, 21})
"""Verdicts (x509_vfy.h) on a chain that ends with somebody who is not trusted."""
_TRUST = "name its authority's certificate in Custom_CA_Rule, or with --ca"
_NO_ONE = (
    "this phone trusts no authority at all (a real one has its vendor's roots): name the "
    "authority's certificate in Custom_CA_Rule, or with --ca"
)
_WANTS_ONE = (
    "the server requires a client certificate and this phone shows none: "
    "give it one with --cert and --key"
)
_NONE_IN_COMMON = "the server refuses the handshake: no suite in common"
_ALERTS: Mapping[str, str] = {
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": _WANTS_ONE,
    "SSLV3_ALERT_HANDSHAKE_FAILURE": _NONE_IN_COMMON,
    "TLSV1_ALERT_INSUFFICIENT_SECURITY": _NONE_IN_COMMON,
    "TLSV1_ALERT_UNKNOWN_CA": "the server does not know the authority of this phone's certificate",
    "SSLV3_ALERT_BAD_CERTIFICATE": "the server refuses this phone's certificate as bad",
    "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE": (
        "the server refuses this phone's certificate: its key or its purpose is not what it takes"
    ),
    "SSLV3_ALERT_CERTIFICATE_REVOKED": "the server says this phone's certificate was revoked",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": (
        "the server says this phone's certificate has expired or is not valid yet"
    ),
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": "the server refuses this phone's certificate",
    "TLSV1_ALERT_ACCESS_DENIED": "the server refuses this phone's certificate",
    "TLSV1_UNRECOGNIZED_NAME": "the server does not know itself by this name",
    "WRONG_VERSION_NUMBER": "the server does not speak TLS on this port",
    "PACKET_LENGTH_TOO_LONG": "the server does not speak TLS on this port",
    "UNEXPECTED_EOF_WHILE_READING": "the server hung up in the middle of the handshake",
}  # fmt: skip
_VERSIONS = frozenset(
    {"TLSV1_ALERT_PROTOCOL_VERSION", "UNSUPPORTED_PROTOCOL", "NO_PROTOCOLS_AVAILABLE"}
)
_MAYBE_WANTS_ONE = frozenset({"SSLV3_ALERT_HANDSHAKE_FAILURE", "UNEXPECTED_EOF_WHILE_READING"})


def of_certificate(code: int, verdict: str, security: Security) -> str:
    """The phone refused the server: ``code`` and ``verdict`` are OpenSSL's, or our own."""
    if code in UNKNOWN and not security.trusted:
        return f"the server's certificate is refused: {_NO_ONE}"
    remedy = f"; {_TRUST}" if code in UNKNOWN else ""
    return f"the server's certificate is refused: {verdict}{remedy}"


def of_handshake(reason: str, security: Security) -> str:
    """One side gave up: ``reason`` is OpenSSL's, such as TLSV1_ALERT_UNKNOWN_CA."""
    if reason in _VERSIONS:
        return f"no TLS version in common: this phone speaks {security.versions}{_old(security)}"
    said = _ALERTS.get(reason, f"TLS failed: {reason.replace('_', ' ').lower()}")
    if reason in _MAYBE_WANTS_ONE and security.pair is None:
        said += ", or it requires a client certificate and this phone shows none (--cert, --key)"
    return said + (_old(security) if said.startswith(_NONE_IN_COMMON) else "")


def _old(security: Security) -> str:
    """Phones that speak nothing newer need a server that still speaks it."""
    old = security.handshake.highest <= Version.TLS_1_1
    return "; it needs a listener for old phones (ringback serve --https …,legacy)" if old else ""


def of_status(what: str, security: Security) -> str:
    """An answer that is the way some servers ask for a certificate; empty when it is not."""
    if security.pair is None and (" answered 400" in what or " answered 403" in what):
        return "it may require a client certificate, and this phone shows none (--cert, --key)"
    return ""
