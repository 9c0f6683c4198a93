"""The queue of wishes."""

import pytest
from tests.phone.world import NOON

from ringback.cisco.resync import Cause
from ringback.errors import RefusedError
from ringback.phone.boot import Reason
from ringback.phone.waiting import MOST_WAITING, Waiting
from ringback.phone.wish import Order, Restart, Submission, Update


@pytest.fixture
def waiting():
    return Waiting()


def test_the_most_urgent_is_taken_first_and_waits_no_longer(world, waiting):
    wishes = [Restart(Reason.USER), Order(Cause.REQUEST), Update(), Submission({})]
    for wish in wishes:
        waiting.add(wish, NOON)
    taken = [waiting.take(world.phone, NOON) for _ in wishes]
    assert taken == wishes[::-1]
    assert waiting.take(world.phone, NOON) is None


def test_of_two_alike_the_first_is_taken_first(world, waiting):
    for rule in ("/a", "/b"):
        waiting.add(Order(Cause.REQUEST, rule), NOON)
    assert waiting.take(world.phone, NOON) == Order(Cause.REQUEST, "/a")


def test_a_wish_that_waits_already_is_not_kept_twice(waiting):
    for _ in range(3):
        waiting.add(Update(), NOON)
    assert list(waiting) == [Update()]


def test_too_many_are_refused_and_the_phones_own_never(waiting):
    for number in range(MOST_WAITING):
        waiting.add(Order(Cause.REQUEST, f"/{number}"), NOON)
    with pytest.raises(RefusedError, match="busy"):
        waiting.add(Update(), NOON)
    waiting.add(Update(), NOON, most=None)
    assert waiting.has(Update)


def test_what_a_call_keeps_is_passed_over(world, waiting):
    world.phone.start_call(1, world.now)
    waiting.add(Restart(Reason.USER), NOON)
    assert waiting.take(world.phone, NOON) is None
    assert waiting.moment(world.phone) is None
    waiting.add(Update(), NOON)
    assert waiting.moment(world.phone) == NOON
    assert waiting.take(world.phone, NOON) == Update()


def test_the_longest_waiting_of_a_kind_can_be_looked_at(waiting):
    waiting.add(Update(), NOON)
    waiting.add(Order(Cause.DAILY), NOON + 1)
    entry = waiting.first(Order)
    assert (entry.wish, entry.since) == (Order(Cause.DAILY), NOON + 1)
    assert waiting.first(Submission) is None
    waiting.clear()
    assert not waiting.has(Order)
