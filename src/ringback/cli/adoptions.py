"""``ringback adopt``: from a folder of profiles to a fleet, shown first."""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Final

from cyclopts import Parameter

from ringback import clock
from ringback.cisco.model import find_model
from ringback.cli import folders
from ringback.cli.publishing import progress_bar
from ringback.cli.stores import Form, Output, StoreFile, opened, show
from ringback.errors import RefusedError, StorageError, UsageError
from ringback.operations.adopt import Adoption, Terms
from ringback.operations.adopt import adopt as propose
from ringback.provisioning.folder import read
from ringback.provisioning.ground import is_secret
from ringback.provisioning.inscription import amend, tidy
from ringback.provisioning.layer import Scope
from ringback.provisioning.relic import LARGEST, Relic, State
from ringback.store.secrets import Secrets

Models = Annotated[
    tuple[str, ...],
    Parameter(name="--model", negative="", help="MODEL, or PATTERN=MODEL for some; repeatable."),
]


def adopt(
    folder: Path,
    /,
    *,
    out: Path | None = None,
    model: Models = (),
    below: Annotated[tuple[str, ...], Parameter(name="--below", negative="")] = (),
    hand_over: Annotated[bool, Parameter(name="--hand-over", negative="")] = False,
    with_secrets: Annotated[bool, Parameter(name="--with-secrets", negative="")] = False,
    limit: int = 30,
    store: StoreFile = None,
    output: Output = Form.TABLE,
) -> None:
    """Propose a fleet for a folder of profiles: whose each file is, and what they have in common.

    Nothing in the folder is changed, and its files go on being served as they are until you say
    so: with --hand-over the fleet's files stand at the old paths, after apply and publish. Without
    --out this only shows the plan. Secrets go to the store, the fleet's folder only names them.

    Args:
        folder: The folder with the profiles.
        out: Write the proposal there, as TOML files for ringback apply.
        model: The model of phones whose files do not tell it.
        below: Shared files, such as 'spa*.cfg' or common.xml, that lie below the phones' own: those
            for all phones first, then those of the phone's model. Adopted with them. Repeatable.
        hand_over: Have the fleet's files at the paths where the phones ask.
        with_secrets: They hold secrets too, and then go over HTTPS to certificates only.
        limit: Show at most so many files; 0 for all.
        store: Where secrets go.
        output: How the plan is printed.
    """
    terms = Terms(tuple(map(_model, model)), hand_over, below, with_secrets)
    with progress_bar("comparing") as progress:
        found = propose(_files(folder), terms, progress)
    if out is not None and not found.adopted:
        _show(found, limit, output)
        raise RefusedError("nothing to adopt", remedy="the plan above says why")
    _show(found, limit, output)
    if out is None:
        print("Nothing was written; --out FOLDER writes the fleet.", file=sys.stderr)
        return
    _write(found, out, folder, store)
    where = "at the old paths" if hand_over else "beside the old files, which go on being served"
    print(f"Written to {out}. After apply and publish it is {where}.", file=sys.stderr)


def _model(text: str) -> tuple[str, str]:
    pattern, equals, name = text.rpartition("=")
    return (pattern if equals else "*"), find_model(name).name


def _files(folder: Path) -> Iterator[tuple[str, bytes]]:
    if not folder.is_dir():
        raise UsageError(f"no folder {folder}", remedy="name the one that was served by TFTP")
    try:
        for file in sorted(folder.rglob("*")):
            path = file.relative_to(folder)
            if file.is_file() and not any(part.startswith(".") for part in path.parts):
                large = file.stat().st_size > LARGEST
                yield path.as_posix(), b"" if large else file.read_bytes()
    except OSError as error:
        raise StorageError(
            f"{error.filename}: {error.strerror}", remedy="make it readable"
        ) from error


def _write(found: Adoption, out: Path, folder: Path, store: Path | None) -> None:
    if out.resolve().is_relative_to(folder.resolve()):
        what = f"{out} lies in {folder}, which is served"
        raise UsageError(what, remedy="write the fleet elsewhere")
    old = folders.texts_of(out) if out.exists() else {}
    fleet = tidy(found.fleet)
    if old and replace(read(old).fleet, documents=()) != replace(fleet, documents=()):
        paths = ", ".join(f'"{each}"' for each in fleet.documents[0].patterns)
        remedy = f"write elsewhere, or edit its documents.toml by hand: paths = [{paths}]"
        raise RefusedError(f"{out} holds something else than this proposal", remedy=remedy)
    new = amend(old, fleet)
    if found.secrets:
        with opened(store) as kept, kept.fleet.writing() as connection:
            Secrets(connection, kept.seal).keep(found.secrets, clock.now())
    changed = {path: text for path, text in new.items() if old.get(path) != text}
    folders.write_texts(out, changed, sorted(old.keys() - new.keys()))


