"""Faults on purpose: how they are asked for, and how often they fall."""

from random import Random  # noqa: TID251 (seeded: the same accidents each time)

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.phone.world import SERVER, World, profile

from ringback.errors import UsageError
from ringback.phone.fault import EXAMPLES, Bug, Faults, PowerFailureError


def fault(*texts):
    return Faults.parse(texts)


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("loss=5%", "loss", 0.05),
        ("loss=0.05", "loss", 0.05),
        ("LOSS=100%", "loss", 1.0),
        ("late=200ms", "late", 0.2),
        ("late=1.5", "late", 1.5),
        ("slow=2400", "rate", 2400.0),
        ("power=1%", "power", 0.01),
        ("clock=-1h", "clock", -3600.0),
        ("clock=2d", "clock", 172800.0),
        ("flash=full", "flash_full", True),
        ("bug=impatient", "bugs", frozenset({Bug.IMPATIENT})),
    ],
)
def test_a_fault_is_a_name_and_a_value(text, name, value):
    assert getattr(fault(text), name) == value


def test_bugs_add_up_and_of_all_else_the_last_counts():
    faults = fault("bug=impatient", "loss=1%", "bug=no-filename", "loss=2%")
    assert faults.bugs == {Bug.IMPATIENT, Bug.NO_FILENAME}
    assert faults.loss == 0.02


@pytest.mark.parametrize(
    "text",
    ["", "loss", "loss=", "loss=101%", "loss=-1%", "late=-1", "late=5%", "slow=0", "slow=1s",
     "power=2", "clock=x", "clock=5%", "flash=half", "bug=", "bug=none", "rain=5%"],
)  # fmt: skip
def test_what_is_no_fault_is_refused_with_examples(text):
    with pytest.raises(UsageError) as caught:
        fault(text)
    assert EXAMPLES in str(caught.value)


def test_every_example_of_the_message_can_be_asked_for():
    assert fault(*EXAMPLES.split(", ")).bugs == set(Bug)


@given(st.lists(st.text()))
def test_no_text_raises_anything_but_our_own_error(texts):
    try:
        faults = Faults.parse(texts)
    except UsageError:
        return
    assert 0 <= faults.loss <= 1


def test_without_faults_nothing_falls_and_no_dice_are_thrown():
    class NoDice:
        def uniform(self, *_):
            raise AssertionError

    none = Faults()
    assert not none.of_network
    assert not any((none.loses(NoDice()), none.cuts(NoDice()), none.lateness(NoDice())))


def test_accidents_fall_as_often_as_was_asked():
    dice = Random(7)
    lost = sum(fault("loss=5%").loses(dice) for _ in range(10_000))
    assert 400 < lost < 600


def test_a_write_meets_a_full_flash_and_the_power_that_fails():
    dice = Random(1)
    with pytest.raises(OSError, match="No space left"):
        fault("flash=full").step(dice)("open")
    with pytest.raises(PowerFailureError):
        fault("power=100%").step(dice)("open")
    fault("loss=100%").step(dice)("open")


# Bugs of the field


def buggy(bug, **settings):
    world = World(Resync_Random_Delay="0", **settings)
    world.put("basic.txt", profile(GPP_A="1"))
    return world.power_on(bugs=frozenset({bug}))


def test_the_phone_without_a_file_name_asks_for_the_root():
    world = buggy(Bug.NO_FILENAME, Profile_Rule=f"tftp://{SERVER}/basic.txt")
    assert world.asked == [f"tftp://{SERVER}/"]


def test_the_impatient_phone_comes_back_every_five_seconds_whatever_it_is_set_to():
    settings = {"Resync_Periodic": "3600", "Resync_At__HHmm_": "0300"}
    world = buggy(Bug.IMPATIENT, Profile_Rule=f"tftp://{SERVER}/basic.txt", **settings)
    before = len(world.asked)
    world.wait(60)
    assert len(world.asked) - before == 12


@pytest.mark.parametrize(("bugs", "taken"), [(frozenset(), "1"), ({Bug.ONE_BAD_VALUE}, "")])
def test_one_bad_value_spoils_the_whole_profile_where_the_firmware_has_that_bug(bugs, taken):
    world = World(Resync_On_Reset="No")
    world.put("bad.txt", profile(GPP_A="1", Resync_Random_Delay="soon"))
    world.power_on(bugs=frozenset(bugs))
    outcome = world.resync(f"tftp://{SERVER}/bad.txt")
    assert world.value("GPP_A") == taken
    assert ("Resync_Random_Delay" in outcome.explanation) is bool(bugs)
