"""``ringback rule explain``: what a rule does on one phone, and why, without a phone.

Prints what was typed, unmasked: whoever types a key here knows it.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Annotated, Any

from cyclopts import App, Parameter
from rich.cells import cell_len
from rich.text import Text

from ringback.cisco.condition import commented_out, trigger
from ringback.cisco.macro import expand
from ringback.cisco.macros import phone_macros
from ringback.cisco.model import Model, find_model
from ringback.cisco.rule import Alternative, Evaluation, RuleKind, evaluate
from ringback.cli.arguments import (
    DEFAULT_MAC,
    DEFAULT_MODEL,
    DEFAULT_SERIAL,
    Json,
    Macros,
    MacText,
    ModelName,
    Serial,
    Settings,
    pair,
)
from ringback.cli.terminal import terminal
from ringback.errors import RuleError
from ringback.mac import Mac

app = App(name="rule", help="Explain the rules that tell a phone where its profile is.")


class Kind(StrEnum):
    """Which parameter the text is for."""

    PROFILE = "profile"
    UPGRADE = "upgrade"
    TRIGGER = "trigger"


@app.command
def explain(
    rule: Annotated[
        str, Parameter(allow_leading_hyphen=True, help="As it stands in the parameter.")
    ],
    /,
    *,
    model: ModelName = DEFAULT_MODEL,
    mac: MacText = DEFAULT_MAC,
    serial: Serial = DEFAULT_SERIAL,
    set_: Settings = (),
    macro: Macros = (),
    kind: Annotated[Kind, Parameter(help="upgrade allows no options.")] = Kind.PROFILE,
    as_json: Json = False,
) -> None:
    """Say which alternative of a rule a phone takes, what it sets, and what it fetches.

    Exits 0 when the rule can be read, even if no alternative is taken; 1 when it cannot.
    """
    parameters = dict(map(pair, set_))
    macros = phone_macros(
        find_model(model),
        Mac.parse(mac),
        serial,
        values=lambda name: parameters.get(name, ""),
        state=dict(map(pair, macro)),
    )
    try:
        evaluation = _evaluate(rule, macros, kind, find_model(model))
    except RuleError as error:
        _print_error(rule, macros, error, as_json=as_json)
        sys.exit(1)
    if as_json:
        print(json.dumps(_as_dict(evaluation), ensure_ascii=False))
    else:
        _print(rule, macros, evaluation)


def _evaluate(rule: str, macros: Mapping[str, str], kind: Kind, model: Model) -> Evaluation:
    if kind is not Kind.TRIGGER:
        options = model.traits.secret_options
        return evaluate(rule, macros, kind=RuleKind(kind.value), secret_options=options)
    result = trigger(rule, macros)
    alternatives = () if result is None else (Alternative(rule.strip(), result),)
    return Evaluation(chosen=0 if result else None, alternatives=alternatives)


def _as_dict(evaluation: Evaluation) -> dict[str, Any]:
    return {
        "chosen": evaluation.chosen,
        "url": str(evaluation.url) if evaluation.url else None,
        "options": evaluation.options.given(),
        "assignments": dict(evaluation.assignments),
        "alternatives": [
            {"condition": each.condition, "result": each.result} for each in evaluation.alternatives
        ],
        "error": None,
    }


def _print_error(rule: str, macros: Mapping[str, str], error: RuleError, *, as_json: bool) -> None:
    """The error with a caret under its column; as JSON beside empty answers."""
    column = error.place.column
    what = f"{error.what}: {error.remedy}" if error.remedy else error.what
    if as_json:
        failed = _as_dict(Evaluation()) | {"error": {"message": what, "column": column}}
        print(json.dumps(failed, ensure_ascii=False))
        return
    console = terminal(errors=True)
    for line in _macro_lines(rule, macros):
        console.print(line)
    shown = printable(rule)
    console.print(Text(shown))
    console.print(Text(" " * cell_len(shown[: column - 1]) + "^", style="bold red"))
    console.print(Text(f"ringback: column {column}: {what}"))


def _print(rule: str, macros: Mapping[str, str], evaluation: Evaluation) -> None:
    console = terminal()
    console.print(Text(printable(rule), style="bold"))
    for lines in (_macro_lines(rule, macros), _result_lines(evaluation)):
        for line in lines:
            console.print(line)


def _line(label: str, text: str, style: str = "") -> Text:
    return Text.assemble((f"  {label:<12} ", "dim"), (printable(text), style))


def _macro_lines(rule: str, macros: Mapping[str, str]) -> Iterator[Text]:
    """What each macro of the rule became, once each; nothing for a comment."""
    if commented_out(rule):
        return
    source = expand(rule, macros, secrets=True)
    for use in dict.fromkeys(
        (rule[use.typed_start : use.typed_stop], use.value) for use in source.uses
    ):
        yield _line(use[0], use[1] or "(empty)", "cyan" if use[1] else "dim")


def _result_lines(evaluation: Evaluation) -> Iterator[Text]:
    for index, each in enumerate(evaluation.alternatives):
        yield _alternative_line(index, each, taken=index == evaluation.chosen)
    for name, value in evaluation.assignments:
        yield _line("sets", f'{name} = "{value}"', "green")
    for name, option in evaluation.options.given().items():
        yield _line("option", f"--{name}" if option is True else f"--{name} {option}")
    if evaluation.url:
        yield _line("fetches", str(evaluation.url), "bold green")
        if not evaluation.url.host and evaluation.url.scheme != "gds":
            yield _line("", "no server named: it is the one from DHCP", "dim")
    elif not evaluation.alternatives:
        yield _line("skipped", "the rule is empty or commented out", "yellow")
    elif evaluation.chosen is None:
        yield _line("skipped", "no condition holds", "yellow")


def _alternative_line(index: int, each: Alternative, *, taken: bool) -> Text:
    number = f"{index + 1}"
    if each.condition is None:
        said = "without condition"
    else:
        became = f"  [{each.became}]" if each.became not in (None, each.condition) else ""
        said = f"({each.condition}){became}"
    outcome = {True: "holds", False: "does not hold", None: "not considered"}[each.result]
    if taken:
        outcome = "taken"
    return _line(number, f"{said}  {outcome}", "green" if taken else "")


def printable(text: str) -> str:
    """``text`` on one line, with a picture for each control character and no change of length."""
    return "".join(
        each if each.isprintable() else chr(0x2400 + ord(each)) if ord(each) < 32 else "\u2421"
        for each in text
    )
