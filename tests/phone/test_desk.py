"""One phone plugged in, over loopback, with servers nobody here wrote."""

import asyncio
import contextlib
import os
import socket
import time
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from tests.phone.servers import dnsmasq, nginx, tftpd_hpa
from tests.phone.world import SEED, profile

from ringback import clock
from ringback.cisco.model import find_model
from ringback.cisco.resync import Result
from ringback.dns.resolver import Resolver
from ringback.errors import RefusedError, UsageError
from ringback.mac import Mac
from ringback.phone.desk import Desk
from ringback.phone.handset import Handset
from ringback.phone.identity import Identity
from ringback.phone.nvram import Nvram

WHO = "CP-7832-3PCC 00:0e:08:ab:cd:ef --"
PAGES = ("127.0.0.1", 0)


class Ear:
    """A syslog server that keeps what it hears."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)  # noqa: FBT003 (the socket's own spelling)
        self.server = f"127.0.0.1:{self.socket.getsockname()[1]}"

    async def hears(self):
        """The next line."""
        loop = asyncio.get_running_loop()
        line = await asyncio.wait_for(loop.sock_recv(self.socket, 65535), 10)
        return line.decode()


@pytest.fixture
def ear():
    heard = Ear()
    yield heard
    heard.socket.close()


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    (root / "basic.txt").write_bytes(SEED)
    return root


@pytest.fixture
def tftp(program, folder, free_port):
    if os.geteuid():
        pytest.skip("tftpd-hpa locks itself into a folder, for which it must be root")
    port = free_port("udp")
    with tftpd_hpa(program("in.tftpd"), folder, port):
        yield port


def desk(
    *, nvram=None, resolver=None, said=None, model="7832", pair=None, roots=(), now=None, **settings
):
    """A phone on the desk that resyncs only when told to, unless its settings say otherwise."""
    identity = Identity(
        find_model(model), Mac("000e08abcdef"), "88012BA01234", pair=pair, roots=roots,
        boot_seconds=0.0,
    )  # fmt: skip
    phone = Handset(identity, clock.dice(), nvram.load() if nvram else None)
    usual = {"Resync_On_Reset": "No", "Resync_Random_Delay": "0", "Resync_Periodic": "0"}
    phone.profile, _ = phone.profile.set({**usual, **settings})
    hear = (lambda say: said.append(say.text)) if said is not None else (lambda _: None)
    return Desk(phone, resolver or Resolver(), nvram=nvram, hear=hear, now=now)


@contextlib.asynccontextmanager
async def plugged(made, pages=None):
    await made.plug_in(pages)
    try:
        await asyncio.wait_for(made.until_up(), 10)
        yield made
    finally:
        await made.unplug()


async def page(made, path):
    """A page of the phone, opened as a browser would."""
    host, port = made.pages
    with await asyncio.to_thread(urlopen, f"http://{host}:{port}{path}") as answer:
        return answer.read().decode()


async def until(condition, within=10.0):
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


def test_a_phone_resyncs_on_reset_and_says_so_in_order(tftp, ear):
    async def story():
        rule = f"tftp://127.0.0.1:{tftp}/basic.txt"
        made = desk(Syslog_Server=ear.server, Profile_Rule=rule, Resync_On_Reset="Yes")
        async with plugged(made):
            first, second = await ear.hears(), await ear.hears()
            assert first.endswith(f"{WHO} Requesting resync {rule}")
            assert second.endswith(f"{WHO} Successful resync {rule}")
            assert made.phone.value("GPP_A") == "12345678"

    asyncio.run(story())


def test_timers_go_off_by_the_real_clock(tftp):
    async def story():
        said: list[str] = []
        rule = f"tftp://127.0.0.1:{tftp}/basic.txt"
        made = desk(said=said, Profile_Rule=rule, Resync_On_Reset="Yes", Resync_Periodic="1")
        async with plugged(made):
            began = time.monotonic()
            await until(lambda: sum("Successful" in line for line in said) >= 3)
            assert 1.5 < time.monotonic() - began < 8

    asyncio.run(story())


def test_names_are_looked_up_by_dns_and_every_address_is_tried(program, tftp, ear, free_port):
    async def story(dns):
        made = desk(
            resolver=Resolver(server=("127.0.0.1", dns)),
            Syslog_Server=f"syslog.telco.com:{ear.server.partition(':')[2]}",
        )
        async with plugged(made):
            outcome = await made.resync(f"tftp://prov.telco.com:{tftp}/basic.txt")
            assert outcome.result is Result.OK
            assert "Requesting" in await ear.hears()
            assert f"//127.0.0.1:{tftp}/" in await ear.hears()
            outcome = await made.resync(f"tftp://nobody.telco.com:{tftp}/basic.txt")
            assert outcome.error == "DNS resolution"

    port = free_port()
    hosts = {"prov.telco.com": ["127.0.0.9", "127.0.0.1"], "syslog.telco.com": ["127.0.0.1"]}
    with dnsmasq(program("dnsmasq"), port, hosts):
        asyncio.run(story(port))


def test_a_profile_from_nginx_is_applied(program, folder, tmp_path, free_port):
    async def story(port):
        async with plugged(desk()) as made:
            outcome = await made.resync(f"http://127.0.0.1:{port}/basic.txt")
            assert (outcome.result, made.phone.value("GPP_A")) == (Result.OK, "12345678")

    port = free_port()
    with nginx(program("nginx"), folder, tmp_path / "nginx", port):
        asyncio.run(story(port))


def test_settings_are_on_the_disk_when_the_phone_says_so(tftp, tmp_path):
    async def story():
        nvram = Nvram(tmp_path / "phone.state")
        async with plugged(desk(nvram=nvram)) as made:
            await made.resync(f"tftp://127.0.0.1:{tftp}/basic.txt")
            remembered = nvram.load()
            assert remembered is not None
            assert remembered.values["GPP_A"] == "12345678"
        nvram.close()

    asyncio.run(story())


def test_pages_are_served_and_act(tftp):
    async def story():
        async with plugged(desk(), PAGES) as made:
            assert "Provisioning" in await page(made, "/admin/advanced")
            await page(made, f"/admin/resync?tftp://127.0.0.1:{tftp}/basic.txt")
            await until(lambda: made.phone.value("GPP_A") == "12345678")
            assert 'value="12345678"' in await page(made, "/admin/advanced")

    asyncio.run(story())


def test_the_web_server_can_be_disabled_and_enabled_again(tftp, folder):
    (folder / "off").write_bytes(profile(Enable_Web_Server="No"))
    (folder / "on").write_bytes(profile(Enable_Web_Server="Yes"))

    async def story():
        async with plugged(desk(), PAGES) as made:
            await made.resync(f"tftp://127.0.0.1:{tftp}/off")
            await until(lambda: not made.listening)
            with pytest.raises(URLError, match="refused"):
                await page(made, "/")
            await made.resync(f"tftp://127.0.0.1:{tftp}/on")
            await until(lambda: made.listening)
            assert "CP-7832" in await page(made, "/")

    asyncio.run(story())


def test_pages_that_cannot_be_served_are_one_clear_error():
    async def story():
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            made = desk()
            with pytest.raises(UsageError, match="cannot listen"):
                await made.plug_in(taken.getsockname())
            await made.unplug()

    asyncio.run(story())


def test_a_syslog_server_that_cannot_be_found_holds_nobody_up(tftp):
    async def story():
        silent = Resolver(server=("127.0.0.9", 9))
        async with plugged(desk(resolver=silent, Syslog_Server="no.such.server")) as made:
            began = time.monotonic()
            outcome = await made.resync(f"tftp://127.0.0.1:{tftp}/basic.txt")
            assert outcome.result is Result.OK
            assert time.monotonic() - began < 3

    asyncio.run(story())


def test_a_phone_can_be_unplugged_at_any_moment():
    """In the middle of a transfer from a server that never answers."""

    async def story():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mute:
            mute.bind(("127.0.0.1", 0))
            made = desk()
            await made.plug_in(PAGES)
            await made.until_up()
            attempt = asyncio.create_task(
                made.resync(f"tftp://127.0.0.1:{mute.getsockname()[1]}/basic.txt")
            )
            await until(lambda: made.phone.resyncing)
            began = time.monotonic()
            await made.unplug()
            assert time.monotonic() - began < 3
            attempt.cancel()

    asyncio.run(story())


def test_what_the_settings_forbid_is_refused():
    async def story():
        async with plugged(desk(Provision_Enable="No")) as made:
            with pytest.raises(RefusedError, match="disabled"):
                await made.resync("tftp://127.0.0.1/basic.txt")

    asyncio.run(story())


def test_time_never_goes_back():
    async def story():
        made = desk()
        moments = [made.now() for _ in range(1000)]
        assert moments == sorted(moments)
        assert abs(made.now() - clock.now()) < 5

    asyncio.run(story())
