"""What the last import found before it wrote: enough to put everything back.

And enough to see whether anybody has written to the same things since.

One import is remembered, the last: undoing an older one would have to undo what came after it.
Of each thing there is its body as it was, and a hash of its body as it then became. Written in
pieces, compressed and sealed, because passwords are among them.
"""

import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from sqlalchemy import Connection, delete, insert, select

from ringback.store.changes import fact, set_fact
from ringback.store.seal import Seal
from ringback.store.tables import undo

_ABOUT: Final = "undo"
_LEVEL: Final = 1


class Before(NamedTuple):
    """One thing: how it was, and a hash of what it became."""

    kind: str
    name: str
    body: str | None
    """None: it was not there."""
    became: str


@dataclass(frozen=True, slots=True)
class About:
    """The import that can be undone."""

    what: str
    made: float
    """POSIX seconds."""
    things: int


def mark_of(body: bytes) -> str:
    """The hash by which a body is known again."""
    return hashlib.sha256(body).hexdigest()[:32]


@dataclass(slots=True)
class Undo:
    """The record, within one transaction."""

    connection: Connection
    seal: Seal
    _pieces: int = 0
    _things: int = 0

    @property
    def about(self) -> About | None:
        """What can be undone; None when nothing can."""
        told = fact(self.connection, _ABOUT)
        return About(**json.loads(told)) if told else None

    def begin(self) -> None:
        """Forget the one before."""
        self.connection.execute(delete(undo))
        set_fact(self.connection, _ABOUT, "")
        self._pieces = self._things = 0

    def note(self, found: Iterable[Before]) -> None:
        """Remember some things more."""
        things = [list(each) for each in found]
        if not things:
            return
        self._pieces, self._things = self._pieces + 1, self._things + len(things)
        packed = zlib.compress(json.dumps(things, ensure_ascii=False).encode(), _LEVEL)
        row = {"number": self._pieces, "body": self.seal.close(packed, _place(self._pieces))}
        self.connection.execute(insert(undo).values(row))

    def end(self, what: str, now: float) -> None:
        """From now on it can be undone."""
        about = {"what": what, "made": now, "things": self._things}
        set_fact(self.connection, _ABOUT, json.dumps(about))

    def __iter__(self) -> Iterator[list[Before]]:
        """All things, a piece at a time, in the order they were written."""
        numbers = self.connection.scalars(select(undo.c.number).order_by(undo.c.number)).all()
        for number in numbers:
            query = select(undo.c.body).where(undo.c.number == number)
            sealed = self.connection.execute(query).scalar_one()
            read = json.loads(zlib.decompress(self.seal.open(sealed, _place(number))))
            yield [Before(*each) for each in read]


def _place(number: int) -> str:
    return f"undo/{number}"
