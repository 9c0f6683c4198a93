"""A profile pushed to a phone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.phone.world import World, profile

from ringback.cisco import flat_profile
from ringback.phone.push import Push
from ringback.phone.secret import MASK

pytestmark = pytest.mark.duty(8)


def push(world, data):
    wish = Push(tuple(flat_profile.read(data).elements))
    world.phone.want(wish, world.now)
    world.settle()
    return wish


def test_what_is_pushed_is_saved_before_it_counts(world):
    done = push(world, profile(GPP_A="pushed"))
    assert (done.done, done.error) == (True, None)
    assert [each.name for each in done.changes] == ["GPP_A"]
    world.power_cut()
    world.power_on()
    assert world.value("GPP_A") == "pushed"


def test_a_disk_that_is_full_is_told_and_nothing_changes(world):
    world.disk_is_full = True
    done = push(world, profile(GPP_A="x", Asset_ID="7"))
    assert done.error is not None
    assert (world.value("GPP_A"), world.up) == ("", True)


def test_unknown_names_are_ignored_as_in_any_profile(world):
    assert push(world, profile(GPP_A="x", Nonsense="y")).error is None
    assert world.value("GPP_A") == "x"


@pytest.mark.parametrize(
    ("name", "held"),
    [("Admin_Password", "hush"), ("Profile_Rule", "[--key hush]tftp://h/a")],
)
def test_a_masked_value_takes_nothing_away(world, name, held):
    world.submit(**{name: held})
    push(world, profile(**{name: held.replace("hush", MASK), "GPP_A": "x"}))
    assert (world.value(name), world.value("GPP_A")) == (held, "x")


def test_only_a_setting_that_needs_it_restarts_the_phone(world):
    push(world, profile(GPP_A="x"))
    assert world.up
    push(world, profile(GPP_A="y", Asset_ID="7"))
    assert not world.up


@given(st.dictionaries(st.sampled_from(["GPP_A", "GPP_B", "GPP_C"]), st.text("ab1", max_size=5)))
def test_what_is_not_mentioned_stays(values):
    world = World(Resync_On_Reset="No", GPP_A="1", GPP_B="2", GPP_C="3", GPP_D="4").power_on()
    push(world, profile(**values))
    for name, was in (("GPP_A", "1"), ("GPP_B", "2"), ("GPP_C", "3"), ("GPP_D", "4")):
        assert world.value(name) == values.get(name, was)
