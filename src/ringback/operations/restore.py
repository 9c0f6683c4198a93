"""Restore: make the sources what they were in an earlier release, in the transaction that asks.

Locks, pins and the numbers of keys stay as they are: a phone that has its new key would not open a
file under the old one. Secrets stay, too. A device that was taken away comes back with the lock,
the keys and the secrets of its lines that it had when it went, for its phone has them still; the
tokens and windows that ended then stay so. One that was not there yet is dismissed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from ringback.errors import RefusedError
from ringback.operations.dismiss import dismiss
from ringback.provisioning.complaint import counted
from ringback.provisioning.layer import Scope
from ringback.store import body, changes
from ringback.store.changes import DEVICE, DOCUMENT, FLEET, LAYER, SECRET, Change, pieces
from ringback.store.departed import Departed
from ringback.store.devices import Devices
from ringback.store.documents import Documents
from ringback.store.layers import Layers
from ringback.store.past import Past
from ringback.store.releases import Releases
from ringback.store.seal import Seal
from ringback.store.secrets import Secrets

_SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class Back:
    """The way back to a release."""

    number: int
    discard: bool = False
    """Whether changes that were never published may be lost."""

    def past(self, connection: Connection, seal: Seal, settled: Sequence[str] = ()) -> Past:
        """The sources as they were; errors as of ``pending``."""
        pending = self.pending(connection, seal, settled)
        releases = Releases(connection, seal)
        touched = releases.touched_between(self.number, releases.newest)
        return Past(connection, seal, self.number, frozenset(touched | pending))

    def pending(
        self, connection: Connection, seal: Seal, settled: Sequence[str] = ()
    ) -> set[Change]:
        """What was never published and goes back; secrets do not, and phones get them as they are.

        ``settled`` are devices whose old keys have just been ended, which loses nothing.

        Raises:
            NotFoundError: there was no such release.
            RefusedError: there are such changes, and no ``discard``.
        """
        releases = Releases(connection, seal)
        releases.get(self.number)
        marked = changes.marked(connection)
        found = {each for each in marked if each[0] != SECRET}
        lost = found - {(DEVICE, mac) for mac in releases.unaltered(settled)}
        if lost and not self.discard:
            raise RefusedError(
                f"{counted(len(lost), 'change')} never published would be lost",
                remedy="publish first, or say --discard",
            )
        written = [name for kind, name in marked if kind == SECRET]
        told = sorted(Secrets(connection, seal).used_by_others(written, ()))
        if told and not self.discard:
            what = f"{counted(len(told), 'secret')} changed and never published"
            raise RefusedError(
                f"{what} ({', '.join(told[:_SHOWN])}): phones would get what they hold now",
                remedy="publish first, or say --discard",
            )
        return found


def restore(past: Past, now: float) -> None:
    """Make whatever differs what it was; the shelves mark what that changes.

    ``now`` is when what devices that go had ends (POSIX seconds).
    """
    _restore_layers(past)
    _restore_documents(past)
    _restore_devices(past, now)


def _restore_layers(past: Past) -> None:
    layers = Layers(past.connection, past.seal)
    for piece in pieces(past.names(LAYER)):
        then = past.bodies(LAYER, piece)
        layers.keep(map(body.layer, then.values()))
        for name in piece:
            if name not in then:
                scope, _, own = name.partition("/")
                layers.remove(Scope[scope.upper()], own)
    for name in past.names(FLEET):
        layers.set_fact(name, past.fact(name))


def _restore_documents(past: Past) -> None:
    documents = Documents(past.connection, past.seal)
    names = past.names(DOCUMENT)
    then = past.bodies(DOCUMENT, names)
    documents.keep(map(body.document, then.values()))
    for name in names:
        if name not in then:
            documents.remove(name)


def _restore_devices(past: Past, now: float) -> None:
    devices = Devices(past.connection, past.seal)
    secrets = Secrets(past.connection, past.seal)
    for piece in pieces(past.names(DEVICE)):
        then = list(past.several(piece))
        lost = Departed(past.connection, past.seal).secrets([str(each.mac) for each in then])
        devices.keep(then, back=True)
        kept = secrets.several(list(lost))
        secrets.keep({name: lost[name] for name in lost if name not in kept}, now)
        there = {str(each.mac) for each in then}
        gone = [mac for mac in piece if mac not in there]
        dismiss(past.connection, past.seal, gone, now, layers=False)
