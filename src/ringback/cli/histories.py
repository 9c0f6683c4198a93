"""``ringback device history``: what the ledger has of one device."""

import sys
from typing import Any

from ringback.cli.stores import Form, Output, StoreFile, opened, show
from ringback.cli.when import utc
from ringback.mac import Mac
from ringback.store.batch import Record
from ringback.store.chain import Chain
from ringback.store.database import Store
from ringback.store.ledger import Ledger


def history(
    mac: str, /, *, limit: int = 50, store: StoreFile = None, output: Output = Form.TABLE
) -> None:
    """Show what a device was given and refused, the newest first.

    Args:
        mac: Which device, in any spelling; one that was removed too.
        limit: At most so many; 0 for all.
        store: Which fleet.
        output: How it is printed.
    """
    with opened(store) as found:
        listed = records(found, str(Mac.parse(mac)), limit)
    show([said(each) for each in listed], output, empty="Nothing yet.")


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
