"""What a phone can show for itself, and what each kind of proof entitles to. One table. Pure.

Nobody is given anything for a claim: a MAC in a path, a query or a User-Agent is none of these. A
token and a password are as good as the channel they came over: in clear anybody on the way has
read them, so they are worth the device's settings without its secrets, unless the house was told
that plain channels are free of its rules. A window is a person's word for one device, one group or
one site, and that person chose the moment and, if need be, the network: it holds over TFTP too.

More evidence never gives less; a token or a password that is *wrong* is no evidence but a sign,
and is refused before this table is asked.
"""

import hmac
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import unquote_plus

from ringback.provisioning.admission import Channel
from ringback.provisioning.document import Level


class Proof(StrEnum):
    """One kind of evidence, found true."""

    CERTIFICATE = "certificate"
    """It names the device, and its chain was verified."""
    TOKEN = "token"  # noqa: S105 (a kind of evidence)
    """An unguessable text in the URL that only this device was told."""
    DIGEST = "digest"
    """The device's own user name and password, by HTTP digest."""
    WINDOW = "window"
    """A person opened the door for this device a moment ago."""


TABLE: Final[Mapping[tuple[Proof, Channel], Level]] = {
    (Proof.CERTIFICATE, Channel.TLS): Level.DEVICE,
    (Proof.CERTIFICATE, Channel.PLAIN): Level.BOOTSTRAP,
    (Proof.TOKEN, Channel.TLS): Level.DEVICE,
    (Proof.TOKEN, Channel.PLAIN): Level.OPEN,
    (Proof.DIGEST, Channel.TLS): Level.DEVICE,
    (Proof.DIGEST, Channel.PLAIN): Level.OPEN,
    (Proof.WINDOW, Channel.TLS): Level.DEVICE,
    (Proof.WINDOW, Channel.PLAIN): Level.DEVICE,
}
_SPARED: Final = frozenset((Proof.TOKEN, Proof.DIGEST))
"""What counts in full over a plain channel once plain channels are free of the rules."""


def entitled(
    proofs: Collection[Proof], channel: Channel, *, spared: bool = False, locked: bool = False
) -> Level:
    """The most that this evidence gives; ``spared``: plain channels are free of the rules."""
    if locked:
        return Level.NOTHING
    levels = (
        Level.DEVICE if spared and each in _SPARED else TABLE[each, channel] for each in proofs
    )
    return max(levels, default=Level.BOOTSTRAP)


# --- what is offered with a request ---------------------------------------------------------------

PREFIX: Final = "/t/"
"""``/t/TOKEN/device/…``: the token is the first segment of a path that has one; TFTP knows no
query."""
QUERY: Final = "token"
SHORTEST: Final = 22
"""Characters of a token: 128 bits in base64url."""
LONGEST: Final = 128
_IN_TEXT: Final = re.compile(r"(/t/|[?&]token=)[^/?&\s\"]+")


@dataclass(frozen=True, slots=True)
class Offer:
    """What a request brings along as evidence, unverified."""

    token: str = ""
    authorization: str = ""
    method: str = "GET"
    target: str = ""
    """Path and query as they were sent: what a digest is reckoned over."""

    def __bool__(self) -> bool:
        return bool(self.token or self.authorization)


NOTHING: Final = Offer()


def part(path: str, query: str = "") -> tuple[str, str]:
    """A path without its token, and the token; the path's counts before the query's."""
    if path.startswith(PREFIX):
        token, slash, rest = path[len(PREFIX) :].partition("/")
        if token and slash:
            return f"/{rest}", token
    if QUERY in query:
        for each in query.split("&"):
            name, equals, value = each.partition("=")
            if name == QUERY and equals and value:
                return path, unquote_plus(value)
    return path, ""


def hidden(text: str) -> str:
    """A line for a log, its tokens replaced: a log is read by more people than a phone is."""
    if PREFIX not in text and f"{QUERY}=" not in text:
        return text
    return _IN_TEXT.sub(r"\1…", text)


def same(one: str, other: str) -> bool:
    """Whether two tokens are equal; takes as long wherever they differ."""
    return hmac.compare_digest(
        one.encode("utf-8", "surrogateescape"), other.encode("utf-8", "surrogateescape")
    )
