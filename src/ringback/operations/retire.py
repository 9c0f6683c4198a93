"""Retire sealing keys: the old one ends when the phone has been seen with the new one.

Publishing does it first of all, for the few devices whose key is being changed; the device plane
is not asked and does nothing for it. Two ways to be seen:

*Proven*, by certificate, token or password, with the new number: the old key ends at once.

*By address*: sealed files go to whoever asks, so one who fetches ``MAC-2.cfg`` proves nothing, and
could lock out a phone that is switched off. So the ledger must say that the new key's file was
sent, whole, to an address that had the old key's file before, as a phone must to learn the new
one; and that for ``QUIET`` seconds since then nobody was sent the old one. Until then both work.

Nothing here is kept in memory: it can be cut short anywhere and is found again the next time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import select

from ringback.provisioning.device import Device
from ringback.store.chain import Chain
from ringback.store.database import Store
from ringback.store.devices import Devices
from ringback.store.fact import Fact, Kind
from ringback.store.ledger import Ledger
from ringback.store.notebook import sighted
from ringback.store.releases import Release, Releases
from ringback.store.tables import devices as rows

QUIET: Final = 86_400.0
"""Seconds without the old key after which an address is believed."""
_SENT: Final = ("sent ", "200, sent ")
"""How an outcome begins when everything arrived: over TFTP, and over HTTP."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A phone was seen with its next key, at a POSIX time."""

    since: float
    proven: bool

    def ends_old(self, now: float) -> bool:
        """Whether the old key may go."""
        return self.proven or now - self.since >= QUIET

    @property
    def old_ends(self) -> float:
        """When it may."""
        return self.since if self.proven else self.since + QUIET


@dataclass(frozen=True, slots=True)
class Change:
    """How far a device's change of key has come."""

    release: Release | None
    """The first that has the new key's file; None before it is published."""
    seen: Seen | None


def retire(store: Store, now: float) -> tuple[str, ...]:
    """End the old keys of all phones that were seen with the new; their MACs.

    Their old files are given until the next release.
    """
    with store.fleet.reading() as connection:
        query = select(rows.c.mac).where(rows.c.next_key > 0)  # so that the index is used
        macs = list(connection.scalars(query))
        changing = list(Devices(connection, store.seal).several(macs))
    if not changing:
        return ()
    found = {
        mac: seen for mac, seen in _seen(store, changing).items() if seen.ends_old(now)
    }  # fmt: skip
    if not found:
        return ()
    with store.fleet.writing() as connection:
        shelf = Devices(connection, store.seal)
        then = {str(each.mac): each.next_key for each in changing}
        settled = [
            each.settled(each.next_key)
            for each in shelf.several(list(found))
            if each.next_key is not None and each.next_key == then[str(each.mac)]
        ]
        shelf.keep(settled)
    return tuple(str(each.mac) for each in settled)


def change_of(store: Store, device: Device) -> Change | None:
    """What is to be told of a change of key; None when there is none under way."""
    if device.next_key is None:
        return None
    with store.fleet.reading() as connection:
        releases = Releases(connection, store.seal)
        first = releases.first_with(str(device.mac), device.next_key)
        release = releases.get(first) if first else None
    return Change(release, _seen(store, [device]).get(str(device.mac)))


def _seen(store: Store, changing: Sequence[Device]) -> dict[str, Seen]:
    """Which of these devices were seen with their next key."""
    paths: dict[str, dict[str, int]] = {str(each.mac): {} for each in changing}
    with store.fleet.reading() as connection:
        for kept in Releases(connection, store.seal).kept(list(paths)):
            if kept.entry.key:
                name = f"{kept.entry.document} {kept.entry.path}"
                paths[kept.entry.mac][name] = kept.entry.key
    found: dict[str, Seen] = {}
    watched: dict[str, Watch] = {}
    with store.ledger.reading() as connection:
        proofs = sighted(connection)
        for each in changing:
            mac = str(each.mac)
            number, since = proofs.get(mac, (0, 0.0))
            if number == each.next_key:
                found[mac] = Seen(since, proven=True)
            elif each.next_key in paths[mac].values():  # else nobody can have got it
                watched[mac] = Watch(each, paths[mac])
        ledger = Ledger(connection, Chain(store.seal.draw("ledger")))
        for fact in ledger.facts(list(watched)):
            watched[fact.device].see(fact)
    by_address = {mac: each.since for mac, each in watched.items() if each.since is not None}
    return found | {mac: Seen(since, proven=False) for mac, since in by_address.items()}


@dataclass(slots=True)
class Watch:
    """Since when a phone uses the next key alone, as far as addresses tell. Pure.

    It is shown the ledger's facts of the device whose key is being changed, the oldest first.
    """

    device: Device
    keys: Mapping[str, int]
    """The number of the key for each sealed file, as the ledger names files."""
    since: float | None = None
    _had_old: set[str] = field(default_factory=set)

    def see(self, fact: Fact) -> None:
        """The next fact."""
        key = self.keys.get(fact.document)
        if fact.kind != Kind.ANSWER or not fact.outcome.startswith(_SENT):
            return
        address = fact.evidence.partition(" ")[0]
        if key == self.device.key:
            self._had_old.add(address)
            self.since = None
        elif key == self.device.next_key and self.since is None and address in self._had_old:
            self.since = fact.time
