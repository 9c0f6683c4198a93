"""Real sockets on loopback: a server in its loop, and a bare UDP socket that plays the phone."""

import asyncio
import inspect
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from functools import wraps
from typing import Any, Self

import pytest
import uvloop

from ringback.errors import NotFoundError
from ringback.tftp.packet import Ack, Data, Mode, Opcode, Packet, Request, parse
from ringback.tftp.request import Outcome, ReadRequest
from ringback.tftp.server import Server

PATIENCE = 5.0
"""Seconds after which a test that waits for a datagram has failed."""


def in_loop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run an async test twice: in asyncio's own event loop, and in uvloop."""

    @wraps(test)
    def run(loop_factory: Callable[[], asyncio.AbstractEventLoop], **arguments: Any) -> None:
        with asyncio.Runner(loop_factory=loop_factory) as runner:
            runner.run(test(**arguments))

    signature = inspect.signature(test)
    factory = inspect.Parameter("loop_factory", inspect.Parameter.KEYWORD_ONLY)
    run.__signature__ = signature.replace(  # type: ignore[attr-defined]  # pytest reads it
        parameters=[*signature.parameters.values(), factory]
    )
    loops = [asyncio.new_event_loop, uvloop.new_event_loop]
    marked: Callable[..., None] = pytest.mark.parametrize(
        "loop_factory", loops, ids=["asyncio", "uvloop"]
    )(run)
    return marked


class Phone:
    """A bare UDP socket: says what it is told to say, and hears what comes."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.sock = socket.socket(family, socket.SOCK_DGRAM)
        self.sock.settimeout(0)
        self.sock.bind((host, port))
        self.server: tuple[str, int] = ("", 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.sock.close()

    @property
    def address(self) -> tuple[str, int]:
        host, port, *_ = self.sock.getsockname()
        return host, port

    def say(self, packet: Packet | bytes, to: tuple[str, int] | None = None) -> None:
        self.sock.sendto(bytes(packet), to or self.server)

    def ask(self, name: str, to: tuple[str, int], *options: tuple[str, str]) -> None:
        self.say(Request(Opcode.RRQ, name, Mode.OCTET, options), to)

    async def hear(self) -> Packet:
        """The next packet; where it came from is where to answer."""
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    datagram, self.server = self.sock.recvfrom(65536)
                except BlockingIOError:
                    await self._readable()
                else:
                    return parse(datagram)

    async def _readable(self) -> None:
        loop = asyncio.get_running_loop()
        ready = asyncio.Event()
        loop.add_reader(self.sock, ready.set)
        try:
            await ready.wait()
        finally:
            loop.remove_reader(self.sock)

    async def fetch(self, name: str, to: tuple[str, int], *options: tuple[str, str]) -> bytes:
        """A whole file, the plain way."""
        self.ask(name, to, *options)
        content, length = b"", 512
        while length == 512:
            packet = await self.hear()
            assert isinstance(packet, Data), str(packet)
            content, length = content + packet.payload, len(packet.payload)
            self.say(Ack(packet.block))
        return content

    def heard_nothing(self) -> bool:
        """Whether nothing has come that was not heard."""
        try:
            self.sock.recv(65536)
        except BlockingIOError:
            return True
        return False


class Ends:
    """Collects outcomes; ``await next()`` waits for one."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Outcome] = asyncio.Queue()

    def __call__(self, outcome: Outcome) -> None:
        self._queue.put_nowait(outcome)

    async def next(self) -> Outcome:
        async with asyncio.timeout(PATIENCE):
            return await self._queue.get()

    def none(self) -> bool:
        return self._queue.empty()


class Shelf:
    """Answers from a mapping, and counts how often it was asked."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = files
        self.asked: list[ReadRequest] = []

    def __call__(self, request: ReadRequest) -> bytes:
        self.asked.append(request)
        content = self.files.get("/" + request.name.lstrip("/"))
        if content is None:
            raise NotFoundError(f"no {request.name}")
        return content


@asynccontextmanager
async def serving(
    files: Mapping[str, bytes], *, host: str = "127.0.0.1", **options: Any
) -> AsyncIterator[tuple[Server, Ends, Shelf]]:
    """A server with these files, on a free port."""
    ends, shelf = Ends(), Shelf(files)
    server = Server(options.pop("answer", shelf), finished=ends, **options)
    await server.start(host, 0)
    try:
        yield server, ends, shelf
    finally:
        server.close()
