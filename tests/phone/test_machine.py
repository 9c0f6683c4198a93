import gc
import resource

from ringback.phone.machine import (
    GARBAGE,
    PER_PHONE,
    SPARE,
    memory,
    rarely_collected,
    room_for,
)


def test_a_small_fleet_has_room():
    assert room_for(10) >= 10


def test_descriptors_are_asked_for_and_bound_the_room():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (SPARE + 3 * PER_PHONE, hard))
        room = room_for(10)
        assert room >= 10
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] >= 10 * PER_PHONE + SPARE
        assert (
            room_for(10**9) == (resource.getrlimit(resource.RLIMIT_NOFILE)[0] - SPARE) // PER_PHONE
        )
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_memory_grows_with_what_is_held():
    before = memory()
    held = bytearray(b"x" * 50_000_000)
    assert memory() - before > 40_000_000
    assert len(held) == 50_000_000


def test_the_collector_is_as_it_was_once_a_fleet_is_gone():
    usual = gc.get_threshold()
    with rarely_collected():
        assert gc.get_threshold() == GARBAGE
        assert gc.get_freeze_count() > 0
    assert gc.get_threshold() == usual
    assert gc.get_freeze_count() == 0
