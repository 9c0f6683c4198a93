"""What is wrong with a setting, in one shape: layer, name, whom it concerns, what to type instead.

A catalogue is the union of many firmwares, so a name it lacks may yet exist: ``unchecked`` on the
setting sends it anyway. Without that word a name nobody knows is an error, because it nearly
always is a slip of the pen, and phones swallow those without a sound.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final, Self

from ringback.cisco.catalogue import Entry, Kind, catalogue
from ringback.cisco.markup import Severity, unwritable
from ringback.cisco.model import MODELS, Generation, Model
from ringback.cisco.parameter import fold
from ringback.cisco.worth import judge
from ringback.errors import MalformedError, Place, RingbackError
from ringback.provisioning.operation import ElsewhereError, standing

READ_ONLY: Final = frozenset(
    {
        "Product_Name", "Serial_Number", "Software_Version", "Hardware_Version", "MAC_Address",
        "Client_Certificate", "Customization", "Current_Time", "Elapsed_Time", "Current_IP",
        "Current_Netmask", "Current_Gateway", "Host_Name_Status", "Reboot_Reason_1",
    }
)  # fmt: skip
"""Names of the status page: a phone tells them and takes no order about them."""


_ANYTHING: Final = frozenset({Kind.STRING, Kind.SECRET, Kind.RULE})
"""Types of which any text is worth something, unless it looks like a template's."""


