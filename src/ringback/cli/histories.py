"""``ringback device history``: what the ledger has of one device."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from typing import Any, Final

from ringback.cli.stores import Form, Output, StoreFile, opened, show
from ringback.cli.when import utc
from ringback.provisioning.identity import Identity
from ringback.store import search
from ringback.store.chain import Chain
from ringback.store.database import Store
from ringback.store.fact import Fact, Kind
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
        with _of(found, str(mac), limit) as facts:
            listed = list(facts)
    show([said(each) for each in listed], output, empty="Nothing yet.", names=_NAMES)


@contextmanager
def _of(store: Store, mac: str, limit: int) -> Iterator[Iterator[Fact]]:
    """What the ledger has of a device, the newest first; at most so many, 0 for all."""
    with store.ledger.reading() as connection:
        ledger = Ledger(connection, Chain(store.seal.draw("ledger")))
        yield ledger.facts([mac], newest=limit or sys.maxsize)


def last(store: Store, mac: str) -> dict[str, Any]:
    """The last of a device, and the last by which it proved itself: others may ask in its name.

    No more is read than that takes: most often the last is proven, or nothing ever is.
    """
    with _of(store, mac, _LOOKED_AT) as facts:
        newest = next(facts, None)
        if newest is None:
            return {"last": None, "last proven": None}
        proven = next((each for each in chain([newest], facts) if _proof(each, mac)), None)
    told = {**said(newest), "proof": _proof(newest, mac) or _NO_PROOF}
    return {"last": told, "last proven": proven and said(proven)}


def _proof(fact: Fact, mac: str) -> str:
    """By what a record is that device's; empty when anybody may have asked."""
    if fact.kind not in (Kind.ANSWER, Kind.REPORT):
        return ""
    who = Identity.read(fact.evidence)
    if not who.proves(mac):
        return ""
    return ", ".join(each for each in ("certificate" if who.mac else "", who.proof) if each)


def said(fact: Fact) -> dict[str, Any]:
    """A record as it is printed."""
    return {
        "time": utc(fact.time),
        "what": fact.kind,
        "document": fact.document,
        "release": fact.release,
        "content": fact.content[:16],
        "outcome": fact.outcome,
        "evidence": fact.evidence,
    }
