"""How much a registered line costs: phones behind one socket, each challenged by a registrar.

    python -m bench.lines 10000 --per-second 50

Phones and registrar share this process; the figure is the CPU of both, and the memory that the
phones' lines keep. Every request crosses loopback.
"""

import argparse
import asyncio
import gc
import random
import sys
import time
from functools import partial
from pathlib import Path

from ringback import clock
from ringback.cisco.model import find_model
from ringback.dns.resolver import Resolver
from ringback.mac import Mac
from ringback.phone.action import Ask
from ringback.phone.handset import Handset
from ringback.phone.identity import Identity
from ringback.phone.line import Dial
from ringback.phone.lines import Lines
from ringback.phone.switchboard import Switchboard
from ringback.sip.endpoint import Endpoint
from ringback.sip.field import Address
from ringback.sip.gate import Gate, Lock
from ringback.sip.message import Request, Response
from ringback.sip.peer import Peer
from ringback.sip.respond import respond

PASSWORD = "of no importance"  # noqa: S105 (of a registrar that lives for a minute)
FIRST = 0x000E08000000
PATIENCE = 120.0
"""Seconds after the last phone was plugged in."""


def main() -> int:
    """Measure, and print one line; 1 when a phone did not register."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("phones", type=int, nargs="?", default=1000)
    parser.add_argument("--per-second", type=int, default=50)
    wanted = parser.parse_args()
    return asyncio.run(measure(wanted.phones, wanted.per_second))


async def measure(count: int, pace: int) -> int:
    """Register ``count`` phones, ``pace`` a second."""
    registrar = Endpoint(Registrar())
    await registrar.start("127.0.0.1", 0)
    phones = [phone(number, f"127.0.0.1:{registrar.sockname[1]}") for number in range(count)]
    board = Switchboard(Resolver())
    await board.open("127.0.0.1", 0)
    for each in phones:
        board.seat(partial(_itself, each), partial(settle, board, each))
        board.plug(each)
    gc.collect()
    before, cpu, start = resident(), time.process_time(), clock.monotonic()
    for number, each in enumerate(phones):
        each.start(clock.now())
        settle(board, each)
        if number % 10 == 9:
            await asyncio.sleep(max(0.0, start + number / pace - clock.monotonic()))
    done = await all_registered(board, phones)
    cpu, took = time.process_time() - cpu, clock.monotonic() - start
    await asyncio.sleep(35.0)  # Until answers are no longer kept for repeats.
    gc.collect()
    kept = (resident() - before) / count
    board.close()
    registrar.close()
    print(
        f"{done} of {count} registered in {took:.0f} s, {1000 * cpu / count:.1f} ms of CPU each "
        f"(both ends), {kept:.1f} KB of memory each (both ends)"
    )
    return 0 if done == count else 1


class Registrar:
    """Challenges everybody, and believes who knows the password."""

    def __init__(self) -> None:
        self._gate = Gate(clock.random_bytes(16))

    def __call__(self, request: Request, peer: Peer, now: float) -> Response:
        """The answer to one REGISTER."""
        del peer
        user = Address.parse(request.get("To")).uri.user
        challenges = self._gate.check(request, Lock("bench", user, PASSWORD), now)
        if challenges:
            return respond(request, 401, *challenges)
        return respond(request, 200, ("Expires", "3600"))


def phone(number: int, proxy: str) -> Handset:
    """A phone with one line, that resyncs with nobody."""
    who = Identity(
        find_model("8841"),
        Mac.parse(f"{FIRST + number:012x}"),
        f"FCH{number:08d}",
        boot_seconds=0.0,
    )
    found = Handset(who, random.Random(number))  # noqa: S311 (jitter)
    found.profile, _ = found.profile.set(
        {
            "User_ID_1_": f"u{number}",
            "Password_1_": PASSWORD,
            "Proxy_1_": proxy,
            "Resync_On_Reset": "No",
        }
    )
    return found


def settle(board: Switchboard, one: Handset) -> None:
    """Do what the phone asks for now."""
    one.handle_timer(clock.now())
    while actions := one.actions():
        for action in actions:
            if isinstance(action, Dial):
                board.dial(one, partial(settle, board, one), action)
            elif isinstance(action, Ask):
                one.answer(action.number, None, clock.now())
        one.handle_timer(clock.now())


async def all_registered(board: Switchboard, phones: list[Handset]) -> int:
    """Wait, as their alarms would, until all are; how many are."""
    end = clock.monotonic() + PATIENCE
    while True:
        now = clock.now()
        missing = [each for each in phones if not each.part(Lines).registered(1, now)]
        if not missing or clock.monotonic() > end:
            return len(phones) - len(missing)
        for each in missing:
            due = each.timer()
            if due is not None and due <= now:
                settle(board, each)
        await asyncio.sleep(2.0)


def resident() -> float:
    """KB of memory of this process."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return float(next(line for line in lines if line.startswith("VmRSS")).split()[1])


def _itself(one: Handset) -> Handset:
    return one


if __name__ == "__main__":
    sys.exit(main())
