"""Many phones in one process, over loopback."""

import asyncio
import contextlib
import resource

import pytest
from tests.phone.world import profile

from ringback import clock
from ringback.cisco.model import find_model
from ringback.cisco.profile import Profile
from ringback.dns.resolver import Resolver
from ringback.errors import NotFoundError, StorageError
from ringback.mac import Mac
from ringback.phone.depot import Depot
from ringback.phone.desk import Desk
from ringback.phone.fault import NO_FAULTS, Faults
from ringback.phone.fleet import Fleet
from ringback.phone.handset import Handset, Phase
from ringback.phone.identity import Identity
from ringback.phone.memory import Memory
from ringback.phone.nvram import Nvram
from ringback.phone.roll import Roll, serial_of
from ringback.phone.timetable import Timetable
from ringback.tftp.server import Server

FIRST = Mac("000e08100000")
FACTS = {"model": "7832"}
ALL = profile(GPP_A="applied", Display_Name="everybody")


class Shop:
    """A TFTP server that counts who asks, and is closed at times."""

    def __init__(self):
        self.asked = []
        self.most = 10**6
        self.files = {"all.xml": ALL}
        self.server = Server(self.read, finished=lambda _: None)

    def read(self, request):
        name = request.name.lstrip("/")
        self.asked.append(name)
        if name not in self.files or len(self.asked) > self.most:
            raise NotFoundError(f"no {name}")
        return self.files[name]

    @property
    def rule(self):
        return f"tftp://127.0.0.1:{self.server.sockname[1]}/all.xml"


@contextlib.asynccontextmanager
async def shop():
    made = Shop()
    await made.server.start("127.0.0.1", 0)
    try:
        yield made
    finally:
        made.server.close()


def roll(count, rule, **settings):
    model = find_model("7832")
    usual = {"Resync_Random_Delay": "0", "Resync_Periodic": "0", "Profile_Rule": rule}
    values = Profile.factory(model).set({**usual, **settings})[0]
    who = Identity(model, FIRST, "FCH1", boot_seconds=0.0)
    return Roll(who, values, count)


def fleet(
    count,
    rule,
    *,
    depot=None,
    timetable=None,
    speed=1.0,
    at_work=None,
    hear=None,
    faults=NO_FAULTS,
    **values,
):
    return Fleet(
        roll(count, rule, **values),
        timetable or Timetable.boot_storm(count),
        Resolver(),
        depot=depot,
        speed=speed,
        at_work=at_work,
        dice=clock.dice(5),
        hear=hear,
        faults=faults,
    )


def within(seconds, condition=Fleet.nothing_left):
    """Until something holds; a fleet that gets stuck fails the test."""
    deadline = clock.monotonic() + seconds

    def ended(running):
        assert clock.monotonic() < deadline, running.view()
        return condition(running)

    return ended


async def until(condition):
    deadline = clock.monotonic() + 30
    while not condition():
        assert clock.monotonic() < deadline
        await asyncio.sleep(0.01)


def for_(seconds, condition=lambda: True):
    """Until so much of the fleet's time is over, and what must happen by then has happened."""
    return within(60, lambda running: running.elapsed >= seconds and condition())


def test_in_a_boot_storm_every_phone_applies_its_profile():
    async def story():
        async with shop() as made:
            many = fleet(200, made.rule)
            await many.run(within(30))
            assert many.done == 200
            assert len(made.asked) == 200
            assert all(berth.phone.value("GPP_A") == "applied" for berth in many.berths())
            assert all(berth.phone.phase is Phase.OFF for berth in many.berths())

    asyncio.run(story())


def test_phones_follow_one_another_by_mac_and_serial():
    many = roll(300, "tftp://127.0.0.1/x")
    macs = [str(many.identity(index).mac) for index in (0, 1, 299)]
    assert macs == ["000e08100000", "000e08100001", "000e0810012b"]
    assert len({many.identity(index).serial for index in range(300)}) == 300
    assert serial_of(FIRST) == "FCH01048576"


def test_each_phone_asks_for_its_own_file_and_equal_settings_are_held_once():
    async def story():
        async with shop() as made:
            made.files = {f"000e0810000{n}.xml": profile(GPP_A="same") for n in range(4)}
            made.files["000e08100003.xml"] = profile(GPP_A="other")
            many = fleet(4, made.rule.replace("all", "$MA"))
            await many.run(within(30))
            assert sorted(made.asked) == sorted(made.files)
            first, second, third, fourth = (berth.phone.profile for berth in many.berths())
            assert first is second is third
            assert fourth.value("GPP_A") == "other"

    asyncio.run(story())


