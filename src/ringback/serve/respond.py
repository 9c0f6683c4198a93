"""Respond to a web request: who asks, what that entitles to, and the file, script or template.

The order is the point. First the certificate (of the handshake, or of a trusted proxy's word),
then admission, and only then anything is looked for. A file comes straight from memory; a script
or a template is awaited. Whoever is refused gets the same answer as for a file that is not there.
"""

import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from cryptography import x509
from cryptography.x509.oid import NameOID

from ringback import clock
from ringback.certificate.inspection import Inspection, Presented
from ringback.certificate.subject import Bearer, bearer
from ringback.cisco.agent import Agent
from ringback.dynamic.asked import Evidence, Seat
from ringback.dynamic.facts import told
from ringback.dynamic.gateway import Gateway
from ringback.dynamic.page import Page, failed
from ringback.dynamic.workshop import Workshop
from ringback.errors import MalformedError, NotFoundError, RefusedError, RingbackError
from ringback.files.root import File
from ringback.http.answer import NOT_FOUND, Answer, plain
from ringback.http.engine import Session
from ringback.http.forwarded import Forwarded, Trust
from ringback.http.hush import Hush
from ringback.http.request import Request
from ringback.http.tlv import Tls
from ringback.operations.answer import Answering
from ringback.operations.guard import Guard, StaleError
from ringback.provisioning.admission import Channel
from ringback.provisioning.evidence import NOTHING, PREFIX, QUERY, Offer, part
from ringback.provisioning.identity import Identity
from ringback.serve.intake import UPLOADS, Intake
from ringback.serve.pausing import Pausing
from ringback.store.pantry import Ready

_MOST_LOCAL = 4
"""Times a script may send us on to another path of our own."""
_MOST_KNOWN = 8192
"""Certificates remembered, at 1.5 KB each, and paths of templates."""
_MOST_AGENTS = 1024
"""User-Agent lines remembered."""


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
class Responding:
    """What every web listener shares."""

    answering: Answering
    workshop: Workshop
    gateway: Gateway | None
    trust: Trust
    hush: Hush
    intake: Intake | None = None
    """Where uploads go; None takes none."""
    pausing: Pausing = field(default_factory=Pausing)

    def at(
        self, seat: Seat, inspection: Callable[[], Inspection], server: Callable[[], bytes]
    ) -> "Door":
        """The responder of one listener.

        ``inspection`` tells how certificates are looked at, ``server`` is the DER we show.
        """
        return Door(self, seat, inspection, server)


