"""Door: the flash of a fleet's phones, held only by those that are at work.

A phone that waits holds nothing, so that ten thousand need no ten thousand descriptors, and so
that anybody may take a phone out of the fleet by using its flash. Whoever comes back to a flash
looks whether it is as it was left.
"""

from enum import Enum

from ringback.cisco.delay import Dice
from ringback.errors import RingbackError, StorageError
from ringback.phone.berth import Berth
from ringback.phone.depot import Depot
from ringback.phone.fault import Faults
from ringback.phone.handset import Handset
from ringback.phone.nvram import Nvram
from ringback.phone.roll import Roll


class Grip(Enum):
    """What became of reaching for a flash."""

    MINE = "held"
    AWAY = "somebody else uses it"
    CHANGED = "somebody else has used it"
    LOST = "it cannot be used"


class Flashes:
    """The flash of every phone of a fleet; without a ``depot`` they forget."""

    def __init__(self, depot: Depot | None, roll: Roll, dice: Dice, faults: Faults) -> None:
        self._depot = depot
        self._roll = roll
        self._dice = dice
        self._faults = faults

    def take(self, berth: Berth) -> Grip:
        """Take hold of a flash before its phone gets power, and give the phone its memory."""
        if self._depot is None:
            return Grip.MINE
        try:
            berth.nvram = self._flash(self._depot, berth)
        except StorageError:
            return Grip.AWAY
        try:
            return self._read(berth, berth.nvram)
        except RingbackError as error:
            berth.lost = str(error)
            return Grip.LOST

    def _read(self, berth: Berth, flash: Nvram) -> Grip:
        known = flash.load()
        if known is None:
            return Grip.MINE
        identity = self._roll.identity(berth.index)
        if (known.mac, known.model) != (str(identity.mac), identity.model.name):
            raise StorageError(f"{flash.path} is the memory of {known.model} {known.mac}")
        berth.phone = Handset(identity, self._dice, known)
        return Grip.MINE

    def hold(self, berth: Berth) -> Grip:
        """Take hold of the flash of a phone that is on."""
        if self._depot is None or berth.nvram is not None:
            return Grip.MINE
        try:
            flash = self._flash(self._depot, berth)
        except StorageError:
            return Grip.AWAY
        if flash.mark() != berth.mark:
            flash.close()
            return Grip.CHANGED
        berth.nvram = flash
        return Grip.MINE

    def give(self, berth: Berth) -> None:
        """Let others have it."""
        if berth.nvram is not None:
            berth.mark = berth.nvram.mark()
            berth.nvram.close()
            berth.nvram = None

    def _flash(self, depot: Depot, berth: Berth) -> Nvram:
        faulty = self._faults.power or self._faults.flash_full
        step = self._faults.step(self._dice) if faulty else None
        return depot.flash(berth.phone.identity.mac, step)
