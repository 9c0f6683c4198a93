"""``ringback device history``: what the ledger has of one device."""

import sys
from typing import Any, Final

from ringback.cli.stores import Form, Output, StoreFile, opened, show
from ringback.cli.when import utc
from ringback.store import search
from ringback.store.batch import Record
from ringback.store.chain import Chain
from ringback.store.database import Store
from ringback.store.ledger import Ledger

_NAMES: Final = ("time", "what", "document", "release", "content", "outcome", "evidence")


def history(
    device: str, /, *, limit: int = 50, store: StoreFile = None, output: Output = Form.TABLE
) -> None:
    """Show what a device was given and refused, the newest first.

    Args:
        device: Its MAC in any spelling, or any fragment that fits one alone; by MAC also one that
            was removed.
        limit: At most so many; 0 for all.
        store: Which fleet.
        output: How it is printed.
    """
    with opened(store) as found:
        mac = search.as_mac(device)
        if mac is None:
            with found.fleet.reading() as connection:
                mac = search.which(connection, device)
        listed = records(found, str(mac), limit)
    show([said(each) for each in listed], output, empty="Nothing yet.", names=_NAMES)


def records(store: Store, mac: str, limit: int) -> list[Record]:
    """What the ledger has of a device, the newest first; at most so many, 0 for all."""
    with store.ledger.reading() as connection:
        ledger = Ledger(connection, Chain(store.seal.draw("ledger")))
        return list(ledger.records(device=mac, newest=limit or sys.maxsize))


def said(record: Record) -> dict[str, Any]:
    """A record as it is printed."""
    fact = record.fact
    return {
        "time": utc(fact.time),
        "what": fact.kind,
        "document": fact.document,
        "release": fact.release,
        "content": fact.content[:16],
        "outcome": fact.outcome,
        "evidence": fact.evidence,
    }
