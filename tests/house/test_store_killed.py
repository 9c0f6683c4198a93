"""Killed with -9 or out of disk at random moments, under a server that is asked all the while.

``python -m bench.crash`` does the same two hundred times.
"""

from bench.crash import Crash

from ringback import clock


def test_nothing_is_lost_and_nothing_half_done_whatever_is_killed_when(tmp_path):
    crash = Crash(tmp_path, clock.dice(7), 12)
    for _ in range(5):
        crash.run()
    assert crash.tally.tried == 5
    assert crash.tally.killed + crash.tally.failed + crash.tally.gaps
    assert crash.tally.looks >= 5 * 2 * 13
    crash.close()
