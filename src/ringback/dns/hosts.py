"""The hosts file: names the machine knows without asking.

Lines are ``ADDRESS NAME ...``; ``#`` begins a comment. Only IPv4 lines count, as phones use only
A records. Several lines for one name give its addresses in their order.
"""

import ipaddress
from collections.abc import Mapping


def parse(text: str) -> Mapping[str, tuple[str, ...]]:
    """Names (lower case) to IPv4 addresses; lines that make no sense are passed over."""
    found: dict[str, tuple[str, ...]] = {}
    for line in text.splitlines():
        address, *names = line.partition("#")[0].split() or [""]
        if not _is_ipv4(address):
            continue
        for name in map(str.lower, names):
            found[name] = tuple(dict.fromkeys((*found.get(name, ()), address)))
    return found


def _is_ipv4(text: str) -> bool:
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True
