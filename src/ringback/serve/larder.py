"""What a house with a store has more: prepared files to give, and a ledger of what was given."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from ringback import clock
from ringback.cisco import aes128gcm
from ringback.errors import RefusedError, StorageError
from ringback.mac import Mac
from ringback.operations.collect import Upload, report_fact
from ringback.operations.guard import Guard
from ringback.operations.witness import Witness
from ringback.provisioning import own
from ringback.provisioning.keyring import Key
from ringback.provisioning.receipt import Receipt
from ringback.serve.welcome import Welcome, welcomes
from ringback.store.database import Store
from ringback.store.devices import Devices
from ringback.store.gate import Gate
from ringback.store.notebook import Notebook
from ringback.store.pantry import Pantry, Ready
from ringback.store.releases import Releases
from ringback.store.scribe import Scribe

_PATIENCE: Final = 1.0
"""Seconds that a start waits for the ledger to be open; whoever writes it may take longer."""


class Larder:
    """The store at ``path`` as the device plane uses it.

    Raises:
        UsageError, StorageError, RefusedError: it cannot be read, or another server writes it.
    """

    def __init__(self, path: Path, warn: Callable[[str], None], *, digest: bool = False) -> None:
        self.store = Store(path)
        self.pantry = Pantry(self.store, warn)
        self._scribe = Scribe(self.store, warn)
        self.witness = Witness(self._scribe.note, clock.now)
        self._gate, self._notebook = Gate(self.store), Notebook(self.store, warn)
        self.guard = Guard(
            self._gate, self._notebook, warn, self._scribe.note, clock.now, digest=digest
        )
        self._scribe.begun(_PATIENCE)  # so that a kill is noticed from the first answer on

    def summary(self) -> str:
        """What is served from the store, in one line."""
        with self.store.fleet.reading() as connection:
            number = Releases(connection, self.store.seal).newest
        served = f"release {number}" if number else "nothing yet: ringback publish"
        return f"{self.store.path}, {served}"

    def welcomes(self) -> tuple[Welcome, ...]:
        """What phones may ask for that know nothing yet."""
        return welcomes(self.store)

    @property
    def trouble(self) -> str:
        """What is wrong with the disk now; empty for nothing, or when that is not known yet."""
        why = self._scribe.trouble
        return f"files are served, and nothing can be written down: {why}" if why else ""

    def keys(self, mac: Mac) -> tuple[Key, ...]:
        """What may open a report of this device: its keys of now, the newest first.

        A look at the store for each report, on a connection of its own: any thread may ask, and a
        key counts as soon as it is there. When the store cannot be read, there are none.
        """
        try:
            with self.store.fleet.reading() as connection:
                device = Devices(connection, self.store.seal).get(mac)
        except StorageError:
            return ()
        fleet, numbers = self.store.seal.draw("devices"), reversed(device.keys) if device else ()
        return tuple(
            key
            for number in numbers
            for key in (
                Key(passphrase=own.passphrase(fleet, mac, number)),
                Key(ikm=aes128gcm.parse_ikm(own.ikm(fleet, mac, number))),
            )
        )

    def reported(self, upload: Upload, mac: Mac, receipt: Receipt, name: str) -> None:
        """Note a report that is kept, for the device's history."""
        self._scribe.note(partial(report_fact, clock.now(), upload.identity, mac, receipt, name))

    def close(self) -> None:
        """Write the ledger's rest and let go of the files."""
        self._notebook.close()
        self._scribe.close()
        self._gate.close()
        self.pantry.close()
        self.store.close()


def over_tftp(ready: Ready) -> bytes:
    """The bytes, unless they mean nothing without an HTTP header.

    Raises:
        RefusedError: they are of a content coding, which TFTP cannot announce.
    """
    if ready.encoding:
        raise RefusedError(
            f"{ready.path!r} is of the coding {ready.encoding}",
            why="TFTP cannot say so: only HTTP can",
        )
    return ready.data
