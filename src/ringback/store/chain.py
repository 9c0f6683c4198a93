"""The ledger's chain: each record's hash holds the one before it, so nothing can be altered after.

``chain`` is SHA-256 over the previous one and the record's canonical JSON, which anybody can check.
``seal`` is HMAC-SHA-256 over it with a key that lies outside the database: whoever can write the
file could make a new chain, but not its seals. The last record of every batch has one, and so has
every record we make about the ledger itself. The *head* (number and chain of the last record, and
a seal) lies apart, so that records missing at the end are noticed too.

Old records go in one piece: a *checkpoint* takes the place, number and chain of the last that went,
under a seal that covers it; the record after it still follows.
"""

import hmac
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from json.encoder import encode_basestring as _quoted
from typing import Final, NamedTuple

NOTHING: Final = ""
"""The chain before the first record."""


class Kind(StrEnum):
    """What a record is about."""

    ANSWER = "answer"
    """A file was sent, or not all of it."""
    REFUSAL = "refusal"
    """A file that is there was not given."""
    REPORT = "report"
    """A phone uploaded one, and it is kept."""
    OPEN = "open"
    """A server began to write here."""
    CLOSE = "close"
    """It stopped and had written everything."""
    ALARM = "alarm"
    """Somebody tries out MACs, or asked for one that nobody has."""
    GAP = "gap"
    """Something may be missing, and why."""
    CHECKPOINT = "checkpoint"
    """What stood before was removed for its age."""


class Fact(NamedTuple):
    """What happened. Times are POSIX seconds; ``content`` is a SHA-256, 64 hex digits."""

    time: float
    kind: str
    device: str = ""
    evidence: str = ""
    document: str = ""
    release: int = 0
    content: str = ""
    outcome: str = ""


class Record(NamedTuple):
    """A fact in its place."""

    number: int
    fact: Fact
    chain: str
    seal: str = ""


class Head(NamedTuple):
    """Where the ledger ends."""

    number: int = 0
    chain: str = NOTHING
    seal: str = ""


def canonical(number: int, fact: Fact) -> bytes:
    """A record as the bytes that are hashed; public, so that others can check an export.

    It is the JSON list of its fields without blanks, put together by hand: ``json.dumps`` costs
    three times as much, and this is done for every file that is served.
    """
    time, kind, device, evidence, document, release, content, outcome = fact
    return (
        f"[{number},{time!r},{_quoted(kind)},{_quoted(device)},{_quoted(evidence)},"
        f"{_quoted(document)},{release},{_quoted(content)},{_quoted(outcome)}]"
    ).encode("utf-8", "surrogatepass")


@lru_cache(maxsize=1024)
def digest(data: bytes) -> str:
    """SHA-256 of a file that is served again and again."""
    return sha256(data).hexdigest()


def linked(previous: str, number: int, fact: Fact) -> str:
    """The chain of a record that follows ``previous``."""
    return sha256(previous.encode() + canonical(number, fact)).hexdigest()


@dataclass(frozen=True, slots=True)
class Chain:
    """Makes and checks chains. ``key`` makes the seals."""

    key: bytes = field(repr=False)

    def extend(self, head: Head, facts: Iterable[Fact]) -> tuple[list[Record], Head]:
        """The records of a batch, and where the ledger ends then."""
        records = []
        number, chain = head.number, head.chain
        for fact in facts:
            number += 1
            chain = linked(chain, number, fact)
            records.append(Record(number, fact, chain))
        if records:
            records[-1] = records[-1]._replace(seal=self._sealed("batch", number, chain))
        return records, self.head(number, chain)

    def head(self, number: int, chain: str) -> Head:
        """The head that ends with this record."""
        return Head(number, chain, self._sealed("head", number, chain))

    def checkpoint(self, last: Record, now: float, removed: int, since: float) -> Record:
        """What takes the place of ``last`` and everything before it."""
        fact = Fact(
            now, Kind.CHECKPOINT, outcome=f"removed={removed} since={since} until={last.fact.time}"
        )
        return Record(last.number, fact, last.chain, self._covering(last.number, fact, last.chain))

    def faults(self, records: Iterable[Record], head: Head) -> Iterator[str]:
        """Everything that is wrong with a ledger, in the order in which it is found."""
        number, chain = 0, NOTHING
        for record in records:
            first = number == 0 and record.fact.kind == Kind.CHECKPOINT
            if first:
                covering = self._covering(record.number, record.fact, record.chain)
                if not hmac.compare_digest(record.seal.encode(), covering.encode()):
                    yield f"record {record.number}: the checkpoint's seal is not ours"
            else:
                yield from self._record_faults(number, chain, record)
            number, chain = record.number, record.chain
        if (head.number, head.chain) != (number, chain):
            yield f"the ledger ends with record {number}, but {head.number} were written"
        elif number and not hmac.compare_digest(head.seal, self.head(number, chain).seal):
            yield f"the head's seal, at record {number}, is not ours"

    def _record_faults(self, number: int, chain: str, record: Record) -> Iterator[str]:
        if record.number != number + 1:
            yield f"record {record.number} follows {number}: {record.number - number - 1} missing"
        if record.chain != linked(chain, record.number, record.fact):
            yield f"record {record.number} was altered, or the one before it"
        sealed = self._sealed("batch", record.number, record.chain)
        if record.seal and not hmac.compare_digest(record.seal.encode(), sealed.encode()):
            yield f"record {record.number}: the seal is not ours"

    def _sealed(self, what: str, number: int, chain: str) -> str:
        return hmac.digest(self.key, f"{what} {number} {chain}".encode(), "sha256").hex()

    def _covering(self, number: int, fact: Fact, chain: str) -> str:
        """A checkpoint's chain does not come from its own words, so its seal covers both."""
        return self._sealed(
            "checkpoint", number, chain + sha256(canonical(number, fact)).hexdigest()
        )
