"""Settle what phones have shown: a new key, token and password hold, the old ones end.

Runs on the side of people, never in the device plane, which only notes with what number a phone
last proved itself. A phone seen with the next number has read the file that told it, so the old
number may go. Until then both work: a phone that never got the answer comes again with the old
one, for as long as it takes.

``rotate`` begins a change: the device's file, from the next release on, holds the next token and
key in its rules.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from ringback.mac import Mac
from ringback.provisioning.device import Device
from ringback.store.database import Store
from ringback.store.devices import Devices
from ringback.store.notebook import sighted
from ringback.store.tokens import Tokens


@dataclass(frozen=True, slots=True)
class Settled:
    """What came of it, by MAC."""

    settled: tuple[str, ...] = ()
    """Seen with the new number: the old one has ended."""
    rotated: tuple[str, ...] = ()
    """A change began."""
    retired: int = 0
    """Tokens made by people that ended, because the phone has one of its own now."""


def settle(store: Store, now: float, *, rotate: Iterable[Mac] = ()) -> Settled:
    """End what is old for all that were seen with the new; begin a change for ``rotate``.

    Nothing is served otherwise until the next release.
    """
    with store.ledger.reading() as ledger:
        seen = sighted(ledger)
    wanted = {str(mac) for mac in rotate}
    with store.fleet.writing() as connection:
        devices, tokens = Devices(connection, store.seal), Tokens(connection)
        old = {str(each.mac): each for each in devices.several([*seen, *wanted])}
        new = {
            mac: _after(each, seen.get(mac, (0, 0.0))[0], mac in wanted)
            for mac, each in old.items()
        }
        devices.keep(each for mac, each in new.items() if each != old[mac])
        proved = ((each.mac, seen[mac][1]) for mac, each in old.items() if mac in seen)
        retired = sum(tokens.end_all(mac, now, made_before=since) for mac, since in proved)
    settled = [mac for mac, each in new.items() if each.key != old[mac].key]
    rotated = [mac for mac, each in new.items() if _began(each, old[mac])]
    return Settled(tuple(settled), tuple(rotated), retired)


def _after(device: Device, number: int, rotate: bool) -> Device:
    settled = device.settled(number)
    return settled.rotated() if rotate else settled


def _began(new: Device, old: Device) -> bool:
    return new.next_key is not None and new.next_key != old.next_key
