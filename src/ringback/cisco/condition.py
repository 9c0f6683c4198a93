"""Conditions: ``$SWVER lt 7.5.2 and "$A" ne "x"``, in rules and in resync triggers.

Grammar (S2, S10, S11), after macro expansion::

    condition  = comparison { ("and" | "AND") comparison }
    comparison = [ operand ] operator operand
    operand    = integer | version | "quoted string"

There is no ``or``, no nesting, no escape in a quoted string. All comparisons must hold. From
firmware before 2.0.6 come a single ``!`` for "not equal" and a missing left operand, which means
``$SWVER``. Upgrade requests on a phone's page are wrapped as ``(true)? url`` (F), so ``true``
alone is a condition too.

Both sides must be of one kind, and strings have no order: the guides give a format error for
the rest, and so do we, at the column where it was typed. Reading a mixed comparison as text was
rejected: ``$A lt 5`` would then quietly be true or false by the alphabet.
"""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self, TypeAlias

from ringback.cisco.firmware import Version
from ringback.cisco.macro import Expansion, expand
from ringback.cisco.typography import refuse_typography
from ringback.errors import RuleError

_Comparator: TypeAlias = Callable[[Any, Any], bool]

OPERATORS: Mapping[str, str] = {
    "=": "eq", "eq": "eq",
    "!=": "ne", "ne": "ne", "!": "ne",
    "<": "lt", "lt": "lt",
    "<=": "le", "le": "le",
    ">": "gt", "gt": "gt",
    ">=": "ge", "ge": "ge",
}  # fmt: skip
"""Every spelling of an operator, and the one we print."""

_COMPARATORS: Mapping[str, _Comparator] = {
    name: getattr(operator, name) for name in ("eq", "ne", "lt", "le", "gt", "ge")
}
_FOR_STRINGS = frozenset({"eq", "ne"})
_AND = frozenset({"and", "AND"})
_HINTS: Mapping[str, str] = {
    "==": "write = or eq",
    "&&": "write and",
    "&": "write and",
    "or": "there is no or: write another alternative after |",
    "OR": "there is no or: write another alternative after |",
    "||": "there is no or: write another alternative after |",
}
_TOKEN = re.compile(
    r"""\s*(?:(?P<string>"[^"]*")|(?P<symbol>==|!=|<=|>=|[=!<>])|(?P<word>[^\s"=!<>]+))""", re.ASCII
)
_INTEGER = re.compile(r"[+-]?[0-9]{1,12}")


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    start: int
    stop: int

    @property
    def operator(self) -> str:
        return OPERATORS.get(self.text, "")


