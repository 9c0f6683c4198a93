"""One piece of work at a time, and whose answer is whose."""

import pytest

from ringback.errors import Failure, TransferError
from ringback.phone.action import Ask, Resolve, Save
from ringback.phone.job import Job


class Log:
    """Does two things and keeps what came back."""

    def __init__(self):
        self.got = []
        self.ended = []

    def steps(self, *requests):
        for request in requests:
            try:
                self.got.append((yield request))
            except TransferError as error:
                self.got.append(error)

    def job(self, *requests):
        return Job("test", self.steps(*requests), self.ended.append)


@pytest.fixture
def log():
    return Log()


def asked(world):
    return [each for each in world.phone.actions() if isinstance(each, Ask)]


def test_each_question_has_a_number_of_its_own(world, log):
    work = world.phone.work
    work.begin(log.job(Resolve("a"), Resolve("b")), world.now)
    (first,) = asked(world)
    world.phone.answer(first.number, "one", world.now)
    (second,) = asked(world)
    assert second.number != first.number
    world.phone.answer(first.number, "again", world.now)
    world.phone.answer(second.number, "two", world.now + 1)
    assert log.got == ["one", "two"]
    assert log.ended == [world.now + 1]
    assert not world.phone.busy


def test_an_error_is_raised_where_the_answer_was_awaited(world, log):
    world.phone.work.begin(log.job(Resolve("a")), world.now)
    (ask,) = asked(world)
    error = TransferError("nobody", failure=Failure.DNS)
    world.phone.answer(ask.number, error, world.now)
    assert log.got == [error]


def test_a_job_that_was_dropped_hears_nothing_more(world, log):
    work = world.phone.work
    work.begin(log.job(Resolve("a")), world.now)
    (ask,) = asked(world)
    work.drop()
    world.phone.answer(ask.number, "late", world.now)
    assert (log.got, log.ended) == ([], [])


def test_a_submission_cuts_off_what_is_under_way_but_not_a_save(world, log):
    work = world.phone.work
    work.begin(log.job(Save(world.phone.memory_with(world.phone.profile)), Resolve("a")), world.now)
    (save,) = asked(world)
    world.phone.submit({"GPP_A": "typed"}, world.now)
    assert not work.making_room
    world.phone.answer(save.number, None, world.now)
    assert [type(each) for each in log.got] == [type(None), TransferError]
    assert log.got[1].failure is Failure.INTERRUPTED
    world.settle()
    assert world.value("GPP_A") == "typed"
