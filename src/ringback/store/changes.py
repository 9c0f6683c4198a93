"""What was written since the last release: marked by every shelf, read by publishing alone.

Each mark also counts up the fleet's *revision*, so that whoever prepares a release for a minute can
tell, in the transaction that switches to it, that nobody wrote meanwhile.
"""

from collections.abc import Iterable
from typing import Final

from sqlalchemy import Connection, delete, insert, select, update

from ringback.store.tables import changes, meta

DEVICE: Final = "device"
LAYER: Final = "layer"
DOCUMENT: Final = "document"
FLEET: Final = "fleet"
"""The fleet's variables and the number of its ready-made layers."""
SECRET: Final = "secret"  # noqa: S105 (a kind of thing)
"""Every kind of thing that files are made from."""

Change = tuple[str, str]
"""Kind and name: a MAC, ``scope/name`` of a layer, a document's or a secret's name."""
PIECE: Final = 500
"""Rows or names in one statement; every database takes so many."""


def mark(connection: Connection, found: Iterable[Change]) -> None:
    """Remember that these were written."""
    wanted = sorted(set(found))
    if not wanted:
        return
    for kind in {kind for kind, _ in wanted}:
        names = [name for each, name in wanted if each == kind]
        for piece in pieces(names):
            gone = delete(changes).where(changes.c.kind == kind, changes.c.name.in_(piece))
            connection.execute(gone)
    connection.execute(insert(changes), [{"kind": kind, "name": name} for kind, name in wanted])
    count_up(connection, "revision")


def marked(connection: Connection) -> tuple[Change, ...]:
    """All of them, in order."""
    query = select(changes.c.kind, changes.c.name).order_by(changes.c.kind, changes.c.name)
    return tuple((row.kind, row.name) for row in connection.execute(query))


def clear(connection: Connection) -> None:
    """Forget them: a release has been made."""
    connection.execute(delete(changes))


def revision(connection: Connection) -> int:
    """How often anything was written."""
    return int(fact(connection, "revision") or 0)


def count_up(connection: Connection, name: str) -> None:
    """Add one to a number among the facts."""
    set_fact(connection, name, str(int(fact(connection, name) or 0) + 1))


def fact(connection: Connection, name: str) -> str:
    """One of the store's facts about itself; empty when it is not known."""
    query = select(meta.c.value).where(meta.c.name == name)
    return connection.execute(query).scalar_one_or_none() or ""


def set_fact(connection: Connection, name: str, value: str) -> None:
    """Remember a fact."""
    done = connection.execute(update(meta).where(meta.c.name == name).values(value=value))
    if not done.rowcount:
        connection.execute(insert(meta).values(name=name, value=value))


def pieces(names: list[str]) -> Iterable[list[str]]:
    """A long list in pieces that fit into one statement."""
    return (names[begin : begin + PIECE] for begin in range(0, len(names), PIECE))
