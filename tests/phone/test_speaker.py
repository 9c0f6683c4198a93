import asyncio
import socket
from datetime import timedelta

import pytest

from ringback.dns.resolver import Resolver
from ringback.phone.action import Say
from ringback.phone.speaker import Speaker


@pytest.fixture
def ear():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        opened.bind(("127.0.0.1", 0))
        opened.settimeout(10)
        yield opened


def where(ear):
    return f"127.0.0.1:{ear.getsockname()[1]}"


def heard(ear, count):
    return [ear.recv(65535).decode() for _ in range(count)]


def spoken(*lines, room=1000):
    """Have a speaker say lines; how many it dropped."""

    async def story():
        speaker = Speaker(Resolver(), room)
        speaker.start()
        for line in lines:
            speaker.say(line, 1_700_000_000.0)
        await speaker.stop(5.0)
        return speaker.dropped

    return asyncio.run(story())


def test_lines_go_out_in_order(ear):
    spoken(*(Say(f"line {number}", (where(ear),)) for number in range(20)))
    assert [line.rpartition(" ")[2] for line in heard(ear, 20)] == list(map(str, range(20)))


def test_a_line_goes_to_everybody_it_is_meant_for(ear):
    spoken(
        Say("one", (where(ear), where(ear))), Say("nobody hears this"), Say("two", (where(ear),))
    )
    assert [line.rpartition(">")[2] for line in heard(ear, 3)] == ["one", "one", "two"]


def test_the_moment_is_when_it_was_said_by_the_phones_time(ear):
    spoken(Say("late", (where(ear),), offset=timedelta(hours=-8)))
    assert "Nov 14 14:13:20" in heard(ear, 1)[0]


def test_a_server_that_cannot_be_found_holds_nobody_up_for_ever(ear):
    spoken(Say("lost", ("no such name",)), Say("heard", (where(ear),)))
    assert heard(ear, 1)[0].endswith("heard")


def test_what_finds_no_room_is_dropped_and_counted(ear):
    assert spoken(*[Say("line", (where(ear),))] * 10, room=4) == 6
    assert len(heard(ear, 4)) == 4


def test_stopping_twice_or_before_the_start_does_nothing():
    async def story():
        speaker = Speaker(Resolver())
        states = [speaker.speaking]
        await speaker.stop(1.0)
        speaker.start()
        states.append(speaker.speaking)
        await speaker.stop(1.0)
        await speaker.stop(1.0)
        assert [*states, speaker.speaking] == [False, True, False]

    asyncio.run(story())
