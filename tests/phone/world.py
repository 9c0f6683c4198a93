"""An imaginary world for one phone: names, files and a disk, on a clock that tests move."""

from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from urllib.parse import urlencode

from ringback.cisco.model import find_model
from ringback.errors import Failure, RingbackError, StorageError, TransferError
from ringback.http.request import Request, read_target
from ringback.mac import Mac
from ringback.phone.action import Ask, Fetch, Fetched, Finished, Resolve, Save, Say, Send, Services
from ringback.phone.gate import Gate
from ringback.phone.handset import Handset, Phase
from ringback.phone.identity import Identity
from ringback.phone.memory import Memory
from ringback.phone.panel import Visit, answer

NOON = datetime(2026, 3, 3, 12, 0, tzinfo=UTC).timestamp()
SERVER = "192.168.1.200"
SEED = b"<flat-profile>\n  <GPP_A> 12345678\n</GPP_A>\n</flat-profile>\n"


class Dice:
    """Every throw falls at the same share of its range."""

    def __init__(self, share=0.5):
        self.share = share

    def uniform(self, a, b, /):
        return a + (b - a) * self.share


class World:
    """Does what a phone asks for, and keeps what it says."""

    def __init__(self, model="7832", *, pair=None, roots=(), **settings):
        self.now = NOON
        self.files = {}
        self.names = {SERVER: (SERVER,)}
        self.services = {}
        self.network = {}
        self.disk = None
        self.disk_is_full = False
        self.holding = False
        self.held = []
        self.asked = []
        self.fetches = []
        self.takes = {}
        self.taken = []
        self.agents = []
        self.lines = []
        self.outcomes = []
        self.dice = Dice()
        self.gate = Gate(b"known to nobody")
        self.identity = Identity(
            find_model(model), Mac.parse("000e08abcdef"), "88012BA01234", boot_seconds=5.0,
            pair=pair, roots=roots,
        )  # fmt: skip
        self.phone = self._plug_in()
        if settings:
            self.phone.profile, _ = self.phone.profile.set(settings)
            self.disk = bytes(self.phone.memory_with(self.phone.profile))

    def _plug_in(self):
        memory = Memory.parse(self.disk) if self.disk else None
        return Handset(self.identity, self.dice, memory)

    # -- power and time

    def power_on(self, **identity):
        """Power on and wait until the phone is up; what is due at once has then happened."""
        self.identity = replace(self.identity, **identity)
        self.phone = self._plug_in()
        self.phone.start(self.now)
        self.settle()
        return self.wait(self.identity.boot_seconds)

    def power_cut(self):
        """Everything that is not on the disk is gone."""
        self.phone.stop()
        self.held.clear()
        self.settle()

    def wait(self, seconds):
        """Let time pass; timers go off at their time."""
        end = self.now + seconds
        for _ in range(10_000):
            due = self.phone.timer()
            if due is None or due > end:
                break
            self.now = max(self.now, due)
            self.phone.handle_timer(self.now)
            self.settle()
        else:
            raise AssertionError("timers without end")
        self.now = end
        return self

    # -- the world's answers

    def settle(self):
        """Do what the phone asks for, until it asks for nothing more."""
        while actions := self.phone.actions():
            for action in actions:
                self._do(action)

    def _do(self, action):
        match action:
            case Say():
                self.lines.append(action)
            case Finished(outcome):
                self.outcomes.append(outcome)
            case Ask() if self.holding and not isinstance(action.request, Save):
                self.held.append(action)
            case Ask(number, request):
                self.phone.answer(number, self.answer(request), self.now)

    def release(self):
        """Answer what was held back."""
        self.holding, held, self.held = False, self.held, []
        for ask in held:
            self.phone.answer(ask.number, self.answer(ask.request), self.now)
        self.settle()

    def answer(self, request):
        """The answer, or the error in its place."""
        try:
            match request:
                case Resolve(name):
                    return self._resolve(name)
                case Services(name):
                    return self._serve(name)
                case Fetch():
                    return self._fetch(request)
                case Send():
                    return self._take(request)
                case Save(memory):
                    self._save(memory)
        except RingbackError as error:
            return error

    def _resolve(self, name):
        if name not in self.names:
            raise TransferError(f"there is no server named {name}", failure=Failure.DNS)
        return self.names[name]

    def _serve(self, name):
        if name not in self.services:
            raise TransferError(f"{name} has no SRV record", failure=Failure.DNS)
        return self.services[name]

    def _fetch(self, request):
        url = str(request.url)
        self.asked.append(url)
        self.fetches.append(request)
        self.agents.append(request.agent)
        found = self.files.get(url, Failure.NOT_FOUND)
        if isinstance(found, Failure):
            raise TransferError(f"{url}: {found.value}", failure=found)
        return found if isinstance(found, Fetched) else Fetched(found, request.addresses[-1])

    def _take(self, request):
        url = str(request.url)
        found = self.takes.get(url)
        if isinstance(found, Failure):
            raise TransferError(f"{url}: {found.value}", failure=found)
        self.taken.append(request)
        return Fetched(b"", request.addresses[-1])

    def _save(self, memory):
        if self.disk_is_full:
            raise StorageError("no space left")
        self.disk = bytes(memory)

    # -- what tests ask

    def put(self, name, data=SEED, scheme="tftp", host=SERVER):
        """A file on the server; its URL."""
        url = f"{scheme}://{host}/{name}"
        self.files[url] = data if isinstance(data, bytes | Failure | Fetched) else data.encode()
        return url

    def resync(self, rule, host=""):
        """Open ``/admin/resync?rule``; how it ended."""
        self.phone.request(rule, self.now, host=host)
        self.settle()
        return self.outcomes[-1]

    def submit(self, **values):
        """*Submit All Changes*, and wait until the phone is up again."""
        submission = self.phone.submit(values, self.now)
        self.settle()
        if submission.error is None:
            self.wait(self.identity.boot_seconds)
        return submission

    def value(self, name):
        return self.phone.value(name)

    @property
    def said(self):
        """The provisioning lines."""
        return [line.text for line in self.lines if not line.detail]

    @property
    def details(self):
        """The lines of Debug_Level."""
        return [line.text for line in self.lines if line.detail]

    @property
    def up(self):
        return self.phone.phase is Phase.UP


def profile(**values):
    """A flat-profile with these values."""
    inside = "".join(f"<{name}>{value}</{name}>" for name, value in values.items())
    return f"<flat-profile>{inside}</flat-profile>".encode()


def ask(world, target, body=None, method="", host="192.168.1.50", **headers):
    """One request from a PC on the desk, and what the phone does about it."""
    path, raw, query = read_target(target.encode())
    sent = {"host": "192.168.1.100", **headers}
    request = Request(
        method or ("GET" if body is None else "POST"), path, raw, query,
        {name.replace("_", "-").encode(): value.encode() for name, value in sent.items()},
        body or b"", host,
    )  # fmt: skip
    done = answer(Visit(world.phone, request, world.now, world.settle, world.gate))
    world.settle()
    return done


def submit(world, path="/admin/advanced", headers=None, **fields):
    """Press *Submit All Changes* with these fields."""
    return ask(world, path, urlencode(fields).encode(), **(headers or {}))


def text(done):
    return unescape(bytes(done.body).decode())
