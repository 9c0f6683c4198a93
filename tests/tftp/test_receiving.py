import pytest
from tests.tftp.link import read

from ringback.tftp.options import Options
from ringback.tftp.packet import Ack, Code, Data, Error, Mode, Oack, parse
from ringback.tftp.patience import Patience
from ringback.tftp.receiving import Receiving

REQUEST = b"\0\1f\0octet\0"
ASKED = (("blksize", "8"), ("tsize", "0"), ("windowsize", "4"))


def data(block, payload=bytes(512)):
    return bytes(Data(block, payload))


def ack(block):
    return (bytes(Ack(block)),)


def reader(**changes):
    engine = Receiving(REQUEST, **changes)
    assert engine.start(0) == (REQUEST,)
    return engine


def windowed(windowsize=4):
    return reader(agreed=Options(8, None, None, windowsize))


def test_every_block_is_acknowledged_and_the_short_one_ends_it():
    engine = reader()

    assert engine.receive(data(1), 0) == ack(1)
    assert engine.receive(data(2, b"end"), 0) == ack(2)
    assert engine.content == bytes(512) + b"end"
    assert engine.ended is not None
    assert engine.ended.ok
    assert (engine.octets, engine.blocks, engine.timer) == (515, 2, None)


def test_an_empty_file_is_one_empty_block():
    engine = reader()

    assert engine.receive(data(1, b""), 0) == ack(1)
    assert engine.content == b""


def test_a_doubled_block_is_acknowledged_again_and_kept_once():
    engine = reader()
    engine.receive(data(1), 0)

    assert engine.receive(data(1), 0.1) == ack(1)
    engine.receive(data(2, b"x"), 0.2)
    assert engine.content == bytes(512) + b"x"


@pytest.mark.parametrize("block", [0, 1, 4, 5, 65535])
def test_late_and_early_blocks_are_ignored_in_lock_step(block):
    engine = reader()
    engine.receive(data(1), 0)
    engine.receive(data(2), 0)

    assert engine.receive(data(block), 0) == ()
    assert engine.blocks == 2


def test_block_numbers_roll_over_to_0():
    engine = Receiving(REQUEST, Options(blksize=8))
    engine.start(0)
    for block in range(1, 65536):
        engine.receive(data(block, bytes(8)), 0)

    assert engine.receive(data(0, b"rollover"), 0) == ack(0)
    assert engine.receive(data(1, b"end"), 0) == ack(1)
    assert engine.content is not None
    assert engine.content[-11:] == b"rolloverend"
    assert engine.blocks == 65537


def test_the_request_is_repeated_until_it_is_given_up():
    engine = reader(patience=Patience(first=1, unheard=2))

    assert engine.handle_timer(1) == (REQUEST,)
    assert engine.handle_timer(3) == (REQUEST,)
    assert engine.handle_timer(7) == ()
    assert engine.ended is not None
    assert engine.ended.why == "no answer, asked again 2 times"


def test_the_last_acknowledgement_is_repeated_when_nothing_comes():
    engine = reader(patience=Patience(first=1, heard=1))
    engine.receive(data(1), 5)

    assert engine.handle_timer(6) == ack(1)
    assert engine.handle_timer(8) == (bytes(Error(0, "timed out")),)
    assert engine.ended is not None
    assert engine.ended.why == "no block 2, asked again 1 time"


def test_an_oack_is_acknowledged_as_block_0_and_holds():
    engine = reader(asked=ASKED)

    assert engine.receive(bytes(Oack((("blksize", "8"), ("tsize", "11")))), 0) == ack(0)
    assert engine.receive(data(1, b"12345678"), 0) == ack(1)
    assert engine.receive(data(2, b"901"), 0) == ack(2)
    assert engine.content == b"12345678901"


def test_a_doubled_oack_is_acknowledged_again():
    engine = reader(asked=ASKED)
    oack = bytes(Oack((("blksize", "8"),)))

    assert engine.receive(oack, 0) == ack(0)
    assert engine.receive(oack, 0.1) == ack(0)


def test_a_late_oack_changes_nothing():
    engine = reader(asked=ASKED)
    engine.receive(data(1), 0)

    assert engine.receive(bytes(Oack((("blksize", "8"),))), 0) == ()
    assert engine.receive(data(2), 0) == ack(2)


def test_a_server_that_ignores_options_is_understood():
    engine = reader(asked=ASKED)

    assert engine.receive(data(1), 0) == ack(1)
    assert engine.receive(data(2, b"end"), 0) == ack(2)


@pytest.mark.parametrize("oack", [(("blksize", "9"),), (("timeout", "1"),), (("blksize", "x"),)])
def test_an_oack_that_takes_liberties_is_refused_with_error_8(oack):
    engine = reader(asked=ASKED)

    (said,) = engine.receive(bytes(Oack(oack)), 0)

    assert read(Error, said).code == Code.OPTION
    assert engine.ended is not None
    assert engine.ended.ours


def test_an_oack_nobody_asked_for_is_ignored():
    assert reader().receive(bytes(Oack((("blksize", "8"),))), 0) == ()


