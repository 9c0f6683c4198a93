"""``ringback ledger``: prove what was served, hand it on, and remove what is old enough."""

import json
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from cyclopts import App, Parameter

from ringback import clock
from ringback.cli.stores import StoreFile, opened
from ringback.cli.when import moment, utc
from ringback.errors import RefusedError, UsageError
from ringback.provisioning.complaint import counted
from ringback.store import search
from ringback.store.batch import Record
from ringback.store.chain import Chain
from ringback.store.database import Store
from ringback.store.fact import Kind
from ringback.store.ledger import Ledger

app = App(name="ledger", help="Every file that was served, chained so that nothing can be altered.")

_MOST_FAULTS = 20
_VALUE = re.compile(r"[0-9a-fA-F]{64}")


def _chain(store: Store) -> Chain:
    return Chain(store.seal.draw("ledger"))


@app.command
def verify(
    *,
    head: Annotated[
        str | None, Parameter(help="A chain value noted earlier: it must still be there.")
    ] = None,
    store: StoreFile = None,
) -> None:
    """Check every record, every seal and the end. Exits 1 when anything is wrong.

    Args:
        head: What an earlier verify printed as the head.
        store: Which fleet.
    """
    wanted = _chain_value(head)
    with opened(store) as found, found.ledger.reading() as connection:
        ledger, seen = Ledger(connection, _chain(found)), _Seen(wanted)
        faults, ends = list(ledger.faults(seen.see)), ledger.head
    if not faults and wanted and not seen.head:
        what = "records were removed or the ledger replaced"
        faults.append(f"no record has the chain {wanted}: {what}")
    for fault in faults[:_MOST_FAULTS]:
        print(fault, file=sys.stderr)
    if faults:
        raise RefusedError(f"the ledger does not hold: {counted(len(faults), 'fault')}")
    print(f"{seen.count} records hold, {seen.gaps} gaps among them; head {ends.chain or '-'}")


def _chain_value(text: str | None) -> str:
    """A chain value as it is kept; "" when none was given.

    Raises:
        UsageError: it is none: an empty one would prove nothing.
    """
    if text is None:
        return ""
    if not _VALUE.fullmatch(text):
        raise UsageError(f"--head {text!r}", remedy="64 hexadecimal digits, as verify prints them")
    return text.lower()


@dataclass(slots=True)
class _Seen:
    """What is noticed of the records while they are checked."""

    wanted: str
    head: bool = False
    """Whether a record has the wanted chain."""
    gaps: int = 0
    count: int = 0

    def see(self, records: Sequence[Record]) -> None:
        """Those of one batch."""
        self.head = self.head or any(each.chain == self.wanted for each in records)
        self.count += len(records)
        self.gaps += sum(each.fact.kind == Kind.GAP for each in records)


@app.command
def export(
    *,
    since: str = "",
    until: str = "",
    device: str = "",
    store: StoreFile = None,
) -> None:
    """Print records as JSON, one a line, in order; times are RFC 3339 and POSIX seconds.

    Each line holds all that is needed to check the chain without this program: ``chain`` is the
    SHA-256 of the previous line's chain and the JSON list in ``hashed``.

    Args:
        since: From then on: a date, a time or an age such as 90d.
        until: Before then.
        device: Of this device only: its MAC, or any fragment that fits one alone.
        store: Which fleet.
    """
    now = clock.now()
    with opened(store) as found, found.ledger.reading() as connection:
        for record in Ledger(connection, _chain(found)).records(
            device=_mac_of(found, device) if device else "",
            since=moment(since, now) if since else None,
            until=moment(until, now) if until else None,
        ):
            print(json.dumps(_as_dict(record), ensure_ascii=False))


def _mac_of(store: Store, device: str) -> str:
    """The MAC that is meant, of a device that was given away as well."""
    exact = search.as_mac(device)
    if exact:
        return str(exact)
    with store.fleet.reading() as connection:
        return str(search.which(connection, device))


def _as_dict(record: Record) -> dict[str, Any]:
    fact = record.fact
    return {
        "number": record.number,
        "at": utc(fact.time),
        **fact._asdict(),
        "hashed": [record.number, *fact],
        "chain": record.chain,
        "seal": record.seal,
    }


@app.command
def prune(*, older_than: str, store: StoreFile = None) -> None:
    """Remove old records; a sealed checkpoint takes their place, and the rest still proves.

    Args:
        older_than: An age such as 400d, or a date.
        store: Which fleet.
    """
    now = clock.now()
    with opened(store) as found, found.ledger.writing() as connection:
        gone = Ledger(connection, _chain(found)).prune(moment(older_than, now), now)
    print(f"{gone} records were removed.")
