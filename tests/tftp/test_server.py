"""The server over loopback, asked by a bare UDP socket."""

import errno
import socket

import pytest
from tests.tftp.loopback import Ends, Phone, Shelf, in_loop, serving

from ringback.errors import NotFoundError, RefusedError, UsageError
from ringback.tftp import exchange
from ringback.tftp.options import Ceiling
from ringback.tftp.packet import Ack, Code, Data, Error, Mode, Oack, Opcode, Request
from ringback.tftp.patience import Patience
from ringback.tftp.quota import Quota
from ringback.tftp.server import Server

FILES = {"/a": b"profile", "/empty": b"", "/long": bytes(range(256)) * 8, "/text": b"one\ntwo\n"}
QUICK = Patience(first=0.05, least=0.05, longest=0.05)


@in_loop
async def test_a_file_is_served_and_its_end_is_told():
    async with serving(FILES) as (server, ends, shelf):
        with Phone() as phone:
            assert await phone.fetch("/long", server.sockname) == FILES["/long"]
            outcome = await ends.next()

    assert (outcome.name, outcome.ok, outcome.why) == ("/long", True, "")
    assert (outcome.octets, outcome.blocks, outcome.retransmissions) == (2048, 5, 0)
    assert (outcome.address, outcome.port) == (shelf.asked[0].address, shelf.asked[0].port)
    assert 0 <= outcome.seconds < 5


@in_loop
async def test_transfers_do_not_run_over_the_port_that_is_asked():
    async with serving(FILES) as (server, _, _):
        with Phone() as phone:
            phone.ask("/a", server.sockname)
            await phone.hear()

            assert phone.server[1] != server.sockname[1]


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "::1", "::"])
@in_loop
async def test_with_a_single_port_everything_comes_from_it(host):
    async with serving(FILES, host=host, single_port=True) as (server, _, _):
        mine = "::1" if ":" in host else "127.0.0.1"
        with Phone(mine) as phone:
            to = (mine, server.sockname[1])
            assert await phone.fetch("/long", to) == FILES["/long"]
            assert phone.server[:2] == to


@pytest.mark.parametrize("host", ["::1", "::"])
@in_loop
async def test_phones_are_served_over_ipv6(host):
    async with serving(FILES, host=host) as (server, _, shelf):
        with Phone("::1") as phone:
            assert await phone.fetch("/long", ("::1", server.sockname[1])) == FILES["/long"]

    assert shelf.asked[0].address == "::1"


@pytest.mark.parametrize("single_port", [False, True])
@in_loop
async def test_a_reply_comes_from_the_address_that_was_asked(single_port):
    async with serving(FILES, host="0.0.0.0", single_port=single_port) as (server, _, _):
        for address in ("127.0.0.1", "127.0.0.2", "127.45.6.7", "127.0.0.2"):
            with Phone() as phone:
                to = (address, server.sockname[1])
                assert await phone.fetch("/long", to) == FILES["/long"]
                assert phone.server[0] == address


@in_loop
async def test_a_request_to_a_broadcast_address_is_not_answered():
    async with serving(FILES, host="0.0.0.0") as (server, _, shelf):
        with Phone() as phone:
            phone.sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            phone.ask("/a", ("127.255.255.255", server.sockname[1]))
            assert await phone.fetch("/a", ("127.0.0.1", server.sockname[1])) == b"profile"

    assert len(shelf.asked) == 1


@in_loop
async def test_options_are_agreed_before_the_first_block():
    async with serving(FILES, ceiling=Ceiling(blksize=1000)) as (server, _, _):
        with Phone() as phone:
            phone.ask("/long", server.sockname, ("BLKSIZE", "1428"), ("tsize", "0"), ("x", "y"))

            assert await phone.hear() == Oack((("BLKSIZE", "1000"), ("tsize", "2048")))
            phone.say(Ack(0))
            assert await phone.hear() == Data(1, FILES["/long"][:1000])


@in_loop
async def test_an_empty_file_needs_no_oack_for_its_size():
    async with serving(FILES) as (server, _, _):
        with Phone() as phone:
            phone.ask("/empty", server.sockname, ("tsize", "0"))

            assert await phone.hear() == Data(1, b"")


@in_loop
async def test_netascii_travels_with_cr_lf_and_its_size_counts_them():
    async with serving(FILES) as (server, _, shelf):
        with Phone() as phone:
            options = (("tsize", "0"),)
            phone.say(Request(Opcode.RRQ, "text", Mode.NETASCII, options), server.sockname)
            assert await phone.hear() == Oack((("tsize", "10"),))
            phone.say(Ack(0))
            assert await phone.hear() == Data(1, b"one\r\ntwo\r\n")

    assert shelf.asked[0].mode is Mode.NETASCII


