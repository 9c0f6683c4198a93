"""The counter: what our listeners would answer, asked over no network.

A question goes the very way that a request goes: the phone's own HTTP errand writes it, the
listener's own responder (``respond``) judges certificate and admission and finds the bytes, and
the errand judges the answer, redirects and challenges included; a TFTP read goes through the
function that the TFTP server is given. What is missing is the wire alone.

Whoever is asked is taken to be us, whatever its name: names lead to servers by a DNS that is not
ours to ask. Hosts that are known to be somebody else's are not asked, and said to be.

Each question leaves a ``Note`` with what only the server knows: which document it was, of which
release, or why nothing was given.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from http import HTTPStatus
from types import TracebackType
from typing import Any, Final

from ringback.certificate import acceptance
from ringback.certificate.certificate import Certificate
from ringback.certificate.inspection import Inspection
from ringback.certificate.policy import Clients
from ringback.cisco.handshake import Version
from ringback.dynamic.asked import Seat
from ringback.dynamic.folder import Folder
from ringback.dynamic.workshop import Workshop
from ringback.errors import Failure, NotFoundError, RefusedError, TransferError
from ringback.files.name import content_type
from ringback.files.root import File, Root
from ringback.http.answer import NOT_FOUND, Answer, select
from ringback.http.engine import Session
from ringback.http.errand import Errand, Target, target_of
from ringback.http.exchange import Request as Sent
from ringback.http.exchange import Response
from ringback.http.forwarded import Trust
from ringback.http.hush import Hush
from ringback.http.networks import NOBODY
from ringback.http.request import Request, read_target
from ringback.operations.answer import Answering
from ringback.operations.guard import Guard
from ringback.phone.action import Fetch, Fetched
from ringback.phone.fetch import POSTED
from ringback.phone.locate import refuse_restricted
from ringback.phone.security import Security
from ringback.provisioning.admission import Admission
from ringback.serve.respond import Responding
from ringback.serve.transfer import answer_transfer
from ringback.settings import Listening, Serve
from ringback.store.pantry import Ready
from ringback.tftp.request import ReadRequest

Find = Callable[[str], Ready | None]
PORT: Final = 49_152
"""The port that the phone seems to ask from."""
_WARNING: Final = "warning refused: "


@dataclass(slots=True)
class Note:
    """What the server knows of one question."""

    wanted: Fetch
    ready: Ready | None = None
    """The prepared file that was found, given or not."""
    file: str = ""
    """The plain file that was given; empty when none was."""
    why: str = ""
    """Why nothing was given."""
    refused: bool = False
    """It is there, and not for this asker."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: its address, and the certificate it shows (DER), if it has one."""

    address: str
    certificate: bytes | None = None


@dataclass(frozen=True, slots=True)
class Stock:
    """What there is to give, and by what rule."""

    find: Find
    """Prepared files by path, as ``Answering`` has it."""
    root: Root
    """The folder of plain files; an empty one for none."""
    admission: Admission
    published: Mapping[str, File] = field(default_factory=dict)
    guard: Guard | None = None
    """Checks tokens, passwords and windows."""
    chain: tuple[Certificate, ...] = ()
    """The certificate our HTTPS shows, its own first; none: whoever asks is taken to trust it."""


