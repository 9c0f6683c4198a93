import json

from hypothesis import given
from hypothesis import strategies as st

from ringback.cisco.resync import Cause, Result
from ringback.phone.action import Outcome
from ringback.phone.tally import Tally, percentile


def ended(result=Result.OK, cause=Cause.POWER_ON, error=""):
    return Outcome(cause, result, error=error)


def test_attempts_are_counted_in_the_second_in_which_they_begin_and_end():
    tally = Tally()
    tally.begin(0.2, late=0.1)
    tally.begin(0.9, late=0.0)
    tally.end(ended(), 1.1, took=0.9)
    tally.end(ended(Result.FAILED, error="tftp_get failed"), 1.2, took=0.3)
    assert tally.load == {0: [2, 0, 0], 1: [0, 1, 1]}
    assert (tally.attempts, tally.applied, tally.failed) == (2, 1, 1)
    assert tally.errors == {"tftp_get failed": 1}


def test_retries_and_restarts_are_told_apart():
    tally = Tally()
    tally.end(ended(cause=Cause.RETRY), 1.0, took=0.1)
    tally.end(ended(Result.OK_REBOOT), 1.0, took=0.1)
    assert (tally.retries, tally.restarts, tally.applied) == (1, 1, 2)


def test_what_an_earlier_run_wrote_down_counts_as_well():
    tally = Tally()
    tally.recall([(3.5, 1.0, "", True, False), (9.0, 0.5, "no answer", False, True)])
    assert tally.load == {2: [1, 0, 0], 3: [0, 1, 0], 8: [1, 0, 0], 9: [0, 0, 1]}
    assert (tally.attempts, tally.applied, tally.failed, tally.retries) == (2, 1, 1, 1)


def test_the_result_is_json_with_peaks_and_percentiles():
    tally = Tally()
    for number in range(100):
        tally.begin(number / 50, late=0.001 * number)
        tally.end(ended(), number / 50, took=0.01 * (number + 1))
    told = json.loads(json.dumps(tally.as_dict()))
    assert told["peak_per_second"] == {"begun": 50, "applied": 50, "failed": 0}
    assert told["seconds"]["p50"] == 0.5
    assert told["seconds"]["p99"] == 0.99
    assert told["load"] == [[0, 50, 50, 0], [1, 50, 50, 0]]


def test_nothing_has_no_percentile():
    assert percentile([], 0.5) == 0.0
    assert Tally().spans()["p99"] == 0.0


@given(st.lists(st.floats(0, 1e6), min_size=1), st.sampled_from([0.0, 0.5, 0.99, 1.0]))
def test_a_percentile_is_one_of_the_values_that_its_share_does_not_exceed(values, share):
    values.sort()
    found = percentile(values, share)
    assert found in values
    assert sum(each <= found for each in values) >= share * len(values) - 1e-6
