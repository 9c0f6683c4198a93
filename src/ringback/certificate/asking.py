"""A TLS engine on pyOpenSSL, for listeners that ask clients for a certificate. A door.

Python's ``ssl`` has no verify callback. On a listener that merely asks, a client whose authority
is unknown is cut off instead of counting as one without a certificate; on one that requires, all
that is left of a refused certificate is a number. pyOpenSSL shows every certificate of the chain
as it is judged, so the log can name the authority that is missing.

It carries an OpenSSL of its own (in the cryptography wheel), newer than most systems', and cheaper
for a handshake with certificates on both sides (docs/decisions/0005-tls-layer.md).

No session is ever resumed here: pyOpenSSL writes "verified" over the verdict of every certificate
that the callback lets pass, and a resumed session would bring that back without a second look.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate as RawCertificate
from OpenSSL import SSL, crypto

from ringback.certificate import certificate as certificates
from ringback.certificate import flight, tls
from ringback.certificate.certificate import Certificate
from ringback.certificate.pair import Pair
from ringback.certificate.pem import Block
from ringback.certificate.policy import Clients, Policy
from ringback.errors import CertificateError
from ringback.http.engine import Doubt, HandshakeError, Session

RECORD: Final = 16 * 1024
_READ: Final = 16 * 1024
_RELEASE_BUFFERS: Final = 0x10
"""SSL_MODE_RELEASE_BUFFERS of OpenSSL's ssl.h: an idle connection holds no record buffers."""
_UNKNOWN: Final = frozenset((2, 18, 19, 20, 21))
"""Verdicts that one more trusted authority would change."""
_HTTP: Final = b"http/1.1"
_MOST_NAMED: Final = 64
"""Authorities named in a certificate request, so that whoever has several certificates shows the
right one (RFC 5246 section 7.4.4). Half a list would be worse than none: it makes clients keep
theirs to themselves."""

Objection = tuple[int, int, crypto.X509]
"""Why a certificate was not believed, as a number of OpenSSL's x509_vfy.h; how far above the
client's own it stands in the chain; and which it is."""


def server_context(pair: Pair, policy: Policy, anchors: Sequence[Certificate]) -> SSL.Context:
    """A context for one listener that asks; the counterpart of ``tls.server_context``.

    Raises:
        UsageError: when there is no authority to trust.
        RefusedError: when OpenSSL does not take the pair.
    """
    tls.want_anchors(policy, anchors)
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    old = policy.legacy.old_versions
    context.set_min_proto_version(SSL.TLS1_VERSION if old else SSL.TLS1_2_VERSION)
    context.set_cipher_list(policy.legacy.ciphers.encode())
    context.set_options(
        SSL.OP_NO_RENEGOTIATION | SSL.OP_CIPHER_SERVER_PREFERENCE | SSL.OP_NO_TICKET
    )
    context.set_mode(_RELEASE_BUFFERS)
    context.set_session_id(b"ringback")
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    context.set_alpn_select_callback(_choose)
    store = context.get_cert_store()
    assert store is not None
    for each in anchors:
        store.add_cert(crypto.X509.from_cryptography(each.raw))
        if len(anchors) <= _MOST_NAMED:
            context.add_client_ca(each.raw)
    dates = tls.NO_CHECK_TIME if policy.legacy.expired_certificates else 0
    store.set_flags(crypto.X509StoreFlags.PARTIAL_CHAIN | dates)
    required = policy.clients is Clients.REQUIRE
    more = SSL.VERIFY_FAIL_IF_NO_PEER_CERT if required else 0
    context.set_verify(SSL.VERIFY_PEER | more, _judge(required=required))
    _load(context, pair)
    return context


def _choose(_: SSL.Connection, offered: list[bytes]) -> Any:
    """The protocol, or pyOpenSSL's word for "none of them, and no matter"."""
    return _HTTP if _HTTP in offered else SSL.NO_OVERLAPPING_PROTOCOLS


def _judge(*, required: bool) -> Callable[[SSL.Connection, crypto.X509, int, int, int], bool]:
    """What is told of each certificate of a chain; it goes on while True comes back."""

    def judge(
        connection: SSL.Connection, shown: crypto.X509, verdict: int, depth: int, fine: int
    ) -> bool:
        if not fine:
            connection.get_app_data().append((verdict, depth, shown))
        return bool(fine) or not required

    return judge


