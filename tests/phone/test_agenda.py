import asyncio

from ringback import clock
from ringback.errors import StorageError
from ringback.phone.agenda import TURN, Agenda
from ringback.phone.pace import Pace
from ringback.phone.timetable import Verb


def agenda(wake, admit=lambda _: None, *, room=100, speed=1.0):
    pace = Pace(clock.monotonic, 0.0, speed)
    return Agenda(pace, room, wake, admit)


async def until(condition):
    deadline = clock.monotonic() + 20
    while not condition():
        assert clock.monotonic() < deadline
        await asyncio.sleep(0.005)


def test_entries_come_in_the_order_of_their_times():
    async def story():
        came = []
        made = agenda(lambda *entry: came.append(entry))
        made.fill([(0.05, 1, 0, Verb.ON), (0.0, 2, 0, Verb.OFF)])
        made.arm()
        made.add(0.02, 3, 7)
        await until(lambda: len(came) == 3)
        assert came == [(0.0, 2, 0, Verb.OFF), (0.02, 3, 7, None), (0.05, 1, 0, Verb.ON)]

    asyncio.run(story())


def test_the_alarm_is_set_earlier_when_something_earlier_comes():
    async def story():
        came = []
        made = agenda(lambda *entry: came.append(entry))
        made.add(3600.0, 1, 0)
        made.add(0.01, 2, 0)
        await until(lambda: came)
        assert [entry[1] for entry in came] == [2]
        assert not made.holds_events()
        made.stop()

    asyncio.run(story())


def test_the_network_is_served_between_turns():
    async def story():
        came = []
        turns = 0

        def wake(*entry):
            came.append(entry)
            ends = clock.monotonic() + TURN / 2
            while clock.monotonic() < ends:
                pass

        made = agenda(wake)
        made.fill([(0.0, index, 0, None) for index in range(20)])
        made.arm()
        while len(came) < 20:
            turns += 1
            await asyncio.sleep(0)
        assert turns > 4

    asyncio.run(story())


def test_who_waits_in_line_begins_when_another_ends():
    async def story():
        admitted: list[int] = []
        made = agenda(lambda *_: None, admitted.append, room=1)
        made.begin()
        assert made.full
        made.line_up(5)
        made.line_up(6)
        made.arm()
        await asyncio.sleep(0.02)
        assert (admitted, made.in_line) == ([], 2)
        made.end()
        await until(lambda: admitted)
        assert admitted[0] == 5

    asyncio.run(story())


def test_time_hurries_only_while_nobody_is_at_work():
    async def story():
        came = []
        made = agenda(lambda *entry: came.append(entry), speed=10_000.0)
        made.begin()
        made.add(made._pace.now() + 1000.0, 1, 0)
        await asyncio.sleep(0.2)
        assert came == []
        made.end()
        await until(lambda: came)

    asyncio.run(story())


def test_after_an_error_nobody_is_woken():
    async def story():
        came = []

        def wake(*entry):
            came.append(entry)
            raise StorageError("no space left")

        made = agenda(wake)
        made.fill([(0.0, 1, 0, None), (0.0, 2, 0, None)])
        made.arm()
        await until(lambda: made.failure)
        made.arm()
        await asyncio.sleep(0.02)
        assert len(came) == 1

    asyncio.run(story())