def test_a_file_announced_too_large_is_refused_before_it_comes():
    engine = reader(asked=ASKED, limit=100)

    (said,) = engine.receive(bytes(Oack((("tsize", "101"),))), 0)

    assert parse(said) == Error(Code.FULL, "larger than 100 octets")
    assert engine.ended is not None
    assert (engine.ended.code, engine.ended.ours) == (Code.FULL, True)


def test_a_file_that_grows_too_large_is_refused_as_soon_as_it_does():
    engine = reader(limit=1000)
    engine.receive(data(1), 0)

    (said,) = engine.receive(data(2), 0)

    assert read(Error, said).code == Code.FULL
    assert engine.octets == 512


def test_a_limit_may_be_reached_exactly():
    engine = reader(limit=512)
    engine.receive(data(1), 0)
    engine.receive(data(2, b""), 0)

    assert engine.content == bytes(512)


@pytest.mark.parametrize("announced", ["10", "12"])
def test_a_size_that_was_a_lie_is_noticed(announced):
    engine = reader(asked=ASKED)
    engine.receive(bytes(Oack((("tsize", announced),))), 0)
    engine.receive(data(1, b"elevenbytes"), 0)

    assert engine.ended is not None
    assert not engine.ended.ok
    assert engine.ended.why == f"11 octets came of {announced} announced"


def test_netascii_is_decoded_and_its_announced_size_not_believed():
    engine = reader(asked=ASKED, mode=Mode.NETASCII)
    engine.receive(bytes(Oack((("tsize", "4"),))), 0)
    engine.receive(data(1, b"a\r\nb\r\0"), 0)

    assert engine.content == b"a\nb\r"
    assert engine.ended is not None
    assert engine.ended.ok


def test_a_block_larger_than_agreed_is_an_illegal_operation():
    engine = windowed()

    (said,) = engine.receive(data(1, bytes(9)), 0)

    assert read(Error, said).code == Code.ILLEGAL


def test_an_error_ends_it_without_a_word():
    engine = reader()

    assert engine.receive(bytes(Error(1, "File not found")), 0) == ()
    assert engine.ended is not None
    assert (engine.ended.code, engine.ended.ours) == (1, False)


def test_an_acknowledgement_from_the_other_side_is_an_illegal_operation():
    (said,) = reader().receive(bytes(Ack(1)), 0)

    assert read(Error, said).code == Code.ILLEGAL


@pytest.mark.parametrize("noise", [b"", b"\0\3\0", b"\0\x09\0\0", b"\xff" * 9])
def test_noise_is_ignored(noise):
    engine = reader()

    assert engine.receive(noise, 0) == ()
    assert engine.ended is None


def test_a_window_is_acknowledged_when_it_is_full():
    engine = windowed()

    assert [engine.receive(data(block, bytes(8)), 0) for block in range(1, 9)] == [
        (), (), (), ack(4), (), (), (), ack(8),
    ]  # fmt: skip


def test_the_end_of_the_file_ends_the_window():
    engine = windowed()
    engine.receive(data(1, bytes(8)), 0)

    assert engine.receive(data(2, b""), 0) == ack(2)


def test_a_gap_is_told_once_and_what_follows_it_is_not_kept():
    engine = windowed()
    engine.receive(data(1, b"11111111"), 0)

    assert engine.receive(data(3, b"33333333"), 0) == ack(1)
    assert engine.receive(data(4, b"44444444"), 0) == ()
    assert engine.receive(data(2, b"22222222"), 0) == ()
    assert engine.receive(data(4, b"44444444"), 0) == ack(2)
    assert engine.octets == 16


def test_a_window_that_comes_again_is_acknowledged_once():
    engine = windowed()
    for block in range(1, 5):
        engine.receive(data(block, bytes(8)), 0)

    assert [engine.receive(data(block, bytes(8)), 1) for block in range(1, 5)] == [
        (), (), (), ack(4),
    ]  # fmt: skip


def test_a_window_cut_short_is_acknowledged_by_the_timer():
    engine = windowed()
    engine.receive(data(1, bytes(8)), 0)
    engine.receive(data(2, bytes(8)), 0)

    assert engine.handle_timer(1) == ack(2)
    assert [engine.receive(data(block, bytes(8)), 2) for block in range(3, 7)] == [
        (), (), (), ack(6),
    ]  # fmt: skip


def test_a_server_acknowledges_the_last_block_only_when_the_file_is_safe():
    engine = Receiving(bytes(Ack(0)), confirm=True)

    assert engine.start(0) == ack(0)
    assert engine.receive(data(1, b"report"), 0) == ()
    assert (engine.content, engine.ended, engine.timer) == (b"report", None, None)
    assert engine.receive(data(1, b"report"), 1) == ()
    assert engine.accept() == ack(1)
    assert engine.ended is not None


def test_a_file_that_could_not_be_kept_is_not_acknowledged():
    engine = Receiving(bytes(Ack(0)), confirm=True)
    engine.start(0)
    engine.receive(data(1, b"report"), 0)

    assert engine.abort(Error(3, "disk full")) == (bytes(Error(3, "disk full")),)
    assert engine.receive(data(1, b"report"), 1) == ()


def test_the_last_block_is_acknowledged_again_after_the_end():
    engine = reader()
    engine.receive(data(1, b"all"), 0)

    assert engine.receive(data(1, b"all"), 1) == ack(1)
    assert engine.receive(data(2, b"all"), 1) == ()
    assert engine.content == b"all"
