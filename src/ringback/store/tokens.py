"""The shelf of tokens that people made: kept as hashes, found by them, ended by use or time.

These bring a phone to its device for the first time. The tokens in a device's own rules need no
shelf: they are derived from the fleet's key (``provisioning.own``). A hash without a salt is
enough, because a token has 128 bits of chance: nobody tries them out.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import ColumnElement, Connection, and_, insert, or_, select, update

from ringback.errors import NotFoundError
from ringback.mac import Mac
from ringback.store.changes import pieces
from ringback.store.tables import tokens


@dataclass(frozen=True, slots=True)
class Token:
    """What is known of a token that was made. Times are POSIX seconds."""

    digest: str
    """SHA-256, 64 hex digits."""
    mac: str
    made: float
    ends: float | None


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens, within one transaction."""

    connection: Connection

    def keep(self, mac: Mac, token: str, now: float, ends: float | None) -> None:
        """Remember a token by its hash."""
        row = {"digest": fingerprint(token), "mac": str(mac), "made": now, "ends": ends}
        self.connection.execute(insert(tokens).values(row))

    def all(self, mac: Mac | None = None) -> Iterator[Token]:
        """Every token, or those of one device, the newest first."""
        columns = (tokens.c.digest, tokens.c.mac, tokens.c.made, tokens.c.ends)
        query = select(*columns).order_by(tokens.c.made.desc(), tokens.c.digest)
        if mac is not None:
            query = query.where(tokens.c.mac == str(mac))
        for row in self.connection.execute(query):
            yield Token(*row)

    def end(self, beginning: str, now: float) -> Token:
        """End the one token whose hash begins so.

        Raises:
            NotFoundError: none does, or several do.
        """
        found = [each for each in self.all() if each.digest.startswith(beginning.lower())]
        if len(found) != 1 or not beginning:
            what = f"{len(found)} tokens begin with {beginning!r}"
            raise NotFoundError(what, remedy="ringback token list tells them apart")
        self._end(tokens.c.digest == found[0].digest, now)
        return found[0]

    def end_all(self, mac: Mac, now: float, *, made_before: float) -> int:
        """End the older tokens of a device; says how many still counted."""
        return self._end(and_(tokens.c.mac == str(mac), tokens.c.made < made_before), now)

    def end_of(self, macs: Sequence[str], now: float) -> int:
        """End all tokens of some devices; says how many still counted."""
        return sum(self._end(tokens.c.mac.in_(piece), now) for piece in pieces(list(macs)))

    def _end(self, which: ColumnElement[bool], now: float) -> int:
        counts = or_(tokens.c.ends.is_(None), tokens.c.ends > now)
        return self.connection.execute(
            update(tokens).where(which, counts).values(ends=now)
        ).rowcount


def fingerprint(token: str) -> str:
    """What is kept of a token."""
    return sha256(token.encode("utf-8", "surrogateescape")).hexdigest()
