"""How datagrams leave, on real sockets that are full, or cannot cut."""

import asyncio
import socket
from typing import Any

import pytest

from ringback.tftp.outlet import MOST_WAITING, Outlet

SO_NO_CHECK = 11
"""Without checksums the kernel refuses to cut (EINVAL), as it does for blocks beyond the MTU."""


class Mouth:
    """An outlet, in a loop that does not run, and the socket that hears what leaves it."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.settimeout(0)
        self.ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.ear.settimeout(0)
        self.ear.bind(("127.0.0.1", 0))
        self.peer = self.ear.getsockname()
        self.outlet = Outlet(self.loop, self.sock, [])

    def __enter__(self) -> "Mouth":  # noqa: PYI034 (two lines, one class)
        return self

    def __exit__(self, *_: object) -> None:
        self.outlet.close()
        for sock in (self.sock, self.ear):
            sock.close()
        self.loop.close()

    def heard(self) -> list[bytes]:
        found = []
        while True:
            try:
                found.append(self.ear.recv(65536))
            except BlockingIOError:
                return found


@pytest.fixture
def mouth():
    with Mouth() as each:
        yield each


def window(count, size, last=None):
    return [bytes([at]) * size for at in range(count - 1)] + [b"\xff" * (last or size)]


def test_nothing_leaves_before_the_flush_and_then_all_in_order(mouth):
    mouth.outlet.send((b"one",), mouth.peer)
    mouth.outlet.send((b"two",), mouth.peer)

    assert mouth.heard() == []
    mouth.outlet.flush()
    mouth.outlet.flush()
    assert mouth.heard() == [b"one", b"two"]


@pytest.mark.parametrize(("count", "size", "last"), [
    (2, 8, 1), (64, 1428, 1428), (65, 1428, 7), (200, 512, 3), (5, 16000, 1), (3, 65000, 9),
])  # fmt: skip
def test_a_window_leaves_as_the_datagrams_it_is(mouth, count, size, last):
    mouth.ear.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    datagrams = window(count, size, last)
    mouth.outlet.send(datagrams, mouth.peer)
    mouth.outlet.flush()

    assert mouth.heard() == datagrams


def test_when_the_kernel_will_not_cut_datagrams_leave_one_by_one(mouth):
    mouth.sock.setsockopt(socket.SOL_SOCKET, SO_NO_CHECK, 1)
    before = mouth.outlet.largest_segment
    for _ in range(2):
        mouth.outlet.send(window(4, 100), mouth.peer)
        mouth.outlet.flush()

    assert mouth.heard() == window(4, 100) * 2
    assert mouth.outlet.largest_segment == min(before, 99)


def test_a_datagram_that_cannot_be_sent_is_lost_and_the_next_is_not(mouth):
    mouth.outlet.send((b"to port 0",), ("127.0.0.1", 0))
    mouth.outlet.send((bytes(70000),), mouth.peer)
    mouth.outlet.send(window(3, 10), ("127.0.0.1", 0))
    mouth.outlet.send((b"next",), mouth.peer)
    mouth.outlet.flush()

    assert mouth.heard() == [b"next"]


class Full:
    """A Unix socket whose reader reads when told: the one kind that is full on demand."""

    def __init__(self, folder) -> None:
        self.loop = asyncio.new_event_loop()
        self.reader = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.reader.bind(str(folder / "reader"))
        self.reader.settimeout(0)
        self.peer: Any = str(folder / "reader")
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.settimeout(0)
        self.outlet = Outlet(self.loop, self.sock, [])

    def read_all(self) -> list[bytes]:
        """Read until nothing more comes, giving the outlet its turns."""
        found: list[bytes] = []
        while True:
            try:
                found.append(self.reader.recv(100))
            except BlockingIOError:
                if not self.outlet._full:
                    return found
                self.loop.run_until_complete(asyncio.sleep(0))

    def close(self) -> None:
        self.outlet.close()
        self.sock.close()
        self.reader.close()
        self.loop.close()


@pytest.fixture
def full(tmp_path):
    each = Full(tmp_path)
    yield each
    each.close()


def test_what_the_kernel_does_not_take_now_leaves_later_in_order(full):
    numbers = [b"%d" % number for number in range(1000)]
    for number in numbers[:500]:
        full.outlet.send((number,), full.peer)
    full.outlet.flush()
    assert full.outlet._full
    for number in numbers[500:]:
        full.outlet.send((number,), full.peer)
    full.outlet.flush()

    assert full.read_all() == numbers


def test_what_waits_is_bounded(full):
    for _ in range(2):
        for _ in range(MOST_WAITING):
            full.outlet.send((b"x",), full.peer)
        full.outlet.flush()

    assert MOST_WAITING <= len(full.read_all()) < MOST_WAITING + 1000
