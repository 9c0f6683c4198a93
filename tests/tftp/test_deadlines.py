from hypothesis import given
from hypothesis import strategies as st

from ringback.tftp.deadlines import Deadlines


def test_what_is_due_comes_out_oldest_first_and_once():
    deadlines: Deadlines[str] = Deadlines()
    for at, item in ((3.0, "c"), (1.0, "a"), (1.0, "b"), (9.0, "d")):
        deadlines.add(at, item)

    assert deadlines.next == 1.0
    assert deadlines.due(3.0) == ["a", "b", "c"]
    assert deadlines.due(3.0) == []
    assert (len(deadlines), deadlines.next) == (1, 9.0)


def test_an_empty_queue_is_never_due():
    deadlines: Deadlines[str] = Deadlines()

    assert deadlines.next is None
    assert deadlines.due(1e9) == []


@given(st.lists(st.floats(0, 100)), st.floats(0, 100))
def test_nothing_comes_early_and_nothing_is_lost(times, now):
    deadlines: Deadlines[float] = Deadlines()
    for at in times:
        deadlines.add(at, at)

    assert deadlines.due(now) == sorted(at for at in times if at <= now)
    assert deadlines.due(100) == sorted(at for at in times if at > now)
