"""Rules: what ``Profile_Rule`` to ``_D``, ``Upgrade_Rule`` and a one-shot resync are made of.

Grammar (S14's ABNF, extended by S2, S10, S11), after one macro expansion::

    rule        = "#" anything | [ alternative { "|" alternative } ]
    alternative = [ "(" condition ")" "?" ] [ "(" assignments ")" "!" ] [ [ options ] url ]
    assignments = { name "=" "quoted value" ";" }

The first alternative whose condition holds, or that has none, is taken: its assignments are
made, then its URL is fetched. Blanks and line ends may stand between any two parts.

The whole rule is read before any of it counts, so that a rule is right or wrong whatever state
the phone is in. Reading stopped at the chosen alternative in a first draft; an error in the last
alternative then showed only on the day the others failed.

Every evaluation carries its trace. The trace may be sent over the network in clear (Debug_Level
2), so keys, passwords and what macros became inside an option block are hidden in it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from ringback.cisco.condition import Condition, commented_out
from ringback.cisco.macro import SECRET_OPTIONS, Expansion, expand
from ringback.cisco.option import Options, read_options
from ringback.cisco.typography import refuse_typography
from ringback.cisco.url import Url

__all__ = [
    "Alternative", "Evaluation", "Options", "ReportEntry", "RuleKind", "Url",
    "evaluate", "read_report",
]  # fmt: skip

REPORT_ENTRIES = 2
"""A Report_Rule names two targets at most (S6)."""

_BLANKS = re.compile(r"\s*", re.ASCII)
_PARENTHESES = re.compile(r'"[^"]*"|[()]')
_BARE_ADDRESS = re.compile(r"\[[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*\][/:]")
_UP_TO_BAR = re.compile(r'(?:"[^"]*"|\[[^\[\]]*\]|\([^()]*\)|[^|])*+')
_UP_TO_BLANK = re.compile(r"[^\s;]*", re.ASCII)
_ASSIGNMENT = re.compile(
    r'\s*(?P<name>[A-Za-z_][A-Za-z0-9_.-]*)\s*=\s*"(?P<value>[^"]*)"\s*(?:(?P<semicolon>;)\s*|$)',
    re.ASCII,
)
_BARE_COMPARISON = re.compile(r'[!<>=]=?\s*["0-9]', re.ASCII)
_LETTERS = frozenset("abcdefghijklmnop")


class RuleKind(StrEnum):
    """Which parameter a rule belongs to."""

    PROFILE = "profile"
    UPGRADE = "upgrade"
    """``Upgrade_Rule`` takes no options (S2, S10)."""


@dataclass(frozen=True, slots=True)
class Alternative:
    """One alternative of an evaluated rule."""

    condition: str | None
    """As typed, without its parentheses; ``None`` when it has none."""
    result: bool | None
    """Whether it holds; ``None`` when an earlier alternative was taken."""
    became: str | None = None
    """The condition with its macros expanded."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a rule asks of one phone at one moment."""

    chosen: int | None = None
    """Index of the alternative taken, from 0; ``None`` when the rule is to be skipped."""
    url: Url | None = None
    options: Options = field(default_factory=Options)
    assignments: tuple[tuple[str, str], ...] = ()
    """Parameter names and values, in order; letters are written out as GPP_A to GPP_P."""
    alternatives: tuple[Alternative, ...] = ()
    expanded: str = field(default="", repr=False)
    """The rule after macro expansion; may hold secrets."""
    trace: tuple[str, ...] = ()
    """What was done, step by step, fit to be read by others."""


@dataclass(frozen=True, slots=True)
class ReportEntry:
    """One target of a Report_Rule."""

    url: Url
    options: Options


@dataclass(frozen=True, slots=True)
class _Parsed:
    """One alternative as read; ``typed`` is its condition as typed."""

    condition: Condition | None
    typed: str | None
    assignments: tuple[tuple[str, str], ...]
    options: Options
    url: Url | None


