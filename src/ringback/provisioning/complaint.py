"""What is wrong with a setting, in one shape: layer, name, whom it concerns, what to type instead.

A catalogue is the union of many firmwares, so a name it lacks may yet exist: ``unchecked`` on the
setting sends it anyway. Without that word a name nobody knows is an error, because it nearly
always is a slip of the pen, and phones swallow those without a sound.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from ringback.cisco.catalogue import Entry, Kind, catalogue
from ringback.cisco.markup import Severity
from ringback.cisco.model import MODELS, Model
from ringback.cisco.parameter import fold
from ringback.cisco.worth import judge
from ringback.errors import MalformedError, Place

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


@dataclass(frozen=True, slots=True)
class Complaint:
    """Something about one setting of one layer."""

    severity: Severity
    layer: str
    name: str
    what: str
    remedy: str = ""
    devices: tuple[str, ...] = ()
    """MACs it concerns; none: everybody of the layer."""
    line: int = 0
    column: int = 0
    """In the value, from 1; 0 when it is about the whole of it."""

    @property
    def fatal(self) -> bool:
        """Whether nothing is published until it is put right."""
        return self.severity is Severity.ERROR

    def error(self) -> MalformedError:
        """The same, to be raised."""
        whom = f" (device {self.devices[0]})" if self.devices else ""
        place = Place(f"layer {self.layer}, {self.name}", self.line, self.column)
        return MalformedError(f"{self.what}{whom}", place=place, remedy=self.remedy)

    def __str__(self) -> str:
        return f"{self.severity}: {self.error()}"


@lru_cache(maxsize=1)
def known_anywhere() -> frozenset[str]:
    """Every folded name of every model."""
    return frozenset(name for model in MODELS for name in catalogue(model).numbers)


def unknown(model: Model, name: str) -> tuple[str, str]:
    """What to say of a name that a model lacks, and what to type instead."""
    if name in READ_ONLY:
        return "is what the phone tells of itself, nobody can set it", "remove it"
    nearest = catalogue(model).nearest(name)
    span = catalogue(model).numbers.get(fold(name))
    if span:
        return f"{model.name} numbers it {span.replace('-', ' to ')} only", "check the model"
    did = f"did you mean {nearest}?" if nearest else ""
    if fold(name) in known_anywhere():
        return f"{model.name} has no such parameter, others have", did or "check the model"
    sure = "write unchecked = true if the phone's firmware knows it"
    return f"{model.name} has no such parameter", f"{did} {sure}".strip()


@lru_cache(maxsize=65_536)
def worth(entry: Entry, value: str) -> tuple[tuple[Severity, str, str], ...]:
    """What is to be said of a value; remembered, since a fleet says the same thing often."""
    return tuple(each for each in judge(entry, value) if each[0] is not Severity.HINT)


def judged(
    entry: Entry | None, layer: str, name: str, value: str, device: str = ""
) -> tuple[Complaint, ...]:
    """Complaints about a value, most often none; a secret one is not repeated."""
    if entry is None or (entry.type in _ANYTHING and "{" not in value):
        return ()
    return tuple(
        Complaint(
            severity, layer, name, "the value is not of its type" if entry.secret else text,
            remedy, (device,) if device else (),
        )
        for severity, text, remedy in worth(entry, value)
    )  # fmt: skip
