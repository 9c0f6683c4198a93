"""Upgrades and reports among all other events: a load is whole or it is not there."""

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule
from tests.phone.test_handset_in_any_order import AnyOrder
from tests.phone.world import SERVER, profile

from ringback.cisco import image
from ringback.cisco.image import Part
from ringback.cisco.model import find_model
from ringback.phone.memory import Memory

pytestmark = pytest.mark.duty(10)

MODEL = find_model("7832")
NEW, NEWER = "sip7832.12-0-1MPP0001-100", "sip7832.12-0-2MPP0001-7"
LOADS = {"", NEW, NEWER}
RULES = ["", *(f"http://{SERVER}/{load}.loads" for load in (NEW, NEWER, "sip7832.1-1-1MPP-1")), "("]


class Upgrading(AnyOrder):
    """The same phone, with firmware on its server and somebody who wants reports."""

    def __init__(self):
        super().__init__()
        world = self.world
        for load in (NEW, NEWER):
            body = image.make([MODEL], load, size=100)
            listed = image.make_load([MODEL], load, [Part.of(f"{load}.bin", body)])
            world.put(f"{load}.bin", body, scheme="http")
            world.put(f"{load}.loads", listed, scheme="http")
        world.put("a", profile(GPP_A="from a", Upgrade_Rule=RULES[2]))

    @rule(
        name=st.sampled_from(["Upgrade_Rule", "Report_Rule"]),
        value=st.sampled_from([*RULES, f"[--delta]http://{SERVER}/report"]),
    )
    def firmware_rules_are_submitted(self, name, value):
        self.wish(lambda: self.world.phone.submit({name: value}, self.world.now))

    @rule(typed=st.sampled_from([None, *RULES[1:]]))
    def an_upgrade_is_asked_for(self, typed):
        self.wish(lambda: self.world.phone.upgrade(typed, self.world.now))

    @rule()
    def a_report_is_asked_for(self):
        self.wish(lambda: self.world.phone.report(self.world.now))

    @invariant()
    def the_load_that_runs_is_whole_and_is_the_one_on_the_disk(self):
        world = self.world
        kept = Memory.parse(world.disk).kept.get("upgrade", {}) if world.disk else {}
        assert kept.get("running", "") in LOADS
        running = world.phone.identity.load
        assert self.saving or running == (kept.get("running") or MODEL.load)


TestUpgrading = Upgrading.TestCase
