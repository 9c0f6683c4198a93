"""A named set of settings: what a fleet, a model, a site, a group or one device is given.

Layers are laid over one another, and the last one wins: fleet < model < site < group < device.
Below them all lie the ready-made layers of this package. There may be several fleet layers, split
by concern; two of them setting the same name is an error, because their order would be a secret.

Values are text as the phone takes it, and may hold ``{{ … }}`` over the device's facts (see
``expression``). A secret is referred to by ``{{ secret('NAME') }}`` and by nothing else: one form
serves a whole value and a part of one (``[--key {{ secret('site-key') }}] https://…``), may be
composed of facts (``secret('voicemail-' ~ site)``), and can be found in a value without rendering
it. A second form such as ``secret:NAME`` would only be a second thing to look for.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import pairwise

from ringback.cisco.parameter import Access
from ringback.errors import UsageError


class Scope(IntEnum):
    """Whom a layer is for; the greater wins."""

    READY = 0
    """Ready-made, in this package; ``name`` is a generation or a model."""
    FLEET = 1
    """Everybody; ``name`` says what it is about."""
    MODEL = 2
    """``name`` is a generation (``MPP``, ``SPA`` …) or, stronger, one model."""
    SITE = 3
    GROUP = 4
    DEVICE = 5
    """``name`` is the MAC, twelve lower-case hex digits."""

    def __str__(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Setting:
    """One parameter, by the name the phone spells it with.

    ``_n_`` in the name stands for every line: ``Dial_Plan_n_``. Its value may then speak of
    ``line``, and is set for those lines that the device has.
    """

    name: str
    value: str | None
    """Text, perhaps with ``{{ … }}``; "" clears, None leaves the value and sets the access."""
    access: Access | None = None
    unchecked: bool = False
    """Sent although the catalogue does not know the name or the value: firmware may be newer."""


@dataclass(frozen=True, slots=True)
class Layer:
    """Settings, put in the order of their names, each name once; and variables for expressions."""

    scope: Scope
    name: str
    settings: tuple[Setting, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        ordered = tuple(sorted(self.settings, key=lambda each: each.name))
        if ordered != self.settings:
            object.__setattr__(self, "settings", ordered)
        for one, other in pairwise(ordered):
            if one.name == other.name:
                raise UsageError(f"layer {self} sets {one.name} twice", remedy="keep one of them")

    def __str__(self) -> str:
        return f"{self.scope}/{self.name}" if self.name else str(self.scope)
