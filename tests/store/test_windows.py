from dataclasses import replace

import pytest

from ringback.errors import NotFoundError
from ringback.provisioning.window import Breadth, Window
from ringback.store.windows import Windows

WINDOW = Window(0, Breadth.SITE, "hq", 100.0, "ann", 200.0, 3, "192.0.2.0/24")


@pytest.fixture
def windows(store):
    with store.fleet.writing() as connection:
        yield Windows(connection)


def test_a_window_is_kept_as_it_was_opened(windows):
    number = windows.open(WINDOW)
    assert list(windows.all()) == [replace(WINDOW, number=number)]


def test_those_that_are_over_or_closed_stay_and_can_be_left_out(windows):
    over, closed, still = (windows.open(WINDOW) for _ in range(3))
    windows.close(closed, 150.0, "bob")
    assert {each.number for each in windows.all(since=140.0)} == {over, closed, still}
    assert {each.number for each in windows.all(since=160.0)} == {over, still}
    assert not list(windows.all(since=201.0))
    assert len(list(windows.all())) == 3


@pytest.mark.parametrize("now", [150.0, 300.0])
def test_only_an_open_window_can_be_closed(windows, now):
    number = windows.open(WINDOW)
    windows.close(number, 120.0, "bob")
    for which in (number, 99):
        with pytest.raises(NotFoundError, match="no window"):
            windows.close(which, now, "eve")