@dataclass(frozen=True, slots=True)
class Door:
    """Responds to the requests of one listener."""

    shared: Responding
    seat: Seat
    inspection: Callable[[], Inspection]
    server: Callable[[], bytes]
    known: dict[bytes, Known] = field(default_factory=dict)
    """By the DER of the certificate."""
    rendered: set[str] = field(default_factory=set)
    """Paths that a template answered: there we look for a file with one glance only."""

    def __call__(self, request: Request) -> Answer | Awaitable[Answer]:
        """Answer at once, or with an awaitable when something has to be run.

        Raises:
            NotFoundError, RefusedError: for the uniform refusal.
        """
        shared, answering = self.shared, self.shared.answering
        if request.tls is None and not shared.trust.proxies:
            if not answering.admission.bind_devices and answering.find is None:
                return self._respond(request, None)
            identity = Identity(request.address, agent=request.agent)
            asker = Asker(identity, Channel.PLAIN)
        else:
            asker = self._asker(request)
        if answering.find is None or request.method not in ("GET", "HEAD"):
            answering.admit(request.path, request.query, asker.identity, asker.channel)
            return self._respond(request, asker)
        offer = _offer(request)
        try:
            return self._prepared(request, asker, offer)
        except (NotFoundError, RefusedError) as error:
            if answering.guard is None:
                raise
            return self._refuse(answering.guard, request, asker, offer, error)

    def _prepared(self, request: Request, asker: Asker, offer: Offer) -> Answer | Awaitable[Answer]:
        """A release's file, or whatever else is at that path."""
        answering, client = self.shared.answering, (request.address, request.port)
        ready = answering.ready(request.path, asker.identity, asker.channel, client, offer)
        if ready is not None:
            return prepared(ready)
        answering.admit(request.path, request.query, asker.identity, asker.channel)
        return self._respond(request, asker)

    def _refuse(
        self, guard: Guard, request: Request, asker: Asker, offer: Offer, error: RingbackError
    ) -> Answer | Awaitable[Answer]:
        """The uniform refusal: 404, or a challenge where digest is on; later for who guesses."""
        path, _ = part(request.path)
        asked = f"{path}?{request.query}" if request.query else path
        guard.refused(asked, asker.identity)
        challenge = guard.challenge(asked, offer, stale=isinstance(error, StaleError))
        why = f"{error}: {getattr(error, 'why', '')}".removesuffix(": ")
        answer = NOT_FOUND._replace(why=why)
        if challenge:
            answer = plain(401, why=why, headers=(("WWW-Authenticate", challenge),))
        pause = guard.pause(asked, asker.identity)
        return self.shared.pausing.later(pause, answer) if pause else answer

    def _respond(self, request: Request, asker: Asker | None) -> Answer | Awaitable[Answer]:
        shared = self.shared
        if shared.gateway is not None and shared.gateway.wants(request.path):
            return self._run(shared.gateway, request, asker)
        if request.method in UPLOADS and shared.intake is not None:
            sender = asker or Asker(Identity(request.address, request.agent), Channel.PLAIN)
            return shared.intake.take(request, sender.identity, sender.channel)
        if request.method not in ("GET", "HEAD"):
            return Answer(405, b"Method Not Allowed\n", headers=(("Allow", "GET, HEAD"),))
        path, workshop = request.path, shared.workshop
        if path in self.rendered and workshop.folder.mark(path) is None:
            template = workshop.find(path)
            if template is not None:
                return self._render(request, asker, template)
        try:
            who = asker.identity if asker else None
            return as_answer(shared.answering.file_for(path, who, (request.address, request.port)))
        except NotFoundError:
            template = workshop.find(path)
            if template is None:
                raise
        if len(self.rendered) >= _MOST_KNOWN:
            self.rendered.clear()
        self.rendered.add(path)
        return self._render(request, asker, template)

    async def _run(self, gateway: Gateway, request: Request, asker: Asker | None) -> Answer:
        """The page of a script, or of whatever path of our own it sends us on to."""
        evidence = _evidence(asker)
        request = _as_asked_by(request, asker)
        for _ in range(_MOST_LOCAL):
            page = await gateway.answer(request, evidence, self.seat)
            if not page.local:
                return from_page(page)
            path, _, query = page.local.partition("?")
            request = request._replace(path=path, raw_path=path, query=query, method="GET")
            identity = asker.identity if asker else Identity(request.address, request.agent)
            channel = asker.channel if asker else Channel.PLAIN
            self.shared.answering.admit(path, query, identity, channel)
            if not gateway.wants(path):
                found = self._respond(request, asker)
                return found if isinstance(found, Answer) else await found
        return from_page(failed(500, f"{request.path}: scripts send us on and on"))

    async def _render(self, request: Request, asker: Asker | None, template: str) -> Answer:
        named = asker.named if asker else None
        facts = told(
            _as_asked_by(request, asker),
            asker.client if asker else b"",
            agent=_agent_says(request.agent),
            bearer=_bearer_says(named) if named else None,
        )
        return from_page(await self.shared.workshop.answer(request.path, facts, template))

    # -- who asks

    def _asker(self, request: Request) -> Asker:
        """Who is at the other end: by its handshake, or by the word of a proxy we trust.

        Raises:
            RefusedError: for a certificate that was revoked, is out of date or too weak.
        """
        try:
            if isinstance(request.tls, Session):
                return self._shaken(request, request.tls)
            if isinstance(request.tls, Tls):
                return self._introduced(request, request.tls)
            said = self.shared.trust.read(request.address, request.scheme, request.headers)
            self._warn(request, said)
            return self._vouched(request, said)
        except (RefusedError, MalformedError) as error:
            why = getattr(error, "who", "") or "-"
            self.shared.answering.warn(
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
        if said.warning and self.shared.hush.hear(request.address, clock.monotonic()):
            self.shared.answering.warn(f"warning {request.address}: {said.warning}")


def _offer(request: Request) -> Offer:
    """What a request brings along as evidence besides a certificate; most bring nothing."""
    authorization = request.headers.get(b"authorization")
    if authorization is None and not request.path.startswith(PREFIX) and QUERY not in request.query:
        return NOTHING
    _, token = part(request.path, request.query)
    given = (authorization or b"").decode("latin-1")
    return Offer(token, given, request.method, request.target)


@lru_cache(maxsize=_MOST_AGENTS)
def _agent_says(line: str) -> Mapping[str, str]:
    """What a User-Agent line says, as templates have it."""
    agent = Agent.parse(line)
    return {
        "manufacturer": agent.manufacturer,
        "product": agent.product,
        "firmware": agent.firmware,
        "mac": str(agent.mac or ""),
        "serial": agent.serial,
    }


def _bearer_says(named: Bearer) -> Mapping[str, str]:
    return {"product": named.product, "mac": str(named.mac or ""), "serial": named.serial}


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
        address, agent, named.certificate,
        phone.mac if phone else None, phone.product if phone else "", phone.serial if phone else "",
    )  # fmt: skip
    return Asker(identity, channel, evidence, phone, named.der)


def _evidence(asker: Asker | None) -> Evidence | None:
    return asker.evidence() if asker is not None and asker.evidence is not None else None


def _as_asked_by(request: Request, asker: Asker | None) -> Request:
    """The request with its client's address, where a trusted proxy stands between."""
    if asker is None or asker.identity.address == request.address:
        return request
    return request._replace(address=asker.identity.address, port=0)


def as_answer(file: File) -> Answer:
    """A file as it goes out."""
    return Answer(200, file.data, file.content_type, etag=file.etag, modified=file.modified)


def prepared(ready: Ready) -> Answer:
    """A prepared file as it goes out."""
    coding = (("Content-Encoding", ready.encoding),) if ready.encoding else ()
    return Answer(
        200, ready.data, ready.content_type, coding, etag=ready.etag, modified=ready.modified
    )


def from_page(page: Page) -> Answer:
    """What a script or a template made, as it goes out."""
    return Answer(page.status, page.body, page.content_type, page.headers, why=page.why)
