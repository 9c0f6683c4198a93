"""Our client against our server, and against a bare socket that misbehaves."""

import asyncio
import socket

import pytest
from tests.tftp.loopback import Phone, in_loop, serving
from tests.tftp.relay import Relay, Weather

from ringback.errors import Failure, TransferError
from ringback.tftp.client import MPP_SOURCE_PORTS, read, write
from ringback.tftp.packet import Ack, Code, Data, Error, Mode, Oack, Opcode, Request

pytestmark = pytest.mark.duty(5)

FILES = {"/a": b"profile", "/empty": b"", "/long": bytes(range(256)) * 400, "/text": b"1\n2\r3\n"}


class Misbehaving(Phone):
    """A server made of one bare socket."""

    async def expect(self) -> Request:
        packet = await self.hear()
        assert isinstance(packet, Request)
        return packet


def reading(server: Phone, name: str = "/f", **options) -> "asyncio.Task[bytes]":
    return asyncio.ensure_future(read(*server.address, name, **options))


@pytest.mark.parametrize("options", [
    {},
    {"blksize": None, "tsize": False, "timeout": 0.5},
    {"blksize": 65464},
    {"windowsize": 8},
    {"blksize": 8, "windowsize": 64},
])  # fmt: skip
@pytest.mark.parametrize("name", sorted(FILES))
@in_loop
async def test_what_is_served_is_read(name, options):
    async with serving(FILES) as (server, ends, _):
        assert await read(*server.sockname, name, **options) == FILES[name]
        assert (await ends.next()).ok


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
@in_loop
async def test_names_keep_their_leading_slash_and_options_are_the_phones(host):
    async with serving(FILES, host=host) as (server, _, shelf):
        await read(*server.sockname, "/a")

    (request,) = shelf.asked
    assert (request.name, request.mode) == ("/a", Mode.OCTET)
    assert request.options == (("blksize", "1428"), ("timeout", "2"), ("tsize", "0"))


@in_loop
async def test_netascii_is_read_with_local_line_ends():
    async with serving(FILES) as (server, _, _):
        assert await read(*server.sockname, "/text", mode=Mode.NETASCII) == FILES["/text"]


@in_loop
async def test_a_missing_file_is_the_phones_file_not_found():
    async with serving(FILES) as (server, _, _):
        with pytest.raises(TransferError, match="error 1: File not found") as caught:
            await read(*server.sockname, "/missing")

    assert caught.value.failure is Failure.NOT_FOUND


@pytest.mark.parametrize("tsize", [True, False])
@in_loop
async def test_a_file_beyond_the_limit_is_too_large_and_the_server_hears_it(tsize):
    async with serving(FILES) as (server, ends, _):
        with pytest.raises(TransferError, match="larger than 5000 octets") as caught:
            await read(*server.sockname, "/long", limit=5000, tsize=tsize)
        outcome = await ends.next()

    assert caught.value.failure is Failure.TOO_LARGE
    assert outcome.why == "the client said error 3: larger than 5000 octets"
    assert (outcome.octets == 0) == tsize


@in_loop
async def test_nobody_there_is_a_failure_that_says_so():
    with Phone() as gone:
        address = gone.address
    with pytest.raises(TransferError, match="nobody listens there") as caught:
        await read(*address, "/a", timeout=0.05, retries=3)

    assert caught.value.failure is Failure.GET


@in_loop
async def test_silence_is_a_failure_that_says_how_often_was_asked():
    with Misbehaving() as server:
        with pytest.raises(TransferError, match="no answer, asked again 2 times") as caught:
            await read(*server.address, "/a", timeout=0.05, retries=2)

        assert [await server.expect() for _ in range(3)]
        assert server.heard_nothing()
    assert caught.value.failure is Failure.GET


@in_loop
async def test_the_port_that_answers_first_is_the_server_and_others_are_strangers():
    with Misbehaving() as server, Phone() as transfer, Phone() as stranger:
        task = reading(server)
        await server.expect()
        transfer.say(Data(1, bytes(512)), server.server)
        assert await transfer.hear() == Ack(1)
        stranger.say(Data(2, b"evil"), server.server)
        assert await stranger.hear() == Error(Code.STRANGER, "unknown transfer ID")
        transfer.say(Data(2, b"good"))

        assert await task == bytes(512) + b"good"


@in_loop
async def test_an_answer_from_another_host_is_no_answer():
    with Misbehaving() as server, Phone("127.0.0.9") as stranger:
        task = reading(server)
        await server.expect()
        stranger.say(Data(1, b"evil"), server.server)
        assert await stranger.hear() == Error(Code.STRANGER, "unknown transfer ID")
        server.say(Data(1, b"good"))

        assert await task == b"good"


