"""``ringback device history``: what the ledger has of one device."""

import sys
from typing import Any, Final

from ringback.cli.stores import Form, Output, StoreFile, opened, show
from ringback.cli.when import utc
from ringback.provisioning.identity import Identity
from ringback.store import search
from ringback.store.batch import Record
from ringback.store.chain import Chain
from ringback.store.database import Store
from ringback.store.fact import Kind
from ringback.store.ledger import Ledger

_NAMES: Final = ("time", "what", "document", "release", "content", "outcome", "evidence")
_LOOKED_AT: Final = 5_000
"""Records in which a proof is looked for."""
_NO_PROOF: Final = "none: anybody may have asked"


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


def last(store: Store, mac: str) -> dict[str, Any]:
    """The last of a device, and the last by which it proved itself: others may ask in its name."""
    found = records(store, mac, _LOOKED_AT)
    proven = next((each for each in found if _proof(each, mac)), None)
    newest = {**said(found[0]), "proof": _proof(found[0], mac) or _NO_PROOF} if found else None
    return {"last": newest, "last proven": proven and said(proven)}


def _proof(record: Record, mac: str) -> str:
    """By what a record is that device's; empty when anybody may have asked."""
    if record.fact.kind not in (Kind.ANSWER, Kind.REPORT):
        return ""
    who = Identity.read(record.fact.evidence)
    if not who.proves(mac):
        return ""
    return ", ".join(each for each in ("certificate" if who.mac else "", who.proof) if each)


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
