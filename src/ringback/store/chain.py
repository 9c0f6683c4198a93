"""The ledger's chain: each record's hash holds the one before it, so nothing can be altered after.

``chain`` is SHA-256 over the previous one and the record's line, which anybody can check. Each
batch has a *seal*: HMAC-SHA-256 over its end with a key that lies outside the database. Whoever can
write the file could make a new chain, but not its seals. The *head* (number and chain of the last
record, and a seal) lies apart, so that records missing at the end are noticed too.

Old records go in one piece: a *checkpoint* takes the place, number and chain of the last that went,
under a seal that covers it; the record after it still follows.
"""

import hmac
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final, NamedTuple

from ringback.errors import MalformedError
from ringback.store.batch import Batch, Record
from ringback.store.fact import Fact, Kind, line

NOTHING: Final = ""
"""The chain before the first record."""


class Head(NamedTuple):
    """Where the ledger ends."""

    number: int = 0
    chain: str = NOTHING
    seal: str = ""


@dataclass(frozen=True, slots=True)
class Chain:
    """Makes and checks chains. ``key`` makes the seals."""

    key: bytes = field(repr=False)

    def extend(self, head: Head, facts: Sequence[Fact]) -> tuple[Batch, Head]:
        """The batch of these facts, at least one, and where the ledger ends then."""
        batch = Batch.pack(head.number + 1, head.chain, facts)
        seal = self._sealed("batch", batch.last, batch.chain)
        return batch._replace(seal=seal), self.head(batch.last, batch.chain)

    def head(self, number: int, chain: str) -> Head:
        """The head that ends with this record."""
        return Head(number, chain, self._sealed("head", number, chain))

    def checkpoint(self, last: Record, now: float, removed: int, since: float) -> Batch:
        """What takes the place of ``last`` and everything before it."""
        said = f"removed={removed} since={since} until={last.fact.time}"
        octets = line(last.number, Fact(now, Kind.CHECKPOINT, outcome=said))
        seal = self._covering(last.number, octets, last.chain)
        return Batch(
            last.number, last.number, now, now, last.chain, octets, last.chain, seal
        )  # fmt: skip

    def faults(
        self, batches: Iterable[Batch], head: Head, see: Callable[[Batch, Sequence[Record]], object]
    ) -> Iterator[str]:
        """Everything that is wrong with a ledger, in the order in which it is found.

        ``see`` is shown each batch with its records, none where they cannot be read: whoever wants
        to know more of them need not read them again.
        """
        number, chain = 0, NOTHING
        for batch in batches:
            records = _records(batch)
            if number == 0 and batch.still:
                yield from self._checkpoint_faults(batch, records)
            else:
                yield from _gaps(number, batch)
                yield from self._batch_faults(chain, batch, records)
            see(batch, records)
            number, chain = batch.last, batch.chain
        if (head.number, head.chain) != (number, chain):
            yield f"the ledger ends with record {number}, but {head.number} were written"
        elif number and not _same(head.seal, self.head(number, chain).seal):
            yield f"the head's seal, at record {number}, is not ours"

    def removed(self, mark: Batch) -> tuple[int, float]:
        """How many records went before this checkpoint, and of what time the first was.

        Raises:
            MalformedError: it is not as we wrote it.
        """
        records = _records(mark)
        for fault in self._checkpoint_faults(mark, records):
            raise MalformedError(fault, remedy="ringback ledger verify")
        (record,) = records
        said = dict(each.split("=", 1) for each in record.fact.outcome.split())
        return int(said["removed"]), float(said["since"])

    def _checkpoint_faults(self, batch: Batch, records: Sequence[Record]) -> Iterator[str]:
        if not _same(batch.seal, self._covering(batch.number, batch.body, batch.chain)):
            yield f"record {batch.number}: the checkpoint's seal is not ours"
        elif not _is_described(batch, records):
            yield f"{_named(batch)} not what its row says of it"

    def _batch_faults(self, chain: str, batch: Batch, records: Sequence[Record]) -> Iterator[str]:
        follows = batch.before == chain and not batch.still and records
        if not follows or records[-1].chain != batch.chain:
            yield f"{_named(batch)} altered, or what stands before"
        elif not _is_described(batch, records):
            yield f"{_named(batch)} not what their row says of them"
        if not _same(batch.seal, self._sealed("batch", batch.last, batch.chain)):
            yield f"record {batch.last}: the seal is not ours"

    def _sealed(self, what: str, number: int, chain: str) -> str:
        return hmac.digest(self.key, f"{what} {number} {chain}".encode(), "sha256").hex()

    def _covering(self, number: int, octets: bytes, chain: str) -> str:
        """A checkpoint's chain does not come from its own words, so its seal covers both."""
        return self._sealed("checkpoint", number, chain + sha256(octets).hexdigest())


def _gaps(number: int, batch: Batch) -> Iterator[str]:
    """What is missing between record ``number`` and a batch."""
    if batch.number != number + 1:
        missing = batch.number - number - 1
        yield f"record {batch.number} follows {number}: {missing} missing"


def _named(batch: Batch) -> str:
    one = batch.number == batch.last
    return f"record {batch.number} was" if one else f"records {batch.number} to {batch.last} were"


def _records(batch: Batch) -> list[Record]:
    """Its records; none where they cannot be read."""
    try:
        return list(batch.records())
    except MalformedError:
        return []


def _is_described(batch: Batch, records: Sequence[Record]) -> bool:
    """Whether numbers and times of the row are those of its records, by which they are found."""
    numbers = [each.number for each in records]
    times = [each.fact.time for each in records]
    wanted = list(range(batch.number, batch.last + 1))
    return numbers == wanted and (min(times), max(times)) == (batch.time, batch.until)


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
