"""Path patterns: where a document is for one phone, or for all that share it.

``/{mac}.cfg``, ``/spa{psn}.cfg``, ``/{psn}.xml``, ``/Cisco/{pn}/{mac}.cfg``, ``/{MAC:-}.xml``.

A place is filled with what is known of the phone, or with the macro that the phone itself puts
there: that is how one bootstrap file for a whole model can send each phone to its own file.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from ringback.cisco.macro import expand
from ringback.cisco.macros import phone_macros
from ringback.cisco.model import Model
from ringback.errors import UsageError
from ringback.mac import Mac

_PLACE = re.compile(r"\{([^{}]*)\}")
_MAC_PLACE = re.compile(r"(mac|MAC)(?::([-:._]))?")
_PLAIN = re.compile(r"[A-Za-z0-9/._~@+=&?,:;!()%-]*")
_OF_DEVICE: Final = frozenset({"mac", "MAC", "serial", "token"})
_OF_MODEL: Final = frozenset({"psn", "pn", "factory"})
_KNOWN: Final = (
    "mac", "MAC", "mac:-", "serial", "token", "key", "psn", "pn", "factory", "site", "group",
)  # fmt: skip
_MACROS: Final[Mapping[str, str]] = {
    "mac": "$(MA)",
    "MAC": "$(MAU)",
    "mac::": "$(MAC)",
    "serial": "$(SN)",
    "psn": "$(PSN)",
    "pn": "$(PN)",
}
_SAFE = re.compile(r"[^A-Za-z0-9._~-]")


@dataclass(frozen=True, slots=True)
class Whose:
    """What is known of those who ask: a device, or what several share. "" and None: not known."""

    model: Model | None = None
    site: str = ""
    group: str = ""
    mac: Mac | None = None
    serial: str = ""
    token: str = ""
    key: int | None = None


@dataclass(frozen=True, slots=True)
class Pattern:
    """A path with places; ``parts`` are text and places by turns, text first."""

    text: str
    parts: tuple[str, ...]
    places: frozenset[str]
    """The places by name; a MAC without its separator."""

    @classmethod
    def parse(cls, text: str) -> "Pattern":
        """Read a pattern.

        Raises:
            UsageError: it does not begin with ``/``, or has a place that nothing fills.
        """
        parts = tuple(_PLACE.split(text))
        if not (text.startswith(("/", "{factory}")) and _PLAIN.fullmatch("".join(parts[::2]))):
            raise UsageError(
                f"not a path pattern: {text!r}",
                remedy="/ and letters, digits, / . _ - with places such as {mac}",
            )
        for place in parts[1::2]:
            if place not in _KNOWN and not _MAC_PLACE.fullmatch(place):
                known = ", ".join(f"{{{each}}}" for each in _KNOWN)
                remedy = f"known: {known}"
                raise UsageError(f"no place {{{place}}} in the pattern {text!r}", remedy=remedy)
        return cls(text, parts, frozenset(place.partition(":")[0] for place in parts[1::2]))

    @property
    def of_device(self) -> bool:
        """Whether each device has a file of its own."""
        return bool(self.places & _OF_DEVICE)

    @property
    def of_model(self) -> bool:
        """Whether the model is known from the path."""
        return bool(self.places & _OF_MODEL)

    def bound(self, whose: Whose) -> Whose | None:
        """What the path tells of one who asks; None when it has no such site or group."""
        site = whose.site if "site" in self.places else ""
        group = whose.group if "group" in self.places else ""
        if ("site" in self.places and not site) or ("group" in self.places and not group):
            return None
        return Whose(whose.model if self.of_model else None, site, group)

    def path(self, whose: Whose) -> str:
        """The path for one who asks.

        Raises:
            UsageError: a place is empty, such as the serial of a device that has none noted.
        """
        pieces = list(self.parts)
        for number in range(1, len(pieces), 2):
            pieces[number] = self._filled(pieces[number], whose)
        return "".join(pieces)

    def rule(self, whose: Whose) -> str:
        """The same in a rule: the phone's own macros stand for what is not known.

        Raises:
            UsageError: a place that no macro fills, such as ``{token}``.
        """
        pieces = list(self.parts)
        for number in range(1, len(pieces), 2):
            place = pieces[number]
            known = _FILL[place.partition(":")[0]](whose, place)
            pieces[number] = known or _MACROS.get(place, "")
            if not pieces[number]:
                what = f"a phone without a key cannot fill {{{place}}} of {self.text!r} by itself"
                raise UsageError(what, remedy="leave the place out, or give the rule yourself")
        return "".join(pieces)

    def _filled(self, place: str, whose: Whose) -> str:
        found = _FILL[place.partition(":")[0]](whose, place)
        if not found:
            what = f"nothing to put for {{{place}}} in the pattern {self.text!r}"
            raise UsageError(what, remedy="set it for the device, or leave the place out")
        return found


def _spelt(whose: Whose, place: str) -> str:
    if whose.mac is None:
        return ""
    digits = whose.mac.upper if place.startswith("MAC") else whose.mac.digits
    mark = place.partition(":")[2]
    return mark.join(digits[at : at + 2] for at in range(0, 12, 2)) if mark else digits


def factory_path(model: Model) -> str:
    """What a phone fresh from the factory asks for: its default rule, macros expanded."""
    macros = phone_macros(model, Mac("000000000000"), "", values=lambda _: "")
    return expand(model.traits.default_rule, macros).text


def _safe(text: str) -> str:
    """A name of ours in a path: one character for each that a URL would have to escape."""
    return _SAFE.sub("_", text)


_FILL: Final[Mapping[str, Callable[[Whose, str], str]]] = {
    "mac": _spelt,
    "MAC": _spelt,
    "serial": lambda whose, _: _safe(whose.serial),
    "token": lambda whose, _: whose.token,
    "key": lambda whose, _: "" if whose.key is None else str(whose.key),
    "psn": lambda whose, _: whose.model.series if whose.model else "",
    "pn": lambda whose, _: whose.model.name if whose.model else "",
    "factory": lambda whose, _: factory_path(whose.model) if whose.model else "",
    "site": lambda whose, _: _safe(whose.site),
    "group": lambda whose, _: _safe(whose.group),
}
