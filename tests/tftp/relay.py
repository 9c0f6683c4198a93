"""A bad network: a UDP relay on loopback that loses, doubles and delays what passes, repeatably.

A client talks to the relay's one port and takes that for the server. Each client gets a socket of
its own towards the server; requests go to the server's listening port, all else to the port from
which the server answered.
"""

import asyncio
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random  # noqa: TID251 (seeded: the same accidents each time)
from typing import Self

from ringback.tftp.packet import Opcode

SWEEP = 0.02
"""Seconds: the longest a delayed datagram waits to be overtaken."""


@dataclass
class Weather:
    """Shares of the datagrams, each way; the first ``calm`` datagrams pass as they are."""

    lost: float = 0.05
    doubled: float = 0.02
    delayed: float = 0.05
    seed: int = 1
    calm: int = 0


@dataclass
class Relay:
    """Runs between clients and ``server`` until it is closed; counts what it did."""

    server: tuple[str, int]
    weather: Weather = field(default_factory=Weather)
    passed: int = 0
    lost: int = 0

    def __post_init__(self) -> None:
        self._dice = Random(self.weather.seed)
        self._loop = asyncio.get_running_loop()
        self._near = self._socket(("127.0.0.1", 0), self._from_client)
        self._far: dict[tuple[str, int], socket.socket] = {}
        self._answers_from: dict[tuple[str, int], tuple[str, int]] = {}
        self._held: set[asyncio.TimerHandle] = set()
        self.address: tuple[str, int] = self._near.getsockname()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for handle in self._held:
            handle.cancel()
        for sock in (self._near, *self._far.values()):
            self._loop.remove_reader(sock)
            sock.close()

    def _socket(
        self, address: tuple[str, int], read: Callable[..., None], *arguments: object
    ) -> socket.socket:
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.settimeout(0)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        sock.bind(address)
        self._loop.add_reader(sock, read, sock, *arguments)
        return sock

    def _from_client(self, near: socket.socket) -> None:
        while received := _receive(near):
            datagram, client = received
            if client not in self._far:
                self._far[client] = self._socket(("127.0.0.1", 0), self._from_server, client)
            asks = datagram[:2] in (bytes([0, Opcode.RRQ]), bytes([0, Opcode.WRQ]))
            to = self.server if asks else self._answers_from.get(client, self.server)
            self._carry(self._far[client], datagram, to)

    def _from_server(self, far: socket.socket, client: tuple[str, int]) -> None:
        while received := _receive(far):
            datagram, self._answers_from[client] = received
            self._carry(self._near, datagram, client)

    def _carry(self, sock: socket.socket, datagram: bytes, to: tuple[str, int]) -> None:
        if self.passed < self.weather.calm:
            self.passed += 1
            _send(sock, datagram, to)
            return
        luck = self._dice.random()
        if luck < self.weather.lost:
            self.lost += 1
            return
        self.passed += 1
        copies = 2 if luck < self.weather.lost + self.weather.doubled else 1
        for _ in range(copies):
            if self._dice.random() < self.weather.delayed:
                wait = self._dice.uniform(0, SWEEP)
                self._held.add(self._loop.call_later(wait, _send, sock, datagram, to))
            else:
                _send(sock, datagram, to)


def _receive(sock: socket.socket) -> tuple[bytes, tuple[str, int]] | None:
    try:
        datagram, address = sock.recvfrom(65536)
    except BlockingIOError:
        return None
    return datagram, address


def _send(sock: socket.socket, datagram: bytes, to: tuple[str, int]) -> None:
    try:
        sock.sendto(datagram, to)
    except OSError:
        return  # one more loss
