"""Aliases: a profile whose elements have names of the server's own (option ``--alias``).

The table stands in a GPP parameter, as entries of the form (S10)::

    /CPE/SIP-Credentials/Auth_ID = /flat-profile/Auth_ID_1_ ;

Left is where an element stands in the file, right the parameter it becomes. The left side is
matched by the part that is given: ``/SIP-Credentials/Auth_ID`` is any ``Auth_ID`` directly in any
``SIP-Credentials``. At most thirty entries; the last one needs no semicolon (*inferred*). Of two
entries that match one element, the first counts (*inferred*). Elements that no entry names mean
what they always do: a parameter inside ``<flat-profile>``, nothing outside. A file read by
aliases needs no ``<flat-profile>``, as long as an entry matches something in it.

A table that cannot be read is the firmware's ``aliases error`` (F).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from ringback.cisco import markup
from ringback.cisco.element import Reading
from ringback.cisco.reader import ROOT, Open, Reader
from ringback.errors import Place, ProfileError, RuleError

MOST = 30
"""Entries in a table (S10)."""
STATUS = "aliases error"
_NAME = r"[A-Za-z_][A-Za-z0-9_.-]{0,63}"
_ENTRY = re.compile(rf"\s*((?:/{_NAME}){{1,16}})\s*=\s*/{ROOT}/({_NAME})\s*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Alias:
    """One entry: the names that lead to an element, outermost first, and the parameter it is."""

    path: tuple[str, ...]
    parameter: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read one entry, without its semicolon.

        Raises:
            RuleError: its status is ``aliases error``.
        """
        found = _ENTRY.fullmatch(text)
        if found is None:
            raise _wrong(f"not an alias: {text.strip()[:40]!r}")
        return cls(tuple(found[1][1:].split("/")), found[2])

    def __str__(self) -> str:
        return f"/{'/'.join(self.path)} = /{ROOT}/{self.parameter} ;"

    def matches(self, path: Sequence[str]) -> bool:
        """Whether an element that stands there is meant."""
        return tuple(path[-len(self.path) :]) == self.path


def parse(text: str) -> tuple[Alias, ...]:
    """Read a whole table.

    Raises:
        RuleError: its status is ``aliases error``.
    """
    entries = text.split(";")
    if not entries[-1].strip():
        entries.pop()
    if not entries:
        raise _wrong("the alias table is empty")
    if len(entries) > MOST:
        raise _wrong(f"{len(entries)} aliases are too many: a phone takes {MOST}")
    return tuple(map(Alias.parse, entries))


def _wrong(what: str) -> RuleError:
    remedy = f"write /path/name = /{ROOT}/Parameter ; for each"
    return RuleError(what, place=Place("alias table"), remedy=remedy, status=STATUS)


def read(data: bytes, aliases: Sequence[Alias], *, name: str = "") -> Reading:
    """Read a profile by a table of aliases.

    Raises:
        ProfileError: the file is not whole, or nothing in it is meant for the phone.
    """
    return _AliasReader(markup.open_source(data, name=name), aliases).read()


class _AliasReader(Reader):
    """Looks at every element on its way out, and knows where it stood."""

    def __init__(self, source: markup.Source, aliases: Sequence[Alias]) -> None:
        super().__init__(source)
        self._aliases = aliases

    def read(self) -> Reading:
        while self.position < len(self.text):
            self._read_one()
        if self.stack:
            raise self._unclosed(self.stack[-1], "the end of the file: it is cut off")
        if not (self.roots or self.elements):
            remedy = "compare the left sides of the table with the file"
            raise ProfileError("no alias matches", place=self.source.place(0), remedy=remedy)
        return Reading(tuple(self.elements), tuple(self.source.complaints))

    def _hear(self, start: int) -> None:
        """Text of any element may be a value here."""
        if self.stack and not self.stack[-1].is_root:
            self.stack[-1].parts.append((self.text[start : self.position], start, False))
        else:
            super()._hear(start)

    def _leave(self, closed: Open, parts: list[tuple[str, int, bool]] | None) -> None:
        path = [each.name for each in self.stack] + [closed.name]
        meant = next((each for each in self._aliases if each.matches(path)), None)
        if meant is None or closed.holds:
            super()._leave(closed, parts)
            return
        if self.stack:
            self.stack[-1].holds = True
        value = None if parts is None else self._joined(parts)
        self._add(meant.parameter, value, closed.attributes, closed.offset)
