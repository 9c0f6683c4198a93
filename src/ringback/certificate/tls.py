"""TLS contexts from values: for our listeners, and for the virtual phone. A door (``ssl``).

Keys go from memory to OpenSSL through a file that exists in memory only (``memfd``): Python can
load them from files alone, and a pair that is read once cannot change between two looks.
Listeners get their engines from ``kept``.

Tried: ``verify_flags`` takes X509_V_FLAG_NO_CHECK_TIME, though ``ssl`` has no name for it, and
then dates are ignored for the whole chain; ``inspection`` puts them back for our own. A session
resumed by ticket (TLS 1.2) shows the certificate it began with, so the second look sees it too.
Python cannot put the names of authorities into a certificate request; ``asking`` does.
"""

import os
import ssl
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from ringback import clock
from ringback.certificate import acceptance
from ringback.certificate import certificate as certificates
from ringback.certificate.certificate import Certificate
from ringback.certificate.pair import Pair
from ringback.certificate.pem import Block
from ringback.certificate.policy import Clients, Policy
from ringback.cisco.handshake import Handshake, Version
from ringback.errors import CertificateError, RefusedError, UsageError

_DER: Final = 2
"""ENCODING_DER of the ``_ssl`` module."""
NO_CHECK_TIME: Final = 0x200000
"""X509_V_FLAG_NO_CHECK_TIME of OpenSSL's x509_vfy.h."""
_MODES: Final = {
    Clients.NONE: ssl.CERT_NONE,
    Clients.ASK: ssl.CERT_OPTIONAL,
    Clients.REQUIRE: ssl.CERT_REQUIRED,
}
_VERSIONS: Final = {
    Version.TLS_1_0: ssl.TLSVersion.TLSv1,
    Version.TLS_1_1: ssl.TLSVersion.TLSv1_1,
    Version.TLS_1_2: ssl.TLSVersion.TLSv1_2,
    Version.TLS_1_3: ssl.TLSVersion.TLSv1_3,
}
_OTHER_REASON: Final = 1
"""X509_V_ERR_UNSPECIFIED: the words say it."""
"""Where a session keeps who its client is."""
VERDICTS: Final[Mapping[int, str]] = {
    9: "the certificate is not valid yet",
    10: "the certificate has expired",
    18: "the certificate signed itself",
    19: "the chain ends at a root that is not trusted here",
    20: "the authority that signed it is not known here",
    21: "the authority that signed it is not known here",
    23: "the certificate was revoked",
    24: "an authority in the chain may not sign certificates",
    25: "the chain is longer than an authority in it allows",
    26: "the certificate is for another purpose",
    66: "its key is too short",
    67: "a key in the chain is too short",
    68: "a digest in the chain is too weak",
}
"""Why a certificate is not believed, by the numbers of OpenSSL's x509_vfy.h."""


def server_context(
    pair: Pair, policy: Policy, anchors: Sequence[Certificate] = ()
) -> ssl.SSLContext:
    """A context for one listener; ``anchors`` are the authorities whose clients it trusts.

    Raises:
        UsageError: when clients are asked and there is no authority to trust.
        RefusedError: when OpenSSL does not take the pair.
    """
    want_anchors(policy, anchors)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if policy.legacy.old_versions:
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers(policy.legacy.ciphers)
    context.num_tickets = 0  # phones come once an hour: a ticket costs more than it saves
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
    context.set_alpn_protocols(["http/1.1"])
    context.verify_mode = _MODES[policy.clients]
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    if policy.legacy.expired_certificates:
        context.verify_flags |= NO_CHECK_TIME
    _trust(context, anchors)
    _load(context, pair)
    return context


def want_anchors(policy: Policy, anchors: Sequence[Certificate]) -> None:
    """Nobody can be asked for a certificate that nothing would make believed.

    Raises:
        UsageError: when clients are asked and there is no authority to trust.
    """
    if policy.clients is not Clients.NONE and not anchors:
        raise UsageError(
            f"a listener with client={policy.clients} and no authority to trust",
            remedy="name one with --client-ca, or make one: ringback cert authority create",
        )


