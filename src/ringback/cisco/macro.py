"""Expansion of macros, once; which exist and what each becomes is in ``macros.py``.

Forms (S2, S5, S10): ``$NAME``, ``$(NAME)``, ``$(NAME:p)`` and ``$(NAME:p:q)`` (from character p,
at most q characters), ``$$`` for a dollar. Expansion is one pass: what a macro becomes is not
looked at again. Unknown names stay as typed.

Where the guides are silent (*inferred*):

- A bare name is the longest known name that the text begins with: ``$MACabc`` is ``$MAC``
  followed by ``abc``. But a single letter counts only where no capital letter, digit or
  underscore follows, so that an unknown ``$BOGUS`` stays and does not become GPP_B + ``OGUS``.
- A broken form (``$(A:``, ``$(A:x:y)``, ``$()``) stays as typed, because a phone must be able to
  write its log line whatever the format says; it is reported in ``Expansion.faults`` and rules
  refuse it, because a URL with ``$(A:`` in it can only ask for the wrong file.

Secrets (GPP_SA to GPP_SD, and the mobility passwords) expand only where the *typed* text stands
in the square brackets of an option block (S2, S10). Brackets that come out of an expansion do
not count, a bracket in a quoted string or in the parentheses of a condition does not either.

Each expansion keeps a map, so that an error found after expansion is shown at the column where
the author typed its cause.
"""

import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field

from ringback.errors import Place, RuleError

SECRET_OPTIONS = ("key", "uid", "pwd")
"""Options that may hold a secret (S2); of older generations, only the first (S10)."""

SECRETS = frozenset({"SA", "SB", "SC", "SD", "MPWD", "PPWD"})
"""Macros that expand only inside typed brackets: S2, S10; *inferred* for the two passwords."""


@dataclass(frozen=True, slots=True)
class Use:
    """One macro that was expanded: from ``typed_start`` as typed to ``start`` as expanded."""

    name: str
    value: str = field(repr=False)
    start: int
    stop: int
    typed_start: int
    typed_stop: int
    bracketed: bool
    """Typed inside an option block: its value is nobody else's business."""

    @property
    def secret(self) -> bool:
        """Whether it may stand in an option's value and nowhere else."""
        return self.name in SECRETS


@dataclass(frozen=True, slots=True)
class Expansion:
    """A text after expansion, and the way back to the text as typed."""

    typed: str
    text: str = field(repr=False)
    uses: tuple[Use, ...] = ()
    faults: tuple[int, ...] = ()
    """Offsets in the typed text of forms that are no macro, such as ``$(A:x)``."""
    secret_options: tuple[str, ...] = SECRET_OPTIONS
    """Options whose values secrets may become part of."""

    def typed_offset(self, offset: int) -> int:
        """Where the character at ``offset`` of the expanded text was typed, from 0."""
        before = bisect_right(self.uses, offset, key=lambda use: use.start)
        if not before:
            return offset
        use = self.uses[before - 1]
        return use.typed_start if offset < use.stop else use.typed_stop + offset - use.stop

    def typed_column(self, offset: int) -> int:
        """The same as a column, from 1."""
        return self.typed_offset(offset) + 1

    def typed_slice(self, start: int, stop: int) -> str:
        """What was typed to make ``text[start:stop]``; whole macros, never their values."""
        if start >= stop:
            return ""
        first, last = self.typed_offset(start), self.typed_offset(stop - 1)
        ends = [use.typed_stop for use in self.uses if use.typed_start == last]
        return self.typed[first : max([*ends, last + 1])]

    def vanished(self, start: int, stop: int) -> Use | None:
        """The first macro that became nothing at ``start``, at ``stop`` or between them."""
        for use in self.uses:
            if not use.value and start <= use.start <= stop:
                return use
        return None

    def secret(self, start: int, stop: int) -> Use | None:
        """The first secret that had a part in ``text[start:stop]``, even if it became nothing."""
        for use in self.uses:
            inside = use.start < stop and start < use.stop
            if use.secret and (inside or (not use.value and start <= use.start <= stop)):
                return use
        return None

    def refuse_secrets(self, start: int, stop: int) -> None:
        """Refuse a secret that became part of ``text[start:stop]``.

        Raises:
            RuleError: at the first one, as typed.
        """
        if use := self.secret(start, stop):
            options = " or ".join(f"--{each}" for each in self.secret_options)
            raise self.error_typed(
                use.typed_start,
                f"${use.name} is a secret",
                f"only after {options}, and in quotes if it holds blanks or brackets",
            )

    def refuse_faults(self) -> None:
        """Refuse a text with a broken macro in it.

        Raises:
            RuleError: at the first one.
        """
        if self.faults:
            raise self.error_typed(
                self.faults[0],
                "a broken macro",
                "write $(NAME), $(NAME:first) or $(NAME:first:count), or $$( for a plain $(",
            )

    def error(self, offset: int, what: str, remedy: str = "") -> RuleError:
        """An error about the character at ``offset`` of the expanded text."""
        return self.error_typed(self.typed_offset(offset), what, remedy)

    def error_typed(self, typed_offset: int, what: str, remedy: str = "") -> RuleError:
        """An error about the character at ``typed_offset`` of the typed text."""
        return RuleError(what, place=Place(column=typed_offset + 1), remedy=remedy)


