"""Respond to a web request: who asks, what that entitles to, and the file, script or template.

The order is the point. First the certificate (of the handshake, or of a trusted proxy's word),
then admission, and only then anything is looked for. A file comes straight from memory; a script
or a template is awaited. Whoever is refused gets the same answer as for a file that is not there.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from ringback.certificate.inspection import Inspection
from ringback.certificate.subject import Bearer
from ringback.cisco.agent import Agent
from ringback.dynamic.asked import Evidence, Seat
from ringback.dynamic.facts import told
from ringback.dynamic.gateway import Gateway
from ringback.dynamic.page import Page, failed
from ringback.dynamic.workshop import Workshop
from ringback.errors import NotFoundError, RefusedError, RingbackError
from ringback.files.root import File
from ringback.http.answer import NOT_FOUND, Answer, plain
from ringback.http.forwarded import Trust
from ringback.http.hush import Hush
from ringback.http.request import Request
from ringback.operations.answer import Answering
from ringback.operations.guard import Guard, StaleError
from ringback.provisioning.admission import Channel
from ringback.provisioning.evidence import NOTHING, PREFIX, QUERY, Offer, part
from ringback.provisioning.identity import Identity
from ringback.serve.asker import Asker, Asking, in_clear
from ringback.serve.intake import UPLOADS, Intake
from ringback.serve.pausing import Pausing
from ringback.store.pantry import Ready

_MOST_LOCAL = 4
"""Times a script may send us on to another path of our own."""
_MOST_KNOWN = 8192
"""Paths of templates remembered."""
_MOST_AGENTS = 1024
"""User-Agent lines remembered."""


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
        asking = Asking(self.trust, self.hush, self.answering.warn, inspection, server)
        return Door(self, seat, asking)


@dataclass(frozen=True, slots=True)
class Door:
    """Responds to the requests of one listener."""

    shared: Responding
    seat: Seat
    asking: Asking
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
            asker = in_clear(request.address, request.agent)
        else:
            asker = self.asking.ask(request)
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
            sender = asker or in_clear(request.address, request.agent)
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
