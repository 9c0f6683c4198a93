import pytest

from ringback.errors import MessageError
from ringback.sip.message import Request, Response
from ringback.sip.transaction import (
    Answered,
    Asking,
    State,
    Timing,
    client_key,
    server_key,
)

TIMING = Timing()


def run(machine, until):
    """Let time pass; when something was repeated."""
    times = []
    now = 0.0
    while machine.state is not State.ENDED and machine.due <= until:
        now = machine.due
        if machine.handle_timer(now) is not None:
            times.append(now)
    return times


def test_a_request_over_udp_is_repeated_as_timers_e_and_f_say():
    asking = Asking(b"x", reliable=False, timing=TIMING, now=0.0)

    assert run(asking, 100.0) == [0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
    assert asking.due == 32.0
    assert not asking.answered


def test_after_a_provisional_answer_it_is_repeated_every_t2():
    asking = Asking(b"x", reliable=False, timing=TIMING, now=0.0)
    assert asking.receive(Response((), b"", 100), 0.1)

    assert run(asking, 9.0) == [0.5, 4.5, 8.5]


def test_a_final_answer_is_told_once_and_its_repeats_are_absorbed_for_t4():
    asking = Asking(b"x", reliable=False, timing=TIMING, now=0.0)

    assert asking.receive(Response((), b"", 200), 1.0)
    assert not asking.receive(Response((), b"", 200), 2.0)
    assert (asking.state, asking.due) == (State.COMPLETED, 6.0)
    assert run(asking, 10.0) == []
    assert asking.state is State.ENDED
    assert asking.answered


def test_over_a_stream_nothing_is_repeated_and_nothing_lingers():
    asking = Asking(b"x", reliable=True, timing=TIMING, now=0.0)
    assert run(asking, 31.0) == []
    asking.receive(Response((), b"", 200), 31.0)
    assert asking.state is State.ENDED


def test_an_answer_is_kept_for_repeats_as_timer_j_says():
    answered = Answered(b"x", reliable=False, timing=TIMING, now=0.0)

    assert answered.repeated() == b"x"
    assert answered.due == 32.0
    assert run(answered, 40.0) == []
    assert answered.repeated() is None


def test_a_refused_invite_is_repeated_until_it_is_acknowledged():
    answered = Answered(b"x", reliable=False, timing=TIMING, now=0.0, invite=True)
    assert run(answered, 4.0) == [0.5, 1.5, 3.5]

    answered.acknowledge(4.0)

    assert answered.repeated() is None
    assert run(answered, 100.0) == []
    assert answered.due == 9.0


def test_timers_scale_with_t1():
    assert Timing.scaled(0.5) == Timing()


def request(method="OPTIONS", via="SIP/2.0/UDP h;branch=z9hG4bKx", cseq="7 OPTIONS"):
    headers = (("Via", via), ("From", "<sip:a@b>;tag=1"), ("Call-ID", "c"), ("CSeq", cseq))
    return Request(headers, b"", method, "sip:u@c")


def test_branch_sender_and_method_name_a_transaction():
    key = server_key(request())

    assert key == server_key(request(via="SIP/2.0/UDP H:5060;rport;branch=z9hG4bKx"))
    assert key != server_key(request(via="SIP/2.0/UDP h:5061;branch=z9hG4bKx"))
    assert key != server_key(request("CANCEL"))
    assert server_key(request("INVITE")) == server_key(request("ACK"))


@pytest.mark.parametrize(
    "via", [f"SIP/2.0/UDP h{end}" for end in ("", ";branch=1", ";branch=z9hG4bK")]
)
def test_without_a_branch_that_names_it_the_headers_do(via):
    key = server_key(request(via=via))

    assert key == server_key(request(via=via))
    assert key != server_key(request(via=via, cseq="8 OPTIONS"))
    assert key != server_key(request(via=f"{via};x=y"))


def test_a_response_is_matched_by_branch_and_method():
    response = Response(request().headers, b"", 200)

    assert client_key(response) == client_key(request()) == ("z9hG4bKx", "OPTIONS")


def test_without_via_there_is_no_transaction():
    with pytest.raises(MessageError):
        server_key(Request((("CSeq", "1 X"),), b"", "X", "sip:a"))
