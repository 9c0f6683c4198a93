"""A faulty wire, and what TFTP and HTTP make of it; the servers are ours and real."""

import asyncio
from random import Random  # noqa: TID251 (seeded: the same accidents each time)

import pytest
from tests.tftp.loopback import in_loop, serving

from ringback.errors import Failure, TransferError
from ringback.http.client import Client
from ringback.phone.fault import Faults
from ringback.phone.link import Link
from ringback.tftp.client import read

FILES = {"/long": bytes(range(256)) * 100}


def link(*texts, seed=1):
    return Link(Faults.parse(texts), Random(seed))


@in_loop
async def test_tftp_gets_through_where_packets_are_lost_and_late():
    bad = link("loss=10%", "late=5ms")
    async with serving(FILES) as (server, _, _):
        got = await read(*server.sockname, "/long", timeout=0.02, retries=40, link=bad.pass_on)
    assert got == FILES["/long"]


@in_loop
async def test_a_wire_that_loses_everything_is_a_server_that_is_silent():
    async with serving(FILES) as (server, _, shelf):
        with pytest.raises(TransferError) as caught:
            await read(*server.sockname, "/long", timeout=0.05, retries=1,
                       link=link("loss=100%").pass_on)  # fmt: skip
    assert caught.value.failure is Failure.GET
    assert shelf.asked == []


@in_loop
async def test_a_slow_wire_takes_its_time_with_datagrams():
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with serving(FILES) as (server, _, _):
        got = await read(*server.sockname, "/long", link=link("slow=100000").pass_on)
    assert got == FILES["/long"]
    assert loop.time() - began >= len(got) / 100_000


async def _web(reader, writer):
    await reader.readuntil(b"\r\n\r\n")
    body = FILES["/long"]
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    await writer.drain()
    writer.close()


async def _get(wire):
    async def resolve(_):
        return ("127.0.0.1",)

    server = await asyncio.start_server(_web, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        client = Client(resolve, agent="x", carrier=wire)
        return await client.fetch("http", "h", port, "/long")


@in_loop
async def test_http_gets_through_a_slow_wire_in_its_time():
    loop = asyncio.get_running_loop()
    began = loop.time()
    response = await _get(link("slow=100000"))
    assert response.body == FILES["/long"]
    assert loop.time() - began >= len(response.body) / 100_000


@in_loop
async def test_http_hides_lost_packets_behind_waiting():
    loop = asyncio.get_running_loop()
    began = loop.time()
    response = await _get(link("loss=10%"))
    assert response.body == FILES["/long"]
    assert loop.time() - began >= 0.2


def test_a_slow_wire_is_handed_small_pieces():
    assert link("slow=2400").piece == 240
    assert link("slow=1").piece == 1
    assert link("loss=5%").piece == 64 * 1024
