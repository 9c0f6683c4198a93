"""One thing an engineer should know about a profile before a phone does."""

from dataclasses import dataclass

from ringback.cisco.markup import Severity
from ringback.errors import Place

_ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.HINT: 2}


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, how badly, where, with which parameter, and what to type instead."""

    severity: Severity
    place: Place
    text: str
    remedy: str = ""
    parameter: str = ""

    @property
    def order(self) -> tuple[int, int, int]:
        """Sorts findings as a file is read; of two at one place the worse comes first."""
        return self.place.line, self.place.column, _ORDER[self.severity]

    def __str__(self) -> str:
        parts = [str(self.place), str(self.severity), self.parameter, self.text, self.remedy]
        return ": ".join(part for part in parts if part)
