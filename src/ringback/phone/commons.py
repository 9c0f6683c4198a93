"""What thousands of phones hold in common: equal settings are kept once.

Profiles never change, so two phones whose settings are equal may hold the same one; a phone that
takes other settings later gets another profile and disturbs nobody. Where whole profiles differ,
as they do when each phone has its own file, at least the texts in them are shared.
"""

from collections import OrderedDict
from sys import intern

from ringback.cisco.profile import Profile

KEPT = 512
"""Profiles that are remembered for comparison; the least used go first."""


class Commons:
    """Hands out one object for equal profiles."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: OrderedDict[int, Profile] = OrderedDict()

    def same(self, profile: Profile) -> Profile:
        """A profile equal to this one: the first such, if it is remembered."""
        key = hash((profile.model.name, frozenset(profile.values.items()), profile.local))
        known = self._known.get(key)
        if known is not None and known == profile:
            self._known.move_to_end(key)
            return known
        values = {name: intern(value) for name, value in profile.values.items()}
        own = Profile(profile.model, values, profile.accesses, profile.local)
        self._known[key] = own
        if len(self._known) > KEPT:
            self._known.popitem(last=False)
        return own

    def __len__(self) -> int:
        return len(self._known)
