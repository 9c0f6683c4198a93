import pytest

from ringback.tftp.patience import Patience


def waits(patience, count):
    found = [patience.first]
    while len(found) < count:
        found.append(patience.after(found[-1]))
    return found


def test_waits_double_up_to_the_longest():
    assert waits(Patience(), 6) == [1, 2, 4, 8, 8, 8]


def test_a_first_wait_beyond_the_longest_stays_as_it_is():
    assert waits(Patience(first=30), 3) == [30, 30, 30]


@pytest.mark.parametrize(("round_trip", "wait"), [(0.0001, 0.25), (0.1, 0.4), (3, 1)])
def test_a_quick_peer_is_asked_again_sooner_but_never_later(round_trip, wait):
    assert Patience().for_round_trip(round_trip) == pytest.approx(wait)


def test_an_agreed_timeout_is_kept_however_quick_the_peer():
    agreed = Patience().agreed(5)

    assert waits(agreed, 3) == [5, 8, 8]
    assert agreed.for_round_trip(0.001) == 5
    assert Patience().agreed(None) == Patience()
