"""A batch: the records that were written at one time, in one row of the ledger.

Its body is their lines as they are hashed (see ``fact``), so that nothing is put into words twice,
and a file that was served costs its line and one short row to find it by. A batch holds the chain
before its first record and that of its last; the chain of every record between them follows.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from functools import reduce
from hashlib import sha256
from typing import Final, NamedTuple, Self

from ringback.store.fact import Fact, line, read, spelt

_END: Final = b"\n"
"""Ends a line; inside one it stands escaped."""
_DEVICE: Final = re.compile(rb'\[\d+,[^,]*,"(?:[^"\\]|\\.)*",("(?:[^"\\]|\\.)*"),')
"""A line up to its device, as it is spelt there."""


class Record(NamedTuple):
    """A fact in its place; ``seal`` is its batch's, and stands at the last record."""

    number: int
    fact: Fact
    chain: str
    seal: str = ""


class Batch(NamedTuple):
    """Records ``number`` to ``last``, of times from ``time`` to ``until``."""

    number: int
    last: int
    time: float
    until: float
    before: str
    body: bytes
    chain: str
    seal: str = ""

    @classmethod
    def of(cls, number: int, before: str, lines: Sequence[bytes], facts: Sequence[Fact]) -> Self:
        """The batch, unsealed, of these facts and their lines, which begin with ``number``."""
        times = [each.time for each in facts]
        chain = reduce(linked, lines, before)
        last = number + len(lines) - 1
        return cls(number, last, min(times), max(times), before, _END.join(lines), chain)

    @classmethod
    def pack(cls, number: int, before: str, facts: Sequence[Fact]) -> Self:
        """The batch, unsealed, of these facts, at least one; the first is record ``number``."""
        lines = [line(at, fact) for at, fact in enumerate(facts, number)]
        return cls.of(number, before, lines, facts)

    @property
    def still(self) -> bool:
        """Whether it leaves the chain where it is, as a checkpoint does and nothing else."""
        return self.before == self.chain

    @property
    def lines(self) -> list[bytes]:
        """The records as they are hashed."""
        return self.body.split(_END)

    def records(self, device: str = "") -> Iterator[Record]:
        """The records in order: all, or those of one device.

        Raises:
            MalformedError: a line cannot be read.
        """
        chain, wanted = self.before, spelt(device) if device else b""
        for each in self.lines:
            chain = chain if self.still else linked(chain, each)
            if wanted in each:
                number, fact = read(each)
                if device in ("", fact.device):
                    yield Record(number, fact, chain, self.seal if number == self.last else "")

    def facts(self, devices: Collection[str]) -> Iterator[Fact]:
        """What there is of these devices, in order, without the chain, which would cost most of it.

        Raises:
            MalformedError: a line cannot be read.
        """
        spellings = {spelt(each) for each in devices}
        for each in _likely(self.lines, spellings):
            _, fact = read(each)
            if fact.device in devices:
                yield fact

    def after(self, number: int) -> Self:
        """What stands behind record ``number``: its end, and so its seal, are the same.

        Raises:
            MalformedError: a line cannot be read.
        """
        cut = number - self.number + 1
        before = reduce(linked, self.lines[:cut], self.before)
        lines = self.lines[cut:]
        facts = [read(each)[1] for each in lines]
        return self.of(number + 1, before, lines, facts)._replace(seal=self.seal)


def _likely(lines: Sequence[bytes], spellings: Collection[bytes]) -> Iterator[bytes]:
    """Lines that may be of these devices; one is sought faster than many."""
    if len(spellings) == 1:
        (one,) = spellings
        return (each for each in lines if one in each)
    return (each for each in lines if (found := _DEVICE.match(each)) and found[1] in spellings)


def linked(previous: str, octets: bytes) -> str:
    """The chain of a record, of which this is the line, that follows ``previous``."""
    return sha256(previous.encode() + octets).hexdigest()
