import os
import signal

import pytest

from ringback.errors import NotFoundError, StorageError
from ringback.operations import crew

begun: list[str] = []


def begin(word):
    begun.append(word)


def work(number):
    return number * 2, begun[-1], os.getpid()


def fail(number):
    if number == 3:
        raise NotFoundError("three")
    return number


def die(number):
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


@pytest.mark.parametrize("hands", [1, 2, 3])
def test_results_come_in_order_from_processes_that_were_prepared(hands):
    found = list(crew.each(work, range(20), begin=begin, arguments=("go",), hands=hands))
    assert [each[0] for each in found] == [2 * number for number in range(20)]
    assert {each[1] for each in found} == {"go"}
    assert (os.getpid() in {each[2] for each in found}) is (hands == 1)


def test_one_piece_is_done_here():
    ((_, _, where),) = crew.each(work, [1], begin=begin, arguments=("go",), hands=4)
    assert where == os.getpid()


@pytest.mark.parametrize("hands", [1, 2])
def test_an_error_in_a_worker_is_ours(hands):
    with pytest.raises(NotFoundError, match="three"):
        list(crew.each(fail, range(20), begin=begin, arguments=("go",), hands=hands))


def test_a_worker_that_is_killed_is_an_error_and_no_wait_for_ever():
    with pytest.raises(StorageError, match="was killed"):
        list(crew.each(die, range(20), begin=begin, arguments=("go",), hands=2))


def test_whoever_stops_early_leaves_no_process_behind():
    found = crew.each(work, range(100), begin=begin, arguments=("go",), hands=2)
    _, _, where = next(found)
    found.close()
    with pytest.raises(ProcessLookupError):
        os.kill(where, 0)
