"""Who is trying out MACs: counted by source and by maker, noticed, and from then on slowed. Pure.

A phone asks for its own file. Whoever asks for many that are not there, or not its own, is reading
the fleet off us. Counted are *distinct MACs that were refused*, not requests: a phone that asks
for the same missing file all night counts once. A source is a /24, or a /64 of IPv6, because one
customer has as many addresses as that; a maker's six digits (the OUI) are counted over all
sources, for those who spread out.

Only refusals are ever slowed, so five hundred phones behind one address cannot be locked out by
the one among them that guesses: what is theirs they get at once. A phone that proves itself
clears its source; a MAC that turns out to be of a device of ours is taken off. A *decoy* is a MAC
that nobody has: one request for it is enough.

Memory is bounded: so many sources, so many MACs of each; whoever was quiet longest is forgotten.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Final

PERIOD: Final = 600.0
"""Seconds for which a refused MAC counts."""
MOST_SOURCES: Final = 4096
_WIDTH: Final = {4: 24, 6: 64}


@dataclass(frozen=True, slots=True)
class Bounds:
    """When counting becomes noticing, in distinct MACs within ``PERIOD``."""

    source: int = 32
    maker: int = 256
    pause: float = 2.0
    """Seconds that a refusal waits, once noticed."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a person should know; ``what`` is one line."""

    source: str
    what: str
    alarm: bool = False


@dataclass(slots=True)
class _Count:
    """MACs and when each was last refused, the oldest first."""

    macs: OrderedDict[str, float] = field(default_factory=OrderedDict)
    noticed: float = float("-inf")


class Vigil:
    """Keeps the counts. Times are POSIX seconds."""

    def __init__(self, bounds: Bounds | None = None) -> None:
        self._bounds = bounds or Bounds()
        self._sources: OrderedDict[str, _Count] = OrderedDict()
        self._makers: OrderedDict[str, _Count] = OrderedDict()

    def refused(self, address: str, mac: str, now: float) -> list[Notice]:
        """A file of ``mac`` was refused to ``address``; what has become noticeable by it."""
        name, notices = source(address), []
        if self._count(self._sources, name, mac, now, self._bounds.source):
            what = f"{self._bounds.source} phones in {PERIOD:.0f} s, {mac} among them"
            notices.append(Notice(name, f"{name} asked for files of {what}"))
        if self._count(self._makers, mac[:6], mac, now, self._bounds.maker):
            what = f"{self._bounds.maker} phones of the maker {mac[:6]} in {PERIOD:.0f} s"
            notices.append(Notice(name, f"files of {what} were refused, last to {name}"))
        return notices

    def decoyed(self, address: str, mac: str, now: float) -> list[Notice]:
        """A file of a MAC was asked for that no phone has: noticed at once, again each period."""
        name = source(address)
        count = self._of(self._sources, name)
        again = mac in count.macs and now - count.macs[mac] < PERIOD
        count.macs[mac] = count.noticed = now
        _trim(count, now, self._bounds.source)
        return [] if again else [Notice(name, f"{address} asked for the decoy {mac}", alarm=True)]

    def proven(self, address: str) -> None:
        """A phone at this address proved itself: its source begins anew."""
        if self._sources:
            self._sources.pop(source(address), None)

    def known(self, address: str, mac: str) -> None:
        """This MAC is of a device of ours after all, and got its file."""
        if self._sources and (count := self._sources.get(source(address))) is not None:
            count.macs.pop(mac, None)

    def pause(self, address: str, mac: str, now: float) -> float:
        """Seconds that a refusal to this address waits; 0 for almost everybody."""
        watched = (
            self._sources.get(source(address)) if self._sources else None,
            self._makers.get(mac[:6]) if mac else None,
        )
        slow = any(each is not None and now - each.noticed < PERIOD for each in watched)
        return self._bounds.pause if slow else 0.0

    def _count(
        self, table: OrderedDict[str, _Count], name: str, mac: str, now: float, most: int
    ) -> bool:
        """Count one MAC; whether that makes it noticeable, for the first time in a period."""
        count = self._of(table, name)
        count.macs[mac] = now
        count.macs.move_to_end(mac)
        _trim(count, now, most)
        fresh = now - count.noticed >= PERIOD
        if len(count.macs) >= most:
            count.noticed = now
            return fresh
        return False

    def _of(self, table: OrderedDict[str, _Count], name: str) -> _Count:
        count = table.get(name)
        if count is None:
            count = table[name] = _Count()
            if len(table) > MOST_SOURCES:
                table.popitem(last=False)
        table.move_to_end(name)
        return count


def _trim(count: _Count, now: float, most: int) -> None:
    """Forget MACs that no longer count, and those beyond what is needed to notice."""
    while count.macs:
        oldest, when = next(iter(count.macs.items()))
        if now - when < PERIOD and len(count.macs) <= most:
            return
        del count.macs[oldest]


@lru_cache(maxsize=4096)
def source(address: str) -> str:
    """The network that an address is one of: ``192.0.2.0/24``; the text itself if it is none."""
    try:
        read = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    mapped = getattr(read, "ipv4_mapped", None)
    read = mapped or read
    return str(ip_network((read, _WIDTH[read.version]), strict=False))