def evaluate(
    rule: str,
    macros: Mapping[str, str],
    *,
    kind: RuleKind = RuleKind.PROFILE,
    secret_options: tuple[str, ...] = SECRET_OPTIONS,
) -> Evaluation:
    """Evaluate a rule as typed.

    Args:
        rule: the parameter's value, or the argument of a one-shot resync.
        macros: see ``macros.phone_macros``; SWVER stands for a missing left operand.
        kind: what the rule is for.
        secret_options: the options in whose values this generation expands secrets.

    Raises:
        RuleError: ``place.column`` counts from 1 in ``rule``.
    """
    if commented_out(rule):
        return Evaluation(expanded=rule, trace=("the rule is empty or commented out",))
    source = _expand(rule, macros, secret_options)
    if commented_out(source.text):
        trace = (*_macro_steps(source), "the rule became empty or a comment")
        return Evaluation(expanded=source.text, trace=trace)
    alternatives = _read_alternatives(source, macros.get("SWVER", ""), kind)
    return _choose(source, alternatives)


def read_report(rule: str, macros: Mapping[str, str]) -> tuple[ReportEntry, ...]:
    """Read a Report_Rule: targets separated by blanks, each with an optional ``;`` (S6).

    Raises:
        RuleError: as ``evaluate``; also for more than two targets.
    """
    if commented_out(rule):
        return ()
    source = _expand(rule, macros)
    entries: list[ReportEntry] = []
    at = _skip(source, 0)
    while at < len(source.text):
        if len(entries) == REPORT_ENTRIES:
            raise source.error(at, "more than two targets in a Report_Rule", "keep two")
        options, start = _read_option_block(source, at)
        stop = _UP_TO_BLANK.match(source.text, start).end()  # type: ignore[union-attr]
        entries.append(ReportEntry(Url.read(source, start, stop), options))
        at = _skip(source, stop)
        at = _skip(source, at + 1) if source.text[at : at + 1] == ";" else at
    return tuple(entries)


def _expand(
    rule: str, macros: Mapping[str, str], secret_options: tuple[str, ...] = SECRET_OPTIONS
) -> Expansion:
    refuse_typography(rule)
    source = replace(expand(rule, macros, secrets=True), secret_options=secret_options)
    source.refuse_faults()
    return source


def _choose(source: Expansion, alternatives: list[_Parsed]) -> Evaluation:
    """Test the conditions from left to right and take the first that holds."""
    steps = _macro_steps(source)
    results: list[bool | None] = [None] * len(alternatives)
    for index, each in enumerate(alternatives):
        results[index] = each.condition is None or each.condition.holds()
        steps.append(_condition_step(index, each.condition, holds=bool(results[index])))
        if results[index]:
            break
    taken = results.index(True) if True in results else None
    shown = tuple(
        Alternative(each.typed, result, str(each.condition) if each.condition else None)
        for each, result in zip(alternatives, results, strict=True)
    )
    if taken is None:
        steps.append("no condition holds: the rule is skipped")
        return Evaluation(alternatives=shown, expanded=source.text, trace=tuple(steps))
    chosen = alternatives[taken]
    return Evaluation(
        taken, chosen.url, chosen.options, chosen.assignments, shown, source.text,
        (*steps, *_result_steps(chosen)),
    )  # fmt: skip


def _macro_steps(source: Expansion) -> list[str]:
    return [
        f"${use.name} is {'hidden' if use.bracketed else repr(use.value)}"
        for use in source.uses
        if use.name != "$"
    ]


def _condition_step(index: int, condition: Condition | None, *, holds: bool) -> str:
    if condition is None:
        return f"alternative {index + 1} has no condition: taken"
    outcome = "holds: taken" if holds else "does not hold"
    return f"alternative {index + 1} ({', '.join(condition.steps()) or 'true'}) {outcome}"


def _result_steps(chosen: _Parsed) -> list[str]:
    steps = [f"set {name} to {value!r}" for name, value in chosen.assignments]
    if masked := chosen.options.masked():
        steps.append(f"options {masked}")
    return [*steps, f"fetch {chosen.url}" if chosen.url else "nothing to fetch"]


def _skip(source: Expansion, at: int) -> int:
    """The offset of the next character that is no blank."""
    found = _BLANKS.match(source.text, at)
    return found.end() if found else at


