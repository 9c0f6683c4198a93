"""Who asks, and whom the thing that is asked for names.

A request names a phone when a MAC address can be read in its path or query: twelve or more hex
digits in a row (the MAC may begin anywhere among them: ``CP-7832-3PCC000e08abcdef.cfg`` has
fourteen), or six pairs or three quads, or more, with separators. Reading too much into a name
costs a refusal; reading too little would give one phone's secrets to another. So the text is read
as it was sent and with percent-escapes undone, again and again, until nothing changes.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import unquote_plus

from ringback.mac import Mac

_DEEPEST: Final = 4
"""Times that escapes are undone; whoever nests deeper names no phone any program would read."""
_USUAL: Final = 256
"""Characters of what is asked for, up to which the answer is remembered."""
_TOLD: Final = 256
"""Characters that are told of what an asker calls itself: a request's head may have 16 000."""
_DIGITS = re.compile(r"[0-9a-f]{12}")
_RUN = re.compile(r"[0-9a-f]{12,}")
_SEPARATED = re.compile(
    r"[0-9a-f]{2}(?:[:. _-][0-9a-f]{2}){5,}|[0-9a-f]{4}(?:[:. _-][0-9a-f]{4}){2,}"
)
_WINDOW: Final = "window"
"""``evidence.Proof.WINDOW``, which knows this file."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who asks: what a verified certificate says, and what is merely claimed.

    Only ``mac``, ``product`` and ``serial`` are proven, and only when a certificate was verified.
    """

    address: str
    agent: str = ""
    """The User-Agent line: a claim."""
    certificate: str = ""
    """The certificate's subject in one line, empty when none was shown or accepted."""
    mac: Mac | None = None
    product: str = ""
    serial: str = ""
    proof: str = ""
    """What else was proven, such as ``token:2``: never the token itself."""

    def __str__(self) -> str:
        proof = f" proof={self.proof}" if self.proof else ""
        return (
            f"address={self.address} certificate={self.certificate[:_TOLD] or '-'} "
            f"mac={self.mac or '-'}{proof} agent={self.agent[:_TOLD] or '-'}"
        )

    @classmethod
    def read(cls, text: str) -> "Identity":
        """What a record tells of who asked: ``str`` the other way. Never raises.

        What an asker chose itself stands last, so that nothing in it passes for proven.
        """
        front, _, agent = text.partition(" agent=")
        front, _, rest = front.rpartition(" mac=")
        address, _, certificate = front.partition(" certificate=")
        mac, _, proof = rest.partition(" proof=")
        return cls(
            address.removeprefix("address="),
            "" if agent == "-" else agent,
            "" if certificate == "-" else certificate,
            Mac(mac) if _DIGITS.fullmatch(mac) else None,
            proof=proof,
        )

    def proves(self, mac: str) -> bool | None:
        """Whether this was that phone, where the answer was its file; None: nothing was proven.

        A window proves nothing: it is a person's word for a MAC, given to whoever asks.
        """
        if self.mac is not None:
            return self.mac.digits == mac
        words = {each.partition(":")[0] for each in self.proof.split(",") if each}
        return True if words - {_WINDOW} else None


@lru_cache(maxsize=16_384)
def unproven(address: str) -> Identity:
    """Somebody of whom nothing is known but the address, which is all that TFTP tells."""
    return Identity(address)


@dataclass(frozen=True, slots=True)
class Mention:
    """One place in a request that names a phone: the hex digits found there."""

    digits: str

    def may_mean(self, mac: Mac) -> bool:
        """Whether this place can be read as ``mac``."""
        return mac.digits in self.digits


def mentions(text: str) -> tuple[Mention, ...]:
    """Every place in a path or query that names a phone, in any spelling."""
    return _usual(text) if len(text) <= _USUAL else _found(text)


@lru_cache(maxsize=4096)
def _usual(text: str) -> tuple[Mention, ...]:
    """A phone asks for the same thing at every visit."""
    return _found(text)


def _found(text: str) -> tuple[Mention, ...]:
    found = {mention for reading in _readings(text) for mention in _mentions(reading)}
    return tuple(sorted(found, key=lambda each: each.digits))


def _readings(text: str) -> Iterator[str]:
    """The text as sent, and with its escapes undone until nothing changes."""
    for _ in range(_DEEPEST):
        yield text.lower()
        plain = unquote_plus(text, errors="replace")
        if plain == text:
            return
        text = plain


def _mentions(text: str) -> Iterator[Mention]:
    for run in _RUN.finditer(text):
        yield Mention(run.group())
    for spelt in _SEPARATED.finditer(text):
        yield Mention(re.sub(r"[^0-9a-f]", "", spelt.group()))
