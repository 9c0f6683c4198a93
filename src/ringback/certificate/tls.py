"""TLS contexts from values: for our listeners, and for the virtual phone. A door (``ssl``).

Keys go from memory to OpenSSL through a file that exists in memory only (``memfd``): Python can
load them from files alone, and a pair that is read once cannot change between two looks. A new
pair is loaded into a scratch context first, because a failed load ruins a live one; connections
that stand are not touched.

Tried: ``verify_flags`` takes X509_V_FLAG_NO_CHECK_TIME, though ``ssl`` has no name for it, and
then dates are ignored for the whole chain; ``inspection`` puts them back for our own. A session
resumed by ticket (TLS 1.2) shows the certificate it began with, so the second look sees it too.
Rejected: the list of authorities in the certificate request (phones ignore it, and a list of
vendors tells strangers whom we trust).
"""

import os
import ssl
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from ringback import clock
from ringback.certificate import acceptance, key
from ringback.certificate import certificate as certificates
from ringback.certificate.certificate import Certificate
from ringback.certificate.inspection import Inspection, Presented
from ringback.certificate.pair import Pair
from ringback.certificate.pem import Block
from ringback.certificate.policy import Clients, Policy
from ringback.cisco.handshake import Handshake, Version
from ringback.errors import CertificateError, RefusedError, UsageError

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
_VERDICTS: Final = {
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


def server_context(
    pair: Pair, policy: Policy, anchors: Sequence[Certificate] = ()
) -> ssl.SSLContext:
    """A context for one listener; ``anchors`` are the authorities whose clients it trusts.

    Raises:
        UsageError: when clients are asked and there is no authority to trust.
        RefusedError: when OpenSSL does not take the pair.
    """
    if policy.clients is not Clients.NONE and not anchors:
        raise UsageError(
            f"a listener with client={policy.clients} and no authority to trust",
            remedy="name one with --client-ca, or make one: ringback cert authority create",
        )
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


class _PhoneConnection(ssl.SSLObject):
    """A handshake that is not done before the phone itself is content."""

    def do_handshake(self) -> None:
        super().do_handshake()
        context = self.context
        assert isinstance(context, PhoneContext)
        der = self.getpeercert(binary_form=True) or b""
        try:
            leaf = certificates.open_block(Block("CERTIFICATE", der))
        except CertificateError as error:
            raise _refusal(str(error)) from error
        host = self.server_hostname or ""
        for problem in acceptance.after_handshake(leaf, host, context.handshake, context.now()):
            raise _refusal(str(problem))


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
    of name, digest and key (``after_handshake``), before a byte of a request is sent; a refusal
    is an ``ssl.SSLCertVerificationError`` as OpenSSL's own are.
    """
    context = PhoneContext(ssl.PROTOCOL_TLS_CLIENT)
    context.handshake, context.now = handshake, now
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED
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


def client_of(
    connection: ssl.SSLObject | ssl.SSLSocket, inspection: Inspection, now: float
) -> Presented | None:
    """Who is at the other end of a handshake; None when it showed no certificate.

    Raises:
        RefusedError, CertificateError: as ``Inspection.inspect``.
    """
    der = connection.getpeercert(binary_form=True)
    return inspection.inspect(der, now) if der else None


class Kept:
    """A listener's context that can take a new pair while it serves."""

    def __init__(
        self, read: Callable[[], Pair], policy: Policy, anchors: Sequence[Certificate] = ()
    ) -> None:
        self._read, self._policy, self._anchors = read, policy, tuple(anchors)
        self.pair = read()
        self.context = server_context(self.pair, policy, anchors)

    def reload(self) -> bool:
        """Read the pair again; from the next handshake on it is served. False: it is the same.

        Raises:
            RingbackError: when the new pair is unfit; the old one goes on being served.
        """
        new = self._read()
        if bytes(new) == bytes(self.pair):
            return False
        _same_kind(self.pair, new)
        server_context(new, self._policy, self._anchors)
        _load(self.context, new)
        self.pair = new
        return True


def _same_kind(old: Pair, new: Pair) -> None:
    """OpenSSL keeps a pair per kind of key: after RSA for ECDSA, both would be served."""
    before, after = (key.describe(each.key.public).split()[0] for each in (old, new))
    if before != after:
        what = f"the new key is {after} and the served one is {before}"
        raise RefusedError(what, remedy="restart to change the kind of key")


def explain(error: ssl.SSLError) -> str:
    """Why a handshake failed, in plain words; OpenSSL's where we have none."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _VERDICTS.get(error.verify_code, error.verify_message)
    reason = (error.reason or str(error)).replace("_", " ").lower()
    return f"TLS: {reason}"


def _trust(context: ssl.SSLContext, anchors: Sequence[Certificate]) -> None:
    if anchors:
        context.load_verify_locations(cadata=b"".join(each.der() for each in anchors))


def _load(context: ssl.SSLContext, pair: Pair) -> None:
    try:
        with _in_memory(bytes(pair)) as path:
            context.load_cert_chain(path)
    except ssl.SSLError as error:
        raise RefusedError(
            f"OpenSSL does not take the certificate {pair.certificate}: {explain(error)}",
            remedy="an RSA key of 2048 bits or more, signed with SHA-256",
        ) from error


@contextmanager
def _in_memory(data: bytes) -> Iterator[str]:
    """A path to ``data`` that no other user can open and no disk ever holds."""
    handle = os.memfd_create("pair", os.MFD_CLOEXEC)
    try:
        os.write(handle, data)
        yield f"/proc/self/fd/{handle}"
    finally:
        os.close(handle)