class _PhoneConnection(ssl.SSLObject):
    """A handshake that is not done before the phone itself is content."""

    def do_handshake(self) -> None:
        super().do_handshake()
        context = self.context
        assert isinstance(context, PhoneContext)
        try:
            path = [certificates.open_block(Block("CERTIFICATE", der)) for der in self._chain()]
        except CertificateError as error:
            raise _refusal(str(error)) from error
        host = self.server_hostname or ""
        for problem in acceptance.after_handshake(path, host, context.handshake, context.now()):
            raise _refusal(str(problem))

    def _chain(self) -> Sequence[bytes]:
        """The chain that OpenSSL verified, leaf first; public in Python 3.13, there before."""
        public = getattr(self, "get_verified_chain", None)
        if public is not None:
            found: Sequence[bytes] = public()
            return found
        inner: Any = self
        chain = inner._sslobj.get_verified_chain()  # noqa: SLF001 (the only way until 3.13)
        return [each.public_bytes(_DER) for each in chain]


def _refusal(what: str) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, what)
    error.verify_code, error.verify_message = _OTHER_REASON, what
    return error


class PhoneContext(ssl.SSLContext):
    """A context that knows what kind of phone it is."""

    handshake: Handshake
    now: Callable[[], float]
    sslobject_class = _PhoneConnection


def phone_context(
    handshake: Handshake,
    trusted: Sequence[Certificate],
    pair: Pair | None = None,
    *,
    lowest: Version | None = None,
    ciphers: str = "",
    now: Callable[[], float] = clock.now,
) -> ssl.SSLContext:
    """A phone's context: what its generation speaks, whom it trusts, what it shows of itself.

    ``lowest`` is ``TLS_Min_Version``, ``ciphers`` is ``TLS_Cipher_List``; one that names nothing
    usable counts as not given, as the phone says. The handshake ends with the phone's own checks
    (``after_handshake``), before a byte of a request is sent: dates, by the phone's clock and not
    this machine's, name, digest and key. A refusal is an ``ssl.SSLCertVerificationError`` as
    OpenSSL's own are.
    """
    context = PhoneContext(ssl.PROTOCOL_TLS_CLIENT)
    context.handshake, context.now = handshake, now
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED
    context.verify_flags |= NO_CHECK_TIME
    _set_versions(context, max(lowest or handshake.lowest, handshake.lowest), handshake.highest)
    _set_ciphers(context, ciphers, handshake.ciphers)
    _trust(context, trusted)
    if pair is not None:
        _load(context, pair)
    return context


def _set_versions(context: ssl.SSLContext, lowest: Version, highest: Version) -> None:
    with warnings.catch_warnings():  # TLS 1.0 and 1.1 are what these phones speak
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = _VERSIONS[lowest]
        context.maximum_version = _VERSIONS[highest]


def _set_ciphers(context: ssl.SSLContext, wanted: str, usual: str) -> None:
    for each in filter(None, (wanted, usual)):
        try:
            context.set_ciphers(f"{each}:@SECLEVEL=0")
        except ssl.SSLError:
            continue
        return
    raise UsageError(f"OpenSSL has none of the suites {usual!r}", remedy="another OpenSSL")


def explain(error: ssl.SSLError) -> str:
    """Why a handshake failed, in plain words; OpenSSL's where we have none."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return VERDICTS.get(error.verify_code, error.verify_message)
    return plain_words(error.reason or str(error))


def plain_words(reason: str) -> str:
    """A reason of OpenSSL's, as a line of the log has it."""
    return f"TLS: {reason.replace('_', ' ').lower()}"


def not_taken(pair: Pair, why: str) -> RefusedError:
    """The error for a pair that OpenSSL will not serve."""
    return RefusedError(
        f"OpenSSL does not take the certificate {pair.certificate}: {why}",
        remedy="an RSA key of 2048 bits or more, signed with SHA-256",
    )


def _trust(context: ssl.SSLContext, anchors: Sequence[Certificate]) -> None:
    if anchors:
        context.load_verify_locations(cadata=b"".join(each.der() for each in anchors))


def _load(context: ssl.SSLContext, pair: Pair) -> None:
    try:
        with _in_memory(bytes(pair)) as path:
            context.load_cert_chain(path)
    except ssl.SSLError as error:
        raise not_taken(pair, explain(error)) from error


@contextmanager
def _in_memory(data: bytes) -> Iterator[str]:
    """A path to ``data`` that no other user can open and no disk ever holds."""
    handle = os.memfd_create("pair", os.MFD_CLOEXEC)
    try:
        os.write(handle, data)
        yield f"/proc/self/fd/{handle}"
    finally:
        os.close(handle)
