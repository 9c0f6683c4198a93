from ringback.syslog.backlog import Backlog


def test_first_in_first_out():
    backlog = Backlog()
    for number in range(3):
        backlog.put(b"%d" % number, "192.0.2.1", float(number))

    assert [backlog.take().data for _ in range(len(backlog))] == [b"0", b"1", b"2"]


def test_it_is_full_by_count_and_roomy_when_half_is_free():
    backlog = Backlog(messages=4)
    states = []
    for _ in range(4):
        backlog.put(b"x", "", 0)
        states.append((backlog.full, backlog.roomy, backlog.room))

    assert states == [(False, True, 3), (False, True, 2), (False, False, 1), (True, False, 0)]
    backlog.take(), backlog.take()
    assert backlog.roomy


def test_it_is_full_by_octets():
    backlog = Backlog(octets=10)
    backlog.put(b"x" * 11, "", 0)

    assert (backlog.full, backlog.room) == (True, 0)
    backlog.take()
    assert (backlog.full, backlog.roomy) == (False, True)
