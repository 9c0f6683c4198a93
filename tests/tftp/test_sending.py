import pytest
from tests.tftp.link import read

from ringback.tftp.options import Options
from ringback.tftp.packet import Ack, Code, Data, Error, Mode, Oack, Opcode, Request, parse
from ringback.tftp.patience import Patience
from ringback.tftp.sending import Sending

OACK = bytes(Oack((("blksize", "8"),)))


def ack(block):
    return bytes(Ack(block))


def blocks(datagrams):
    return [read(Data, datagram).block for datagram in datagrams]


def sending(size=100, *, blksize=8, windowsize=1, timeout=None, opening=b"", patience=None):
    content = bytes(at % 251 for at in range(size))
    options = Options(blksize, timeout, None, windowsize)
    return Sending(content, options, opening=opening, patience=patience or Patience())


def test_without_options_the_first_block_comes_at_once():
    assert sending().start(0) == (bytes(Data(1, bytes(range(8)))),)


def test_with_options_the_oack_comes_first_and_is_block_0():
    engine = sending(opening=OACK)

    assert engine.start(0) == (OACK,)
    assert blocks(engine.receive(ack(0), 0.1)) == [1]


@pytest.mark.parametrize(
    ("size", "lengths"), [(0, [0]), (7, [7]), (8, [8, 0]), (9, [8, 1]), (16, [8, 8, 0])]
)
def test_the_last_block_is_a_short_one(size, lengths):
    engine = sending(size)
    datagrams = list(engine.start(0))
    while engine.ended is None:
        datagrams += engine.receive(ack(len(datagrams)), 0)

    assert [len(datagram) - 4 for datagram in datagrams] == lengths
    assert engine.ended.ok
    assert (engine.octets, engine.blocks, engine.timer) == (size, len(lengths), None)


def test_block_numbers_roll_over_to_0():
    engine = sending(8 * 65536 + 3)
    engine.start(0)
    for block in range(1, 65536):
        engine.receive(ack(block), 0)

    assert engine.blocks == 65535
    assert engine.receive(ack(0), 0) == (bytes(Data(1, engine._content[-3:])),)
    assert engine.receive(ack(1), 0) == ()
    assert engine.ended is not None
    assert engine.ended.ok
    assert engine.blocks == 65537


def test_a_doubled_acknowledgement_sends_nothing():
    engine = sending()
    engine.start(0)

    assert blocks(engine.receive(ack(1), 0.1)) == [2]
    assert engine.receive(ack(1), 0.2) == ()
    assert engine.receive(ack(1), 0.9) == ()
    assert blocks(engine.receive(ack(2), 1.0)) == [3]


@pytest.mark.parametrize("block", [2, 3, 1000, 32768, 65535])
def test_an_acknowledgement_of_what_was_not_sent_is_ignored(block):
    engine = sending()
    engine.start(0)

    assert engine.receive(ack(block), 0.1) == ()
    assert engine.ended is None
    assert blocks(engine.receive(ack(1), 0.2)) == [2]


def test_padded_acknowledgements_count_and_their_doubles_do_not():
    engine = sending(8 * 6)
    engine.start(0)
    for block in range(1, 6):
        assert blocks(engine.receive(ack(block) + bytes(8), 0.1)) == [block + 1]
        assert engine.receive(ack(block), 0.2) == ()
        assert engine.receive(ack(block) + bytes(8), 0.2) == ()
    for block in range(6):
        assert engine.receive(ack(block), 0.3) == ()
    assert engine.ended is None


def test_a_late_acknowledgement_is_ignored():
    engine = sending()
    engine.start(0)
    for block in range(1, 5):
        engine.receive(ack(block), 0)

    assert [engine.receive(ack(block), 1) for block in (3, 2, 1, 0)] == [()] * 4
    assert engine.blocks == 4


def test_silence_at_first_is_repeated_twice_and_then_met_with_silence():
    engine = sending()
    first = engine.start(0)

    assert engine.handle_timer(0.99) == ()
    assert engine.handle_timer(1) == first
    assert engine.handle_timer(2.9) == ()
    assert engine.handle_timer(3) == first
    assert engine.handle_timer(7) == ()
    assert engine.ended is not None
    assert engine.ended.why == "no answer, asked again 2 times"
    assert (engine.timer, engine.retransmissions) == (None, 2)


def test_silence_later_is_repeated_six_times_and_then_told():
    engine = sending(patience=Patience(heard=6))
    engine.start(0)
    second = engine.receive(ack(1), 0)
    said = []
    while engine.timer is not None:
        said.append(engine.handle_timer(engine.timer))

    assert said == [second] * 6 + [(bytes(Error(0, "timed out")),)]
    assert engine.ended is not None
    assert engine.ended.why == "no acknowledgement of block 2, asked again 6 times"


def test_a_last_block_that_nobody_acknowledges_may_have_arrived():
    engine = sending(9, patience=Patience(heard=0))
    engine.start(0)
    engine.receive(ack(1), 0)
    engine.handle_timer(1)

    assert engine.ended is not None
    assert not engine.ended.ok
    assert "the file may have arrived" in engine.ended.why


def test_a_quick_peer_is_asked_again_after_a_quarter_of_a_second():
    engine = sending()
    engine.start(0)
    engine.receive(ack(1), 0.001)

    assert engine.timer == pytest.approx(0.251)


def test_a_slow_answer_to_something_repeated_teaches_nothing():
    engine = sending()
    engine.start(0)
    engine.handle_timer(1)
    engine.receive(ack(1), 1.001)

    assert engine.timer == pytest.approx(2.001)


