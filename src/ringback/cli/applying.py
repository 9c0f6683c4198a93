"""``ringback apply``: make the store's fleet what a folder of TOML files says, after a plan."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from ringback.cli.stores import StoreFile, opened
from ringback.errors import NotFoundError, RefusedError, StorageError, UsageError
from ringback.operations.publish import concerned
from ringback.operations.revise import Revision, Verb, current, plan, revise
from ringback.provisioning.folder import known_files, read
from ringback.store.database import Store

_SHOWN = 40
_SIGNS = {Verb.ADD: "+", Verb.CHANGE: "~", Verb.REMOVE: "-"}
_LARGEST = 64 * 1024 * 1024


def apply(
    folder: Path,
    /,
    *,
    yes: Annotated[bool, Parameter(name=["--yes", "-y"], negative="")] = False,
    dry_run: Annotated[bool, Parameter(name="--dry-run", negative="")] = False,
    store: StoreFile = None,
) -> None:
    """Make the fleet what a folder of TOML files says: first a plan, then all of it or nothing.

    What the folder does not hold is removed. Phones get it with the next publish.

    Args:
        folder: The folder: fleet.toml, layers/, documents.toml, devices.toml.
        yes: Do not ask.
        dry_run: Show the plan and stop.
        store: Which fleet.
    """
    wanted = read(_files(folder)).fleet
    with opened(store) as found:
        revisions = plan(current(found), wanted)
        if not revisions:
            print("Nothing to do: the fleet is what the folder says.")
            return
        _print(revisions, _touched(found, revisions))
        if dry_run:
            return
        if not (yes or _agreed()):
            raise RefusedError("nothing was applied")
        revise(found, wanted, revisions)
    print("Applied. ringback publish serves it.")


def _files(folder: Path) -> dict[str, str]:
    """The folder's TOML files by their path inside it."""
    if not folder.is_dir():
        raise NotFoundError(f"no folder {folder}", remedy="name the folder that holds fleet.toml")
    paths = sorted(each.relative_to(folder).as_posix() for each in folder.rglob("*.toml"))
    return {path: _text(folder / path) for path in known_files(paths)}


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _LARGEST:
            raise UsageError(f"{path} is larger than 64 MiB", remedy="split it: devices/*.toml")
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8", remedy="save it as UTF-8") from error
    except OSError as error:
        raise StorageError(f"{path}: {error.strerror}", remedy="make it readable") from error


def _touched(store: Store, revisions: Sequence[Revision]) -> int:
    """How many devices may get other files; those that are new among them."""
    changes = [(each.kind, each.name) for each in revisions]
    with store.fleet.reading() as connection:
        return len(concerned(connection, changes))


def _print(revisions: Sequence[Revision], touched: int) -> None:
    for each in revisions[:_SHOWN]:
        print(f"  {_SIGNS[each.verb]} {each.kind} {each.name}")
    if len(revisions) > _SHOWN:
        print(f"  and {len(revisions) - _SHOWN} more")
    add, change, remove = (sum(x.verb is verb for x in revisions) for verb in Verb)
    print(
        f"{add} to add, {change} to change, {remove} to remove; "
        f"{touched} devices may get other files."
    )


def _agreed() -> bool:
    """Whether a person says yes; where there is no person, nobody does."""
    if not sys.stdin.isatty():
        raise UsageError("nobody is there to be asked", remedy="--yes, or --dry-run")
    return input("Apply? [y/N] ").strip().lower() in ("y", "yes")
