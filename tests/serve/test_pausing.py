import asyncio

from ringback import clock
from ringback.http.answer import NOT_FOUND
from ringback.serve.pausing import MOST, Pausing


def test_an_answer_waits_and_is_the_same():
    async def wait():
        start = clock.monotonic()
        answer = await Pausing().later(0.05, NOT_FOUND)
        return answer, clock.monotonic() - start

    answer, took = asyncio.run(wait())
    assert answer == NOT_FOUND
    assert took >= 0.05


def test_only_so_many_wait_and_the_rest_are_told_to_come_back():
    async def wait():
        pausing = Pausing()
        answers = await asyncio.gather(*(pausing.later(0.05, NOT_FOUND) for _ in range(MOST + 5)))
        return answers, pausing.waiting

    answers, waiting = asyncio.run(wait())
    assert [each.status for each in answers].count(503) == 5
    assert waiting == 0
