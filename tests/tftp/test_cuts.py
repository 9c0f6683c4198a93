from hypothesis import given
from hypothesis import strategies as st

from ringback.tftp.cuts import LARGEST, MOST_BLOCKS, Cuts, cut
from ringback.tftp.options import PLAIN
from ringback.tftp.packet import TWO_NUMBERS, Opcode
from ringback.tftp.sending import Sending


def sent(sending, blocks):
    """Everything a receiver without losses is sent."""
    said = list(sending.start(0.0))
    for number in range(1, blocks + 1):
        ack = TWO_NUMBERS.pack(Opcode.ACK, number)
        said += [bytes(each) for each in sending.receive(ack, number * 0.01)]
    return [bytes(each) for each in said]


@given(st.binary(max_size=3000))
def test_a_file_that_was_cut_is_sent_octet_for_octet_as_one_that_was_not(content):
    blocks = len(content) // 512 + 1

    plain = sent(Sending(content), blocks)
    precut = sent(Sending(content, PLAIN, packets=cut(content, 512)), blocks)

    assert precut == plain
    assert b"".join(each[4:] for each in precut) == content


def test_a_file_is_cut_when_it_is_asked_for_a_second_time():
    cuts, content = Cuts(), bytes(2000)

    assert cuts.of(content, 512) is None
    assert cuts.of(content, 512) == cut(content, 512)
    assert cuts.of(content, 512) is cuts.of(content, 512)


def test_another_block_size_is_another_cut():
    cuts, content = Cuts(), bytes(2000)
    for size in (512, 1428):
        cuts.of(content, size)

    assert [len(cuts.of(content, size) or ()) for size in (512, 1428)] == [4, 2]


def test_a_file_that_changed_is_cut_anew():
    cuts = Cuts()
    for content in (b"old" * 300, b"new" * 300):
        cuts.of(content, 512)
        packets = cuts.of(content, 512)
        assert packets is not None
        assert packets[0][0][4:7] == content[:3]


def test_large_files_and_many_blocks_are_not_kept():
    cuts = Cuts()
    large, many = bytes(LARGEST + 1), bytes(8 * MOST_BLOCKS)

    assert [cuts.of(large, 1428) for _ in range(3)] == [None] * 3
    assert [cuts.of(many, 8) for _ in range(3)] == [None] * 3


def test_what_is_kept_is_bounded():
    cuts = Cuts()
    files = [bytes([number % 256]) * LARGEST for number in range(600)]
    for content in files:
        cuts.of(content, 512)
        cuts.of(content, 512)

    assert sum(len(content) for content, _ in cuts._kept.values()) <= 32 * 1024 * 1024
