"""One phone in our care: who it is, where it is, and what only it has.

A device is known by its MAC, which is an identifier and never a credential. Its own settings are
not here but in the layer of scope ``DEVICE`` that bears its MAC: one kind of thing holds settings.

The sealing key is a number, not a secret: the passphrase is derived from it and the fleet's key
(``own``), so that a fleet can live in a repository. While a key is being changed there are two
numbers, ``key`` and ``next_key``: the old file goes on being there until the phone has been seen
with the new key. The store notes what was seen; ``settled`` is what it then keeps.

A device that was given away and comes again begins with a key above all it ever had: whoever had
it meanwhile has the old keys, and knows the passwords that only it had.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Self

from ringback.cisco.model import Model, find_model
from ringback.errors import UsageError
from ringback.mac import Mac
from ringback.provisioning.line import Line

_WORKING: Final = 2
"""So many keys of a device work at a time."""


@dataclass(frozen=True, slots=True)
class Device:
    """A phone. ``model`` is its product name as the model table spells it (``CP-8851-3PCC``)."""

    mac: Mac
    model: str
    serial: str = ""
    site: str = ""
    group: str = ""
    tags: frozenset[str] = frozenset()
    lines: tuple[Line, ...] = ()
    """In the order of their numbers, each number once."""
    variables: Mapping[str, str] = field(default_factory=dict, hash=False)
    locked: bool = False
    """Nothing is given to it, whatever it proves, until a person unlocks it."""
    pinned: int | None = None
    """The release it stays on; None for the newest."""
    key: int = 1
    """Number of the sealing key that the phone is known to have, or will get first."""
    next_key: int | None = None
    """Number of the key that will follow; None when no change is under way."""
    first_key: int = 1
    """Number of the key it began with; above 1 when it came again after it was given away."""

    def __post_init__(self) -> None:
        numbers = [line.number for line in self.lines]
        if numbers != sorted(set(numbers)):
            raise UsageError(
                f"the lines of {self.mac} are not in order: {', '.join(map(str, numbers))}",
                remedy="give each line once, with its own number",
            )

    @property
    def kind(self) -> Model:
        """What is known of its model.

        Raises:
            NotFoundError: there is no such model.
        """
        return find_model(self.model)

    @property
    def keys(self) -> tuple[int, ...]:
        """Numbers of all keys that must work now, the newest last."""
        return (self.key,) if self.next_key is None else (self.key, self.next_key)

    @property
    def lost_keys(self) -> tuple[int, ...]:
        """Numbers of the keys that worked when it was given away: a phone may ask by them still."""
        return tuple(range(max(1, self.first_key - _WORKING), self.first_key))

    def rotated(self) -> Self:
        """With a change of key under way; a change that is under way already goes on."""
        return self if self.next_key is not None else replace(self, next_key=self.key + 1)

    def come_again(self, highest: int, *, locked: bool) -> Self:
        """As it begins anew, when ``highest`` is the number of the last key it ever had."""
        number = max(self.key, highest + 1)
        following = self.next_key if number == self.key else None
        return replace(
            self, key=number, next_key=following, first_key=number, locked=self.locked or locked
        )

    def settled(self, seen: int) -> Self:
        """After the phone was seen with key ``seen``: the old one ends when it was the next."""
        return replace(self, key=seen, next_key=None) if seen == self.next_key else self
