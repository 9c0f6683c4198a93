"""``ringback apply`` and ``ringback export``: the fleet as a folder of TOML files.

Reading takes every ``*.toml`` below the folder. Writing changes only files whose text changes,
each by a new file put in its place, so that an interrupted export leaves whole files.
"""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Final

from cyclopts import Parameter

from ringback import clock
from ringback.cli.device_words import note_return
from ringback.cli.publishing import progress_bar
from ringback.cli.revisions import print_plan
from ringback.cli.stores import StoreFile, opened
from ringback.errors import NotFoundError, RefusedError, StorageError, UsageError
from ringback.operations.apply import Outlook, foresee
from ringback.operations.conceal import conceal
from ringback.operations.revise import Revision, Verb, current, plan, revise
from ringback.provisioning.complaint import counted
from ringback.provisioning.fleet import Fleet
from ringback.provisioning.folder import DEVICES, known_files, read
from ringback.provisioning.inscription import amend, tidy, write
from ringback.store.database import Store
from ringback.store.devices import Devices
from ringback.store.secrets import Secrets

_EXAMPLE: Final = Path(__file__).resolve().parent.parent / "example_fleet"
_LARGEST: Final = 64 * 1024 * 1024
"""Bytes of one file; a fleet of 100 000 devices in one file has about 30 MB."""
Yes = Annotated[bool, Parameter(name=["--yes", "-y"], negative="", help="Do not ask.")]
DryRun = Annotated[
    bool, Parameter(name="--dry-run", negative="", help="Show the plan and change nothing.")
]
DeleteDevices = Annotated[
    bool,
    Parameter(
        name="--delete-devices",
        negative="",
        help="Let a folder that says nothing of devices delete all there are.",
    ),
]
Whole = Annotated[bool, Parameter(name="--all", negative="", help="Show every line of the plan.")]


def apply(
    folder: Path,
    /,
    *,
    yes: Yes = False,
    dry_run: DryRun = False,
    all: Whole = False,  # noqa: A002
    delete_devices: DeleteDevices = False,
    store: StoreFile = None,
) -> None:
    """Make the fleet what a folder of TOML files says, after showing what that changes.

    The plan names additions, changes and deletions, how many devices get other settings and how
    many of those restart. Then all of it is done, or nothing. Phones get it with the next publish.

    Args:
        folder: The folder; see docs/layers.md for what is in it.
        yes: Do not ask.
        dry_run: Show the plan and change nothing.
        all: Show every line of the plan.
        delete_devices: Let a folder that says nothing of devices delete all there are.
        store: Which fleet.
    """
    texts = _read(folder)
    source = read(texts)
    with opened(store) as found:
        old, wanted = current(found), tidy(source.fleet)
        if not source.numbered:
            wanted = replace(wanted, ready=old.ready)
        if old.devices and not delete_devices and not any(map(_of_devices, texts)):
            raise _silent_of_devices(folder, len(old.devices))
        revisions = plan(old, wanted)
        if not revisions:
            print("Nothing to do: the fleet is what the folder says.")
            return
        with progress_bar() as progress:
            outlook = _foreseen(found, old, wanted, revisions, progress)
        print_plan(revisions, outlook, source, whole=all)
        if outlook.fatal:
            count = len(outlook.fatal)
            raise RefusedError(f"nothing was applied: {count} of the settings above cannot be")
        if dry_run:
            print("Nothing was applied: --dry-run.")
            return
        if not yes:
            _ask()
        revise(found, wanted, revisions, now=clock.now())
        _tell_returned(found, revisions)
    changes = counted(len(revisions), "change")
    print(f"Applied: {changes}. ringback publish gives them to the phones.")


def export(
    folder: Path,
    /,
    *,
    example: Annotated[
        bool, Parameter(negative="", help="Write an example to begin with, and read no store.")
    ] = False,
    store: StoreFile = None,
) -> None:
    """Write the fleet as a folder of TOML files, or bring such a folder up to date.

    Files that say the right thing already are left as they are, comments and all. Secrets are not
    written, only their names; passwords that are kept in clear become secrets first. ``ringback
    apply`` of the result finds nothing to do.

    Args:
        folder: Where; made when it is not there.
        example: Write the fleet that comes with the program, to begin with; no store is read.
        store: Which fleet.
    """
    if example:
        _write_example(folder)
        return
    with opened(store) as found:
        _tell_concealed(conceal(found, clock.now()))
        fleet = tidy(current(found))
    old = texts_of(folder) if folder.exists() else {}
    new = amend(old, fleet) if old else write(fleet)
    changed = [path for path in new if old.get(path) != new[path]]
    gone = sorted(old.keys() - new.keys())
    write_texts(folder, {path: new[path] for path in changed}, gone)
    print(f"{len(fleet.devices)} devices: {len(changed)} files written, {len(gone)} removed.")


