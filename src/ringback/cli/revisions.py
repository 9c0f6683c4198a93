"""The plan of ``ringback apply``: what would be changed, for whom, and what forbids it.

Passwords are never in it: of one that is written out it says only that there is one.
"""

import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from ringback.operations.apply import Outlook
from ringback.operations.revise import Revision, Verb
from ringback.provisioning.complaint import UNCHECKED_THERE, some
from ringback.provisioning.device import Device
from ringback.provisioning.folder import Folder
from ringback.provisioning.ground import is_secret
from ringback.provisioning.layer import Layer, Setting
from ringback.provisioning.line import Line

_SHOWN: Final = 30
_MARKS: Final = {Verb.ADD: "+", Verb.CHANGE: "~", Verb.REMOVE: "-"}
_FIELDS: Final = ("user", "display_name", "proxy", "auth_id")
_NAMED_SECRET: Final = re.compile(r"\{\{\s*(?:own_)?secret\([^{}]*\)\s*\}\}")


def print_plan(
    revisions: tuple[Revision, ...], outlook: Outlook, source: Folder, *, whole: bool
) -> None:
    """Print what there is to do, what it does to devices, and what is wrong with it."""
    removals_last = sorted(revisions, key=lambda each: (each.kind, each.verb is Verb.REMOVE))
    for kind in dict.fromkeys(each.kind for each in removals_last):
        lines = [each for each in removals_last if each.kind == kind]
        shown = lines if whole else lines[:_SHOWN]
        for each in shown:
            print(f"{_MARKS[each.verb]} {each.kind} {each.name}")
            for detail in _details(each):
                print(f"    {detail}")
        if len(lines) > len(shown):
            print(f"  and {len(lines) - len(shown)} more of kind {kind}; --all shows them")
    counts = {verb: sum(each.verb is verb for each in revisions) for verb in Verb}
    print(
        f"Plan: {counts[Verb.ADD]} added, {counts[Verb.CHANGE]} changed, "
        f"{counts[Verb.REMOVE]} DELETED."
    )
    print(f"Devices: {_numbers(revisions)}.")
    print(
        f"Devices kept that get other settings: {len(outlook.changed)}; "
        f"of these restart: {_some(outlook.restarting)}."
    )
    if outlook.missing:
        print(f"Secrets to be set before publishing: {', '.join(outlook.missing)}")
    for complaint in outlook.complaints:
        where = source.place(complaint.layer, complaint.name)
        print(f"{where}: {complaint.said(UNCHECKED_THERE)}".removeprefix(": "), file=sys.stderr)


def _some(macs: tuple[str, ...]) -> str:
    return f"{len(macs)} ({some(macs)})" if macs else "none"


def _numbers(revisions: Iterable[Revision]) -> str:
    """How many devices come, change and go."""
    verbs = Counter(each.verb for each in revisions if each.kind == "device")
    new, changed, gone = (verbs[each] for each in (Verb.ADD, Verb.CHANGE, Verb.REMOVE))
    return f"{new} new, {changed} changed, {f'{gone} DELETED' if gone else 'none deleted'}"


def _details(revision: Revision) -> Iterator[str]:
    """What changes in a thing that was there and stays; secrets are not shown."""
    old, new = revision.old, revision.new
    if isinstance(old, Layer) and isinstance(new, Layer):
        before = {each.name: each for each in old.settings}
        after = {each.name: each for each in new.settings}
        for name in sorted(before.keys() | after.keys()):
            if before.get(name) != after.get(name):
                yield f"{name}: {_said(before.get(name))} -> {_said(after.get(name))}"
        yield from _texts("variable ", old.variables, new.variables)
    elif isinstance(old, Device) and isinstance(new, Device):
        for field in ("model", "serial", "site", "group"):
            one, other = getattr(old, field), getattr(new, field)
            if one != other:
                yield f"{field}: {one or '-'} -> {other or '-'}"
        if old.tags != new.tags:
            one, other = (", ".join(sorted(each)) or "-" for each in (old.tags, new.tags))
            yield f"tags: {one} -> {other}"
        yield from _lines(old.lines, new.lines)
        yield from _texts("variable ", old.variables, new.variables)


def _lines(old: Iterable[Line], new: Iterable[Line]) -> Iterator[str]:
    """What changes in lines, field by field."""
    before, after = ({each.number: each for each in lines} for lines in (old, new))
    for number in sorted(before.keys() | after.keys()):
        one, other = before.get(number), after.get(number)
        said = (_line(one), _line(other))
        yield from _texts(f"line {number} ", *said)
        if one and other and one.password != other.password and not _told("password", *said):
            yield f"line {number} password: another"


def _told(name: str, old: Mapping[str, str], new: Mapping[str, str]) -> bool:
    return old.get(name) != new.get(name)


def _line(line: Line | None) -> dict[str, str]:
    """What a line says; of a password that is written out only that there is one."""
    if line is None:
        return {}
    said = {name: str(getattr(line, name)) for name in _FIELDS} | {"password": line.password}
    if line.password and not _NAMED_SECRET.fullmatch(line.password):
        said["password"] = "(secret)"  # noqa: S105
    return said | {f"variable {name}": text for name, text in line.variables.items()}


def _texts(what: str, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    """What changes in named texts; an empty one is as good as none."""
    for name in sorted(old.keys() | new.keys()):
        one, other = old.get(name, ""), new.get(name, "")
        if one != other:
            yield f"{what}{name}: {repr(one) if one else '-'} -> {repr(other) if other else '-'}"


def _said(setting: Setting | None) -> str:
    if setting is None:
        return "-"
    value = "(kept)" if setting.value is None else repr(setting.value)
    if is_secret(setting.name) and "{{" not in value:
        value = "(secret)"
    access = f" [{setting.access}]" if setting.access else ""
    return f"{value}{access}{' [unchecked]' if setting.unchecked else ''}"
