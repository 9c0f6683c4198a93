"""When a phone resyncs next, and why not."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback import clock
from ringback.cisco.model import TRAITS, Generation, ZeroRetry
from ringback.cisco.resync import (
    SHORTEST_WAIT,
    Cause,
    Plan,
    Record,
    Result,
    Turn,
    next_due,
    trigger_holds,
    triggers,
    yes,
)

pytestmark = pytest.mark.duty(4)

NOW = datetime(2026, 3, 3, 12, 0, tzinfo=UTC).timestamp()
OFTEN = 200


class Dice:
    """Every throw falls at the same share of its range."""

    def __init__(self, share):
        self.share = share

    def uniform(self, a, b, /):
        return a + (b - a) * self.share


LOWEST, HIGHEST = Dice(0.0), Dice(1.0)


def plan(generation=Generation.MPP, **values):
    return Plan.read(lambda name: values.get(name, ""), TRAITS[generation])


def due(generation=Generation.MPP, record=Record(), dice=LOWEST, **values):  # noqa: B008
    return next_due(plan(generation, **values), record, NOW, dice)


SUCCEEDED = Record().after(Result.OK, NOW)
FAILED = Record().after(Result.FAILED, NOW)


# After a start


def test_a_phone_resyncs_after_a_start_unless_told_not_to():
    assert due().at == NOW
    assert due().cause is Cause.POWER_ON
    never = due(Resync_On_Reset="No")
    assert never.at is None
    assert "Resync_On_Reset is No" in never.why


@pytest.mark.parametrize(
    ("generation", "longest"),
    [(Generation.MPP, 40), (Generation.SPA, 40), (Generation.SIPURA, 2)],
)
def test_random_delay_counts_in_twenty_seconds_except_on_the_oldest_phones(generation, longest):
    assert due(generation, dice=HIGHEST, Resync_Random_Delay="2").at == NOW + longest


def test_random_delay_zero_resyncs_at_once():
    assert due(dice=HIGHEST, Resync_Random_Delay="0").at == NOW


def test_hexadecimal_counts_are_understood():
    assert due(dice=HIGHEST, Resync_Random_Delay="0x10").at == NOW + 320


# After a success


def test_the_period_runs_after_a_success():
    following = due(record=SUCCEEDED, Resync_Periodic="30")
    assert (following.at, following.cause) == (NOW + 30, Cause.PERIODIC)


def test_the_period_never_runs_before_a_first_success():
    assert due(Resync_On_Reset="No", Resync_Periodic="30").at is None


@pytest.mark.parametrize("off", ["", "0"])
def test_no_period_means_no_timer_and_a_reason(off):
    never = due(record=SUCCEEDED, Resync_Periodic=off)
    assert never.at is None
    assert never.why == "Resync_Periodic is off"


def test_a_list_of_periods_is_walked_and_its_last_repeats():
    record, waits = Record(), []
    for _ in range(4):
        record = record.after(Result.OK, NOW)
        waits.append((due(record=record, Resync_Periodic="10,20+5").at or 0) - NOW)
    assert waits == [10, 20, 20, 20]


def test_a_period_that_cannot_be_read_is_off_and_quoted():
    never = due(record=SUCCEEDED, Resync_Periodic="often")
    assert never.at is None
    assert "'often'" in never.why


# At a time of day


def test_a_daily_time_hides_the_period():
    daily = due(record=SUCCEEDED, Resync_At__HHmm_="1530", Resync_Periodic="30")
    assert (daily.at, daily.cause) == (NOW + 3.5 * 3600, Cause.DAILY)


def test_a_daily_time_already_past_comes_tomorrow():
    assert due(record=SUCCEEDED, Resync_At__HHmm_="1200").at == NOW + 24 * 3600
    assert due(record=SUCCEEDED, Resync_At__HHmm_="0300").at == NOW + 15 * 3600


def test_2400_is_midnight():
    assert due(record=SUCCEEDED, Resync_At__HHmm_="2400").at == NOW + 12 * 3600


@pytest.mark.parametrize("invalid", ["2460", "2401", "9999", "130", "noon", "-100", "١٢٠٠"])
def test_an_invalid_daily_time_is_ignored(invalid):
    assert due(record=SUCCEEDED, Resync_At__HHmm_=invalid, Resync_Periodic="30").at == NOW + 30


@pytest.mark.parametrize(
    ("generation", "typed", "minutes"),
    [
        (Generation.MPP, "", 10),
        (Generation.MPP, "0", 10),  # smaller than 600 counts as 600
        (Generation.MPP, "899", 15),  # (899 + 30) / 60, whole minutes
        (Generation.ATA, "0", 0),
        (Generation.ATA, "90", 2),
        (Generation.ATA, "89", 1),
    ],
)
def test_the_daily_window_is_whole_minutes(generation, typed, minutes):
    settings = {"Resync_At__HHmm_": "1300", "Resync_At_Random_Delay": typed}
    late = due(generation, record=SUCCEEDED, dice=HIGHEST, **settings)
    assert late.at == NOW + 3600 + minutes * 60


@pytest.mark.parametrize(
    ("zone", "hours"), [("GMT-08:00", 8 + 1), ("GMT+05:30", 24 - 5.5 + 1), ("GMT", 1), ("odd", 1)]
)
def test_the_daily_time_is_the_phones_own(zone, hours):
    settings = {"Resync_At__HHmm_": "1300", "Time_Zone": zone}
    assert due(record=SUCCEEDED, **settings).at == NOW + hours * 3600


def test_a_daily_time_needs_no_first_success():
    assert due(Resync_On_Reset="No", Resync_At__HHmm_="1300").at == NOW + 3600


# After a failure


def test_a_failure_walks_the_retry_list_and_a_success_starts_it_over():
    record, waits = Record(), []
    for result in [Result.FAILED] * 4 + [Result.OK, Result.FAILED]:
        record = record.after(result, NOW)
        if result is Result.FAILED:
            waits.append((due(record=record, Resync_Error_Retry_Delay="60,120,240").at or 0) - NOW)
    assert waits == [60, 120, 240, 240, 60]


def test_a_retry_may_be_spread():
    late = due(record=FAILED, dice=HIGHEST, Resync_Error_Retry_Delay="60+30")
    assert (late.at, late.cause) == (NOW + 90, Cause.RETRY)


def test_zero_means_never_again_or_at_once_by_generation():
    never = due(Generation.MPP, record=FAILED, Resync_Error_Retry_Delay="0", Resync_Periodic="9")
    assert never.at is None
    assert "no retry" in never.why
    assert TRAITS[Generation.SPA].zero_retry is ZeroRetry.IMMEDIATELY
    at_once = due(Generation.SPA, record=FAILED, Resync_Error_Retry_Delay="0")
    assert at_once.at == NOW + SHORTEST_WAIT


def test_a_daily_time_before_the_retry_is_kept():
    daily = due(record=FAILED, Resync_Error_Retry_Delay="86400", Resync_At__HHmm_="1300")
    assert (daily.at, daily.cause) == (NOW + 3600, Cause.DAILY)


def test_a_retry_list_that_cannot_be_read_is_off_and_quoted():
    never = due(record=FAILED, Resync_Error_Retry_Delay="60;120")
    assert never.at is None
    assert "60;120" in never.why


# Triggers and the main switch


def test_provision_enable_stops_everything():
    for record in (Record(), SUCCEEDED, FAILED):
        never = due(record=record, Provision_Enable="No", Resync_At__HHmm_="1300")
        assert (never.at, never.why) == (None, "Provision_Enable is No")


def test_a_vetoed_phone_looks_again_after_its_period():
    vetoed = SUCCEEDED.vetoed()
    assert due(record=vetoed, Resync_Periodic="30").at == NOW + 30
    assert due(record=vetoed).at is None


def test_a_vetoed_phone_keeps_its_daily_time():
    vetoed = due(record=SUCCEEDED.vetoed(), Resync_Periodic="30", Resync_At__HHmm_="1300")
    assert (vetoed.at, vetoed.cause) == (NOW + 3600, Cause.DAILY)


def test_only_triggers_that_cause_must_be_looked_at():
    assert plan(Generation.SPA, Resync_Trigger_1="$REGTMR1 gt 300").polls
    assert not plan(Generation.SPA).polls
    assert not plan(Generation.MPP, Resync_Trigger_1="$REGTMR1 gt 300").polls


@pytest.mark.parametrize(
    ("first", "second", "held"),
    [
        ("", "", None),
        ("# $REGTMR1 gt 1", " ", None),
        ("$REGTMR1 gt 300", "", False),
        ("$REGTMR1 gt 300", "$PRVTMR ge 600", True),
        ("$REGTMR1 gt", "", False),  # cannot be read
    ],
)
def test_one_true_trigger_is_enough(first, second, held):
    settings = {"Resync_Trigger_1": first, "Resync_Trigger_2": second}
    macros = {"REGTMR1": "5", "PRVTMR": "600", "SWVER": "7.6.2f"}
    assert trigger_holds(lambda name: settings[name], macros) is held


def test_only_set_triggers_count():
    assert triggers(lambda name: "#x" if name == "Resync_Trigger_1" else "1 = 1") == ("1 = 1",)


# Facts for macros


@pytest.mark.parametrize(
    ("cause", "number"),
    [
        (Cause.REQUEST, -1),
        (Cause.POWER_ON, 0),
        (Cause.PERIODIC, 1),
        (Cause.DAILY, 1),
        (Cause.TRIGGER, 1),
        (Cause.RETRY, 2),
    ],
)
def test_prvst_tells_why(cause, number):
    assert cause.prvst == number


def test_prvtmr_counts_from_the_last_attempt():
    assert Record().seconds(NOW) == 0
    assert FAILED.seconds(NOW + 61.9) == 61
    assert FAILED.seconds(NOW - 5) == 0


@pytest.mark.parametrize("text", ["Yes", "yes", " YES ", "Enable", "1"])
def test_yes_in_every_spelling(text):
    assert yes(text)


@pytest.mark.parametrize("text", ["No", "no", "Disable", "0", "", "maybe"])
def test_no_in_every_spelling(text):
    assert not yes(text)


TEXTS = st.one_of(
    st.sampled_from(["", "0", "1", "Yes", "No", "30", "60,120+30", "1530", "2400", "GMT-08:00"]),
    st.text(max_size=12),
)
NAMES = (
    *("Provision_Enable", "Resync_On_Reset", "Resync_Random_Delay", "Resync_At__HHmm_"),
    *("Resync_At_Random_Delay", "Resync_Periodic", "Resync_Error_Retry_Delay", "Time_Zone"),
    *("Resync_Trigger_1", "Resync_Trigger_2"),
)


@given(
    st.fixed_dictionaries(dict.fromkeys(NAMES, TEXTS)),
    st.sampled_from(Generation),
    st.sampled_from(Turn),
    st.integers(0, 50),
    st.floats(1, 4e9),
)
def test_there_is_always_a_next_time_or_a_reason_not_to(values, generation, turn, count, now):
    settings = Plan.read(lambda name: values[name], TRAITS[generation])
    record = replace(Record(), turn=turn, successes=count, failures=count)
    following = next_due(settings, record, now, clock.dice(1))
    assert following.why
    assert following.at is None or following.at >= now
