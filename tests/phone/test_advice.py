import pytest

from ringback import clock
from ringback.cisco.delay import DelayList
from ringback.cisco.model import find_model
from ringback.cisco.profile import Profile
from ringback.phone.advice import advise, first_spread, plan_of, settings_for
from ringback.phone.capacity import Course, Situation, simulate


def settings(model="8851", **values):
    return Profile.factory(find_model(model)).set(values)[0]


def advice(profile, count, rate, **course):
    courses = tuple(Course(each, count, **course) for each in Situation)
    return advise(profile, courses, rate, lambda: clock.dice(3))


@pytest.mark.parametrize("model", ["8851", "SPA504G", "SPA841", "7832"])
@pytest.mark.parametrize(("count", "rate"), [(2000, 50), (2000, 5), (300, 1)])
def test_what_is_recommended_keeps_every_second_under_the_rate(model, count, rate):
    found = advice(settings(model), count, rate, hours=3.0)
    assert found.reached
    assert all(load.peak <= rate for load in found.loads)


def test_it_holds_for_other_dice_nearly_always():
    profile = settings()
    found = advice(profile, 2000, 50, hours=2.0)
    plan = plan_of(profile.set(found.settings)[0])
    course = Course(Situation.CUT, 2000, hours=2.0)
    peaks = [simulate(plan, course, clock.dice(seed)).peak for seed in range(10)]
    assert sorted(peaks)[7] <= 50
    assert max(peaks) <= 60


def test_gentle_settings_are_left_alone():
    found = advice(settings(Resync_Random_Delay="60", Resync_Periodic="7200"), 1000, 50)
    assert found.reached
    assert found.settings == {}


def test_delays_are_lengthened_and_their_chance_is_kept():
    changed, _ = settings_for(settings(Resync_Periodic="60,300+600,7200"), 1000.0)
    assert changed["Resync_Periodic"] == "1000,700+600,7200"
    assert all(each.seconds >= 0 for each in DelayList.parse(changed["Resync_Periodic"]).delays)


def test_the_daily_time_has_a_spread_of_its_own():
    profile = settings(Resync_At__HHmm_="0300", Resync_Periodic="60")
    changed, _ = settings_for(profile, 1000.0)
    assert changed["Resync_At_Random_Delay"] == "1020"
    assert "Resync_Periodic" not in changed


def test_what_is_off_stays_off():
    profile = settings(Resync_On_Reset="No", Resync_Periodic="0", Resync_Error_Retry_Delay="0")
    assert settings_for(profile, 1000.0) == ({}, "")


def test_a_rate_that_no_delay_can_keep_is_said_to_be_one():
    profile = settings("SPA841", Resync_Periodic="0", Resync_Error_Retry_Delay="0")
    found = advice(profile, 5000, 1, hours=0.5)
    assert not found.reached
    assert found.obstacle == "Resync_Random_Delay goes up to 65535 only"


def test_the_first_guess_leaves_room_for_chance():
    assert first_spread(10_000, 100) > 10_000 / 100
    assert (
        10_000 / first_spread(10_000, 100) < 100 - 3 * (10_000 / first_spread(10_000, 100)) ** 0.5
    )
