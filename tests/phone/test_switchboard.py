import asyncio
import contextlib
import socket
import subprocess
from dataclasses import replace
from functools import partial

import pytest
from tests.phone.world import World

from ringback.dns.resolver import Resolver
from ringback.errors import MessageError, TransferError
from ringback.phone.desk import Desk
from ringback.phone.lines import Lines
from ringback.phone.switchboard import REINDEX, Switchboard, peers
from ringback.sip.endpoint import Endpoint, new_name
from ringback.sip.errand import Errand
from ringback.sip.peer import Peer
from ringback.sip.respond import respond
from ringback.sip.transaction import Timing

QUIET = {"Resync_On_Reset": "No", "Auth_Resync-Reboot_1_": "No"}


def phone(user, **settings):
    return World("8841", User_ID_1_=user, Proxy_1_="h", **(QUIET | settings)).power_on()


@contextlib.asynccontextmanager
async def opened(*worlds):
    board = Switchboard(Resolver())
    await board.open("127.0.0.1", 0)
    for world in worlds:
        board.seat(partial(getattr, world, "phone"), world.settle)
        board.plug(world.phone)
    caller = Endpoint(lambda request, *_: respond(request, 405))
    await caller.start("127.0.0.1", 0)

    async def options(user):
        uri = f"sip:{user}@127.0.0.1"
        errand = Errand("OPTIONS", uri, (("To", f"<{uri}>"),), sender="<sip:a@b>", name=new_name)
        peer = Peer("UDP", *board.sockname)
        try:
            return (await caller.fulfil(errand, peer, timing=Timing(give_up=0.3))).code
        except TransferError:
            return None

    try:
        yield board, options
    finally:
        board.close()
        caller.close()


def test_phones_behind_one_socket_are_told_apart_by_their_users():
    worlds = [phone(f"{number}") for number in (11, 12, 13)]

    async def main():
        async with opened(*worlds) as (_, options):
            return [await options(each) for each in ("11", "13", "14")]

    assert asyncio.run(main()) == [200, 200, None]


def test_a_user_who_moved_is_found_again():
    one, two = phone("11"), phone("12")

    async def main():
        async with opened(one, two) as (board, options):
            before = await options("12")
            one.phone.adopt(one.phone.profile.set({"User_ID_1_": "12"})[0])
            two.phone.adopt(two.phone.profile.set({"User_ID_1_": "11"})[0])
            two.power_cut()
            board._indexed -= REINDEX
            return before, await options("12"), await options("11")

    assert asyncio.run(main()) == (200, 200, None)


def test_one_phone_alone_says_no_to_strangers():
    async def main():
        async with opened(phone("11")) as (_, options):
            return await options("12")

    assert asyncio.run(main()) == 404


def test_a_phone_that_came_back_answers_in_its_place():
    world = phone("11")

    async def main():
        async with opened(world) as (_, options):
            world.power_cut()
            off = await options("11")
            world.phone = world._plug_in()
            world.power_on()
            return off, await options("11")

    assert asyncio.run(main()) == (None, 200)


def test_a_line_registers_with_the_first_server_that_answers():
    async def main():
        registered = asyncio.Event()

        def hear(said):
            if "line 1 registered" in said.text:
                registered.set()

        registrar = Endpoint(lambda request, *_: respond(request, 200, ("Expires", "60")))
        await registrar.start("127.0.0.1", 0)
        world = World(
            "8841", User_ID_1_="11", SIP_Timer_F="0.3", Debug_Level="INFO",
            Proxy_1_=f"proxy.example.com:{registrar.sockname[1]}", **QUIET,
        )  # fmt: skip
        world.phone.identity = replace(world.identity, boot_seconds=0.0)
        resolver = Resolver(fixed={"proxy.example.com": ("127.0.0.2", "127.0.0.1")})
        desk = Desk(world.phone, resolver, hear=hear)
        await desk.plug_in(sip=("127.0.0.1", 0))
        try:
            async with asyncio.timeout(10):
                await registered.wait()
            assert world.phone.part(Lines).registered(1, desk.now())
        finally:
            await desk.unplug()
            registrar.close()

    asyncio.run(main())


def test_torture_leaves_the_phone_as_it_was(corpus):
    world = phone("11")
    before = world.phone.profile
    faults = []

    async def main():
        asyncio.get_running_loop().set_exception_handler(lambda _, told: faults.append(told))
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        async with opened(world) as (board, options):
            for path in sorted((corpus / "sip" / "rfc4475").glob("*/*.dat")):
                data = path.read_bytes()
                sock.sendto(data, board.sockname)
                sock.sendto(data.replace(b"INVITE", b"NOTIFY"), board.sockname)
                _, writer = await asyncio.open_connection(*board.sockname)
                writer.write(data)
                await writer.drain()
                writer.close()
            sock.close()
            await asyncio.sleep(0.1)
            return await options("11")

    assert asyncio.run(main()) == 200
    assert faults == []
    assert world.phone.profile is before
    assert world.outcomes == []


NAMES = {"proxy.example.com": ("192.0.2.1", "192.0.2.2")}


@pytest.mark.parametrize(
    ("hop", "found"),
    [
        ("proxy.example.com", [("192.0.2.1", 5060), ("192.0.2.2", 5060)]),
        ("proxy.example.com:5070", [("192.0.2.1", 5070), ("192.0.2.2", 5070)]),
        ("192.0.2.9:5071", [("192.0.2.9", 5071)]),
        ("[2001:db8::1]:5072", [("2001:db8::1", 5072)]),
        ("2001:db8::1", [("2001:db8::1", 5060)]),
    ],
)
def test_a_hop_is_looked_up(hop, found):
    got = asyncio.run(peers(Resolver(fixed=NAMES), hop, "UDP"))

    assert [(each.host, each.port) for each in got] == found


@pytest.fixture(scope="module")
def dnsmasq(program):
    """Debian's dnsmasq, which knows where the service ``sip.test`` is; its port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        program("dnsmasq"), "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv",
        "--no-hosts", f"--port={port}", "--user=root", "--listen-address=127.0.0.1",
        "--bind-interfaces", "--pid-file=", "--local=/test/",
        "--host-record=sip.test,10.0.0.1", "--host-record=edge.test,10.0.0.2",
        "--srv-host=_sip._udp.sip.test,edge.test,5070,1,1",
    ]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    yield port
    process.kill()
    process.wait()


@pytest.mark.parametrize(
    ("hop", "transport", "service", "found"),
    [
        ("sip.test", "UDP", True, ("10.0.0.2", 5070)),
        ("sip.test", "UDP", False, ("10.0.0.1", 5060)),
        ("sip.test", "TCP", True, ("10.0.0.1", 5060)),
        ("sip.test:5090", "UDP", True, ("10.0.0.1", 5090)),
        ("10.0.0.9", "UDP", True, ("10.0.0.9", 5060)),
    ],
)
def test_a_service_is_found_where_its_record_says(dnsmasq, hop, transport, service, found):
    async def main():
        resolver = Resolver(server=("127.0.0.1", dnsmasq))
        return await peers(resolver, hop, transport, service=service)

    (peer,) = asyncio.run(main())

    assert (peer.transport, peer.host, peer.port) == (transport, *found)


@pytest.mark.parametrize("hop", ["", "a b", "h:0", "h:x", "<x>"])
def test_what_is_no_hop_is_refused(hop):
    with pytest.raises(MessageError):
        asyncio.run(peers(Resolver(fixed=NAMES), hop, "UDP"))
