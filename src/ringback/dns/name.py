"""Server names before anyone is asked: literals, and texts that can be no name at all.

A rule's server is an IPv4 address or a DNS name; only A records are used. IPv6 literals pass
through for our own tests and networks. A text of digits and dots that is no address is reported
as such: asking DNS for ``192.168.1.300`` would say only that there is no such name.
"""

import ipaddress
import re

from ringback.errors import Failure, TransferError

LOCALHOST = "localhost"
_NUMBERS = re.compile(r"[0-9.]+")
_NEVER_IN_A_NAME = re.compile(r"[\s\x00-\x20\x7f\\\"'<>{}|^`%/?#@:\[\]]")
_LONGEST_NAME = 253
_LONGEST_LABEL = 63


def fold(name: str) -> str:
    """The spelling under which equal names are equal: lower case, no final dot."""
    return name.lower().removesuffix(".")


def literal(name: str) -> str | None:
    """The address itself when the name is one (an IPv6 address may stand in brackets)."""
    bare = name[1:-1] if name.startswith("[") and name.endswith("]") else name
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        return None


def check(name: str) -> None:
    """Refuse what is neither an address nor possibly a DNS name.

    Raises:
        TransferError: failure DNS, or NO_SERVER for an empty name.
    """
    if not name:
        raise TransferError(
            "no server name", failure=Failure.NO_SERVER, remedy="name a server in the rule"
        )
    if literal(name):
        return
    if _NUMBERS.fullmatch(name):
        raise _nonsense(f"{name[:80]} is not an IPv4 address ({_flaw(name)}) and no DNS name")
    wrong = _NEVER_IN_A_NAME.search(name)
    if wrong:
        raise _nonsense(f"{name[:80]!r} is no server name: it holds {wrong.group()!r}")
    labels = fold(name).split(".")
    if len(name) > _LONGEST_NAME or max(map(len, labels)) > _LONGEST_LABEL or not all(labels):
        raise _nonsense(
            f"{name[:80]!r} is no server name: labels have 1 to 63 characters, names up to 253"
        )


def _flaw(numbers: str) -> str:
    """What keeps a text of digits and dots from being an IPv4 address."""
    parts = numbers.split(".")
    if len(parts) != 4:
        return f"{len(parts)} of 4 parts"
    if "" in parts:
        return "a part is empty"
    wrong = next(part for part in parts if part[0] == "0" != part or int(part[:4]) > 255)
    return f"{wrong[:20]} {'begins with 0' if wrong[0] == '0' else 'is over 255'}"


def _nonsense(what: str) -> TransferError:
    return TransferError(what, failure=Failure.DNS)