def test_no_more_than_allowed_are_at_work_and_nobody_is_forgotten():
    async def story():
        async with shop() as made:
            most = 0

            def look(running):
                nonlocal most
                most = max(most, running.view().at_work)

            many = fleet(100, made.rule, at_work=3)
            await many.run(within(30, lambda each: look(each) or each.nothing_left()))
            assert many.done == 100
            assert many.room == 3
            assert most <= 3

    asyncio.run(story())


def test_attempts_that_fail_at_once_do_not_stack_up():
    async def story():
        many = fleet(3000, "", at_work=2, Profile_Rule="gopher://127.0.0.1/x")
        await many.run(within(60, lambda each: each.tally.failed == 3000))
        assert many.done == 0
        assert many.tally.errors == {"gopher scheme not supported": 3000}
        assert many.tally.attempts == len(many.tally.late) == 3000
        assert max(many.tally.took) < 60

    asyncio.run(story())


def test_phones_that_fail_try_again_as_their_settings_say():
    async def story():
        async with shop() as made:
            made.files.clear()
            many = fleet(20, made.rule, Resync_Error_Retry_Delay="1")

            def opens(running):
                if running.tally.failed >= 20:
                    made.files["all.xml"] = ALL
                return running.nothing_left()

            await many.run(within(30, opens))
            assert many.done == 20
            assert many.tally.retries >= 20
            assert many.tally.errors == {"file not found": many.tally.failed}

    asyncio.run(story())


def test_a_fleet_that_will_never_apply_ends():
    async def story():
        async with shop() as made:
            made.files.clear()
            many = fleet(5, made.rule, Resync_Error_Retry_Delay="0")
            await many.run(within(30))
            assert (many.done, many.tally.failed) == (0, 5)

    asyncio.run(story())


def test_time_hurries_while_all_wait():
    async def story():
        async with shop() as made:
            many = fleet(10, made.rule, speed=600, Resync_Periodic="600")
            began = clock.monotonic()
            await many.run(for_(3000, lambda: len(made.asked) >= 40))
            assert clock.monotonic() - began < 60
            assert 10 + 10 * many.elapsed / 600 >= len(made.asked)
            assert many.tally.spans()["longest"] < 5

    asyncio.run(story())


def test_a_timetable_takes_power_away_and_gives_it_back():
    async def story():
        async with shop() as made:
            table = Timetable.parse("0 on 1-3\n30 off 2\n35 on 2\n40 resync 1\n45 resync 4", 4)
            many = fleet(4, made.rule, timetable=table, speed=20)
            await many.run(for_(50, lambda: len(made.asked) >= 3 + 1 + 1))
            assert len(made.asked) == 3 + 1 + 1
            assert many.done == 3

    asyncio.run(story())


def test_what_phones_say_is_heard():
    async def story():
        said = []
        async with shop() as made:
            many = fleet(3, made.rule, hear=lambda say: said.append(say.text))
            await many.run(within(30))
        assert sum("Successful resync" in text for text in said) == 3

    asyncio.run(story())


# -- state on disk


def test_a_fleet_goes_on_where_it_stopped(tmp_path):
    async def story():
        async with shop() as made:
            depot = Depot(tmp_path / "fleet", FACTS)
            made.most = 20
            first = fleet(50, made.rule, depot=depot)
            await first.run(within(30, lambda each: each.tally.failed == 30))
            depot.close()
            assert first.done == 20
            made.most = 10**6
            depot = Depot(tmp_path / "fleet", FACTS)
            second = fleet(50, made.rule, depot=depot)
            await second.run(within(30))
            depot.close()
            assert second.done == 50
            assert len(made.asked) == 50 + 30
            assert (second.tally.applied, second.tally.failed) == (50, 30)
            values = [Memory.parse(_flash(tmp_path, n).read_bytes()).values for n in range(50)]
            assert all(each["GPP_A"] == "applied" for each in values)

    asyncio.run(story())


def _flash(tmp_path, number):
    return tmp_path / "fleet" / "phones" / str(Mac(f"{int(FIRST.digits, 16) + number:012x}"))


def test_who_has_applied_keeps_its_period_when_the_fleet_goes_on(tmp_path):
    async def story():
        async with shop() as made:
            for end, asked in ((50, 5), (110, 10)):
                depot = Depot(tmp_path / "fleet", FACTS)
                many = fleet(5, made.rule, depot=depot, speed=20, Resync_Periodic="100")
                await many.run(for_(end, lambda asked=asked: len(made.asked) >= asked))
                depot.close()
                assert len(made.asked) == asked

    asyncio.run(story())


