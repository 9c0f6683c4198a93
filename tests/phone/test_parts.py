"""Parts are told what happens to their phone, in their order, and have their own timers."""

import pytest
from tests.phone.world import NOON, World, profile

from ringback.cisco.resync import Cause, Result
from ringback.phone import parts
from ringback.phone.handset import Phase
from ringback.phone.memory import Memory
from ringback.phone.part import Part


class Clockwork(Part):
    """Ticks every ten seconds, busy or not, and keeps a diary."""

    __slots__ = ("diary", "next", "ticks")
    name = "clockwork"

    def __init__(self, phone):
        super().__init__(phone)
        self.diary, self.ticks, self.next = [], 0, None

    def recall(self, memory):
        self.ticks = memory.kept.get(self.name, {}).get("ticks", 0)

    def keep(self):
        return {"ticks": self.ticks} if self.ticks else {}

    def forget(self):
        self.next = None

    def up(self, now):
        self.diary.append(("up", now))
        self.next = now + 10

    def timer(self):
        return self.next

    def handle_timer(self, now):
        self.ticks += 1
        self.next = now + 10

    def adopted(self, before, *, local):
        self.diary.append((before.value("GPP_A"), self.phone.value("GPP_A"), local))

    def concluded(self, order, outcome, now):
        self.diary.append((order.cause, outcome.result, now))

    def macro(self, name):
        return str(self.ticks) if name == "EMS" else None


@pytest.fixture
def with_clockwork(monkeypatch):
    monkeypatch.setattr(parts, "PARTS", (*parts.PARTS, Clockwork))
    world = World(Resync_On_Reset="No", Resync_Periodic="0")
    world.put("basic.txt")
    return world


def test_a_part_is_told_when_the_phone_is_up(with_clockwork):
    part = with_clockwork.power_on().phone.part(Clockwork)
    assert part.diary == [("up", NOON + 5)]


def test_its_timer_runs_while_the_phone_works(with_clockwork):
    world = with_clockwork.power_on()
    world.holding = True
    world.phone.request("tftp://192.168.1.200/basic.txt", world.now)
    world.settle()
    world.wait(35)
    assert world.phone.busy
    assert world.phone.part(Clockwork).ticks == 3


def test_it_hears_of_new_settings_and_of_how_a_resync_ended(with_clockwork):
    world = with_clockwork.power_on()
    world.resync(world.put("a", profile(GPP_A="new")))
    told = world.phone.part(Clockwork).diary[1:]
    assert told[0] == ("", "new", False)
    assert told[1] == (Cause.REQUEST, Result.OK, world.now)


def test_what_it_keeps_survives_a_power_cut(with_clockwork):
    world = with_clockwork.power_on().wait(20)
    world.resync(world.put("a", profile(GPP_A="saves")))
    assert Memory.parse(world.disk).kept["clockwork"] == {"ticks": 2}
    world.power_cut()
    assert world.phone.timer() is None
    assert world.power_on().phone.part(Clockwork).ticks == 2


def test_it_knows_macros_of_its_own(with_clockwork):
    world = with_clockwork.power_on().wait(10)
    assert world.phone.macros()["EMS"] == "1"
    assert world.phone.macros(EMS="given")["EMS"] == "given"


def test_every_part_of_a_phone_keeps_still_without_power(new_world):
    phone = new_world().phone
    assert phone.phase is Phase.OFF
    assert len({part.name for part in phone.parts if part.name}) == sum(
        bool(part.name) for part in phone.parts
    )
    assert phone.timer() is None