_MACRO = re.compile(
    r"\$(?:(?P<dollar>\$)"
    r"|\((?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::(?P<first>[0-9]+)(?::(?P<count>[0-9]+))?)?\)"
    r"|(?P<broken>\()"
    r"|(?P<bare>[A-Za-z][A-Za-z0-9_]*))"
)
_BRACKETS = re.compile(r'"[^"]*"|\$\([^()]*\)|[\[\]()]')
_LONGEST_NAME = 24


def expand(text: str, macros: Mapping[str, str], *, secrets: bool = False) -> Expansion:
    """Expand every macro of ``text`` once.

    Args:
        text: as typed.
        macros: name to value; other names stay as typed.
        secrets: whether secret macros expand inside typed brackets; otherwise nowhere.
    """
    if "$" not in text:
        return Expansion(text, text)
    blocks = _option_blocks(text) if "[" in text else []
    pieces: list[str] = []
    uses: list[Use] = []
    faults: list[int] = []
    done = length = 0
    for match in _MACRO.finditer(text):
        start = match.start()
        if match["broken"]:
            faults.append(start)
        name, value, stop = _meaning(match, macros)
        bracketed = any(first < start < last for first, last in blocks)
        if not name or (name in SECRETS and not (secrets and bracketed)):
            continue
        length += start - done
        uses.append(Use(name, value, length, length + len(value), start, stop, bracketed))
        pieces += (text[done:start], value)
        length += len(value)
        done = stop
    pieces.append(text[done:])
    return Expansion(text, "".join(pieces), tuple(uses), tuple(faults))


def _meaning(match: re.Match[str], macros: Mapping[str, str]) -> tuple[str, str, int]:
    """Name, value and end of one macro; the name is empty when it stays as typed."""
    if match["dollar"]:
        return "$", "$", match.end()
    if bare := match["bare"]:
        name = _longest_known(bare, macros)
        return name, macros.get(name, ""), match.start("bare") + len(name)
    name = match["name"] or ""
    if name not in macros:
        return "", "", match.end()
    return name, _cut(macros[name], match["first"], match["count"]), match.end()


def _longest_known(run: str, macros: Mapping[str, str]) -> str:
    """The longest known name at the beginning of a run of letters; empty when there is none."""
    if run in macros:
        return run
    for length in range(min(len(run) - 1, _LONGEST_NAME), 1, -1):
        if run[:length] in macros:
            return run[:length]
    alone = len(run) > 1 and run[1].islower()
    return run[0] if alone and run[0] in macros else ""


def _cut(value: str, first: str | None, count: str | None) -> str:
    """``value`` from character ``first``, at most ``count`` characters; both decimal digits."""
    if first is None:
        return value
    start = _number(first, len(value))
    return value[start:] if count is None else value[start : start + _number(count, len(value))]


def _number(digits: str, most: int) -> int:
    """A number no greater than ``most``; thousands of digits are no reason to fail."""
    digits = digits.lstrip("0")
    return min(int(digits or "0"), most) if len(digits) < 10 else most


def _option_blocks(text: str) -> list[tuple[int, int]]:
    """Start and end of every typed option block, quoted strings and parentheses apart."""
    blocks: list[tuple[int, int]] = []
    depth, opened = 0, -1
    for match in _BRACKETS.finditer(text):
        mark = match[0]
        if opened >= 0:
            if mark == "]":
                blocks.append((opened, match.start()))
                opened = -1
        elif mark == "[" and not depth:
            opened = match.start()
        elif mark in ("(", ")"):
            depth = max(0, depth + (1 if mark == "(" else -1))
    return blocks