@dataclass(frozen=True, slots=True)
class Operand:
    """One side of a comparison: a whole number, a version or a string."""

    value: int | Version | str

    @property
    def kind(self) -> str:
        """What to call it in an error."""
        if isinstance(self.value, Version):
            return "version"
        return "whole number" if isinstance(self.value, int) else "string"

    def __str__(self) -> str:
        return f'"{self.value}"' if isinstance(self.value, str) else str(self.value)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two operands of one kind, and how they are compared."""

    left: Operand
    operator: str
    right: Operand

    def holds(self) -> bool:
        """Whether it is true."""
        return _COMPARATORS[self.operator](self.left.value, self.right.value)

    def __str__(self) -> str:
        return f"{self.left} {self.operator} {self.right}"


@dataclass(frozen=True, slots=True)
class Condition:
    """Comparisons that must all hold; none at all is the literal ``true``."""

    comparisons: tuple[Comparison, ...]

    @classmethod
    def read(cls, source: Expansion, start: int, stop: int, *, load: str) -> Self:
        """Read the condition in ``source.text[start:stop]``.

        Args:
            source: the expanded text.
            start: offset of its first character.
            stop: offset after its last.
            load: what a missing left operand means, the value of ``$SWVER``.

        Raises:
            RuleError: with the column as typed.
        """
        tokens = _tokens(source, start, stop)
        if [token.text for token in tokens] == ["true"]:
            return cls(())
        if not tokens:
            raise source.error(start, "the condition is empty", "write a comparison, or none")
        reader = _Reader(source, tokens, stop, load)
        comparisons = [reader.comparison()]
        while reader.more():
            reader.conjunction()
            comparisons.append(reader.comparison())
        return cls(tuple(comparisons))

    def holds(self) -> bool:
        """Whether every comparison is true."""
        return all(comparison.holds() for comparison in self.comparisons)

    def steps(self) -> tuple[str, ...]:
        """Each comparison with its outcome, for a trace."""
        return tuple(f"{each} is {str(each.holds()).lower()}" for each in self.comparisons)

    def __str__(self) -> str:
        return " and ".join(str(comparison) for comparison in self.comparisons) or "true"


def holds(expression: str, macros: Mapping[str, str]) -> bool:
    """Whether a condition, without parentheses, is true once its macros are expanded.

    Raises:
        RuleError: with the column as typed.
    """
    refuse_typography(expression)
    source = expand(expression, macros)
    source.refuse_faults()
    text = source.text
    return Condition.read(source, 0, len(text), load=macros.get("SWVER", "")).holds()


def trigger(text: str, macros: Mapping[str, str]) -> bool | None:
    """What ``Resync_Trigger_1`` or ``_2`` says: ``None`` when it is empty or commented out.

    Raises:
        RuleError: with the column as typed.
    """
    return None if commented_out(text) else holds(text, macros)


def commented_out(text: str) -> bool:
    """Whether a rule or trigger is empty, or a comment from its first character on (S10)."""
    return text.lstrip()[:1] in ("", "#")


def _tokens(source: Expansion, start: int, stop: int) -> list[_Token]:
    tokens: list[_Token] = []
    while start < stop:
        found = _TOKEN.match(source.text, start, stop)
        if found is None:
            rest = source.text[start:stop]
            if not rest.strip():
                break
            at = start + len(rest) - len(rest.lstrip())
            raise source.error(at, "a quoted string never ends", 'close it with "')
        kind = found.lastgroup or ""
        tokens.append(_Token(found[kind], found.start(kind), found.end()))
        start = found.end()
    return tokens


class _Reader:
    """Walks over the tokens of one condition."""

    def __init__(self, source: Expansion, tokens: list[_Token], stop: int, load: str) -> None:
        self.source, self.tokens, self.stop, self.load = source, tokens, stop, load
        self.index = 0

    def more(self) -> bool:
        return self.index < len(self.tokens)

    def comparison(self) -> Comparison:
        """``[operand] operator operand``."""
        first = self.index
        left = self.operand() if self._peek_operand() else self._running_load()
        name = self._operator()
        right_token = self.tokens[self.index] if self.more() else None
        right = self.operand()
        assert right_token is not None
        self._refuse_mixture(left, name, right, self.tokens[first].start, right_token.start)
        return Comparison(left, name, right)

    def conjunction(self) -> None:
        token = self._take("and")
        if token.text not in _AND:
            hint = _HINTS.get(token.text, "comparisons are joined by and")
            raise self._error(token, f"expected and, found {token.text[:40]!r}", hint)

    def operand(self) -> Operand:
        token = self._take("a number, a version or a quoted string")
        text = token.text
        if text[0] == '"':
            return Operand(text[1:-1])
        if _INTEGER.fullmatch(text):
            return Operand(int(text))
        version = Version.parse(text)
        if version is None:
            raise self._not_an_operand(token)
        return Operand(version)

    def _peek_operand(self) -> bool:
        return self.more() and not self.tokens[self.index].operator

    def _running_load(self) -> Operand:
        """The left side when none was typed; a macro that became nothing is an error instead."""
        start = self.tokens[self.index].start if self.more() else self.stop
        before = self.tokens[self.index - 1].stop if self.index else 0
        self._refuse_vanished(before, start)
        version = Version.parse(self.load)
        if version is None:
            raise self.source.error(start, "the left side is missing", "write it, such as $SWVER")
        return Operand(version)

    def _operator(self) -> str:
        token = self._take("an operator")
        if not token.operator:
            hint = _HINTS.get(token.text, "one of = != < <= > >= or eq ne lt le gt ge")
            raise self._error(token, f"expected an operator, found {token.text[:40]!r}", hint)
        follows = self.tokens[self.index].start - 1 if self.more() else self.stop
        self._refuse_vanished(token.stop, follows)
        return token.operator

    def _refuse_vanished(self, start: int, stop: int) -> None:
        """Blame an unquoted macro that became nothing, not what stands beside it."""
        if use := self.source.vanished(start, stop):
            raise self.source.error_typed(
                use.typed_start,
                f"${use.name} is empty",
                f'compare it as a string: "${use.name}" eq ""',
            )

    def _refuse_mixture(
        self, left: Operand, name: str, right: Operand, left_at: int, right_at: int
    ) -> None:
        if left.kind != right.kind:
            raise self.source.error(
                right_at,
                f"cannot compare the {left.kind} {left} with the {right.kind} {right}",
                "quote both sides to compare them as strings",
            )
        if left.kind == "string" and name not in _FOR_STRINGS:
            raise self.source.error(
                left_at,
                f"strings have no order: {name} needs whole numbers or versions",
                "take the quotes away, or compare with eq or ne",
            )
        versions = [each for each in (left.value, right.value) if isinstance(each, Version)]
        if len(versions) == 2 and not versions[0].comparable(versions[1]):
            raise self.source.error(
                right_at,
                f"versions of two formats: {left} and {right}",
                f"write both as {versions[0].format}",
            )

    def _take(self, wanted: str) -> _Token:
        if not self.more():
            raise self.source.error(self.stop, f"expected {wanted}, but the condition ends here")
        self.index += 1
        return self.tokens[self.index - 1]

    def _not_an_operand(self, token: _Token) -> RuleError:
        typed = self.source.typed_slice(token.start, token.stop)
        shown = typed if typed == token.text else f"{typed} ({token.text[:40]})"
        if token.operator or token.text in _HINTS:
            hint = _HINTS.get(token.text, "an operator stands between two operands")
        elif token.text.startswith("$"):
            hint = "no macro of that name is known"
        else:
            hint = "put a text in double quotes"
        return self._error(
            token, f"{shown[:90]} is neither a number, a version nor a quoted string", hint
        )

    def _error(self, token: _Token, what: str, remedy: str) -> RuleError:
        return self.source.error(token.start, what, remedy)
