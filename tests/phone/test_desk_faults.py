"""A phone whose power fails at any moment of its work: what it said it took is there (duty 4)."""

import asyncio
from contextlib import asynccontextmanager
from random import Random  # noqa: TID251 (seeded: the same accidents each time)

import pytest
from tests.phone.world import profile

from ringback.cisco.model import find_model
from ringback.cisco.resync import Result
from ringback.dns.resolver import Resolver
from ringback.mac import Mac
from ringback.phone import desk as desks
from ringback.phone.desk import Desk
from ringback.phone.fault import Faults
from ringback.phone.handset import Handset
from ringback.phone.identity import Identity
from ringback.phone.nvram import Nvram
from ringback.tftp.server import Server

SETTINGS = {"Resync_On_Reset": "No", "Resync_Periodic": "0", "Resync_Error_Retry_Delay": "0"}


@asynccontextmanager
async def editions():
    """A server whose file is a newer edition at each request; its URL, and how many were asked."""
    asked = []

    def answer(request):
        asked.append(request)
        return profile(GPP_A=f"{len(asked):06d}" * 100)

    server = Server(answer, finished=lambda _: None)
    await server.start("127.0.0.1", 0)
    try:
        yield "tftp://{}:{}/f".format(*server.sockname), asked
    finally:
        server.close()


def plugged(path, faults, dice):
    nvram = Nvram(path, forced=False, step=faults.step(dice))
    identity = Identity(find_model("7832"), Mac("000e08abcdef"), "88012BA01234", boot_seconds=0.0)
    phone = Handset(identity, dice, nvram.load())
    phone.profile, _ = phone.profile.set(SETTINGS)
    return Desk(phone, Resolver(), nvram=nvram, faults=faults), nvram


def edition(value):
    assert value == value[:6] * 100, "half of one edition and half of another"
    return int(value[:6] or 0)


@pytest.mark.parametrize("seed", range(4))
def test_a_phone_never_loses_what_it_said_it_took(tmp_path, monkeypatch, seed):
    monkeypatch.setattr(desks, "OUTAGE", 0.0)
    dice = Random(seed)

    async def story():
        taken = cuts = 0
        async with editions() as (url, asked):
            desk, nvram = plugged(tmp_path / "flash", Faults(power=0.05), dice)
            await desk.plug_in()
            while len(asked) < 60:
                await desk.until_up()
                assert edition(desk.phone.value("GPP_A")) >= taken
                outcome = await desk.resync(url)
                if outcome.result is Result.FAILED:
                    assert outcome.explanation == "the power failed"
                    cuts += 1
                else:
                    taken = edition(desk.phone.value("GPP_A"))
            await desk.unplug()
            nvram.close()
        return taken, cuts

    taken, cuts = asyncio.run(story())
    assert taken
    assert cuts


def test_a_full_flash_fails_the_resync_and_keeps_the_settings(tmp_path):
    async def story():
        async with editions() as (url, _):
            desk, nvram = plugged(tmp_path / "flash", Faults(flash_full=True), Random(1))
            await desk.plug_in()
            outcome = await desk.resync(url)
            await desk.unplug()
            nvram.close()
            return outcome, desk.phone.value("GPP_A")

    outcome, value = asyncio.run(story())
    assert (outcome.result, outcome.error, value) == (Result.FAILED, "resources exhausted", "")


def test_a_wrong_clock_is_the_phones_alone(tmp_path):
    right, nvram = plugged(tmp_path / "right", Faults(), Random(1))
    wrong, other = plugged(tmp_path / "wrong", Faults(clock=-86400.0), Random(1))
    assert 86399 < right.now() - wrong.now() < 86401
    nvram.close()
    other.close()