def _load(context: SSL.Context, pair: Pair) -> None:
    try:
        context.use_certificate(pair.certificate.raw)
        for each in pair.chain:
            context.add_extra_chain_cert(each.raw)
        context.use_privatekey(pair.key.raw)
        context.check_privatekey()
    except (SSL.Error, crypto.Error) as error:
        raise tls.not_taken(pair, _reason(error)) from error


class Engine:
    """TLS of one connection, as ``http.engine`` describes it."""

    __slots__ = ("_heard", "_objections", "_required", "_tls", "over")

    def __init__(self, context: SSL.Context, *, required: bool) -> None:
        self._tls = SSL.Connection(context, None)
        self._tls.set_accept_state()
        self._objections: list[Objection] = []
        self._tls.set_app_data(self._objections)
        self._required = required
        self._heard: list[bytes] = []
        self.over = False

    def shake(self, data: bytes) -> Session | None:
        """Go on with the handshake."""
        self._heard.append(data)
        self._tls.bio_write(data)
        try:
            self._tls.do_handshake()
        except SSL.WantReadError:
            return None
        except SSL.Error as error:
            raise self._refusal(error) from error
        session = self._session()
        if self._required and not session.verified:
            raise HandshakeError("no certificate that is believed", doubt=session.doubt)
        self._heard, self._objections = [], []
        return session

    def _session(self) -> Session:
        doubt = self._doubt()
        shown = self._tls.get_peer_certificate()
        return Session(
            self._tls.get_protocol_version_name(),
            self._tls.get_cipher_name() or "",
            self._tls.get_cipher_bits() or 0,
            crypto.dump_certificate(crypto.FILETYPE_ASN1, shown) if shown else None,
            verified=shown is not None and doubt is None,
            doubt=doubt,
            hello=self._heard[0],
        )

    def _refusal(self, error: SSL.Error) -> HandshakeError:
        doubt = self._doubt()
        why = "the client's certificate is not believed" if doubt else _reason(error)
        version = self._tls.get_protocol_version_name()
        return HandshakeError(why, version=version if version != "Unknown" else "", doubt=doubt)

    def _doubt(self) -> Doubt | None:
        """The evidence on what was wrong with a certificate, if anything was."""
        if not self._objections:
            return None
        verdict, depth, wrong = self._objections[0]
        where = wrong.to_cryptography()
        own = where if depth == 0 else self._tls.get_peer_certificate(as_cryptography=True)
        der = own.public_bytes(Encoding.DER) if own else flight.leaf(b"".join(self._heard))
        subject, issuer = _names(der) if der else ("", "")
        if not issuer and depth == 1:
            issuer = _spell(where, issuer=False)
        anchor = _spell(where, issuer=True) if verdict in _UNKNOWN else ""
        why = tls.VERDICTS.get(verdict, f"OpenSSL's verdict {verdict}")
        return Doubt(why, subject, issuer, anchor, der or b"")

    def feed(self, data: bytes) -> None:
        """Bytes from the network."""
        self._tls.bio_write(data)

    def read(self) -> bytes:
        """What the client said."""
        try:
            return self._tls.recv(RECORD)
        except SSL.WantReadError:
            return b""
        except SSL.ZeroReturnError:
            self.over = True
            return b""
        except SSL.Error as error:
            raise HandshakeError(_reason(error)) from error

    def write(self, data: bytes | memoryview) -> None:
        """Say something; pyOpenSSL takes one record's worth at a time."""
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[self._tls.send(rest) :]
        except SSL.Error as error:
            raise HandshakeError(_reason(error)) from error

    def finish(self) -> None:
        """Say goodbye."""
        try:
            self._tls.shutdown()
        except SSL.Error:
            return

    def take(self) -> bytes:
        """Bytes for the network."""
        out = b""
        while True:
            try:
                piece = self._tls.bio_read(_READ)
            except SSL.WantReadError:
                return out
            out += piece
            if len(piece) < _READ:
                return out


def _reason(error: Exception) -> str:
    """OpenSSL's words for what went wrong."""
    found = error.args[0] if error.args else ""
    if isinstance(found, list) and found:
        return tls.plain_words(found[-1][2])
    return tls.plain_words(str(error) or type(error).__name__)


def _names(der: bytes) -> tuple[str, str]:
    """Subject and issuer; empty when it is so odd that OpenSSL alone can read it."""
    try:
        leaf = certificates.open_block(Block("CERTIFICATE", der))
    except CertificateError:
        return "", ""
    return certificates.spell(leaf.subject), certificates.spell(leaf.issuer)


def _spell(shown: RawCertificate, *, issuer: bool) -> str:
    try:
        return certificates.spell(shown.issuer if issuer else shown.subject)
    except ValueError:
        return ""
