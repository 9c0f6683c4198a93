"""A loop of either kind, and somebody who listens."""

import asyncio

import pytest
import uvloop


@pytest.fixture(params=["asyncio", "uvloop"])
def run(request):
    """Run a coroutine on a loop of this kind, in 30 seconds at most."""
    factory = uvloop.new_event_loop if request.param == "uvloop" else asyncio.new_event_loop

    def to_the_end(coroutine):
        with asyncio.Runner(loop_factory=factory) as runner:
            return runner.run(asyncio.wait_for(coroutine, 30))

    return to_the_end


class Ear:
    """Keeps what it hears; ``await ear.heard_all(3)`` waits until there were three messages."""

    def __init__(self):
        self.heard = []
        self._wanted = 0
        self._enough = asyncio.Event()

    def __call__(self, heard):
        self.heard.append(heard)
        if len(self.heard) >= self._wanted:
            self._enough.set()

    @property
    def texts(self):
        return [each.message.text for each in self.heard]

    async def heard_all(self, count):
        self._wanted = count
        if len(self.heard) < count:
            self._enough.clear()
            await self._enough.wait()


@pytest.fixture
def new_ear():
    return Ear