def _read_alternatives(source: Expansion, load: str, kind: RuleKind) -> list[_Parsed]:
    alternatives: list[_Parsed] = []
    at = 0
    while True:
        start = _skip(source, at)
        parsed, at = _read_alternative(source, start, load, kind)
        alternatives.append(parsed)
        if at >= len(source.text):
            return alternatives
        if parsed.condition is None:
            raise source.error(
                start,
                "an alternative before | has no condition, so those after it are never reached",
                "begin it with (condition)?",
            )
        at += 1


def _read_alternative(source: Expansion, at: int, load: str, kind: RuleKind) -> tuple[_Parsed, int]:
    """One alternative from ``at`` to its ``|`` or the end, and the offset there."""
    condition: Condition | None = None
    typed: str | None = None
    assignments: tuple[tuple[str, str], ...] | None = None
    while source.text[at : at + 1] == "(":
        stop, mark, after = _read_parentheses(source, at)
        source.refuse_secrets(at, stop)
        if mark == "!":
            if assignments is not None:
                raise source.error(at, "two assignments", "put both in one pair of parentheses")
            assignments = _read_assignments(source, at + 1, stop)
        elif condition or assignments is not None:
            raise source.error(at, "a condition comes first, and only once", "join them with and")
        else:
            condition = Condition.read(source, at + 1, stop, load=load)
            typed = source.typed_slice(at + 1, stop).strip()
        at = _skip(source, after)
    options, url, stop = _read_target(source, at, kind)
    return _Parsed(condition, typed, assignments or (), options, url), stop


def _read_parentheses(source: Expansion, at: int) -> tuple[int, str, int]:
    """For ``(`` at ``at``: the offset of its ``)``, the mark behind it, and the offset after."""
    depth = 0
    for token in _PARENTHESES.finditer(source.text, at):
        depth += {"(": 1, ")": -1}.get(token[0], 0)
        if depth:
            continue
        after = _skip(source, token.end())
        mark = source.text[after : after + 1]
        if mark not in ("?", "!") or not mark:
            raise source.error(
                after, "( … ) without its mark", "write ? after a condition, ! after an assignment"
            )
        return token.start(), mark, after + 1
    raise source.error(at, "a parenthesis never closes", "close it with )")


def _read_assignments(source: Expansion, at: int, stop: int) -> tuple[tuple[str, str], ...]:
    pairs: list[tuple[str, str]] = []
    at = _skip(source, at)
    while at < stop:
        found = _ASSIGNMENT.match(source.text, at, stop)
        if found is None:
            raise source.error(at, "not an assignment", 'write Name = "value";')
        name = found["name"]
        pairs.append((f"GPP_{name.upper()}" if name in _LETTERS else name, found["value"]))
        at = found.end()
    return tuple(pairs)


def _read_option_block(source: Expansion, at: int) -> tuple[Options, int]:
    """The options at ``at``, if there are any, and the offset of what follows them."""
    text = source.text
    if text[at : at + 1] != "[" or _BARE_ADDRESS.match(text, at):
        return Options(), at
    options, after = read_options(source, at)
    return options, _skip(source, after)


def _read_target(source: Expansion, at: int, kind: RuleKind) -> tuple[Options, Url | None, int]:
    """Options and URL from ``at`` to ``|`` or the end, and the offset there."""
    options, start = _read_option_block(source, at)
    if start > at and kind is RuleKind.UPGRADE:
        raise source.error(at, "Upgrade_Rule takes no options", "take the [ … ] away")
    bar = _UP_TO_BAR.match(source.text, start)
    stop = bar.end() if bar else start
    last = start + len(source.text[start:stop].rstrip(" \t\r\n\v\f"))
    if _BARE_COMPARISON.match(source.text, start, last):
        raise source.error(start, "a condition stands in parentheses", "write ( … )? before a URL")
    if start < last:
        return options, Url.read(source, start, last), stop
    if start > at:
        raise source.error(start, "the options have no URL", "write the URL after ]")
    return options, None, stop
