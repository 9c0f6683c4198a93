"""Assemble the house: open the doors, hand each the verb it needs, and stop cleanly.

The only place where a door meets what is behind it. Listening sockets are opened one after the
other, and when one cannot be had the others are closed again: a server that is half there would
be worse than none.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

import uvloop

from ringback.certificate.policy import Clients
from ringback.cisco.remark import Kind
from ringback.errors import UsageError
from ringback.files.journal import Journal
from ringback.files.root import Root
from ringback.http.answer import Access, Answer
from ringback.http.listener import Listener
from ringback.http.request import Request
from ringback.operations.answer import Answering
from ringback.operations.hear import Hearing
from ringback.operations.record import record_access, record_transfer
from ringback.provisioning.admission import Admission, Channel
from ringback.provisioning.identity import Identity
from ringback.settings import Address, Serve, check_folders, default_state
from ringback.syslog.message import Heard
from ringback.syslog.receiver import Receiver
from ringback.syslog.view import Tone, line
from ringback.tftp.request import Outcome, ReadRequest
from ringback.tftp.server import Server

DRAIN = 2.0
"""Seconds that answers on their way get when we stop; everything ends within three."""
_TONES = {Kind.REQUEST: Tone.REQUEST, Kind.SUCCESS: Tone.SUCCESS, Kind.FAILURE: Tone.FAILURE}


class House:
    """A server, open or not."""

    def __init__(self, settings: Serve) -> None:
        if settings.root is None:
            raise UsageError("no folder to serve", remedy="ringback serve --root DIR")
        self.settings = settings
        self.root = Root(settings.root)
        self.state = open_state(settings.root, settings.state or default_state())
        self.hearing = Hearing()
        self._colour = settings.log is None and sys.stdout.isatty()
        self._doors = AsyncExitStack()
        self.journal = Journal(_log_descriptor(settings.log))
        self.answering = Answering(self.root.read, admission(settings), self.journal.write, {})
        self.addresses: list[tuple[str, Address]] = []
        """What is listened on: ``tftp``, ``http`` or ``syslog``, and where."""
        self.advice: list[str] = []
        """What the person could do so that this server works better."""

    # -- the verbs each door is handed

    def answer_transfer(self, request: ReadRequest) -> bytes:
        """The bytes for a TFTP read."""
        if self.answering.admission.bind_devices:
            self.answering.admit(request.name, "", Identity(request.address), Channel.PLAIN)
        return self.answering.file(request.name).data

    def answer_request(self, request: Request) -> Answer:
        """The file for an HTTP request."""
        if self.answering.admission.bind_devices:
            identity = Identity(request.address, agent=request.agent)
            self.answering.admit(request.path, request.query, identity, Channel.PLAIN)
        file = self.answering.file(request.path)
        return Answer(200, file.data, file.content_type, etag=file.etag, modified=file.modified)

    def finished(self, outcome: Outcome) -> None:
        """A TFTP transfer has ended."""
        record_transfer(
            self.journal.write,
            asked=f"{'WRQ' if outcome.writing else 'RRQ'} {outcome.name}",
            client=(outcome.address, outcome.port),
            octets=outcome.octets,
            resent=outcome.retransmissions,
            seconds=outcome.seconds,
            why=outcome.why,
        )

    def accessed(self, access: Access) -> None:
        """An HTTP request has ended."""
        request = access.request
        record_access(
            self.journal.write,
            scheme=request.scheme,
            asked=f"{request.method} {request.target}",
            client=(request.address, request.port),
            status=access.status,
            octets=access.sent,
            agent=request.agent,
            why=access.why,
        )

    def heard(self, heard: Heard) -> None:
        """A phone has said something on syslog."""
        remark = self.hearing.hear(heard.message.text)
        tone = _TONES[remark.kind] if remark else Tone.OTHER
        self.journal.write(f"syslog {line(heard, tone, colour=self._colour)}", safe=True)

    # -- opening and closing

    async def open(self) -> None:
        """Open every door.

        Raises:
            UsageError: when an address cannot be had; no door stays open then.
        """
        self.journal.attach(asyncio.get_running_loop())
        try:
            for address in self.settings.tftp:
                await self._open_tftp(address)
            for address in self.settings.http:
                await self._open_http(address)
            if self.settings.syslog:
                await self._open_syslog(self.settings.syslog)
        except BaseException:
            await self.close()
            raise

    async def _open_tftp(self, address: Address) -> None:
        server = Server(
            self.answer_transfer,
            finished=self.finished,
            single_port=self.settings.single_port,
        )
        await server.start(address.host, address.port)
        self._doors.callback(server.close)
        self._opened("tftp", server.sockname)
        self._advise(server.advice)

    async def _open_http(self, address: Address) -> None:
        listener = Listener(self.answer_request, log=self.accessed)
        await listener.start(address.host, address.port)
        self._doors.push_async_callback(listener.close, drain=DRAIN)
        self._opened("http", listener.sockname)

    async def _open_syslog(self, addresses: tuple[Address, ...]) -> None:
        receiver = Receiver(self.heard)
        self._doors.push_async_callback(receiver.close)
        for address in addresses:
            self._opened("syslog", await receiver.start(address.host, address.port))
        self._advise(receiver.warning)

    def _opened(self, kind: str, name: tuple[str, int]) -> None:
        self.addresses.append((kind, Address(host=name[0], port=name[1])))

    def _advise(self, text: str) -> None:
        if text and text not in self.advice:
            self.advice.append(text)

    async def close(self) -> None:
        """Close every door, then write out the log."""
        await self._doors.aclose()
        self.journal.close()


async def run(house: House, *, ready: Callable[[], None]) -> None:
    """Serve until SIGTERM or SIGINT. ``ready`` is called when every door is open."""
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    await house.open()
    try:
        ready()
        await stopped.wait()
    finally:
        await house.close()


def serve(settings: Serve, *, ready: Callable[[House], None]) -> None:
    """Serve until told to stop; ``ready`` is told when the house is open.

    Raises:
        UsageError: for folders or addresses that cannot be had.
    """
    house = House(settings)
    uvloop.run(run(house, ready=lambda: ready(house)))


def admission(settings: Serve) -> Admission:
    """The rule in force: files are bound to devices as soon as one listener can tell them apart."""
    required = any(each.clients is Clients.REQUIRE for each in settings.https)
    bind = required if settings.bind_devices is None else settings.bind_devices
    return Admission(bind_devices=bind, plain_devices=settings.plain_devices)


def open_state(root: Path, state: Path) -> Path:
    """Make the state folder, for its owner only, outside the served one.

    Raises:
        UsageError: when it lies inside the served folder or around it, or cannot be written.
    """
    check_folders(root, state)
    try:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"cannot keep state in {state} ({error.strerror})", remedy="name another --state"
        ) from error
    if not os.access(state, os.W_OK | os.X_OK):
        raise UsageError(f"cannot keep state in {state}", remedy="make it writable")
    return state


def _log_descriptor(log: Path | None) -> int:
    """Where the request log goes: standard output, or a file that only ever grows."""
    if log is None:
        return sys.stdout.fileno()
    try:
        return os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o640)
    except OSError as error:
        raise UsageError(
            f"cannot write the log {log} ({error.strerror})", remedy="name another --log"
        ) from error
