"""One complaint a minute about each source, and how many there were."""

from ringback.http.hush import Hush


def test_the_first_is_heard_and_the_next_are_kept_back() -> None:
    hush = Hush(60)
    assert [hush.hear("10.0.0.1", now) for now in (0, 1, 59.9)] == [1, 0, 0]
    assert hush.hear("10.0.0.2", 1) == 1
    assert hush.hear("10.0.0.1", 60) == 3
    assert hush.hear("10.0.0.1", 61) == 0
    assert hush.hear("10.0.0.1", 200) == 2


def test_ten_thousand_sources_are_not_remembered() -> None:
    hush = Hush(60)
    assert all(hush.hear(str(each), 0) == 1 for each in range(10_000))
    assert len(hush._silent) <= 1024
    assert hush.hear("9999", 1) == 0
    assert hush.hear("0", 1) == 1
