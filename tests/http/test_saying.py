"""How a connection speaks through TLS: what leaves together, and what waits for the network."""

import asyncio
from collections.abc import Callable

import pytest

from ringback.http.engine import Session
from ringback.http.saying import Saying


class Wire(asyncio.Transport):
    """A network that keeps what it is handed, piece by piece."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[bytes] = []
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.pieces.append(bytes(data))

    def close(self) -> None:
        self.closed = True

    abort = close

    def is_closing(self) -> bool:
        return self.closed

    def get_write_buffer_size(self) -> int:
        return 0


class Plain:
    """An engine that encrypts nothing."""

    over = False

    def __init__(self) -> None:
        self.out = b""

    def shake(self, data: bytes) -> Session | None:
        raise NotImplementedError

    def feed(self, data: bytes) -> None:
        raise NotImplementedError

    def read(self) -> bytes:
        return b""

    def write(self, data: bytes | memoryview) -> None:
        self.out += bytes(data)

    def finish(self) -> None:
        self.out += b"<bye>"

    def take(self) -> bytes:
        out, self.out = self.out, b""
        return out


def said(speak: Callable[[Saying], None]) -> tuple[list[bytes], bool]:
    """What reaches the network when this is done in one turn of the loop; whether it ended."""

    async def turn() -> tuple[list[bytes], bool]:
        saying, wire = Saying(), Wire()
        saying.transport, saying.engine = wire, Plain()
        speak(saying)
        await asyncio.sleep(0)
        return wire.pieces, wire.closed

    return asyncio.run(turn())


def test_an_answer_and_the_goodbye_behind_it_leave_as_one() -> None:
    def speak(saying: Saying) -> None:
        saying.write(b"answer")
        saying.close()

    assert said(speak) == ([b"answer<bye>"], True)


def test_an_answer_without_a_goodbye_leaves_when_the_turn_ends() -> None:
    def speak(saying: Saying) -> None:
        saying.write(b"one ")
        saying.write(b"two")
        assert saying.get_write_buffer_size() == len(b"one two")

    assert said(speak) == ([b"one two"], False)


@pytest.mark.parametrize("size", [16 * 1024 + 1, 300 * 1024])
def test_what_is_large_waits_for_nothing(size: int) -> None:
    def speak(saying: Saying) -> None:
        saying.write(b"x" * size)
        assert saying.get_write_buffer_size() == 0
        saying.close()

    pieces, closed = said(speak)
    assert b"".join(pieces) == b"x" * size + b"<bye>"
    assert closed
    assert pieces[-1] == b"<bye>"


def test_many_small_answers_do_not_pile_up() -> None:
    def speak(saying: Saying) -> None:
        for _ in range(100):
            saying.write(b"x" * 1024)
            assert saying.get_write_buffer_size() <= 16 * 1024

    pieces, _ = said(speak)
    assert b"".join(pieces) == b"x" * 100 * 1024
    assert len(pieces) < 10


def test_what_the_network_does_not_take_waits_and_goes_first() -> None:
    def speak(saying: Saying) -> None:
        saying._full = True
        saying.write(b"one ")
        saying.write(b"two")
        saying.close()
        assert saying.get_write_buffer_size() == len(b"one two")
        saying._full = False
        assert saying.say_on()

    assert said(speak) == ([b"one two<bye>"], True)


def test_after_hanging_up_nothing_is_said() -> None:
    def speak(saying: Saying) -> None:
        saying.write(b"answer")
        saying.abort()

    assert said(speak) == ([], True)
