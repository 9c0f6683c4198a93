"""The same case for real: another driver, another client, the same mind and the same answer path.

What ``explain`` does with a rehearsal and a counter is done here by the imaginary world of the
phone's own tests, whose clock runs and whose timers go off, and by a client of a few lines that
calls the listeners' functions by itself.
"""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from tests.phone.world import NOON, World
from tests.serve.random_fleets import HOST, Case

from ringback.certificate.inspection import Inspection
from ringback.certificate.policy import Clients
from ringback.cisco.model import Generation, find_model
from ringback.dynamic.asked import Seat
from ringback.dynamic.folder import Folder
from ringback.dynamic.workshop import Workshop
from ringback.errors import Failure, NotFoundError, RefusedError, TransferError
from ringback.files.name import content_type
from ringback.files.root import Root
from ringback.http.answer import Answer
from ringback.http.engine import Session
from ringback.http.forwarded import Trust
from ringback.http.hush import Hush
from ringback.http.networks import NOBODY
from ringback.http.request import Request
from ringback.operations.answer import Answering
from ringback.phone.action import Fetched
from ringback.phone.identity import Identity
from ringback.phone.lease import Lease
from ringback.serve.badge import badge
from ringback.serve.respond import Responding
from ringback.serve.transfer import answer_transfer
from ringback.store.pantry import Ready
from ringback.tftp.request import ReadRequest

ADDRESS = "192.0.2.1"
SERIAL = "FCH00000000"
Step = tuple[str, str]
"""What was asked for, and the SHA-256 of what came; empty for nothing."""


def identity(case: Case) -> Identity:
    """The phone of a case."""
    return Identity(
        find_model(case.device.model),
        case.device.mac,
        case.device.serial or SERIAL,
        lease=Lease.naming(HOST if case.dhcp else ""),
        address=ADDRESS,
        boot_seconds=0.0,
    )


def certificate(case: Case) -> bytes | None:
    """What it shows."""
    if not case.certificate:
        return None
    device = case.device
    return badge(find_model(device.model), device.mac, device.serial or SERIAL, NOON)


@dataclass(frozen=True)
class Became:
    """What came of it."""

    steps: list[Step]
    results: list[str]
    values: dict[str, str]
    accesses: dict[str, str]


class Reality(World):
    """A phone in front of the real answer path."""

    def __init__(self, case: Case, shelf: dict[str, Ready], root: Path, memory=None):
        super().__init__(case.device.model)
        self.case = case
        self.steps: list[Step] = []
        self.identity = identity(case)
        self.disk = bytes(memory) if memory else None
        self.root = root
        self._open(shelf)

    def _open(self, shelf: dict[str, Ready]) -> None:
        """The doors, with these files behind them."""
        root, admission = self.root, self.case.admission
        answering = Answering(Root(root).read, admission, lambda _: None, {}, shelf.get)
        workshop = Workshop(Folder(root), content_type)
        shared = Responding(answering, workshop, None, Trust(NOBODY), Hush())
        self.answering = answering
        self.door = shared.at(Seat("host", 80), Inspection, bytes)

    def run(self, resyncs: int) -> Became:
        """Power on and let time pass until so many resyncs have ended."""
        self.phone = self._plug_in()
        self.phone.start(self.now)
        self.settle()
        return self._until(resyncs)

    def go_on(self, case: Case, shelf: dict[str, Ready], resyncs: int) -> Became:
        """The phone stays on, and the house has something else for it."""
        self.case, self.steps, self.outcomes = case, [], []
        self._open(shelf)
        if self.phone.due.at is None:
            self.phone.request(None, self.now)
            self.settle()
        return self._until(resyncs)

    def _until(self, resyncs: int) -> Became:
        for _ in range(200_000):
            due = self.phone.timer()
            if len(self.outcomes) >= resyncs or due is None:
                break
            self.now = max(self.now, due)
            self.phone.handle_timer(self.now)
            self.settle()
        profile = self.phone.profile
        return Became(
            self.steps,
            [each.result.value for each in self.outcomes],
            dict(profile.values),
            {name: str(each) for name, each in profile.accesses.items()},
        )

    def _resolve(self, name):
        del name
        return ("127.0.0.1",)

    def _fetch(self, request):
        url, body = str(request.url), b""
        try:
            if request.url.host == "elsewhere.example.com":
                raise TransferError("not ours")
            fetched = self._given(request)
            body = fetched.body
        finally:
            self.steps.append((url, sha256(body).hexdigest() if body else ""))
        return fetched

    def _given(self, request):
        url, settings = request.url, self.case.settings
        listeners = {"tftp": settings.tftp, "http": settings.http, "https": settings.https}
        if not listeners[url.scheme]:
            raise TransferError("connection refused")
        try:
            if url.scheme == "tftp":
                asked = ReadRequest(url.path, ADDRESS, 5000)
                return Fetched(answer_transfer(self.answering, asked), "127.0.0.1")
            answer = self.door(self._request(request, listeners[url.scheme][0]))
            assert isinstance(answer, Answer)
        except (NotFoundError, RefusedError) as error:
            raise TransferError("404", failure=Failure.NOT_FOUND) from error
        coding = dict(answer.headers).get("Content-Encoding", "")
        return Fetched(bytes(answer.body), "127.0.0.1", coding)

    def _request(self, request, listening):
        tls = None
        if request.url.scheme == "https":
            old = self.identity.model.generation in (Generation.SPA, Generation.SIPURA)
            if old and not listening.legacy.old_versions:
                raise TransferError("no TLS in common")
            shown = certificate(self.case) if listening.clients is not Clients.NONE else None
            if listening.clients is Clients.REQUIRE and shown is None:
                raise TransferError("handshake failed")
            tls = Session("TLSv1.3", "any", certificate=shown, verified=shown is not None)
        path = request.url.path
        return Request(
            "GET", path, path, address=ADDRESS, port=5000, scheme=request.url.scheme,
            agent=request.agent, tls=tls,
        )  # fmt: skip