FLEET: Final = "fleet"
"""The layer of a fault in the fleet's own variables, which are in no layer."""
UNCHECKED_HERE: Final = "layer set --unchecked NAME=VALUE sends it if the phone's firmware knows it"
UNCHECKED_THERE: Final = "write unchecked = true if the phone's firmware knows it"
_NAMED: Final = 5
"""So many devices, models and the like are named; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """Something about one setting or variable of one layer."""

    severity: Severity
    layer: str
    name: str
    """The setting's; ``variable ca`` for a variable, ``user`` for a line's text."""
    what: str
    remedy: str = ""
    devices: tuple[str, ...] = ()
    """MACs it concerns; none: everybody of the layer."""
    line: int = 0
    column: int = 0
    """In the value, from 1; 0 when it is about the whole of it."""
    models: tuple[str, ...] = ()
    """Of which models ``what`` is said; none: of nobody in particular."""
    newer: bool = False
    """Whether newer firmware may know better, so that ``unchecked`` helps."""
    needed: tuple[str, ...] = ()
    """Who stumbles over it, where it is a variable: ``Custom_CA_Rule of ready/MPP``."""

    @property
    def fatal(self) -> bool:
        """Whether nothing is published until it is put right."""
        return self.severity is Severity.ERROR

    @property
    def place(self) -> Place:
        """The layer, the name in it, and where in the value."""
        return Place(standing(self.layer, self.name), self.line, self.column)

    def of(self, device: str) -> Self:
        """The same of one device, unless it names some."""
        return self if self.devices else replace(self, devices=(device,))

    def said(self, unchecked: str = UNCHECKED_HERE) -> str:
        """The whole of it; ``unchecked`` is how whoever reads it says that word."""
        return f"{self.severity}: {self.error(unchecked)}"

    def error(self, unchecked: str = UNCHECKED_HERE) -> MalformedError:
        """The same, to be raised."""
        what = f"{_subject(self.models)} {self.what}" if self.models else self.what
        if self.needed:
            what += f", needed by {some(self.needed)}"
        remedy = " ".join(filter(None, (self.remedy, unchecked if self.newer else "")))
        return MalformedError(what + _whom(self.devices), place=self.place, remedy=remedy)

    def __str__(self) -> str:
        return self.said()


def counted(number: int, noun: str) -> str:
    """So many of them, in words: ``1 change``, ``2 changes``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def some(names: Sequence[str]) -> str:
    """The first of some names, and how many more there are."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _subject(models: Sequence[str]) -> str:
    return models[0] if len(models) == 1 else f"each of {len(models)} models ({some(models)})"


def _whom(devices: Sequence[str]) -> str:
    if not devices:
        return ""
    named = f"device {devices[0]}" if len(devices) == 1 else ""
    return f" ({named or f'devices: {len(devices)} ({some(devices)})'})"


class MisfitError(MalformedError):
    """Settings that must not be published; ``complaints`` are all of them."""

    def __init__(self, complaints: Sequence[Complaint]) -> None:
        first = complaints[0].error()
        more = f" (and {len(complaints) - 1} more)" if len(complaints) > 1 else ""
        super().__init__(first.what + more, place=first.place, remedy=first.remedy)
        self.complaints = tuple(complaints)


def complaints_of(error: RingbackError, mac: str = "") -> tuple[Complaint, ...]:
    """An error that something met while it was prepared, as complaints."""
    if isinstance(error, MisfitError):
        return error.complaints
    return (general(error, mac),)


def general(error: RingbackError, mac: str = "") -> Complaint:
    """An error that is of no single setting."""
    devices = (mac,) if mac else ()
    if isinstance(error, ElsewhereError):
        place = error.place
        return Complaint(
            Severity.ERROR, error.layer, error.name, error.what, error.remedy, devices,
            place.line, place.column,
        )  # fmt: skip
    what = str(error).removesuffix(f": {error.remedy}") if error.remedy else str(error)
    return Complaint(Severity.ERROR, "", "", what, error.remedy, devices)


@lru_cache(maxsize=1)
def known_anywhere() -> frozenset[str]:
    """Every folded name of every model."""
    return frozenset(name for model in MODELS for name in catalogue(model).numbers)


@lru_cache(maxsize=8)
def known_to(generation: Generation) -> frozenset[str]:
    """Every folded name of every model of a generation."""
    models = [each for each in MODELS if each.generation is generation]
    return frozenset(name for model in models for name in catalogue(model).numbers)


def unknown(model: Model, layer: str, name: str, devices: tuple[str, ...] = ()) -> Complaint:
    """What to say of a name that a model lacks, and what to type instead."""

    def said(what: str, remedy: str, *, newer: bool = False) -> Complaint:
        models = (model.name,)
        return Complaint(
            Severity.ERROR, layer, name, what, remedy, devices, models=models, newer=newer
        )

    if name in READ_ONLY:
        what = "is what the phone tells of itself, nobody can set it"
        return replace(said(what, "remove it"), models=())
    nearest = catalogue(model).nearest(name)
    span = catalogue(model).numbers.get(fold(name))
    if span:
        return said(f"numbers it {span.replace('-', ' to ')} only", "check the model")
    did = f"did you mean {nearest}?" if nearest else ""
    if fold(name) in known_anywhere():
        return said("has no such parameter, others have", did or "check the model")
    return said("has no such parameter", did, newer=True)


@lru_cache(maxsize=65_536)
def worth(entry: Entry, value: str) -> tuple[tuple[Severity, str, str], ...]:
    """What is to be said of a value; remembered, since a fleet says the same thing often."""
    return tuple(each for each in judge(entry, value) if each[0] is not Severity.HINT)


def judged(
    entry: Entry | None, layer: str, name: str, value: str, device: str = "", *, secret: str = ""
) -> tuple[Complaint, ...]:
    """Complaints about a value, most often none; a secret one is not repeated.

    ``secret``: which secret the value is, or holds, in words.
    """
    devices = (device,) if device else ()
    if character := unwritable(value):
        what = f"the character {character} cannot be written in a profile"
        return (Complaint(Severity.ERROR, layer, name, what, "take it out", devices),)
    if entry is None or (entry.type in _ANYTHING and "{" not in value):
        return ()
    found = worth(entry, value)
    if secret:
        what = f"what {secret} holds is not a value of it"
        found = tuple((severity, what, "set another") for severity, _, _ in found[:1])
    return tuple(
        Complaint(
            severity,
            layer,
            name,
            "the value is not of its type" if entry.secret and not secret else text,
            remedy,
            devices,
        )
        for severity, text, remedy in found
    )
