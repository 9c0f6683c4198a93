"""``ringback report``: read what a phone uploaded about itself, and compare it with intent.

``diff`` says what the phone has and what the profile wants, setting by setting. Secrets are in no
report, and what stands after ``--key`` in a rule comes back as asterisks; neither is a difference.
A delta names only what was changed at the phone, so only that is compared.
"""

import json
import sys
from dataclasses import replace
from typing import Annotated

from cyclopts import App, Parameter

from ringback.cisco import flat_profile, report
from ringback.cisco.difference import Difference, Side, compare
from ringback.cisco.element import Element
from ringback.cisco.model import find_model
from ringback.cisco.report import Kind, Report
from ringback.cli import content
from ringback.cli.arguments import Json, MaybeModelName
from ringback.cli.envelopes import File, Ikm, Key
from ringback.cli.rules import printable
from ringback.errors import UsageError
from ringback.phone.secret import mask

app = App(name="report", help="Read what phones upload about themselves.")
app.command("ringback.cli.uploads:send", name="send")


@app.command
def show(
    file: File,
    /,
    *,
    key: Key = None,
    ikm: Ikm = None,
    names: Annotated[tuple[str, ...], Parameter(name="--name", negative="")] = (),
    as_json: Json = False,
) -> None:
    """Show what a report says, one line each.

    Args:
        file: The report, - for standard input.
        key: Opens a report that was encrypted with --key.
        ikm: Opens one that was encrypted with IKM_HTTP_Encrypt_Content.
        names: Show this setting, or line of a status, only; repeatable.
        as_json: One JSON object instead.
    """
    found = _read(file, key, ikm)
    values = {name: value for name, value in found.values.items() if not names or name in names}
    if as_json:
        print(json.dumps({"kind": found.kind, "values": values}, ensure_ascii=False))
        return
    for name, value in values.items():
        print(printable(f"{name} = {value}"))
    print(
        f"ringback: {file} is a {found.kind} report of {len(found.values)} lines", file=sys.stderr
    )


@app.command
def diff(
    file: File,
    profile: File,
    /,
    *,
    key: Key = None,
    ikm: Ikm = None,
    profile_key: Key = None,
    model: MaybeModelName = None,
    as_json: Json = False,
) -> None:
    """Say where a phone differs from the profile it should have. Exits 1 when it does.

    Args:
        file: The report, - for standard input.
        profile: The profile that the phone should have.
        key: Opens a report that was encrypted with --key.
        ikm: Opens one that was encrypted with IKM_HTTP_Encrypt_Content.
        profile_key: Opens the profile.
        model: Read values as this model does: yes and Yes are the same.
        as_json: One JSON object instead.
    """
    found = _read(file, key, ikm)
    if found.kind is Kind.STATUS:
        raise UsageError(f"{file} is a status, not a configuration", remedy="ringback report show")
    wanted = flat_profile.read(content.read_profile(profile, key=profile_key), name=profile).last()
    difference = compare_with(found, wanted, model)
    if as_json:
        print(json.dumps(_as_dict(difference), ensure_ascii=False))
    else:
        _print(difference)
    if difference:
        sys.exit(1)


def compare_with(found: Report, wanted: dict[str, Element], model: str | None = None) -> Difference:
    """What the phone has and what it should have; a delta is compared for what it names."""
    shown = {name: _as_reported(each) for name, each in wanted.items()}
    if found.kind is Kind.DELTA:
        shown = {name: each for name, each in shown.items() if name in found.elements}
    return compare(
        Side(found.elements, from_phone=True), Side(shown), find_model(model) if model else None
    )


def _as_reported(element: Element) -> Element:
    """A wanted setting as a phone would show it, keys in rules hidden."""
    return replace(element, value=mask(element.value)) if element.value else element


def _read(file: str, key: str | None, ikm: str | None) -> Report:
    return report.read(content.read_profile(file, key=key, ikm=ikm), name=file)


def _as_dict(found: Difference) -> dict[str, object]:
    return {
        "equal": not found,
        "changed": {
            name: {"phone": has, "wanted": wants} for name, (has, wants) in found.changed.items()
        },
        "missing": dict(found.only_second),
        "access": {
            name: {"phone": has, "wanted": wants} for name, (has, wants) in found.access.items()
        },
        "hidden": list(found.hidden),
    }


def _print(found: Difference) -> None:
    for name, (has, wants) in found.changed.items():
        print(f"{name}\n  phone   {printable(has)}\n  wanted  {printable(wants)}")
    for name, (before, after) in found.access.items():
        print(f"{name}\n  phone   ua={before}\n  wanted  ua={after}")
    for name, value in found.only_second.items():
        print(f"{name}\n  phone   does not report it\n  wanted  {printable(value)}")
    if found.hidden:
        print(f"not compared, a phone never reports them: {', '.join(found.hidden)}")
    if not found:
        print("no difference")
