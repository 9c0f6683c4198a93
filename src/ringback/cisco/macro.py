"""Macros: which exist, what each becomes for one phone, and expansion, once.

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
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from ringback.cisco.model import Model
from ringback.errors import Place, RuleError
from ringback.mac import Mac

SECRET_OPTIONS = ("key", "uid", "pwd")
"""Options that may hold a secret (S2); of older generations, only the first (S10)."""

SECRETS = frozenset({"SA", "SB", "SC", "SD", "MPWD", "PPWD"})
"""Macros that expand only inside typed brackets: S2, S10; *inferred* for the two passwords."""

_LETTERS = "ABCDEFGHIJKLMNOP"

PARAMETERS: Mapping[str, str] = {
    **{letter: f"GPP_{letter}" for letter in _LETTERS},  # S2, S5
    **{f"GPP_{letter}": f"GPP_{letter}" for letter in _LETTERS},  # S5
    **{name: f"GPP_{name}" for name in ("SA", "SB", "SC", "SD")},  # S10
    "EXTIP": "EXT_IP",  # S5
    "XML_User_Name": "XML_User_Name",  # S18
}
"""Macro to the parameter whose value it is."""

LINE_PARAMETERS: Mapping[str, str] = {
    "UID": "User_ID",  # S5
    "DISPLAYNAME": "Display_Name",  # S5
    "AUTHID": "Auth_ID",  # S5
    "PROXY": "Proxy",  # S18
}
"""Macro to parameter, both followed by the number of a line: ``$UID2`` is ``User_ID_2_``."""

STATE: Mapping[str, str] = {
    "CCERT": "Installed",  # S10: every unit carries a certificate of its own
    "IP": "",  # S5
    "HWVER": "1.0.0",  # S5; the number is *inferred*
    "PRVST": "0",  # S5: -1 asked for, 0 power-up, 1 periodic, 2 retry
    "UPGST": "1",  # S5: 1 first attempt, 2 retry
    "UPGERR": "",  # S5
    "PRVTMR": "0",  # S5: seconds since the last resync
    "UPGTMR": "0",  # S5: seconds since the last upgrade attempt
    "REGTMR1": "0",  # S5: seconds since line 1 lost its registration
    "REGTMR2": "0",  # S5
    "UPGCOND": "1",  # S10: always true since 2.0.6; the spelling is *inferred*
    "SCHEME": "",  # S5
    "SERV": "",  # S5
    "SERVIP": "",  # S5
    "PORT": "",  # S5
    "PATH": "",  # S5
    "ERR": "",  # S5, S14
    "ISCUST": "0",  # S18
    "INCOMINGNAME": "",  # S18
    "REMOTENUMBER": "",  # S18
    "EMS": "",  # S8
    "MUID": "",  # F
    "MPWD": "",  # F
    "PUID": "",  # F
    "PPWD": "",  # F
    "PDOM": "",  # F
    "ORIGTYPE": "none",  # S5
    "AUTHSTATUS": "none",  # S5
}
"""What a phone knows about itself at the moment, and what each is before anything happened."""


def _nothing(_: str) -> None:
    """Nothing is known beyond what is always true."""


def phone_macros(
    model: Model,
    mac: Mac,
    serial: str,
    *,
    values: Callable[[str], str],
    state: Mapping[str, str] | None = None,
    live: Callable[[str], str | None] = _nothing,
) -> Mapping[str, str]:
    """Every macro of one phone; each is worked out when it is looked up.

    Args:
        model: names the product, its series and, unless ``state`` has SWVER, its load.
        mac: the phone's own address.
        serial: its serial number.
        values: reads a parameter by its XML name; empty text for one that the phone lacks.
        state: what is true now (SWVER, PRVST, SERVIP …); adds to and overrides everything else.
        live: asked next: what a macro is at this moment; None for one it knows nothing about.
    """
    return _Macros(model, mac, serial, values, state or {}, live)


_OWN: Mapping[str, Callable[["_Macros"], str]] = {
    "MA": lambda phone: str(phone.mac),
    "MAU": lambda phone: phone.mac.upper,
    "MAC": lambda phone: phone.mac.colons,
    "PN": lambda phone: phone.model.name,
    "PSN": lambda phone: phone.model.series,
    "SN": lambda phone: phone.serial,
    "SERIAL_NUMBER": lambda phone: phone.serial,
    "SWVER": lambda phone: phone.model.load,
    "METH": lambda phone: phone["SCHEME"],
}
"""What the label says."""


@lru_cache(maxsize=64)
def _parameters(lines: int) -> Mapping[str, str]:
    """Macro to parameter, on a phone with so many lines."""
    numbered = {
        f"{name}{line}": f"{parameter}_{line}_"
        for line in range(1, lines + 1)
        for name, parameter in LINE_PARAMETERS.items()
    }
    return {**PARAMETERS, **numbered}


@dataclass(frozen=True, slots=True, eq=False)
class _Macros(Mapping[str, str]):
    """The macros of one phone: some eighty names, of which a text uses three."""

    model: Model
    mac: Mac
    serial: str
    value_of: Callable[[str], str] = field(repr=False)
    state: Mapping[str, str] = field(repr=False)
    live: Callable[[str], str | None] = field(repr=False)

    def __getitem__(self, name: str) -> str:
        if name in self.state:
            return self.state[name]
        if name not in self:
            raise KeyError(name)
        told = self.live(name)
        if told is not None:
            return told
        if parameter := _parameters(self.model.lines).get(name):
            return self.value_of(parameter)
        own = _OWN.get(name)
        return own(self) if own else STATE[name]

    def __contains__(self, name: object) -> bool:
        return (
            name in _OWN
            or name in STATE
            or name in self.state
            or name in _parameters(self.model.lines)
        )

    def __iter__(self) -> Iterator[str]:
        fixed = {**STATE, **_OWN, **_parameters(self.model.lines)}
        return iter({**fixed, **self.state})

    def __len__(self) -> int:
        return sum(1 for _ in self)


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
