"""The nearest name there is, for the log line of a name there is not.

A phone that asks for ``spa$MA.cfg`` where the file is called ``spa$MAU.cfg`` differs by the case
of six letters, and its owner looks at the two for an hour. So a missing file is logged with the
name that was probably meant.

Comparing with every name would let a stranger who asks for nonsense keep a large folder busy.
An ``Index`` holds the folder's names in two orders, by beginning and by end, and only the
neighbours in either order are compared: at most ``4 * WINDOW`` of them, whatever the folder holds.
"""

from bisect import bisect_left
from collections.abc import Iterable
from difflib import SequenceMatcher

WINDOW = 6
CUTOFF = 0.6
LARGEST = 20_000
"""Names of one folder that are looked at."""
_LONGEST = 80


class Index:
    """The names of one folder, ready to be compared with a wrong one."""

    __slots__ = ("_backward", "_forward", "_spelling")

    def __init__(self, names: Iterable[str]) -> None:
        self._spelling: dict[str, str] = {}
        for _, name in zip(range(LARGEST), names, strict=False):
            self._spelling.setdefault(name.casefold(), name)
        self._forward = sorted(self._spelling)
        self._backward = sorted(name[::-1] for name in self._spelling)

    def nearest(self, wanted: str) -> str:
        """The name most like ``wanted``, as it is spelt on the disk; empty when none is like it."""
        folded = wanted.casefold()[:_LONGEST]
        if folded in self._spelling:
            return self._spelling[folded]
        matcher = SequenceMatcher(autojunk=False)
        matcher.set_seq2(folded)
        best, name = CUTOFF, ""
        for candidate in sorted(self._candidates(folded)):
            matcher.set_seq1(candidate[:_LONGEST])
            if matcher.real_quick_ratio() <= best or matcher.quick_ratio() <= best:
                continue
            ratio = matcher.ratio()
            if ratio > best:
                best, name = ratio, candidate
        return self._spelling.get(name, "")

    def _candidates(self, folded: str) -> set[str]:
        ahead = _neighbours(self._forward, folded)
        behind = _neighbours(self._backward, folded[::-1])
        return {*ahead, *(name[::-1] for name in behind)}


def _neighbours(ordered: list[str], wanted: str) -> list[str]:
    at = bisect_left(ordered, wanted)
    return ordered[max(0, at - WINDOW) : at + WINDOW]
