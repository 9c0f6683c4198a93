"""The reckoning against the handsets that it stands for, and against arithmetic."""

from collections import Counter
from dataclasses import replace

import pytest

from ringback import clock
from ringback.cisco.model import find_model
from ringback.cisco.profile import Profile
from ringback.errors import TransferError
from ringback.mac import Mac
from ringback.phone.action import Ask, Fetch, Fetched, Resolve, Save
from ringback.phone.advice import plan_of
from ringback.phone.capacity import MIDNIGHT, Course, Situation, simulate
from ringback.phone.handset import Handset
from ringback.phone.identity import Identity

CUT = Course(Situation.CUT, 500, hours=1.0, boot=10.0, attempt=0.0, silence=0.0)
STEADY = replace(CUT, situation=Situation.STEADY)
RULE = "http://192.0.2.1/all.xml"


def settings(model="SPA504G", **values):
    return Profile.factory(find_model(model)).set({"Profile_Rule": RULE, **values})[0]


def load(course=CUT, model="SPA504G", **values):
    return simulate(plan_of(settings(model, **values)), course, clock.dice(7))


def test_without_random_delay_a_power_cut_ends_in_one_second():
    found = load(Resync_Random_Delay="0", Resync_Periodic="0")
    assert (found.peak, found.peak_at, found.total, found.served) == (500, 10, 500, 10.0)


@pytest.mark.parametrize(("model", "seconds"), [("SPA504G", 20), ("8851", 20), ("SPA841", 1)])
def test_random_delay_spreads_in_the_unit_of_the_generation(model, seconds):
    unit = find_model(model).traits.random_delay_unit
    found = load(model=model, Resync_Random_Delay="5", Resync_Periodic="0")
    assert unit == seconds
    busy = [second for second, number in enumerate(found.arrivals) if number]
    assert busy[0] >= 10
    assert 5 * unit * 0.8 <= busy[-1] - 10 <= 5 * unit
    assert found.total == 500


def test_a_period_without_chance_repeats_the_wave_of_the_power_cut():
    found = load(Resync_Random_Delay="0", Resync_Periodic="600")
    assert [at for at, number in enumerate(found.arrivals) if number == 500] == list(
        range(10, 3600, 600)
    )


def test_a_steady_fleet_asks_at_its_mean_rate():
    found = load(STEADY, Resync_Periodic="600")
    assert found.total == pytest.approx(500 * 3600 / 600, rel=0.01)
    assert found.peak < 10


def test_who_asks_while_the_server_is_away_fails_and_comes_back():
    course = replace(CUT, outage=60.0)
    found = load(
        course, Resync_Random_Delay="0", Resync_Periodic="0", Resync_Error_Retry_Delay="45,300"
    )
    assert Counter({at: n for at, n in enumerate(found.arrivals) if n}) == {
        10: 500, 55: 500, 355: 500,
    }  # fmt: skip
    assert (found.failed, found.served, found.unserved) == (1000, 355.0, 0)


def test_phones_that_never_retry_are_told():
    course = replace(CUT, outage=60.0)
    found = load(course, "8851", Resync_Random_Delay="0", Resync_Error_Retry_Delay="0")
    assert (found.served, found.unserved, found.failed) == (None, 500, 500)


def test_a_daily_time_makes_a_daily_wave():
    found = load(
        replace(STEADY, hours=24.0), Resync_At__HHmm_="0300", Resync_At_Random_Delay="600",
        Time_Zone="GMT",
    )  # fmt: skip
    busy = [second for second, number in enumerate(found.arrivals) if number]
    assert found.total == 500
    assert 3 * 3600 <= busy[0] <= busy[-1] <= 3 * 3600 + 600


def test_a_queue_grows_while_more_come_than_are_served():
    found = load(Resync_Random_Delay="0", Resync_Periodic="0")
    assert found.backlog(100.0) == (400, 13.0)
    assert found.backlog(1000.0) == (0, 0.0)


def test_the_same_dice_give_the_same_load():
    assert load(Resync_Random_Delay="9").arrivals == load(Resync_Random_Delay="9").arrivals


def test_progress_is_told_to_the_end():
    heard: list[float] = []
    simulate(plan_of(settings()), CUT, clock.dice(1), heard.append)
    assert heard[0] == 0.0
    assert heard[-1] == 1.0
    assert heard == sorted(heard)


# -- against handsets


class Street:
    """Handsets that all start at once, and a server that answers from ``outage`` on."""

    def __init__(self, profile, count, outage):
        self.outage = outage
        self.asked: Counter[int] = Counter()
        dice = clock.dice(11)
        self.phones = []
        for number in range(count):
            who = Identity(profile.model, Mac(f"{number:012x}"), str(number), boot_seconds=10.0)
            phone = Handset(who, dice)
            phone.profile = profile
            self.phones.append(phone)

    def run(self, seconds):
        for phone in self.phones:
            phone.start(MIDNIGHT)
            self.settle(phone, MIDNIGHT)
            while (due := phone.timer()) is not None and due < MIDNIGHT + seconds:
                phone.handle_timer(due)
                self.settle(phone, due)

    def settle(self, phone, now):
        while actions := phone.actions():
            for action in actions:
                if isinstance(action, Ask):
                    phone.answer(action.number, self.answer(action.request, now), now)

    def answer(self, request, now):
        match request:
            case Resolve():
                return ("192.0.2.1",)
            case Save():
                return None
            case Fetch() if now - MIDNIGHT < self.outage:
                self.asked[int(now - MIDNIGHT)] += 1
                return TransferError("silence")
            case Fetch():
                self.asked[int(now - MIDNIGHT)] += 1
                return Fetched(b"<flat-profile></flat-profile>", "192.0.2.1")
        raise AssertionError(request)


def distance(one, other):
    """Kolmogorov and Smirnov's: how far two distributions over time are apart, 0 to 1."""
    total_one, total_other = sum(one.values()), sum(other.values())
    far = share_one = share_other = 0.0
    for second in sorted({*one, *other}):
        share_one += one.get(second, 0) / total_one
        share_other += other.get(second, 0) / total_other
        far = max(far, abs(share_one - share_other))
    return far


@pytest.mark.parametrize(
    "values",
    [
        {"Resync_Random_Delay": "3", "Resync_Periodic": "500+200"},
        {"Resync_Random_Delay": "0", "Resync_Periodic": "60+60,600+300"},
        {"Resync_Random_Delay": "5", "Resync_Error_Retry_Delay": "30+30,120+60"},
        {"Resync_On_Reset": "No", "Resync_At__HHmm_": "0020", "Resync_At_Random_Delay": "900"},
    ],
)
@pytest.mark.parametrize("outage", [0.0, 100.0])
def test_handsets_do_what_was_reckoned(values, outage):
    profile = settings(Time_Zone="GMT", **values)
    street = Street(profile, 500, outage)
    street.run(3600)
    found = simulate(plan_of(profile), replace(CUT, outage=outage), clock.dice(12))
    reckoned = {at: number for at, number in enumerate(found.arrivals) if number}
    assert found.total == pytest.approx(street.asked.total(), rel=0.03)
    assert distance(reckoned, street.asked) < 0.08
