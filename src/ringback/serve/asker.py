"""Who is at the other end of a web request: by its handshake, or by the word of a proxy we trust.

A certificate that passed inspection is remembered: a closer look costs as much as a whole answer
in clear. What passed is looked at again when the revocation list changed or it has expired.
"""

import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

from cryptography import x509
from cryptography.x509.oid import NameOID

from ringback import clock
from ringback.certificate.inspection import Inspection, Presented
from ringback.certificate.subject import Bearer, bearer
from ringback.dynamic.asked import Evidence
from ringback.errors import MalformedError, RefusedError
from ringback.http.engine import Session
from ringback.http.forwarded import Forwarded, Trust
from ringback.http.hush import Hush
from ringback.http.request import Request
from ringback.http.tlv import Tls
from ringback.provisioning.admission import Channel
from ringback.provisioning.identity import Identity

_USUAL = 256
"""Characters of a User-Agent line up to which whoever sends it is remembered."""
_LONGEST = 1024
"""Characters of it that are kept with what waits for the ledger: no phone says as many."""
_MOST_KNOWN = 8192
"""Certificates remembered, at 1.5 KB each."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Whoever is at the other end of one request, as far as it is known."""

    identity: Identity
    channel: Channel
    evidence: Callable[[], Evidence] | None = None
    """All that TLS proved; put together only for scripts, which are told it."""
    named: Bearer | None = None
    client: bytes = b""
    """DER of a certificate that is believed."""


def in_clear(address: str, agent: str) -> Asker:
    """Whoever asks without TLS; a phone comes again, and for several files."""
    return _usual(address, agent) if len(agent) <= _USUAL else _plain(address, agent)


@lru_cache(maxsize=16_384)
def _usual(address: str, agent: str) -> Asker:
    return _plain(address, agent)


def _plain(address: str, agent: str) -> Asker:
    return Asker(Identity(address, agent[:_LONGEST]), Channel.PLAIN)


@dataclass(frozen=True, slots=True)
class Named:
    """What a certificate says of whoever showed it; nothing, when none was believed."""

    certificate: str = ""
    bearer: Bearer | None = None
    der: bytes = b""


@dataclass(frozen=True, slots=True)
class Known:
    """A certificate that passed inspection, which need not be repeated."""

    named: Named
    inspection: Inspection
    """What it passed; a new revocation list makes a new one."""
    since: float
    until: float
    """When the certificate expires; beyond it we look again."""


@dataclass(frozen=True, slots=True)
class Asking:
    """Finds out who asks, at one listener.

    ``inspection`` tells how certificates are looked at, ``server`` is the DER we show, ``warn``
    takes a line for the log.
    """

    trust: Trust
    hush: Hush
    warn: Callable[[str], None]
    inspection: Callable[[], Inspection]
    server: Callable[[], bytes]
    known: dict[bytes, Known] = field(default_factory=dict)
    """By the DER of the certificate."""

    def ask(self, request: Request) -> Asker:
        """Who is at the other end: by its handshake, or by the word of a proxy we trust.

        Raises:
            RefusedError: for a certificate that was revoked, is out of date or too weak.
        """
        try:
            if isinstance(request.tls, Session):
                return self._shaken(request, request.tls)
            if isinstance(request.tls, Tls):
                return self._introduced(request, request.tls)
            said = self.trust.read(request.address, request.scheme, request.headers)
            self._warn(request, said)
            return self._vouched(request, said)
        except (RefusedError, MalformedError) as error:
            why = getattr(error, "who", "") or "-"
            self.warn(
                f"warning refused: {request.target!r}, {error}: address={request.address} "
                f"certificate={why} agent={request.agent or '-'}"
            )
            raise RefusedError("certificate refused", why=str(error)) from error

    def _shaken(self, request: Request, session: Session) -> Asker:
        def evidence() -> Evidence:
            return Evidence.of(session, server=self.server(), software=ssl.OPENSSL_VERSION)

        named = self._named(session)
        return _asker(request.address, request.agent, Channel.TLS, named, evidence)

    def _named(self, session: Session) -> Named:
        """Who shook hands. A closer look costs as much as a whole answer in clear: one will do."""
        der = session.proven
        if der is None:
            return Named()
        inspection, now = self.inspection(), clock.now()
        found = self.known.get(der)
        if found and found.inspection is inspection and found.since <= now < found.until:
            return found.named
        shown = inspection.inspect(der, now)
        if len(self.known) >= _MOST_KNOWN:
            self.known.clear()
        named = _named(shown)
        self.known[der] = Known(named, inspection, now, shown.certificate.not_after)
        return named

    def _introduced(self, request: Request, tls: Tls) -> Asker:
        """A proxy's PROXY header speaks of the TLS it ended."""
        if tls.verified and tls.certificate:
            shown = self.inspection().inspect(tls.certificate, clock.now())
            evidence = Evidence(client=tls.certificate, protocol=tls.version)
            return _asker(
                request.address, request.agent, Channel.TLS, _named(shown), lambda: evidence
            )
        name = x509.NameAttribute(NameOID.COMMON_NAME, tls.common_name) if tls.common_name else None
        named = bearer(x509.Name([name])) if tls.verified and name else None
        identity = Identity(
            request.address, request.agent, f"CN={tls.common_name}" if named else "",
            named.mac if named else None, named.product if named else "",
            named.serial if named else "",
        )  # fmt: skip
        return Asker(identity, Channel.TLS, lambda: Evidence(protocol=tls.version), named)

    def _vouched(self, request: Request, said: Forwarded) -> Asker:
        """A proxy's headers speak of its client."""
        channel = Channel.TLS if said.scheme == "https" else Channel.PLAIN
        shown = self.inspection().inspect(said.proven, clock.now()) if said.proven else None
        evidence = Evidence(client=said.proven or b"")
        made = (lambda: evidence) if channel is Channel.TLS else None
        return _asker(said.address, request.agent, channel, _named(shown), made)

    def _warn(self, request: Request, said: Forwarded) -> None:
        if said.warning and self.hush.hear(request.address, clock.monotonic()):
            self.warn(f"warning {request.address}: {said.warning}")


def _named(shown: Presented | None) -> Named:
    if shown is None:
        return Named()
    return Named(str(shown.certificate), shown.bearer, shown.certificate.der())


def _asker(
    address: str,
    agent: str,
    channel: Channel,
    named: Named,
    evidence: Callable[[], Evidence] | None,
) -> Asker:
    phone = named.bearer
    identity = Identity(
        address, agent[:_LONGEST], named.certificate,
        phone.mac if phone else None, phone.product if phone else "", phone.serial if phone else "",
    )  # fmt: skip
    return Asker(identity, channel, evidence, phone, named.der)
