"""The request log: cheap, complete, harmless to read, and never in anybody's way."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.files.journal import Journal, escape

NOON = 1_764_158_400.25  # 2025-11-26T12:00:00.250Z


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reading, writing = os.pipe()
    yield reading, writing
    for descriptor in (reading, writing):
        try:
            os.close(descriptor)
        except OSError:
            continue


def read_now(descriptor: int) -> str:
    os.set_blocking(descriptor, False)
    data = b""
    while True:
        try:
            piece = os.read(descriptor, 1 << 20)
        except BlockingIOError:
            break
        if not piece:
            break
        data += piece
    return data.decode()


def test_lines_wait_until_they_are_flushed(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    journal = Journal(writing, now=lambda: NOON)
    journal.write("one")
    journal.write("two")
    assert read_now(reading) == ""
    journal.flush()
    stamp = "2025-11-26T12:00:00.250Z"
    assert read_now(reading) == f"{stamp} one\n{stamp} two\n"


def test_what_a_stranger_says_stays_on_its_line(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    journal = Journal(writing, now=lambda: NOON)
    journal.write("a\r\nb\x1b[2J\x9b\u202e\u2028\udc80 Düsseldorf")
    journal.flush()
    said = read_now(reading)
    assert said.endswith("a\\r\\nb\\x1b[2J\\x9b\\u202e\\u2028\\udc80 Düsseldorf\n")


def test_safe_lines_keep_their_colours(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    journal = Journal(writing)
    journal.write("\x1b[1mours\x1b[0m", safe=True)
    journal.flush()
    assert "\x1b[1mours\x1b[0m\n" in read_now(reading)


@given(st.text())
def test_escaped_text_is_one_printable_line(text: str) -> None:
    assert escape(text).isprintable()
    assert (escape(text) == text) == text.isprintable()


def test_a_slow_reader_stops_nothing_and_loses_only_what_is_counted(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    journal = Journal(writing, kept=100_000)
    for number in range(20_000):
        journal.write(f"line {number}")
        if number % 100 == 0:
            journal.flush()
    assert journal.dropped > 0
    said = ""
    for _ in range(20):
        said += read_now(reading)
        journal.flush()
    said += read_now(reading)
    lines = said.splitlines()
    kept = [line for line in lines if " line " in line]
    assert len(kept) + journal.lost == 20_000
    assert f"{journal.lost} lines were dropped" in lines[-1]


def test_a_reader_that_is_gone_is_survived(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    journal = Journal(writing)
    journal.write("before")
    os.close(reading)
    journal.flush()
    journal.write("after")
    journal.flush()
    journal.close()
    assert journal.lost + journal.dropped >= 2


def test_a_full_disk_is_survived() -> None:
    descriptor = os.open("/dev/full", os.O_WRONLY)
    journal = Journal(descriptor, kept=200)
    for number in range(20):
        journal.write(f"line {number}")
        journal.flush()
    assert journal.dropped > 0
    journal.close(patience=0.05)
    os.close(descriptor)


def test_a_file_is_written_whole(tmp_path: Path) -> None:
    place = tmp_path / "log"
    with place.open("wb") as file:
        journal = Journal(file.fileno())
        for number in range(5000):
            journal.write(f"line {number}")
        journal.close()
    lines = place.read_text().splitlines()
    assert [line.split(" ", 1)[1] for line in lines] == [f"line {each}" for each in range(5000)]


def test_attached_to_a_loop_it_writes_by_itself(pipe: tuple[int, int]) -> None:
    reading, writing = pipe

    async def live() -> str:
        loop = asyncio.get_running_loop()
        journal = Journal(writing)
        journal.attach(loop, period=0.01)
        journal.write("by itself")
        arrived = asyncio.Event()
        loop.add_reader(reading, arrived.set)
        await asyncio.wait_for(arrived.wait(), 5)
        loop.remove_reader(reading)
        journal.close()
        return read_now(reading)

    assert asyncio.run(live()).endswith("by itself\n")


def test_closing_writes_the_rest(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    journal = Journal(writing)
    journal.write("last words")
    journal.close()
    assert read_now(reading).endswith("last words\n")
