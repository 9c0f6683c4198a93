"""``ringback profile``: check, show, compare, seal and open profiles.

These tools read what the engineer has before them, so they print it as it stands, secrets too.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Annotated, Any

from cyclopts import App, Parameter

from ringback.cisco import aes128gcm, flat_profile
from ringback.cisco.catalogue import catalogue
from ringback.cisco.element import Element
from ringback.cisco.lint import Finding, Severity
from ringback.cisco.lint import lint as examine
from ringback.cisco.model import Model, find_model
from ringback.cisco.profile import Profile
from ringback.cli import content
from ringback.cli.arguments import DEFAULT_MODEL, Json, MaybeModelName, ModelName
from ringback.cli.envelopes import File, Ikm, Key
from ringback.errors import RingbackError

app = App(name="profile", help="Read, check, compare, seal and open profiles.")

# Imported when they are called for; the help is theirs, for the list of commands.
_LATER = {
    "seal": (
        "ringback.cli.envelopes:seal",
        "Compress a profile, encrypt it, or both, for a phone to fetch.",
    ),
    "open": (
        "ringback.cli.envelopes:open_",
        "Take a profile out of its envelope and say on standard error what it was.",
    ),
    "diff": (
        "ringback.cli.differences:diff",
        (
            "Say what two profiles set differently. Exits 1 when they do.\n\n"
            "A secret that a phone shows as asterisks, or not at all, is no difference."
        ),
    ),
}
for _name, (_target, _help) in _LATER.items():
    app.command(_target, name=_name, help=_help)

_MARGIN = 2


@app.command
def lint(
    file: File,
    /,
    *more: File,
    model: ModelName = DEFAULT_MODEL,
    key: Key = None,
    ikm: Ikm = None,
    strict: Annotated[bool, Parameter(negative="")] = False,
    as_json: Json = False,
) -> None:
    """Say what is wrong with profiles, or will surprise you, before a phone does.

    Exits 0 when a phone will take them all, 1 when there is an error.

    Args:
        file: The profile, sealed or not; - is standard input.
        more: Further profiles.
        model: The phone they are meant for.
        key: Opens an encrypted file, as --key in the rule does.
        ikm: Opens a file served with Content-Encoding: aes128gcm (base64url).
        strict: Exit 1 for warnings too.
        as_json: One JSON object instead.
    """
    phone = find_model(model)
    material = None if ikm is None else aes128gcm.parse_ikm(ikm)
    found = {
        name: examine(content.read(name), phone, name=name, key=key, ikm=material)
        for name in (file, *more)
    }
    counted = Counter(each.severity for findings in found.values() for each in findings)
    if as_json:
        print(json.dumps(_report(found, counted, phone)))
    else:
        _print_findings(found, phone)
    if counted[Severity.ERROR] or (strict and counted[Severity.WARNING]):
        sys.exit(1)


def _report(
    found: dict[str, list[Finding]], counted: Counter[Severity], phone: Model
) -> dict[str, Any]:
    return {
        "model": phone.name,
        "errors": counted[Severity.ERROR],
        "warnings": counted[Severity.WARNING],
        "hints": counted[Severity.HINT],
        "files": [
            {"file": name, "findings": [_facts(each) for each in findings]}
            for name, findings in found.items()
        ],
    }


def _facts(finding: Finding) -> dict[str, Any]:
    return {
        "severity": str(finding.severity),
        "line": finding.place.line,
        "column": finding.place.column,
        "parameter": finding.parameter or None,
        "text": finding.text,
        "remedy": finding.remedy or None,
    }


def _print_findings(found: dict[str, list[Finding]], phone: Model) -> None:
    for name, findings in found.items():
        for each in findings:
            print(each)
        counted = Counter(each.severity for each in findings)
        total = ", ".join(_counted(counted[each], each) for each in Severity if counted[each])
        print(f"{name}: {total or 'nothing to say'} for {phone.name}")


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


@app.command
def show(
    file: File,
    /,
    *,
    model: MaybeModelName = None,
    key: Key = None,
    ikm: Ikm = None,
    as_json: Json = False,
) -> None:
    """List the parameters of a profile as a phone reads them: name, value, access, default.

    Args:
        file: The profile, sealed or not; - is standard input.
        model: Show what this model's factory defaults are, and which names it does not have.
        key: Opens an encrypted file, as --key in the rule does.
        ikm: Opens a file served with Content-Encoding: aes128gcm (base64url).
        as_json: One JSON object instead.
    """
    phone = find_model(model) if model else None
    try:
        data = content.read_profile(file, key=key, ikm=ikm)
        elements = tuple(flat_profile.read(data, name=file).last().values())
    except RingbackError as error:
        if as_json:
            print(json.dumps({"error": str(error)}))
        raise
    if as_json:
        rows = [_described(each, phone) for each in elements]
        print(
            json.dumps(
                {
                    "error": None,
                    "file": file,
                    "model": phone.name if phone else None,
                    "parameters": rows,
                }
            )
        )
        return
    _print_table(list(_rows(elements, phone)))


def _described(element: Element, phone: Model | None) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "name": element.name,
        "value": element.value,
        "ua": element.access,
        "preserve": element.preserve,
        "line": element.place.line,
        "column": element.place.column,
    }
    if phone:
        entry = catalogue(phone).entry(element.name)
        facts |= {"known": entry is not None, "default": entry.default if entry else None}
    return facts


def _rows(elements: Sequence[Element], phone: Model | None) -> Iterator[tuple[str, ...]]:
    """A heading, then one row for each parameter."""
    yield ("NAME", "VALUE", "UA", "DEFAULT") if phone else ("NAME", "VALUE", "UA")
    factory = Profile.factory(phone) if phone else None
    for each in elements:
        value = "<- no value" if each.value is None else each.value
        row = (each.name, value, str(each.access or "-"))
        if factory is None:
            yield row
        elif each.name in factory:
            yield (*row, factory.value(each.name))
        else:
            yield (*row, "<- unknown name")


def _print_table(rows: list[tuple[str, ...]]) -> None:
    """Columns of equal width except the last, whatever the terminal's: for grep, not only eyes."""
    widths = [min(60, max(len(cell) for cell in column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [cell.ljust(width + _MARGIN) for cell, width in zip(row, widths, strict=True)]
        print("".join(cells).rstrip())