def test_an_agreed_timeout_is_the_time_between_repeats():
    engine = sending(timeout=3)
    engine.start(0)
    engine.receive(ack(1), 0.001)

    assert engine.timer == pytest.approx(3.001)


def test_progress_starts_the_waits_anew():
    engine = sending(timeout=1)
    engine.start(0)
    engine.receive(ack(1), 0)
    engine.handle_timer(1)
    engine.handle_timer(3)
    engine.receive(ack(2), 3.5)

    assert engine.timer == pytest.approx(4.5)


def test_an_error_ends_it_without_a_word():
    engine = sending()
    engine.start(0)

    assert engine.receive(bytes(Error(3, "disk full")), 0) == ()
    assert engine.ended is not None
    assert (engine.ended.ok, engine.ended.why, engine.ended.code, engine.ended.ours) == (
        False,
        "error 3: disk full",
        3,
        False,
    )


@pytest.mark.parametrize(
    "noise", [b"", b"\0", b"\0\4\0", b"\0\x09\0\0", b"\xff" * 9, OACK, bytes(Request(1, "x"))]
)
def test_noise_is_ignored(noise):
    engine = sending()
    engine.start(0)

    assert engine.receive(noise, 0) == ()
    assert engine.ended is None


def test_data_from_the_other_side_is_an_illegal_operation():
    engine = sending()
    engine.start(0)

    (said,) = engine.receive(bytes(Data(1, b"x")), 0)

    assert parse(said) == Error(Code.ILLEGAL, "DATA, but this side sends")
    assert engine.ended is not None
    assert not engine.ended.ok


def test_after_the_end_nothing_is_said():
    engine = sending(20, windowsize=4)
    engine.start(0)
    engine.receive(ack(3), 0)

    assert engine.ended is not None
    for datagram in (ack(3), ack(4), ack(2), bytes(Data(1, b"")), bytes(Error(0, "late"))):
        assert engine.receive(datagram, 5) == ()
    assert engine.handle_timer(99) == ()
    assert engine.ended.ok


def test_a_window_is_sent_at_once_and_followed_by_the_next():
    engine = sending(windowsize=4)

    assert blocks(engine.start(0)) == [1, 2, 3, 4]
    assert blocks(engine.receive(ack(4), 0.01)) == [5, 6, 7, 8]
    assert blocks(engine.receive(ack(8), 0.02)) == [9, 10, 11, 12]
    assert blocks(engine.receive(ack(12), 0.03)) == [13]


def test_a_gap_in_a_window_is_sent_from_the_gap_on():
    engine = sending(windowsize=4)
    engine.start(0)

    assert blocks(engine.receive(ack(2), 0.01)) == [3, 4, 5, 6]
    assert engine.retransmissions == 2


def test_the_first_of_a_window_lost_is_believed_after_a_round_trip_and_once():
    engine = sending(windowsize=4)
    engine.start(0)
    engine.receive(ack(4), 0.010)

    assert engine.receive(ack(4), 0.012) == ()
    assert blocks(engine.receive(ack(4), 0.021)) == [5, 6, 7, 8]
    assert engine.receive(ack(4), 0.040) == ()
    assert blocks(engine.receive(ack(8), 0.041)) == [9, 10, 11, 12]


def test_a_window_repeated_by_the_timer_is_not_repeated_again_for_a_doubled_acknowledgement():
    engine = sending(windowsize=4, timeout=1)
    engine.start(0)
    engine.receive(ack(4), 0.01)
    engine.handle_timer(1.01)

    assert engine.receive(ack(4), 1.5) == ()


def test_windows_roll_over_too():
    engine = sending(8 * 65540, windowsize=8)
    engine.start(0)
    for block in range(8, 65536, 8):
        engine.receive(ack(block), block / 1000)

    assert blocks(engine.receive(ack(0), 70)) == [1, 2, 3, 4, 5]


def test_a_writer_adopts_what_the_server_answers():
    asked = (("blksize", "16"), ("windowsize", "2"))
    request = bytes(Request(Opcode.WRQ, "r", Mode.OCTET, asked))
    engine = Sending(bytes(100), opening=request, asked=asked)

    assert engine.start(0) == (request,)
    said = engine.receive(bytes(Oack((("blksize", "8"), ("windowsize", "2")))), 0.1)
    assert said == [bytes(Data(1, bytes(8))), bytes(Data(2, bytes(8)))]


def test_a_writer_goes_on_without_options_when_the_server_ignores_them():
    engine = Sending(bytes(600), opening=b"request", asked=(("blksize", "8"),))
    engine.start(0)

    assert engine.receive(ack(0), 0.1) == (bytes(Data(1, bytes(512))),)


def test_a_writer_refuses_an_oack_that_takes_liberties():
    engine = Sending(bytes(600), opening=b"request", asked=(("blksize", "8"),))
    engine.start(0)

    (said,) = engine.receive(bytes(Oack((("blksize", "9"),))), 0.1)

    assert read(Error, said).code == Code.OPTION


def test_a_late_oack_changes_nothing():
    engine = Sending(bytes(600), opening=b"request", asked=(("blksize", "8"),))
    engine.start(0)
    engine.receive(ack(0), 0.1)

    assert engine.receive(bytes(Oack((("blksize", "8"),))), 0.2) == ()
    assert engine.receive(ack(1), 0.3) == (bytes(Data(2, bytes(88))),)