class Counter(AbstractContextManager["Counter"]):
    """Answers a phone's questions; a ``World`` for rehearsals."""

    def __init__(
        self,
        stock: Stock,
        settings: Serve,
        asker: Caller,
        *,
        foreign: Collection[str] = (),
        address: str = "127.0.0.1",
        now: float = 0.0,
    ) -> None:
        """Stand behind the counter.

        Args:
            stock: what there is to give.
            settings: which listeners there are.
            asker: who asks.
            foreign: hosts that are not us.
            address: what our names lead to.
            now: POSIX seconds, by which certificates are judged.
        """
        self.notes: list[Note] = []
        self._settings, self._asker, self._address = settings, asker, address
        self._foreign = {each.lower().rstrip(".") for each in foreign}
        self._stock, self._now = stock, now
        self._runner: asyncio.Runner | None = None
        self._answering = Answering(
            self._read, stock.admission, self._warned, stock.published, self._find,
            guard=stock.guard,
        )  # fmt: skip
        self._workshop = Workshop(Folder(stock.root.folder), content_type)
        shared = Responding(self._answering, self._workshop, None, Trust(NOBODY), Hush())
        inspection = Inspection()
        self._door = shared.at(Seat("explain", 0), lambda: inspection, bytes)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End what templates needed."""
        self._workshop.close()
        if self._runner is not None:
            self._runner.close()

    # -- what a phone asks the world

    def resolve(self, name: str) -> tuple[str, ...]:
        """Every name is ours, or leads nowhere we would go."""
        bare = name.strip("[]")
        literal = bare.replace(".", "").isdigit() or ":" in bare
        return (bare,) if literal or self._is_foreign(name) else (self._address,)

    def services(self, name: str) -> tuple[Any, ...]:
        """DNS is not asked."""
        what = f"{name}: DNS is not asked, so its SRV records are not known"
        raise TransferError(what, failure=Failure.DNS, remedy="write the server into the rule")

    def fetch(self, wanted: Fetch) -> Fetched:
        """A file, as the phone's client would bring it.

        Raises:
            TransferError: as the phone's client would.
        """
        self.notes.append(Note(wanted))
        try:
            fetched = self._by_tftp(wanted) if wanted.url.scheme == "tftp" else self._by_web(wanted)
        except TransferError as error:
            note = self.notes[-1]
            note.why = note.why or error.what
            raise
        if len(fetched.body) > wanted.limit:
            what = f"the file has more than {wanted.limit} bytes"
            raise TransferError(what, failure=Failure.TOO_LARGE)
        return fetched

    def _is_foreign(self, host: str) -> bool:
        return host.lower().rstrip(".") in self._foreign

    def _refuse_foreign(self, host: str) -> None:
        if self._is_foreign(host):
            raise TransferError(f"{host} is somebody else's server, and was not asked")

    # -- TFTP

    def _by_tftp(self, wanted: Fetch) -> Fetched:
        url = wanted.url
        self._refuse_foreign(url.host)
        if not self._settings.tftp:
            raise TransferError("nobody listens for TFTP here", remedy="ringback serve --tftp")
        request = ReadRequest(url.path, self._asker.address, PORT)
        try:
            body = answer_transfer(self._answering, request)
        except (NotFoundError, RefusedError) as error:
            self._explain(error)
            what = f"{url} does not exist"
            raise TransferError(what, failure=Failure.NOT_FOUND) from error
        return Fetched(body, wanted.addresses[0])

    # -- HTTP and HTTPS

    def _by_web(self, wanted: Fetch) -> Fetched:
        url, posting = wanted.url, wanted.body is not None
        errand = Errand(
            target_of(url.scheme, url.host, url.port, url.path),
            agent=wanted.agent,
            method="POST" if posting else "GET",
            body=wanted.body or b"",
            content_type=POSTED if posting else "",
            uid=wanted.uid,
            pwd=wanted.pwd,
            missing=wanted.missing,
        )
        while True:
            if errand.target.host != url.host.strip("[]"):
                refuse_restricted(errand.target.host, wanted.domains)
            response = self._asked(errand.target, errand.request("0" * 16), wanted)
            done = errand.judge(response)
            if done:
                return Fetched(done.body, done.address, done.header("content-encoding"))

    def _asked(self, target: Target, sent: Sent, wanted: Fetch) -> Response:
        """One request, as the listener of that scheme takes it."""
        self._refuse_foreign(target.host)
        listening = self._listening(target)
        if listening is not None:
            _insist_on_version(listening, wanted.security)
            self._insist_on_trust(target, wanted.security)
        path, raw, query = read_target(sent.target.encode("utf-8", "surrogateescape"))
        headers = {name.lower().encode(): value.encode() for name, value in sent.headers}
        request = Request(
            sent.method, path, raw, query, headers, sent.body, self._asker.address, PORT,
            target.scheme, wanted.agent, self._session(listening) if listening else None,
        )  # fmt: skip
        answer = select(request, self._answer(request))
        if answer.why:
            self.notes[-1].why = self.notes[-1].why or answer.why
        return Response(
            answer.status,
            tuple((name.lower(), value) for name, value in answer.headers),
            bytes(answer.body),
            wanted.addresses[0],
            HTTPStatus(answer.status).phrase,
        )

    def _listening(self, target: Target) -> Listening | None:
        """The listener that is asked; None for one in clear.

        Raises:
            TransferError: nobody listens for that scheme.
        """
        listeners = self._settings.https if target.scheme == "https" else self._settings.http
        if not listeners:
            what = f"nobody listens for {target.scheme.upper()} here"
            raise TransferError(what, remedy=f"ringback serve --{target.scheme}")
        found = next((each for each in listeners if each.address.port == target.port), listeners[0])
        return found if target.scheme == "https" else None

    def _insist_on_trust(self, target: Target, security: Security) -> None:
        """Whether the phone would believe the certificate it is shown.

        Raises:
            TransferError: it would not.
        """
        if not self._stock.chain:
            return
        leaf, *others = self._stock.chain
        verdict = acceptance.verify(
            leaf,
            handshake=security.handshake,
            now=self._now,
            host=target.host,
            anchors=security.trusted,
            others=others,
        )
        for problem in verdict.problems:
            what = f"no secure connection to {target.authority}: the phone refuses {problem}"
            raise TransferError(what)

    def _session(self, listening: Listening) -> Session:
        """What a handshake with that listener proves.

        Raises:
            TransferError: it wants a certificate, and the phone shows none.
        """
        shown = self._asker.certificate
        if listening.clients is Clients.NONE:
            shown = None
        elif listening.clients is Clients.REQUIRE and shown is None:
            what = f"no secure connection: {listening.address} requires a certificate of the phone"
            raise TransferError(what)
        return Session("TLSv1.2", "", certificate=shown, verified=shown is not None)

    def _answer(self, request: Request) -> Answer:
        try:
            answer = self._door(request)
            return answer if isinstance(answer, Answer) else self._awaited(answer)
        except (NotFoundError, RefusedError) as error:
            self._explain(error)
            return NOT_FOUND

    def _awaited(self, coming: Awaitable[Answer]) -> Answer:
        """A template's answer: the one thing that takes a loop."""

        async def wait() -> Answer:
            return await coming

        self._runner = self._runner or asyncio.Runner()
        return self._runner.run(wait())

    # -- what the server knows

    def _find(self, path: str) -> Ready | None:
        found = self._stock.find(path)
        self.notes[-1].ready = found
        return found

    def _read(self, path: str) -> File:
        found = self._stock.root.read(path)
        self.notes[-1].file = found.name
        return found

    def _warned(self, text: str) -> None:
        note = self.notes[-1]
        note.refused = text.startswith(_WARNING)

    def _explain(self, error: NotFoundError | RefusedError) -> None:
        """Keep the reason, which the asker never hears."""
        note = self.notes[-1]
        refusal = isinstance(error, RefusedError)
        note.refused = note.refused or refusal
        note.why = error.why if isinstance(error, RefusedError) and error.why else error.what


def _insist_on_version(listening: Listening, security: Security) -> None:
    """Whether the two have a version of TLS in common.

    Raises:
        TransferError: the phone is of those that need a listener of their own.
    """
    if security.handshake.highest >= Version.TLS_1_2 or listening.legacy.old_versions:
        return
    what = f"no secure connection: this phone speaks TLS {security.handshake.highest} at most"
    raise TransferError(what, remedy="give such phones a listener with ,legacy")
