"""One phone's waiting; the rules themselves are tested with cisco/resync.py."""

import pytest
from tests.phone.world import NOON

from ringback.cisco.resync import Cause, Result
from ringback.phone.schedule import Schedule

pytestmark = pytest.mark.duty(4)


def schedule(new_world, model="7832", **settings):
    return new_world(model, **settings).phone.part(Schedule)


def test_without_power_nothing_is_due(new_world):
    waiting = schedule(new_world)
    assert waiting.timer() is None
    assert waiting.due.why == "the phone is off"


def test_a_start_is_spread_only_when_asked(new_world):
    waiting = schedule(new_world)
    waiting.start(NOON, resync=True, spread=True)
    assert waiting.timer() == NOON + 20
    waiting.start(NOON, resync=True, spread=False)
    assert waiting.timer() == NOON


def test_a_start_without_resync_goes_on_with_the_period(new_world):
    waiting = schedule(new_world, Resync_Periodic="30")
    waiting.start(NOON, resync=False, spread=True)
    assert (waiting.due.at, waiting.due.cause) == (NOON + 30, Cause.PERIODIC)


def test_what_is_due_says_its_cause_and_nothing_is_due_before(new_world):
    waiting = schedule(new_world, Resync_Periodic="30")
    waiting.start(NOON, resync=True, spread=False)
    assert waiting.fall_due(NOON) is Cause.POWER_ON
    waiting.conclude(Result.OK, NOON)
    assert waiting.fall_due(NOON + 29) is None
    assert waiting.fall_due(NOON + 30) is Cause.PERIODIC


def test_a_veto_sets_the_next_look_a_period_ahead(new_world):
    waiting = schedule(new_world, Resync_Periodic="30", Resync_Trigger_1="1 = 2")
    waiting.start(NOON, resync=True, spread=False)
    assert waiting.fall_due(NOON) is None
    assert waiting.timer() == NOON + 30


def test_looks_go_on_as_long_as_a_trigger_is_set(new_world):
    waiting = schedule(new_world, "SPA504G", Resync_Periodic="0", Resync_Trigger_1="$PRVTMR gt 90")
    waiting.start(NOON, resync=False, spread=True)
    assert waiting.timer() == NOON + 60
    assert waiting.fall_due(NOON + 60) is None
    assert waiting.timer() == NOON + 120
    assert waiting.fall_due(NOON + 120) is Cause.TRIGGER
    assert waiting.fall_due(NOON + 180) is None
