"""Phones that asked and are in nobody's care: the queue that a person approves or rejects.

The device plane notes them in the ledger's file; which are known or were rejected stands in the
fleet's. So the queue is what is in the one and not in the other.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from ringback.mac import Mac
from ringback.store.changes import pieces
from ringback.store.tables import decoys, devices, rejections, strangers


@dataclass(frozen=True, slots=True)
class Stranger:
    """A phone nobody knows, as it was last seen. Times are POSIX seconds."""

    mac: str
    first: float
    last: float
    times: int
    """Moments at which it was noted; not every request is."""
    address: str
    agent: str
    path: str
    certificate: str


def pending(fleet: Connection, ledger: Connection) -> Iterator[Stranger]:
    """Those that wait for a person, the last seen first."""
    columns = [strangers.c[name] for name in Stranger.__slots__]
    seen = [Stranger(*row) for row in ledger.execute(
        select(*columns).order_by(strangers.c.last.desc(), strangers.c.mac)
    )]  # fmt: skip
    settled = _settled(fleet, [each.mac for each in seen])
    return (each for each in seen if each.mac not in settled)


def _settled(fleet: Connection, macs: Sequence[str]) -> set[str]:
    """Those among these that need nobody's decision any more."""
    found: set[str] = set()
    for piece in pieces(list(macs)):
        for table in (devices, rejections, decoys):
            found.update(fleet.scalars(select(table.c.mac).where(table.c.mac.in_(piece))))
    return found


def reject(fleet: Connection, macs: Sequence[Mac], now: float, who: str) -> None:
    """Do not show these again."""
    for mac in {str(each) for each in macs}:
        fleet.execute(delete(rejections).where(rejections.c.mac == mac))
        fleet.execute(insert(rejections).values(mac=mac, made=now, made_by=who))


def admit(fleet: Connection, mac: Mac) -> None:
    """Take back a rejection: the phone is wanted after all."""
    fleet.execute(delete(rejections).where(rejections.c.mac == str(mac)))


@dataclass(frozen=True, slots=True)
class Decoys:
    """MACs that nobody has, within one transaction."""

    connection: Connection

    def all(self) -> Iterator[tuple[str, float]]:
        """MAC and since when, by MAC."""
        query = select(decoys.c.mac, decoys.c.made).order_by(decoys.c.mac)
        yield from ((row.mac, row.made) for row in self.connection.execute(query))

    def add(self, mac: Mac, now: float) -> None:
        """Watch for this MAC."""
        self.remove(mac)
        self.connection.execute(insert(decoys).values(mac=str(mac), made=now))

    def remove(self, mac: Mac) -> bool:
        """Watch no longer; whether it was watched for."""
        gone = self.connection.execute(delete(decoys).where(decoys.c.mac == str(mac)))
        return bool(gone.rowcount)