# ---- the plan ----------------------------------------------------------------------------------


def _show(found: Adoption, limit: int, form: Form) -> None:
    files = [_file(each, found) for each in _ordered(found)]
    layers, values = list(_layers(found)), list(_differing(found))
    if form in {Form.JSON, Form.YAML}:
        plan = {"files": files, "layers": layers, "differing": values, "summary": _summary(found)}
        if form is Form.JSON:
            print(json.dumps(plan, ensure_ascii=False, indent=1))
            return
        import yaml

        yaml.safe_dump(plan, sys.stdout, allow_unicode=True, sort_keys=False)
        return
    where = sys.stdout if form is Form.TABLE else sys.stderr
    for name, value in _summary(found).items():
        print(f"{name}: {value}", file=where)
    where.flush()
    most = limit or max(len(files), len(values))
    if form is Form.TABLE:
        show(layers, form, empty="No layers.")
        print("\nValues that are not the same for all who have a layer's:")
        show(values[:most], form, empty="None.")
        print()
    show(files[:most], form, empty="No files.", names=_NAMES)
    if len(files) > most:
        print(f"and {len(files) - most} more files; --limit 0 shows all.", file=sys.stderr)


def _ordered(found: Adoption) -> list[Relic]:
    """What is not adopted first: a person has to see that."""
    return sorted(found.relics, key=lambda each: (each.path in found.adopted, each.path))


_NAMES: Final = ("file", "becomes", "what", "mac", "model", "settings", "why", "remedy")


def _file(each: Relic, found: Adoption) -> dict[str, Any]:
    adopted = each.path in found.adopted
    return {
        "file": each.path,
        "becomes": "device" if adopted else "kept as it is",
        "what": str(each.state),
        "mac": str(each.mac or ""),
        "model": each.model,
        "settings": len(each.elements),
        "why": each.why,
        "remedy": each.remedy,
    }


def _layers(found: Adoption) -> Iterator[dict[str, Any]]:
    members = Counter[tuple[Scope, str]]()
    for device in found.fleet.devices:
        places = {Scope.MODEL: device.model, Scope.SITE: device.site, Scope.GROUP: device.group}
        members.update(places.items())
    own = [each for each in found.fleet.layers if each.scope is Scope.DEVICE]
    for each in found.fleet.layers:
        if each.scope is not Scope.DEVICE:
            everybody = len(found.fleet.devices)
            devices = everybody if each.scope is Scope.FLEET else members[each.scope, each.name]
            yield {"layer": str(each), "settings": len(each.settings), "devices": devices}
    if own:
        count = sum(len(each.settings) for each in own)
        yield {"layer": "devices' own", "settings": count, "devices": len(own)}


def _differing(found: Adoption) -> Iterator[dict[str, Any]]:
    """Names that a layer gives and something narrower gives otherwise."""
    counts = Counter[str]()
    first: dict[str, str] = {}
    for layer in found.fleet.layers:
        for each in layer.settings:
            if each.name in first:
                counts[each.name] += 1
            elif layer.scope is not Scope.DEVICE:
                said = "(secret)" if is_secret(each.name) else str(each.value)
                first[each.name] = f"{said[:60]} ({layer})"
    for name, count in counts.most_common():
        yield {"name": name, "most have": first[name], "set otherwise": f"{count} times"}


def _summary(found: Adoption) -> dict[str, Any]:
    states = Counter(each.state for each in found.relics if each.path not in found.adopted)
    return {
        "files": len(found.relics),
        "devices adopted, each value proven": len(found.adopted),
        "settings in their files": found.before,
        "settings in layers and lines": found.after,
        "secrets": len(found.secrets),
        "kept as they are": ", ".join(f"{states[each]} {each}" for each in State if states[each])
        or "none",
        "served at": ", ".join(found.fleet.documents[0].patterns),
    }
