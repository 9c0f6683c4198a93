"""What becomes of each wish; the rest of it is told by the tests of whole phones."""

import pytest
from tests.phone.world import NOON

from ringback.phone.boot import Reason
from ringback.phone.grant import GRANTS, at_once, between_calls
from ringback.phone.handset import Phase
from ringback.phone.load import Loads
from ringback.phone.memory import Memory
from ringback.phone.upgrade import Upgrades
from ringback.phone.wish import Order, Restart, Submission, Update, Wish

pytestmark = pytest.mark.duty(1)


def kinds(wish):
    """By name, because a dataclass with slots leaves a twin behind."""
    return {each for sub in wish.__subclasses__() for each in (sub.__qualname__, *kinds(sub))}


def test_every_kind_of_wish_has_a_row():
    assert kinds(Wish) == {kind.__qualname__ for kind in GRANTS}


def test_a_submission_is_granted_first_and_a_restart_last():
    ranks = sorted(GRANTS, key=lambda kind: GRANTS[kind].urgency)
    assert (ranks[0], ranks[-1]) == (Submission, Restart)
    assert ranks.index(Update) < ranks.index(Order)


def test_a_call_keeps_a_restart_and_no_submission(world):
    world.phone.start_call(1, world.now)
    restart = Restart(Reason.USER)
    assert between_calls(world.phone, restart, NOON) is None
    assert GRANTS[Restart].moment is between_calls
    assert at_once(world.phone, Submission({}), NOON) == NOON


# Back to the factory


def test_a_factory_reset_forgets_every_setting_and_survives_a_power_cut(world):
    world.submit(GPP_A="typed", Resync_Random_Delay="0")
    world.phone.reset(world.now)
    world.settle()
    assert world.phone.phase is Phase.BOOTING
    assert dict(world.phone.profile.values) == {}
    assert world.phone.history.boots[0].reason is Reason.USER
    world.power_cut()
    assert world.power_on().value("GPP_A") == ""


def test_a_factory_reset_leaves_the_firmware(world):
    loads = Loads(running="sip7832.11-3-2MPP-1")
    world.phone.part(Upgrades).loads = loads
    world.phone.reset(world.now)
    world.settle()
    assert world.phone.part(Upgrades).loads == loads
    assert Memory.parse(world.disk).kept.keys() == {"upgrade"}


def test_a_factory_reset_waits_for_the_call(world):
    world.submit(GPP_A="typed")
    world.phone.start_call(1, world.now)
    world.phone.reset(world.now)
    world.settle()
    assert world.value("GPP_A") == "typed"
    world.phone.end_call(world.now)
    world.settle()
    assert world.value("GPP_A") == ""


def test_a_full_disk_is_no_half_a_reset(world):
    world.submit(GPP_A="typed", Debug_Level="1")
    world.disk_is_full = True
    world.phone.reset(world.now)
    world.settle()
    assert world.up
    assert world.value("GPP_A") == "typed"
    assert any("not reset" in line for line in world.details)
