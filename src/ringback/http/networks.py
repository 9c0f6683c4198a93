"""Networks whose word about a client is taken: the trusted proxies.

Written as a person would (``10.0.0.5``, ``10.0.0.0/24``, ``fd00::/8``); a network with host bits
set is refused, for who types ``10.0.0.5/8`` means one of two things. A dual-stack socket shows
IPv4 clients as ``::ffff:10.0.0.5``: that is the same address.
"""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Self

from ringback.errors import UsageError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_LONGEST: Final = 64
"""An IPv6 address with a scope."""


@dataclass(frozen=True, slots=True)
class Networks:
    """Any number of networks; none by default, and then nobody is trusted."""

    each: tuple[Network, ...] = ()

    @classmethod
    def parse(cls, texts: Iterable[str]) -> Self:
        """Read addresses and networks.

        Raises:
            UsageError: naming the text that is neither.
        """
        return cls(tuple(_network(text) for text in texts))

    def __contains__(self, address: object) -> bool:
        return isinstance(address, str) and bool(self.each) and _inside(self.each, address)

    def __bool__(self) -> bool:
        return bool(self.each)

    def __str__(self) -> str:
        return ", ".join(str(network) for network in self.each) or "nobody"


NOBODY: Final = Networks()


@lru_cache(maxsize=4096)
def plain_address(text: str) -> str | None:
    """An address in its one usual spelling, without a scope; None when it is no address."""
    address = _address(text)
    return None if address is None else str(address)


@lru_cache(maxsize=4096)
def _inside(networks: tuple[Network, ...], text: str) -> bool:
    address = _address(text)
    return address is not None and any(address in network for network in networks)


def _address(text: str) -> Address | None:
    if len(text) > _LONGEST:
        return None
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _network(text: str) -> Network:
    try:
        return ipaddress.ip_network(plain_address(text.strip()) or text.strip())
    except ValueError as error:
        raise UsageError(
            f"not an address or network: {text!r}",
            remedy="such as 127.0.0.1 or 10.20.0.0/24, no bits set behind the mask",
        ) from error
