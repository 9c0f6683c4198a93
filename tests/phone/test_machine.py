import resource

from ringback.phone.machine import PER_PHONE, SPARE, memory, room_for


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
