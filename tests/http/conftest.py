"""A device listener of our own on loopback, on its own loop, for clients of any kind."""

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable, Collection, Iterator
from typing import Any

import pytest
import uvloop

from ringback.http.answer import Access, Answer
from ringback.http.engine import Failed, MakeEngine
from ringback.http.limits import Limits
from ringback.http.listener import Listener
from ringback.http.request import Request

PATIENT = Limits()


class Served:
    """A listener that runs in a thread, what it logged, and ways to talk to it."""

    def __init__(self, listener: Listener, accesses: list[Access]) -> None:
        self.listener = listener
        self.accesses = accesses
        self.failed: list[Failed] = []
        listener.failed = self.failed.append
        self.port = 0
        self.noise: list[dict[str, Any]] = []
        """What the loop had to complain of."""
        self._loop = uvloop.new_event_loop()
        self._loop.set_exception_handler(lambda _, context: self.noise.append(context))
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def call(self, coroutine: Any) -> Any:
        """Run something on the listener's loop and wait for it."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)

    def start(self, host: str, tls: MakeEngine | None) -> None:
        self.call(self.listener.start(host, 0, tls=tls))
        self.port = self.listener.sockname[1]

    def url(self, path: str, scheme: str = "http") -> str:
        return f"{scheme}://127.0.0.1:{self.port}{path}"

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def say(self, data: bytes) -> bytes:
        """Send bytes, say no more, and return everything that comes back."""
        with self.connect() as client:
            client.sendall(data)
            client.shutdown(socket.SHUT_WR)
            return hear(client)

    def stop(self) -> None:
        self.call(self.listener.close(drain=0.2))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()
        assert self.noise == []


def hear(client: socket.socket) -> bytes:
    """Everything until the other side hangs up, however it does that."""
    heard = b""
    while True:
        try:
            piece = client.recv(1 << 20)
        except ConnectionResetError:
            return heard
        if not piece:
            return heard
        heard += piece


def everything_is_fine(_: Request) -> Answer:
    return Answer(200, b"fine\n", etag='"1-5"', modified=1_000_000_000.0)


Serve = Callable[..., Served]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """``serve(answer, limits=..., methods=...)`` starts a listener that ends with the test."""
    running: list[Served] = []

    def start(
        answer: Callable[[Request], Answer | Awaitable[Answer]] = everything_is_fine,
        *,
        limits: Limits = PATIENT,
        methods: Collection[str] = ("GET", "HEAD"),
        host: str = "127.0.0.1",
        tls: MakeEngine | None = None,
    ) -> Served:
        accesses: list[Access] = []
        served = Served(
            Listener(answer, log=accesses.append, methods=methods, limits=limits), accesses
        )
        running.append(served)
        served.start(host, tls)
        return served

    yield start
    for served in running:
        served.stop()
