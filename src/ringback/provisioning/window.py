"""A window: for a while, and so many times, a device gets its file without proving who it is.

A person opens it, for one device, a group or a site, and for a network if they know which. It
closes when its time is over, when each of its devices has had its uses, or when somebody closes
it. Pure; the store keeps windows and counts what was used.
"""

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address, ip_network

from ringback.errors import UsageError


class Breadth(StrEnum):
    """For whom a window is."""

    DEVICE = "device"
    GROUP = "group"
    SITE = "site"


@dataclass(frozen=True, slots=True)
class Window:
    """An opened window. Times are POSIX seconds; ``closed`` is when a person shut it."""

    number: int
    breadth: Breadth
    name: str
    """A MAC, a group or a site."""
    opened: float
    opened_by: str
    ends: float
    uses: int = 1
    """Files that each of its devices may have through it."""
    network: str = ""
    """Addresses it is for, as a CIDR; empty for all."""
    closed: float | None = None
    closed_by: str = ""

    def admits(self, mac: str, site: str, group: str, address: str, now: float) -> bool:
        """Whether this device at this address may come through, its uses aside."""
        whose = {Breadth.DEVICE: mac, Breadth.GROUP: group, Breadth.SITE: site}[self.breadth]
        open_now = self.closed is None and self.opened <= now < self.ends
        return open_now and bool(whose) and whose == self.name and inside(address, self.network)


def inside(address: str, network: str) -> bool:
    """Whether an address is of a network; every address is of none."""
    if not network:
        return True
    try:
        read = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    read = getattr(read, "ipv4_mapped", None) or read
    return read in ip_network(network)


def parse_network(text: str) -> str:
    """A CIDR, in order.

    Raises:
        UsageError: it is none.
    """
    try:
        return str(ip_network(text.strip(), strict=False)) if text.strip() else ""
    except ValueError as error:
        remedy = "an address or a network, such as 192.0.2.0/24"
        raise UsageError(f"not a network: {text!r}", remedy=remedy) from error