def test_a_phone_moves_from_the_fleet_to_a_desk_and_back(tmp_path):
    async def story():
        async with shop() as made:
            made.files.clear()
            depot = Depot(tmp_path / "fleet", FACTS)
            many = fleet(5, made.rule, depot=depot, Resync_Error_Retry_Delay="1")
            running = asyncio.create_task(many.run(within(60)))
            await until(lambda: many.tally.failed >= 5)
            flash = await _take(_flash(tmp_path, 2))
            desk = _desk(flash)
            await until(lambda: many.view().away == 1)
            made.files = {"all.xml": ALL, "mine.xml": profile(GPP_B="learned on the desk")}
            await desk.plug_in(resync=False)
            outcome = await desk.resync(made.rule.replace("all.xml", "mine.xml"))
            assert not outcome.error
            await desk.unplug()
            flash.close()
            await running
            depot.close()
            assert many.done == 5
            values = Memory.parse(_flash(tmp_path, 2).read_bytes()).values
            assert (values["GPP_A"], values["GPP_B"]) == ("applied", "learned on the desk")

    asyncio.run(story())


async def _take(path):
    """The flash of a phone that is at work now and then."""
    while True:
        with contextlib.suppress(StorageError):
            return Nvram(path)
        await asyncio.sleep(0.01)


def _desk(flash):
    memory = flash.load()
    who = Identity(find_model(memory.model), Mac(memory.mac), memory.serial, boot_seconds=0.0)
    return Desk(Handset(who, clock.dice(), memory), Resolver(), nvram=flash)


def test_a_damaged_flash_costs_one_phone_and_is_left_alone(tmp_path):
    async def story():
        async with shop() as made:
            depot = Depot(tmp_path / "fleet", FACTS)
            _flash(tmp_path, 1).write_bytes(b"scratched")
            many = fleet(3, made.rule, depot=depot)
            await many.run(within(30))
            depot.close()
            assert (many.done, many.view().lost) == (2, 1)
            assert any("damaged" in error for error in many.tally.errors)
            assert _flash(tmp_path, 1).read_bytes() == b"scratched"

    asyncio.run(story())


def test_another_phones_flash_is_not_used(tmp_path):
    async def story():
        async with shop() as made:
            depot = Depot(tmp_path / "fleet", FACTS)
            other = bytes(Memory("CP-8851-3PCC", "000e08999999", "FCH9"))
            _flash(tmp_path, 0).write_bytes(other)
            many = fleet(1, made.rule, depot=depot)
            await many.run(within(30))
            depot.close()
            assert many.done == 0
            assert _flash(tmp_path, 0).read_bytes() == other

    asyncio.run(story())


def test_a_full_disk_ends_the_run_with_an_error(tmp_path):
    async def story():
        async with shop() as made:
            depot = Depot(tmp_path / "fleet", FACTS)
            many = fleet(3, made.rule, depot=depot)
            soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
            size = (tmp_path / "fleet" / "log.jsonl").stat().st_size
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
            try:
                with pytest.raises(StorageError, match="cannot write"):
                    await many.run(within(30))
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
                with contextlib.suppress(StorageError):
                    depot.close()

    asyncio.run(story())


# -- faults on purpose


def test_a_fleet_gets_through_lost_packets():
    async def story():
        async with shop() as made:
            many = fleet(20, made.rule, faults=Faults(loss=0.1))
            await many.run(within(60))
            assert many.done == 20
            assert many.tally.spans()["longest"] > 0.5

    asyncio.run(story())


def test_a_fleet_gets_through_power_cuts_and_no_flash_is_damaged(tmp_path):
    async def story():
        async with shop() as made:
            depot = Depot(tmp_path / "fleet", FACTS)
            many = fleet(40, made.rule, depot=depot, speed=10, faults=Faults(power=0.08))
            await many.run(within(60))
            depot.close()
            assert (many.done, many.view().lost) == (40, 0)
            assert len(made.asked) > 40
            values = [Memory.parse(_flash(tmp_path, n).read_bytes()).values for n in range(40)]
            assert all(each["GPP_A"] == "applied" for each in values)

    asyncio.run(story())


# -- what it costs


def test_a_phone_that_waits_costs_little_memory():
    async def story():
        many = fleet(3000, "tftp://127.0.0.1:9/x", Resync_On_Reset="No")
        await many.run(within(30))
        assert (many.most_memory - many.before) / 3000 < 30_000

    asyncio.run(story())


def test_phones_that_wait_have_no_task_and_no_timer_of_their_own():
    async def story():
        async with shop() as made:
            many = fleet(100, made.rule, Resync_Random_Delay="60000")
            tasks = 0

            def counted(running):
                nonlocal tasks
                tasks = max(tasks, len(asyncio.all_tasks()))
                return running.elapsed > 0.5

            await many.run(counted)
            assert many.tally.attempts == 0
            assert tasks < 8

    asyncio.run(story())
