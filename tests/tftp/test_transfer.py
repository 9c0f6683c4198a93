"""Both engines together, over links that lose, double and reorder."""

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.tftp.link import DELAY, Link, doubling, losing, perfect, read

from ringback.clock import dice
from ringback.tftp.options import Options
from ringback.tftp.packet import Data, Mode, Oack, Opcode, Request
from ringback.tftp.patience import Patience
from ringback.tftp.receiving import Receiving
from ringback.tftp.sending import Sending

STUBBORN = Patience(unheard=40, heard=40)


def content(size):
    return bytes(at * 7 % 256 for at in range(size))


def pair(size, *, blksize=8, windowsize=1, patience=STUBBORN):
    """A server that has answered a phone's request, and the phone."""
    asked = (("blksize", str(blksize)), ("windowsize", str(windowsize)), ("tsize", "0"))
    oack = Oack((*asked[:2], ("tsize", str(size))))
    server = Sending(
        content(size),
        Options(blksize, None, size, windowsize),
        opening=bytes(oack),
        patience=patience,
    )
    request = Request(Opcode.RRQ, "f", Mode.OCTET, asked)
    phone = Receiving(bytes(request), asked=asked, patience=patience)
    return server, phone


def carry(size, fate=perfect, **options):
    server, phone = pair(size, **options)
    link = Link(server, phone, fate).run()
    return server, phone, link


def data_sent(link):
    return [read(Data, datagram).block for side, datagram in link.sent if datagram[1] == 3]


def test_a_file_crosses_a_perfect_link_with_nothing_said_twice():
    server, phone, link = carry(100)

    assert phone.content == content(100)
    assert data_sent(link) == list(range(1, 14))
    assert server.retransmissions == phone.retransmissions == 0


def test_when_the_network_doubles_everything_no_block_is_sent_twice():
    _, phone, link = carry(100, doubling)

    assert phone.content == content(100)
    assert data_sent(link) == list(range(1, 14))


def test_when_the_network_doubles_everything_windows_are_hardly_sent_twice():
    _, phone, link = carry(8 * 64, doubling, windowsize=8)

    assert phone.content == content(8 * 64)
    assert len(data_sent(link)) <= 65 + 8


def test_each_single_loss_costs_one_repeat_and_no_octet():
    for windowsize in (1, 4):
        _, _, link = carry(60, windowsize=windowsize)
        for lost in range(len(link.sent)):
            server, phone, _ = carry(60, losing(lost), windowsize=windowsize)

            assert phone.content == content(60)
            assert server.ended is not None
            assert server.retransmissions + phone.retransmissions <= 1 + 2 * windowsize


def test_when_the_last_acknowledgement_is_lost_the_phone_says_it_again():
    _, _, link = carry(20)
    server, _, _ = carry(20, losing(len(link.sent) - 1))

    assert server.ended is not None
    assert server.ended.ok


def test_when_nothing_crosses_both_sides_give_up():
    server, phone, link = carry(20, lambda _: (), patience=Patience())

    assert server.ended is not None
    assert phone.ended is not None
    assert not server.ended.ok
    assert not phone.ended.ok
    assert len([side for side, _ in link.sent if side == "left"]) == 3


fates = st.lists(st.lists(st.floats(0.0005, 0.02), max_size=3).map(tuple), min_size=1, max_size=60)


@settings(max_examples=300, deadline=None)
@given(fates, st.integers(0, 200), st.sampled_from([1, 2, 5]))
def test_whatever_a_network_does_the_file_is_whole_or_both_know_it_is_not(fates, size, windowsize):
    """Any datagram may be lost, doubled, trebled or overtaken; the pattern repeats for ever."""
    server, phone, link = carry(
        size,
        lambda number: fates[number % len(fates)],
        windowsize=windowsize,
        patience=Patience(unheard=4, heard=8),
    )

    assert server.ended is not None
    assert phone.ended is not None
    if phone.ended.ok:
        assert phone.content == content(size)
    else:
        assert phone.ended.why
    if server.ended.ok:
        assert phone.ended.ok
    assert len(link.sent) < 40 * (size // 8 + 2) + 40


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 1 << 32).map(dice), st.sampled_from([1, 4, 8]))
def test_a_tenth_lost_and_a_tenth_doubled_never_costs_the_file(thrown, windowsize):
    def fate(_):
        copies = thrown.choices([0, 1, 2], [0.1, 0.8, 0.1])[0]
        return [DELAY * thrown.uniform(0.5, 3) for _ in range(copies)]

    _, phone, _ = carry(8 * 100 + 3, fate, windowsize=windowsize)

    assert phone.content == content(803)
