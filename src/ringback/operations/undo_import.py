"""Undo the last import: every device and secret that it wrote becomes what it was.

Exactly that, or nothing: a device that somebody has changed, pinned or given a layer of its own
since is named, and nobody's work is lost. Locks and the numbers of keys stay as they are on
devices that stay: they come from what happened, not from a table. A device that the import added
is dismissed: what it had ends, and the numbers of its keys are not given out again.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from ringback.errors import NotFoundError, RefusedError
from ringback.operations.dismiss import dismiss
from ringback.provisioning.device import Device
from ringback.store import body
from ringback.store.changes import DEVICE, SECRET
from ringback.store.database import Store
from ringback.store.devices import Devices
from ringback.store.layers import Layers
from ringback.store.seal import Seal
from ringback.store.secrets import Secrets
from ringback.store.undo import About, Before, Undo, mark_of

_NAMED: Final = 5


def undo_import(store: Store, now: float) -> About:
    """Put back what the last import found; says which import that was.

    Raises:
        NotFoundError: there is none.
        RefusedError: some of it was changed since; nothing was put back.
    """
    with store.fleet.writing() as connection:
        undo = Undo(connection, store.seal)
        about = undo.about
        if about is None:
            raise NotFoundError("there is no import to undo", remedy="only the last can be undone")
        undoing = _Undoing.of(connection, store.seal, now)
        touched = [name for piece in undo for name in undoing.touched(piece)]
        if touched:
            more = f" and {len(touched) - _NAMED} more" if len(touched) > _NAMED else ""
            what = f"nothing was undone: changed since: {', '.join(touched[:_NAMED])}{more}"
            raise RefusedError(what, remedy="change them back by hand, or import another table")
        for piece in undo:
            undoing.put_back(piece)
        undo.begin()
        return about


@dataclass(frozen=True, slots=True)
class _Undoing:
    """Puts pieces back."""

    devices: Devices
    secrets: Secrets
    layers: Layers
    now: float

    @classmethod
    def of(cls, connection: Connection, seal: Seal, now: float) -> "_Undoing":
        return cls(
            Devices(connection, seal), Secrets(connection, seal), Layers(connection, seal), now
        )

    def touched(self, piece: list[Before]) -> Iterator[str]:
        """Names of things that are not as the import left them."""
        there, values = self._now(piece)
        fresh = [each.name for each in piece if each.kind == DEVICE and each.body is None]
        layered = {each.name for each in self.layers.own(fresh)} if fresh else set()
        for each in piece:
            if each.kind == SECRET:
                value = values.get(each.name)
                mark = "" if value is None else mark_of(value.encode())
            else:
                device = there.get(each.name)
                mark = "" if device is None else mark_of(body.dump(device))
                if device is not None and each.body is None:
                    marked = device.locked or device.pinned is not None or device.next_key
                    mark = "" if marked or each.name in layered else mark
            if mark != each.became:
                yield each.name

    def _now(self, piece: Iterable[Before]) -> tuple[dict[str, Device], dict[str, str]]:
        """Those things as they are."""
        macs = [each.name for each in piece if each.kind == DEVICE]
        names = [each.name for each in piece if each.kind == SECRET]
        there = {str(each.mac): each for each in self.devices.several(macs)}
        return there, self.secrets.several(names)

    def put_back(self, piece: list[Before]) -> None:
        """Make these what they were."""
        there, _ = self._now(piece)
        old = [each for each in piece if each.kind == DEVICE and each.body is not None]
        self.devices.keep(
            body.device((each.body or "").encode(), **_columns(there[each.name])) for each in old
        )
        fresh = [each.name for each in piece if each.kind == DEVICE and each.body is None]
        dismiss(self.devices.connection, self.devices.seal, fresh, self.now)
        values = {each.name: each.body for each in piece if each.kind == SECRET}
        self.secrets.keep(
            {name: value for name, value in values.items() if value is not None}, self.now
        )
        added = [name for name, value in values.items() if value is None]
        self.secrets.remove_several(added, self.now)


def _columns(device: Device) -> dict[str, object]:
    return {name: getattr(device, name) for name in body.UNVERSIONED}
