"""Calls, and how they put a resync off."""

import pytest
from tests.phone.world import NOON, SERVER, profile

from ringback.cisco.resync import Cause
from ringback.errors import RefusedError
from ringback.phone.boot import Reason
from ringback.phone.handset import Phase

pytestmark = pytest.mark.duty(4)

URL = f"tftp://{SERVER}/basic.txt"
PERIODIC = {"Profile_Rule": URL, "Resync_Random_Delay": "0", "Resync_Periodic": "600"}


@pytest.fixture
def periodic(new_world):
    """A phone that resynced at its start, and does so every ten minutes."""

    def plug(model="7832", **settings):
        world = new_world(model, **PERIODIC, **settings)
        world.put("basic.txt")
        world.power_on()
        assert len(world.outcomes) == 1
        return world

    return plug


def end(world, line=None):
    world.phone.end_call(world.now, line)
    world.settle()


def test_no_resync_while_a_line_is_active(periodic):
    world = periodic(Forced_Resync_Delay="0")
    world.phone.start_call(1, world.now)
    world.wait(100_000)
    assert len(world.outcomes) == 1
    assert "a line is active" in str(world.phone.due)
    end(world)
    assert [each.cause for each in world.outcomes] == [Cause.POWER_ON, Cause.PERIODIC]


def test_after_the_last_call_a_resync_waits_forced_resync_delay(periodic):
    world = periodic(Forced_Resync_Delay="300")
    world.phone.start_call(1, world.now)
    world.wait(1000)
    end(world)
    assert "Forced_Resync_Delay" in str(world.phone.due)
    world.wait(299)
    assert len(world.outcomes) == 1
    world.wait(1)
    assert len(world.outcomes) == 2


def test_calls_in_succession_are_not_interrupted(periodic):
    world = periodic(Forced_Resync_Delay="300")
    for _ in range(5):
        world.phone.start_call(1, world.now)
        world.wait(400)
        end(world)
        world.wait(200)
    assert len(world.outcomes) == 1
    world.wait(100)
    assert len(world.outcomes) == 2


def test_the_counter_has_its_default_when_the_parameter_cannot_be_read(periodic):
    world = periodic(Forced_Resync_Delay="soon")
    world.phone.start_call(1, world.now)
    end(world)
    world.wait(14399)
    assert len(world.outcomes) == 1
    world.wait(1)
    assert len(world.outcomes) == 2


def test_a_phone_that_never_had_a_call_waits_for_nothing(periodic):
    world = periodic(Forced_Resync_Delay="14400")
    world.wait(600)
    assert len(world.outcomes) == 2


def test_a_resync_that_is_asked_for_waits_for_the_call_only(world):
    world.put("basic.txt")
    world.phone.start_call(1, world.now)
    world.phone.request(URL, world.now)
    world.wait(5000)
    assert world.outcomes == []
    end(world)
    assert [each.cause for each in world.outcomes] == [Cause.REQUEST]


def test_on_a_sipura_the_delay_is_the_longest_that_a_resync_waits(periodic):
    world = periodic("SPA2000", Forced_Resync_Delay="300")
    world.phone.start_call(1, world.now)
    world.wait(600 + 299)
    assert len(world.outcomes) == 1
    world.wait(1)
    assert len(world.outcomes) == 2
    assert not world.phone.calls.idle


def test_on_a_sipura_a_resync_is_done_as_soon_as_the_call_ends(periodic):
    world = periodic("SPA2000", Forced_Resync_Delay="300")
    world.phone.start_call(1, world.now)
    world.wait(700)
    end(world)
    assert len(world.outcomes) == 2


def test_a_restart_waits_until_the_last_line_is_idle(world):
    world.phone.start_call(1, world.now)
    world.phone.reboot(world.now)
    world.settle()
    assert world.up
    end(world)
    assert world.phone.phase is Phase.BOOTING


def test_submitted_settings_are_saved_at_once_and_the_restart_waits_for_the_call(world):
    world.phone.start_call(1, world.now)
    submission = world.phone.submit({"GPP_A": "typed"}, world.now)
    world.settle()
    assert submission.done
    assert world.up
    assert world.value("GPP_A") == "typed"
    end(world)
    assert world.phone.history.boots[0].reason is Reason.PROVISIONING


def test_a_power_cut_ends_every_call(world):
    world.phone.start_call(1, world.now)
    world.power_cut()
    assert world.phone.calls.idle


def test_lines_are_counted_from_one_and_carry_one_call_each(new_world):
    world = new_world("8851", Resync_On_Reset="No").power_on()
    world.phone.start_call(1, world.now)
    world.phone.start_call(10, world.now)
    for line in (0, 11, -1):
        with pytest.raises(RefusedError, match="no line"):
            world.phone.start_call(line, world.now)
    with pytest.raises(RefusedError, match="in use"):
        world.phone.start_call(1, world.now)
    end(world, 1)
    assert list(world.phone.calls.active) == [10]


def test_an_idle_line_has_no_call_to_end(world):
    with pytest.raises(RefusedError, match="no call"):
        world.phone.end_call(world.now)


def test_a_phone_that_is_off_takes_no_call(new_world):
    with pytest.raises(RefusedError, match="not up"):
        new_world().phone.start_call(1, NOON)


def test_macros_tell_the_first_call(world):
    world.put("x-55501-Bob", profile(GPP_A="1"))
    world.phone.start_call(1, world.now, number="55501", name="Bob")
    macros = world.phone.macros()
    assert (macros["REMOTENUMBER"], macros["INCOMINGNAME"]) == ("55501", "Bob")
    end(world)
    assert world.phone.macros()["REMOTENUMBER"] == ""
