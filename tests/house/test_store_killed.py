"""Killed with -9 at random moments; ``python -m bench.crash`` does the same two hundred times."""

from bench.crash import Crash

from ringback import clock


def test_nothing_is_lost_and_nothing_half_done_whatever_is_killed_when(tmp_path):
    crash = Crash(tmp_path / "fleet.db", clock.dice(7), 12)
    for _ in range(12):
        crash.run()
    assert crash.tally.tried == 12
    assert crash.tally.killed
    crash.close()
