"""The addresses that proxies in a row write down: ``X-Forwarded-For`` and ``Forwarded``.

Each proxy appends whom it heard, so the list is true from the right as far as the writers are
ours, and anybody's invention beyond. We take exactly as many entries from the right as there are
trusted proxies, and none further left is even parsed.

``Forwarded`` is RFC 7239: elements with commas between, ``for=``, ``by=``, ``host=``, ``proto=``,
values that may be quoted and then hold commas. It is walked once, left to right, with one regular
expression that cannot backtrack.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ringback.errors import MessageError, Place
from ringback.http.networks import Networks, plain_address

LONGEST: Final = 4096
_BRACKETED = re.compile(r"\[([0-9A-Fa-f:.]{2,45})\](?::[\w.-]{1,8})?", re.ASCII)
_WITH_PORT = re.compile(r"([0-9.]{7,15}):[\w.-]{1,8}", re.ASCII)
_PAIR = re.compile(
    r"""[ \t]*(?:([!#$%&'*+.^`|~\w-]+)=([!#$%&'*+.^`|~\w-]+|"(?:[^"\\]|\\.)*"))?[ \t]*([;,]|\Z)""",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Hop:
    """What one proxy wrote of whom it heard: an address, and a scheme if it said one.

    ``address`` is empty for ``unknown``, ``_hidden`` and for what is no address at all.
    """

    address: str
    scheme: str = ""


def read_list(text: str, most: int) -> tuple[Hop, ...]:
    """The last ``most`` entries of an ``X-Forwarded-For``, the nearest proxy's first."""
    pieces = text.rsplit(",", most)
    found = pieces[:0:-1] if len(pieces) > most else pieces[::-1]
    return tuple(Hop(read_node(piece.strip(" \t"))) for piece in found if piece.strip(" \t"))


def read_forwarded(text: str, most: int) -> tuple[Hop, ...]:
    """The last ``most`` elements of a ``Forwarded``, the nearest proxy's first.

    Raises:
        MessageError: for what RFC 7239 does not allow; a list that is not understood to its left
            end cannot be trusted to its right end either.
    """
    if len(text) > LONGEST:
        raise MessageError(f"a Forwarded header of {len(text)} characters")
    elements: list[dict[str, str]] = [{}]
    position = 0
    while position < len(text):
        found = _PAIR.match(text, position)
        if found is None:
            raise MessageError("Forwarded: name=value expected", place=Place(column=position + 1))
        name, value, ends = found.groups()
        if name and elements[-1].setdefault(name.lower(), _unquoted(value)) != _unquoted(value):
            raise MessageError(f"Forwarded: {name} twice", place=Place(column=position + 1))
        if ends == ",":
            elements.append({})
        position = found.end()
    said = [each for each in elements if each]
    return tuple(_hop(each) for each in said[: -most - 1 : -1])


def client_of(hops: Sequence[Hop], trusted: Networks) -> Hop | None:
    """Whom the chain of trusted proxies heard: the first in ``hops`` that is none of them.

    None when the nearest proxy wrote nothing. A proxy that does not know ends the chain: the
    address is empty then.
    """
    client = None
    for hop in hops:
        client = hop
        if hop.address not in trusted:
            break
    return client


def read_node(text: str) -> str:
    """The address of a node, with or without a port; empty when it names none."""
    found = _BRACKETED.fullmatch(text) or _WITH_PORT.fullmatch(text)
    return plain_address(found.group(1) if found else text) or ""


def _hop(element: dict[str, str]) -> Hop:
    return Hop(read_node(element.get("for", "")), element.get("proto", "").lower())


def _unquoted(value: str) -> str:
    if not value.startswith('"'):
        return value
    return re.sub(r"\\(.)", r"\1", value[1:-1])
