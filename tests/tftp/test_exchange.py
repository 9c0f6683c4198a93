"""Transfers that share a socket: whose datagram it is, and what the one timer does."""

import asyncio
import inspect

import pytest
from tests.tftp.loopback import PATIENCE, Phone

from ringback.clock import monotonic
from ringback.tftp import exchange as exchange_module
from ringback.tftp.exchange import DALLY, STRANGERS_PER_TICK, Exchange, Talk
from ringback.tftp.packet import Ack, Data, Error, parse
from ringback.tftp.patience import Patience
from ringback.tftp.receiving import Receiving
from ringback.tftp.sending import Sending
from ringback.tftp.wire import open_socket


class Table:
    """An exchange in a running loop, and what it told."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.told: asyncio.Queue[Talk] = asyncio.Queue()
        self.exchange = Exchange(
            loop,
            open_socket(2, ("127.0.0.1", 0)),
            completed=lambda talk: talk.engine.accept(),  # type: ignore[attr-defined]
            concluded=lambda talk, _: self.told.put_nowait(talk),
            longest=1000,
        )

    def begin(self, phone: Phone, engine, **options) -> Talk:
        talk = Talk(phone.address, b"request", "f", engine, monotonic(), **options)
        self.exchange.begin(talk, monotonic())
        self.exchange.flush()
        return talk

    async def next(self) -> Talk:
        async with asyncio.timeout(PATIENCE):
            return await self.told.get()


def sitting(test):
    """Run an async test with a table and as many phones as it takes, one or two."""
    phones = len(inspect.signature(test).parameters) - 1

    def run():
        async def inside():
            table = Table(asyncio.get_running_loop())
            with Phone() as one, Phone() as two:
                try:
                    await test(table, *(one, two)[:phones])
                finally:
                    if table.exchange.sock.fileno() >= 0:
                        table.exchange.close()

        asyncio.run(inside())

    run.__name__ = test.__name__
    return run


@sitting
async def test_each_phone_gets_its_own_file(table, one, two):
    table.begin(one, Sending(b"first"))
    table.begin(two, Sending(b"second"))

    assert await one.hear() == Data(1, b"first")
    assert await two.hear() == Data(1, b"second")
    two.say(Ack(1))
    assert (await table.next()).peer == two.address
    assert list(table.exchange.talks) == [one.address]


@sitting
async def test_the_timer_repeats_what_was_not_answered(table, one):
    patience = Patience(first=0.05, longest=0.05, unheard=2)
    talk = table.begin(one, Sending(b"file", patience=patience))
    assert await table.next() is talk

    assert [await one.hear() for _ in range(3)] == [Data(1, b"file")] * 3
    assert talk.engine.ended is not None
    assert table.exchange.talks == {}


@sitting
async def test_a_new_short_timer_is_not_kept_waiting_by_an_old_long_one(table, one, two):
    table.begin(one, Sending(b"slow", patience=Patience(first=60)))
    quick = table.begin(two, Sending(b"quick", patience=Patience(first=0.05, unheard=0)))

    assert await table.next() is quick


@sitting
async def test_a_transfer_that_got_on_is_left_alone_by_the_timer(table, one):
    talk = table.begin(one, Sending(bytes(5000), patience=Patience(first=0.3, least=0.3)))
    for block in range(1, 6):
        assert await one.hear() == Data(block, bytes(512))
        one.say(Ack(block))
    await one.hear()
    table.exchange._wake()

    assert talk.engine.retransmissions == 0
    assert one.heard_nothing()


@sitting
async def test_a_received_file_is_dallied_over_and_then_forgotten(table, one):
    engine = Receiving(bytes(Ack(0)), confirm=True)
    talk = table.begin(one, engine, keep=lambda _: None)
    await one.hear()
    one.say(Data(1, b"all"))
    assert await one.hear() == Ack(1)
    assert await table.next() is talk
    one.say(Data(1, b"all"))
    assert await one.hear() == Ack(1)

    for now, held in ((talk.dally_until - 1, True), (talk.dally_until, False)):
        for each in table.exchange._deadlines.due(now):
            table.exchange._look_at(each, now)
        assert (one.address in table.exchange.dallying) == held
    assert talk.dally_until - talk.started == pytest.approx(DALLY, abs=PATIENCE)


@sitting
async def test_strangers_get_so_many_answers_a_tick_and_new_ones_in_the_next(table, one):
    now = monotonic()
    for _ in range(3 * STRANGERS_PER_TICK):
        table.exchange.receive(bytes(Ack(1)), one.address, now)
    table.exchange.flush()
    answers = [parse(one.sock.recv(100)) for _ in range(STRANGERS_PER_TICK)]

    assert answers == [Error(5, "unknown transfer ID")] * STRANGERS_PER_TICK
    assert one.heard_nothing()
    table.exchange._wake()
    table.exchange.receive(bytes(Ack(1)), one.address, now)
    table.exchange.flush()
    assert not one.heard_nothing()


@sitting
async def test_no_more_than_a_drain_is_read_at_once(table, one):
    for _ in range(exchange_module.DRAIN + 1):
        one.say(Error(0, "noise"), table.exchange.sock.getsockname())

    assert table.exchange._drain()
    assert not table.exchange._drain()


@sitting
async def test_closing_ends_every_transfer_with_a_word_to_both_sides(table, one, two):
    for phone in (one, two):
        table.begin(phone, Sending(bytes(5000)))
        await phone.hear()
    table.exchange.close()

    assert await one.hear() == Error(0, "The server stops")
    assert await two.hear() == Error(0, "The server stops")
    assert [(await table.next()).peer, (await table.next()).peer] == [one.address, two.address]
