"""All the parameters one phone holds, and what applying a file to them changes.

A phone has thousands of settings and differs from the factory in a few dozen. So the factory's
values live once, in the catalogue its model shares, and a profile holds only what differs: ten
thousand phones fit in one process. Profiles never change; applying gives another one, so that a
phone that fails half-way through a resync still has what it had.

On three things generations disagree, and model.py's traits decide: what ``<X></X>`` does, what
``<X/>`` does, and what a missing ``ua`` means (phone.md 1.3 and 1.4). Names the model does not
have are ignored (S2).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from sys import intern
from typing import Self

from ringback.cisco.catalogue import Catalogue, Entry, Kind, catalogue
from ringback.cisco.element import Element
from ringback.cisco.model import Empty, MissingAccess, Model
from ringback.cisco.parameter import Access, Parameter
from ringback.errors import NotFoundError

SPELLINGS = {
    **dict.fromkeys(("yes", "enable", "enabled", "true", "1"), "Yes"),
    **dict.fromkeys(("no", "disable", "disabled", "false", "0"), "No"),
}
"""How a bool may be written: the Sipura compiler's list (S13), and what phones are sent (C11)."""
_WRITTEN_EMPTY = '""'


@dataclass(frozen=True, slots=True)
class Change:
    """One value that is no longer what it was."""

    name: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Profile:
    """The settings of one phone: ``values`` and ``accesses`` hold what differs from the factory.

    ``local`` names what the user has set, which ``preserve-value="y"`` keeps.
    """

    model: Model
    values: Mapping[str, str] = field(default_factory=dict)
    accesses: Mapping[str, Access] = field(default_factory=dict)
    local: frozenset[str] = frozenset()

    @classmethod
    def factory(cls, model: Model) -> Self:
        """A phone as it left the factory; costs nothing, the catalogue holds its values."""
        return cls(model)

    @classmethod
    def kept(
        cls,
        model: Model,
        values: Mapping[str, str],
        accesses: Mapping[str, str] | None = None,
        local: Iterable[str] = (),
    ) -> Self:
        """A phone with ``values``, ``accesses`` and ``local`` as an earlier profile held them.

        Names that the model does not have are left out.
        """
        known = catalogue(model)
        return cls(
            model,
            {name: value for name, value in values.items() if name in known},
            {name: Access(each) for name, each in (accesses or {}).items() if name in known},
            frozenset(name for name in local if name in known),
        )

    @property
    def catalogue(self) -> Catalogue:
        """What this model has."""
        return catalogue(self.model)

    def value(self, name: str) -> str:
        """The value of a parameter; "" for a name this model does not have."""
        held = self.values.get(name)
        if held is not None:
            return held
        entry = self.catalogue.entry(name)
        return entry.default if entry else ""

    def flag(self, name: str) -> bool:
        """Whether a bool is on; as from the factory when its value says neither yes nor no."""
        entry = self.catalogue.entry(name)
        factory = entry.default if entry else ""
        return SPELLINGS.get(self.value(name).lower(), factory) == "Yes"

    def access(self, name: str) -> Access:
        """What the user may do with a parameter."""
        entry = self.catalogue.entry(name)
        return self.accesses.get(name) or (entry.ua if entry else Access.NA)

    def secret(self, name: str) -> bool:
        """Whether the value is a password or a key, never to be shown."""
        entry = self.catalogue.entry(name)
        return entry is not None and entry.secret

    def __contains__(self, name: object) -> bool:
        return name in self.catalogue

    def __iter__(self) -> Iterator[Parameter]:
        """Every parameter, in the catalogue's order."""
        for name in self.catalogue:
            yield Parameter(name, self.value(name), self.access(name))

    def apply(self, elements: Iterable[Element]) -> tuple[Self, tuple[Change, ...]]:
        """Take a file's elements in their order, as this model does.

        Returns:
            The new profile, and each value that differs, in the order of the file.
        """
        traits, known = self.model.traits, self.catalogue
        values, accesses, local = dict(self.values), dict(self.accesses), set(self.local)
        touched: dict[str, None] = {}
        for element in elements:
            name = intern(element.name)
            entry = known.entry(name)
            if entry is None:
                continue
            if element.access is not None:
                accesses[name] = element.access
            elif traits.missing_access is MissingAccess.DEFAULT:
                accesses.pop(name, None)
            value = self._meant(element, entry)
            if value is None or (element.preserve and name in local and traits.preserve_value):
                continue
            values[name] = value
            local.discard(name)
            touched[name] = None
        return self._changed(values, accesses, local, touched)

    def _meant(self, element: Element, entry: Entry) -> str | None:
        """The value that an element gives a parameter; None when it leaves it alone."""
        traits = self.model.traits
        written = element.value
        if written:
            if written == _WRITTEN_EMPTY and traits.empty_element is Empty.DEFAULT:
                return ""
            return _settled(entry, written)
        form = traits.bare_element if written is None else traits.empty_element
        return {Empty.CLEAR: "", Empty.DEFAULT: entry.default, Empty.KEEP: None}[form]

    def set(
        self, values: Mapping[str, str], *, local: bool = False
    ) -> tuple[Self, tuple[Change, ...]]:
        """Give values by name: an assignment of a rule or, ``local``, the user at the phone.

        Raises:
            NotFoundError: the model has no such parameter; ``nearest`` names the closest.
        """
        new = dict(self.values)
        for name, value in values.items():
            entry = self.catalogue.entry(name)
            if entry is None:
                nearest = self.catalogue.nearest(name)
                hint = f"did you mean {nearest}?" if nearest else ""
                what = f"{self.model.name} has no parameter {name}"
                raise NotFoundError(what, nearest=nearest, remedy=hint)
            new[name] = _settled(entry, value)
        mine = self.local | set(values) if local else self.local - set(values)
        return self._changed(new, self.accesses, mine, values)

    def _changed(
        self,
        values: dict[str, str],
        accesses: Mapping[str, Access],
        local: Iterable[str],
        touched: Iterable[str],
    ) -> tuple[Self, tuple[Change, ...]]:
        """The profile with these, rid of what is as from the factory."""
        rows = self.catalogue.rows
        changes = tuple(
            Change(name, old, values[name])
            for name in touched
            if (old := self.value(name)) != values[name]
        )
        kept = {name: value for name, value in values.items() if value != rows[name].default}
        allowed = {name: each for name, each in accesses.items() if each is not rows[name].ua}
        return type(self)(self.model, kept, allowed, frozenset(local)), changes

    def diff(self, other: Self) -> tuple[Change, ...]:
        """Each value that differs in ``other``, by name."""
        names = sorted({*self.values, *other.values})
        pairs = ((name, self.value(name), other.value(name)) for name in names)
        return tuple(Change(name, old, new) for name, old, new in pairs if old != new)


def _settled(entry: Entry, value: str) -> str:
    """A value as the phone keeps it: yes, Enable and 1 are all Yes in a bool."""
    return SPELLINGS.get(value.lower(), value) if entry.type is Kind.BOOL else value