@in_loop
async def test_a_window_arrives_as_so_many_datagrams():
    async with serving({"/w": bytes(100_000)}) as (server, _, _):
        with Phone() as phone:
            phone.ask("/w", server.sockname, ("windowsize", "64"), ("blksize", "1428"))
            await phone.hear()
            phone.say(Ack(0))

            assert [await phone.hear() for _ in range(64)] == [
                Data(block, bytes(1428)) for block in range(1, 65)
            ]


@in_loop
async def test_a_missing_file_is_error_1_in_fixed_words():
    async with serving(FILES) as (server, ends, _):
        with Phone() as phone:
            phone.ask("/nothing", server.sockname)

            assert await phone.hear() == Error(Code.NOT_FOUND, "File not found")
            outcome = await ends.next()

    assert (outcome.name, outcome.ok) == ("/nothing", False)
    assert outcome.why == "File not found: no /nothing"


@pytest.mark.parametrize(
    ("raised", "answer"),
    [
        (NotFoundError("no /x", nearest="/y"), Error(1, "File not found")),
        (RefusedError("not for you"), Error(1, "File not found")),
        (ZeroDivisionError("secret detail"), Error(0, "Server error")),
        (OSError(errno.EIO, "broken disk"), Error(0, "Server error")),
    ],
)
@in_loop
async def test_a_refusal_is_uniform_and_a_fault_of_ours_is_survived(raised, answer):
    def refuse(request):
        if request.name == "/x":
            raise raised
        return b"fine"

    async with serving({}, answer=refuse) as (server, ends, _):
        with Phone() as phone:
            phone.ask("/x", server.sockname)
            assert await phone.hear() == answer
            assert str(raised.args[-1]) in (await ends.next()).why
            assert await phone.fetch("/y", server.sockname) == b"fine"


@in_loop
async def test_a_malformed_request_is_answered_and_told():
    async with serving(FILES) as (server, ends, _):
        with Phone() as phone:
            phone.say(b"\0\1name without end", server.sockname)
            assert await phone.hear() == Error(Code.ILLEGAL, "no NUL ends the file name")

            outcome = await ends.next()
            assert (outcome.name, outcome.why) == ("", "malformed: no NUL ends the file name")
            assert len(server.quota) == 0


@in_loop
async def test_a_stranger_hears_error_5_and_disturbs_nobody():
    async with serving(FILES) as (server, ends, _):
        with Phone() as phone, Phone() as stranger:
            phone.ask("/long", server.sockname)
            first = await phone.hear()
            stranger.say(Ack(1), phone.server)
            assert await stranger.hear() == Error(Code.STRANGER, "unknown transfer ID")
            assert isinstance(first, Data)

            phone.say(Ack(1))
            assert await phone.hear() == Data(2, FILES["/long"][512:1024])
            assert ends.none()


@in_loop
async def test_an_error_of_a_stranger_is_not_answered():
    async with serving(FILES) as (server, _, _):
        with Phone() as phone, Phone() as stranger:
            phone.ask("/a", server.sockname)
            await phone.hear()
            stranger.say(Error(5, "you too"), phone.server)
            stranger.say(Ack(9), phone.server)

            assert (await stranger.hear()) == Error(Code.STRANGER, "unknown transfer ID")
            assert stranger.heard_nothing()


@in_loop
async def test_many_strangers_are_not_all_answered():
    async with serving(FILES) as (server, _, _):
        with Phone() as phone, Phone() as stranger:
            phone.ask("/a", server.sockname)
            await phone.hear()
            for _ in range(200):
                stranger.say(Ack(9), phone.server)
            phone.say(Ack(1))
            phone.ask("/a", server.sockname)
            await phone.hear()
            answers = 0
            while not stranger.heard_nothing():
                answers += 1

    assert 1 <= answers <= 2 * exchange.STRANGERS_PER_TICK


@in_loop
async def test_a_repeated_request_is_the_same_transfer():
    async with serving(FILES) as (server, ends, shelf):
        with Phone() as phone:
            for _ in range(5):
                phone.ask("/long", server.sockname)
            first = await phone.hear()
            phone.say(Ack(1))
            second = await phone.hear()

    assert isinstance(first, Data)
    assert isinstance(second, Data)
    assert (first.block, second.block) == (1, 2)
    assert len(shelf.asked) == 1
    assert (await ends.next()).why == "The server stops"


