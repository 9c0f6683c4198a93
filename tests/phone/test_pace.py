import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.phone.pace import Pace


class Watch:
    def __init__(self):
        self.seconds = 50.0

    def __call__(self):
        return self.seconds


def test_time_hurries_while_everybody_waits_and_only_then():
    watch = Watch()
    pace = Pace(watch, 1000.0, speed=60)
    watch.seconds += 2
    assert pace.now() == 1120.0
    assert pace.hurry(on=False)
    watch.seconds += 2
    assert pace.now() == 1122.0
    assert pace.hurry(on=True)
    watch.seconds += 1
    assert pace.now() == 1182.0


def test_saying_the_same_again_is_no_change():
    pace = Pace(Watch(), 0.0, speed=60)
    assert not pace.hurry(on=True)
    assert pace.hurry(on=False)
    assert not pace.hurry(on=False)


def test_a_wait_takes_its_share_of_real_time():
    pace = Pace(Watch(), 0.0, speed=60)
    assert pace.real(120.0) == 2.0
    assert pace.real(-5.0) == 0.0
    pace.hurry(on=False)
    assert pace.real(120.0) == 120.0


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 1000))), st.floats(1, 1000))
def test_time_never_goes_back_and_never_loses_a_second(steps, speed):
    watch = Watch()
    pace = Pace(watch, 0.0, speed)
    expected = 0.0
    for on, seconds in steps:
        pace.hurry(on=on)
        before = pace.now()
        watch.seconds += seconds
        expected += seconds * (speed if on else 1.0)
        assert pace.now() >= before
    assert pace.now() == pytest.approx(expected, abs=1e-6)