def _write_example(folder: Path) -> None:
    if folder.exists() and texts_of(folder):
        raise RefusedError(f"{folder} has a fleet already", remedy="name an empty folder")
    texts = texts_of(_EXAMPLE)
    write_texts(folder, texts, ())
    print(f"{len(texts)} files written. ringback apply {folder} shows what they would make.")


def _tell_returned(store: Store, revisions: Iterable[Revision]) -> None:
    """Say which of the devices that were added had been given away before."""
    added = [each.name for each in revisions if each.kind == "device" and each.verb is Verb.ADD]
    with store.fleet.reading() as connection:
        devices = Devices(connection, store.seal)
        back = [each for each in devices.several(added) if each.first_key > 1]
    for each in back[:5]:
        note_return(each)
    if len(back) > 5:
        print(f"ringback: and {len(back) - 5} more were given away before", file=sys.stderr)


def _tell_concealed(names: Sequence[str]) -> None:
    if names:
        more = f" and {len(names) - 5} more" if len(names) > 5 else ""
        told = f"passwords that were kept in clear are secrets now: {', '.join(names[:5])}{more}"
        print(f"ringback: {told}", file=sys.stderr)


# ---- reading and writing -----------------------------------------------------------------------


def _read(folder: Path) -> dict[str, str]:
    if not folder.is_dir():
        raise UsageError(f"no folder {folder}", remedy="name one with a fleet.toml in it")
    texts = texts_of(folder)
    if not texts:
        remedy = "an empty folder would delete the whole fleet: write at least fleet.toml"
        raise UsageError(f"no TOML files in {folder}", remedy=remedy)
    return texts


def _of_devices(path: str) -> bool:
    return path == DEVICES or path.startswith("devices/")


def _silent_of_devices(folder: Path, count: int) -> RefusedError:
    """A folder of layers alone is more often an oversight than a wish to end the fleet."""
    devices = "the one device" if count == 1 else f"all {count} devices"
    return RefusedError(
        f"nothing was applied: {folder} has no devices.toml and no devices/*.toml, "
        f"which would delete {devices} of the fleet",
        remedy="take them from another folder, into which ringback export writes them; "
        "or --delete-devices, if that is meant",
    )


def texts_of(folder: Path) -> dict[str, str]:
    """Every TOML file below a folder: path with ``/``, and text."""
    try:
        paths = known_files(each.relative_to(folder).as_posix() for each in folder.rglob("*.toml"))
        return {path: _text(folder / path) for path in paths}
    except OSError as error:
        raise StorageError(
            f"{error.filename}: {error.strerror}", remedy="make it readable"
        ) from error


def _text(file: Path) -> str:
    """One file's text. What cannot be read is refused: left out, it would count as deleted."""
    if file.exists() and not file.is_file():
        raise UsageError(f"{file} is no plain file", remedy="take it away, or name it otherwise")
    if file.stat().st_size > _LARGEST:
        raise UsageError(f"{file} is too large", remedy="spread devices over devices/*.toml")
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = file.read_bytes()[: error.start].count(b"\n") + 1
        raise UsageError(f"{file}:{line}: not UTF-8", remedy="save it as UTF-8") from error


def write_texts(folder: Path, texts: Mapping[str, str], gone: Iterable[str]) -> None:
    """Write these files below a folder, each whole, and take others away."""
    try:
        for path, text in texts.items():
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            fresh = file.with_name(f".{file.name}.new")
            fresh.write_text(text, encoding="utf-8", newline="\n")
            fresh.replace(file)
        for path in gone:
            (folder / path).unlink()
    except OSError as error:
        raise StorageError(
            f"{error.filename}: {error.strerror}", remedy="nothing is lost in the store"
        ) from error


# ---- the plan ----------------------------------------------------------------------------------


def _foreseen(
    store: Store,
    old: Fleet,
    wanted: Fleet,
    revisions: tuple[Revision, ...],
    progress: Callable[[int, int], None],
) -> Outlook:
    with store.fleet.reading() as connection:
        secrets = Secrets(connection, store.seal)
        known: dict[str, str | None] = {}

        def secret(name: str) -> str:
            if name not in known:
                try:
                    known[name] = secrets.value(name)
                except NotFoundError:
                    known[name] = None
            value = known[name]
            if value is None:
                raise NotFoundError(f"no secret {name}")
            return value

        key = store.seal.draw("devices")
        return foresee(old, wanted, revisions, key=key, secret=secret, progress=progress)


def _ask() -> None:
    """Ask whether to go on.

    Raises:
        RefusedError: the answer is no, or there is nobody to ask.
    """
    if not sys.stdin.isatty():
        raise RefusedError("nothing was applied: nobody to ask", remedy="--yes applies it")
    if input("Apply this? [y/N] ").strip().lower() not in {"y", "yes"}:
        raise RefusedError("nothing was applied")