@in_loop
async def test_a_phone_that_uses_its_port_again_gets_its_next_file():
    async with serving(FILES) as (server, ends, _):
        with Phone() as phone:
            for _ in range(20):
                assert await phone.fetch("/long", server.sockname) == FILES["/long"]
                assert (await ends.next()).ok


@in_loop
async def test_a_phone_that_asks_for_something_else_gets_that():
    async with serving(FILES) as (server, ends, _):
        with Phone() as phone:
            phone.ask("/long", server.sockname)
            await phone.hear()
            assert await phone.fetch("/a", server.sockname) == b"profile"
            first, second = await ends.next(), await ends.next()

    assert (first.name, first.ok, second.name, second.ok) == ("/long", False, "/a", True)
    assert "something else" in first.why


@in_loop
async def test_who_never_acknowledges_gets_three_datagrams_and_is_dropped():
    async with serving(FILES, patience=QUICK) as (server, ends, _):
        with Phone() as phone:
            phone.ask("/long", server.sockname)
            outcome = await ends.next()
            heard = [await phone.hear() for _ in range(3)]

            assert phone.heard_nothing()
            assert len(server.quota) == 0

    assert heard == [Data(1, FILES["/long"][:512])] * 3
    assert (outcome.why, outcome.retransmissions) == ("no answer, asked again 2 times", 2)


@in_loop
async def test_a_phone_that_falls_silent_is_told_and_dropped():
    async with serving(FILES, patience=QUICK) as (server, ends, _):
        with Phone() as phone:
            phone.ask("/long", server.sockname)
            await phone.hear()
            phone.say(Ack(1))
            outcome = await ends.next()
            heard = [await phone.hear() for _ in range(8)]

    assert heard[-1] == Error(0, "timed out")
    assert outcome.why == "no acknowledgement of block 2, asked again 6 times"
    assert outcome.octets == 512


@in_loop
async def test_an_error_from_the_phone_ends_it_and_is_told_as_the_phones():
    async with serving(FILES) as (server, ends, _):
        with Phone() as phone:
            phone.ask("/long", server.sockname)
            await phone.hear()
            phone.say(Error(3, "disk full"))

            assert (await ends.next()).why == "the client said error 3: disk full"


@in_loop
async def test_beyond_the_quota_nobody_is_answered_until_there_is_room():
    async with serving(FILES, quota=Quota(most=1)) as (server, ends, shelf):
        with Phone() as phone, Phone() as late:
            phone.ask("/a", server.sockname)
            await phone.hear()
            late.ask("/a", server.sockname)
            phone.say(Ack(1))
            await ends.next()

            assert await late.fetch("/a", server.sockname) == b"profile"
            assert late.heard_nothing()

    assert len(shelf.asked) == 2
    assert server.quota.refused == 1


@in_loop
async def test_closing_tells_the_phones_and_the_house():
    async with serving(FILES) as (server, ends, _):
        with Phone() as phone:
            phone.ask("/long", server.sockname)
            await phone.hear()
            server.close()
            server.close()

            assert await phone.hear() == Error(0, "The server stops")
            assert (await ends.next()).why == "The server stops"


@in_loop
async def test_a_port_that_is_taken_is_a_clear_error():
    async with serving(FILES) as (server, _, _):
        other = Server(Shelf({}), finished=Ends())
        with pytest.raises(UsageError, match=r"on 127\.0\.0\.1 port .* already in use"):
            await other.start(*server.sockname)


@pytest.mark.parametrize("host", ["203.0.113.9", "no.such.host.invalid"])
@in_loop
async def test_an_address_that_is_not_ours_is_a_clear_error(host):
    with pytest.raises(UsageError, match="name another HOST:PORT"):
        await Server(Shelf({}), finished=Ends()).start(host, 0)


@in_loop
async def test_a_server_that_was_not_started_has_no_address():
    server = Server(Shelf({}), finished=Ends())
    server.close()

    with pytest.raises(UsageError, match="has not been started"):
        _ = server.sockname


@in_loop
async def test_a_shallow_receive_buffer_comes_with_the_command_to_type():
    async with serving(FILES, receive_buffer=100_000) as (server, _, _):
        assert server.receive_buffer >= 100_000
        assert server.advice == ""

        server._wanted_buffer = 1 << 30
        assert server.advice == "sysctl -w net.core.rmem_max=1073741824"