@in_loop
async def test_a_server_that_refuses_options_is_asked_without():
    with Misbehaving() as server:
        task = reading(server)
        assert (await server.expect()).options
        server.say(Error(Code.OPTION, "no options here"))
        assert (await server.expect()).options == ()
        server.say(Data(1, b"plain"))

        assert await task == b"plain"


@in_loop
async def test_a_server_that_refuses_options_even_then_is_a_failure():
    with Misbehaving() as server:
        task = reading(server)
        for _ in range(2):
            await server.expect()
            server.say(Error(Code.OPTION, "never"))

        with pytest.raises(TransferError, match="error 8: never"):
            await task


@in_loop
async def test_an_oack_that_takes_liberties_is_a_failure():
    with Misbehaving() as server:
        task = reading(server)
        await server.expect()
        server.say(Oack((("blksize", "9000"),)))
        answer = await server.hear()

        assert isinstance(answer, Error)
        assert answer.code == Code.OPTION
        with pytest.raises(TransferError, match="blksize=9000 to 1428"):
            await task


@in_loop
async def test_a_file_shorter_than_announced_is_a_failure():
    with Misbehaving() as server:
        task = reading(server)
        await server.expect()
        server.say(Oack((("tsize", "100"),)))
        await server.hear()
        server.say(Data(1, bytes(60)))

        with pytest.raises(TransferError, match="60 octets came of 100 announced"):
            await task


@in_loop
async def test_an_error_code_nobody_knows_is_a_failure():
    with Misbehaving() as server:
        task = reading(server)
        await server.expect()
        server.say(Error(4711, "?"))

        with pytest.raises(TransferError, match="the server said error 4711"):
            await task


@in_loop
async def test_noise_changes_nothing():
    with Misbehaving() as server:
        task = reading(server)
        await server.expect()
        for noise in (b"", b"\0", b"\xff" * 100, b"\0\3", bytes(Request(Opcode.RRQ, "x"))):
            server.say(noise)
        server.say(Data(1, b"signal"))

        assert await task == b"signal"


def nobody_holds(port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("0.0.0.0", port))
        except OSError:
            return False
    return True


@in_loop
async def test_an_mpp_phone_sends_from_its_six_ports():
    free = [port for port in MPP_SOURCE_PORTS if nobody_holds(port)]
    with Misbehaving() as first, Misbehaving() as second:
        tasks = [
            reading(server, timeout=0.05, retries=0, source_ports=MPP_SOURCE_PORTS)
            for server in (first, second)
        ]
        for server in (first, second):
            await server.expect()
            server.say(Data(1, b""))

        assert await asyncio.gather(*tasks) == [b"", b""]
        assert [first.server[1], second.server[1]] == free[:2]


@in_loop
async def test_when_all_source_ports_are_taken_that_is_said():
    with Phone() as one, pytest.raises(TransferError, match="are all in use"):
        await read("127.0.0.1", 9, "/a", source_ports=[one.address[1]])


@in_loop
async def test_a_call_that_is_cancelled_leaves_nothing_behind():
    with Misbehaving() as server:
        task = reading(server)
        await server.expect()
        task.cancel()

        with pytest.raises(asyncio.CancelledError):
            await task


@pytest.mark.parametrize("options", [{}, {"blksize": None, "tsize": False}, {"windowsize": 4}])
@pytest.mark.parametrize("size", [0, 511, 512, 1428, 50_000])
@in_loop
async def test_what_is_written_is_kept(size, options):
    kept: list[bytes] = []
    async with serving({}, accept_write=lambda _: kept.append) as (server, ends, _):
        await write(*server.sockname, "/report.xml", bytes(size), **options)
        outcome = await ends.next()

    assert kept == [bytes(size)]
    assert (outcome.ok, outcome.writing, outcome.name) == (True, True, "/report.xml")


@in_loop
async def test_text_is_written_with_local_line_ends():
    kept: list[bytes] = []
    async with serving({}, accept_write=lambda _: kept.append) as (server, _, _):
        await write(*server.sockname, "/t", FILES["/text"], mode=Mode.NETASCII)

    assert kept == [FILES["/text"]]


@in_loop
async def test_a_refused_write_is_a_failure_with_the_servers_words():
    async with serving({}) as (server, _, _):
        with pytest.raises(TransferError, match="error 2: This server takes no files"):
            await write(*server.sockname, "/report.xml", b"text")


@in_loop
async def test_two_hundred_phones_cross_a_bad_network_and_none_is_lost():
    async with serving(FILES) as (server, _, _):
        with Relay(server.sockname, Weather(seed=7)) as relay:
            found = await asyncio.gather(
                *(
                    read(*relay.address, "/long", blksize=65464, timeout=0.2, retries=8)
                    for _ in range(200)
                )
            )

    assert found == [FILES["/long"]] * 200
