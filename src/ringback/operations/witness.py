"""Bear witness: what was answered to whom, joined with what became of it, for the ledger.

An answer is remembered until its transfer or request has ended; only then is it known whether it
arrived. Refusals of files that are there are noted too, once a minute for each asker and path, so
that nobody can fill the ledger by asking.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from ringback.provisioning.identity import Identity
from ringback.store.fact import Fact, Kind, digest
from ringback.store.pantry import Ready

Client = tuple[str, int]
_MOST: Final = 65_536
_QUIET: Final = 60.0
"""Seconds for which the same refusal is not noted again."""
_TOLD: Final = 256
"""Characters that are kept of what an asker chose: the path of a plain file, how it ended."""


@dataclass(frozen=True, slots=True)
class Witness:
    """Notes answers when they have ended.

    ``note`` is given a function that makes the fact, which costs half of what an answer does: it
    is called off the hot path.
    """

    note: Callable[[Callable[[], Fact]], None]
    now: Callable[[], float]
    _pending: dict[tuple[Client, str], tuple[Ready | bytes, Identity]] = field(default_factory=dict)
    _refused: dict[tuple[str, str], float] = field(default_factory=dict)

    def answered(self, client: Client, path: str, identity: Identity, what: Ready | bytes) -> None:
        """This is on its way: a prepared file, or the bytes of a plain one."""
        if len(self._pending) >= _MOST:
            self._pending.clear()
        self._pending[client, path] = what, identity

    def ended(self, client: Client, path: str, outcome: str) -> None:
        """What was on its way has arrived, or not; what was not ours is nothing to note."""
        found = self._pending.pop((client, path), None)
        if found is not None:
            what, identity = found
            if isinstance(what, bytes):
                self.note(partial(_plain, self.now(), what, identity, path, outcome))
            else:
                self.note(partial(_fact, self.now(), Kind.ANSWER, what, identity, outcome))

    def refused(self, identity: Identity, what: Ready, why: str) -> None:
        """A prepared file was not given."""
        now, name = self.now(), (identity.address, what.path)
        if now - self._refused.get(name, 0.0) < _QUIET:
            return
        if len(self._refused) >= _MOST:
            self._refused.clear()
        self._refused[name] = now
        self.note(partial(_fact, now, Kind.REFUSAL, what, identity, why))


def _plain(now: float, data: bytes, identity: Identity, path: str, outcome: str) -> Fact:
    device, content = str(identity.mac or ""), digest(data)
    document, became = f"file {path[:_TOLD]}", outcome[:_TOLD]
    return Fact(now, Kind.ANSWER, device, str(identity), document, 0, content, became)


def _fact(now: float, kind: Kind, what: Ready, identity: Identity, outcome: str) -> Fact:
    device = what.mac or str(identity.mac or "")
    document = f"{what.document} {what.path}"
    became = outcome[:_TOLD]
    return Fact(now, kind, device, str(identity), document, what.release, what.content, became)
