import asyncio

import pytest

from ringback.dns.resolver import Resolver
from ringback.dns.shared import KEPT, SharedResolver
from ringback.errors import Failure, TransferError


class Watch:
    def __init__(self):
        self.seconds = 0.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def asked(monkeypatch):
    """Every question that left the house; an answer comes when the loop turns again."""
    questions = []

    async def addresses(self, name):
        known = self._known(name)
        if known:
            return known
        questions.append(name)
        await asyncio.sleep(0)
        if name.startswith("no"):
            raise TransferError(f"there is no {name}", failure=Failure.DNS)
        return (f"192.0.2.{len(questions)}",)

    monkeypatch.setattr(Resolver, "addresses", addresses)
    return questions


def test_who_asks_at_the_same_time_shares_the_answer(asked):
    async def story():
        resolver = SharedResolver()
        found = await asyncio.gather(*(resolver.addresses("prov.example") for _ in range(100)))
        assert set(found) == {("192.0.2.1",)}
        assert asked == ["prov.example"]

    asyncio.run(story())


@pytest.mark.usefixtures("asked")
def test_an_answer_is_good_for_some_seconds_only():
    async def story():
        watch = Watch()
        resolver = SharedResolver(monotonic=watch)
        assert await resolver.addresses("prov.example") == ("192.0.2.1",)
        watch.seconds = KEPT - 0.1
        assert await resolver.addresses("prov.example") == ("192.0.2.1",)
        watch.seconds = KEPT + 0.1
        assert await resolver.addresses("prov.example") == ("192.0.2.2",)

    asyncio.run(story())


def test_a_failure_is_shared_and_is_an_error_of_its_own_for_each(asked):
    async def story():
        resolver = SharedResolver()
        asking = (resolver.addresses("nobody.example") for _ in range(3))
        errors = await asyncio.gather(*asking, return_exceptions=True)
        assert len({id(error) for error in errors}) == 3
        assert {str(error) for error in errors} == {"there is no nobody.example"}
        assert all(isinstance(error, TransferError) for error in errors)
        assert {getattr(error, "failure", None) for error in errors} == {Failure.DNS}
        assert asked == ["nobody.example"]

    asyncio.run(story())


@pytest.mark.usefixtures("asked")
def test_who_gives_up_takes_the_answer_from_nobody():
    async def story():
        resolver = SharedResolver()
        tasks = [asyncio.create_task(resolver.addresses("prov.example")) for _ in range(3)]
        await asyncio.sleep(0)
        tasks[1].cancel()
        found = await asyncio.gather(*tasks, return_exceptions=True)
        assert found[0] == found[2] == ("192.0.2.1",)

    asyncio.run(story())


@pytest.mark.usefixtures("asked")
def test_when_the_one_that_asks_is_cancelled_the_others_hear_of_it():
    async def story():
        resolver = SharedResolver()
        tasks = [asyncio.create_task(resolver.addresses("prov.example")) for _ in range(2)]
        await asyncio.sleep(0)
        tasks[0].cancel()
        found = await asyncio.gather(*tasks, return_exceptions=True)
        assert isinstance(found[0], asyncio.CancelledError)
        assert isinstance(found[1], TransferError)

    asyncio.run(story())


def test_addresses_and_names_given_by_hand_need_no_memory(asked):
    async def story():
        resolver = SharedResolver(fixed={"prov.example": ["192.0.2.9"]})
        assert await resolver.addresses("192.0.2.7") == ("192.0.2.7",)
        assert await resolver.addresses("prov.example") == ("192.0.2.9",)
        assert asked == []

    asyncio.run(story())
