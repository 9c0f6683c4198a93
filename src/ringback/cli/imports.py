"""``ringback device import``: devices from a table, a verdict for every row before it is done."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Final

from cyclopts import Parameter

from ringback import clock
from ringback.cisco.model import find_model
from ringback.cli.folders import Yes
from ringback.cli.publishing import progress_bar
from ringback.cli.stores import Form, Output, StoreFile, opened, show
from ringback.cli.when import utc
from ringback.errors import MalformedError, Place, RefusedError, StorageError, UsageError
from ringback.operations.import_devices import Outcome, carry_out, look
from ringback.operations.look_over import look_over_written
from ringback.operations.survey import Finding, Sheet, Verdict, Wishes, survey
from ringback.operations.undo_import import undo_import
from ringback.provisioning.complaint import counted

_ORDER: Final = (Verdict.REFUSED, Verdict.CHANGED, Verdict.NEW, Verdict.UNCHANGED)
"""What a person must see comes first."""
_NAMES: Final = ("row", "verdict", "mac", "column", "what", "remedy")
Ignored = Annotated[
    tuple[str, ...],
    Parameter(name="--ignore", negative="", help="A column to leave out; * for all not known."),
]


def import_devices(
    file: Path | None = None,
    /,
    *,
    yes: Yes = False,
    dry_run: Annotated[bool, Parameter(name="--dry-run", negative="")] = False,
    skip_bad: Annotated[bool, Parameter(name="--skip-bad", negative="")] = False,
    clear: Annotated[bool, Parameter(name="--clear", negative="")] = False,
    model: str = "",
    ignore: Ignored = (),
    variables: Annotated[bool, Parameter(name="--variables", negative="")] = False,
    encoding: str = "",
    undo: Annotated[bool, Parameter(name="--undo", negative="")] = False,
    limit: int = 30,
    store: StoreFile = None,
    output: Output = Form.TABLE,
) -> None:
    """Add or change devices by a table (CSV), after a verdict on every row.

    The first row names the columns, in any order: mac, model, serial, site, group, tags, and for
    lines line1_user, line1_password, line1_name … or, with a column line, a row for each line.
    Delimiter, quotes and encoding are found out. Passwords become secrets. Devices that are not in
    the table stay as they are. All rows are taken or none.

    Args:
        file: The table.
        yes: Do not ask.
        dry_run: Show the verdicts and change nothing.
        skip_bad: Take the good rows and leave the bad ones.
        clear: An empty cell takes away what is there (never a password); else it is left alone.
        model: The model of new devices of which the table names none.
        ignore: A column to leave out; * for all that are not known. Repeatable.
        variables: Columns that are not known are variables of the device.
        encoding: The file's, where the guess is wrong; such as utf-16, cp1252, latin-1.
        undo: Put back what the last import changed; needs no file.
        limit: Show at most so many rows of each verdict; 0 for all.
        store: Which fleet.
        output: How the verdicts are printed.
    """
    if undo:
        _undo(file, store)
        return
    if file is None:
        raise UsageError("no file", remedy="ringback device import FILE.csv, or --undo")
    if model:
        find_model(model)
    wishes = Wishes(model, clear, ignore, variables, encoding, skip_bad)
    # Long because every option is an argument, and each has its line of help.
    with opened(store) as found:
        with progress_bar("looking") as progress:
            sheet = _survey(file, wishes)
            outcome = look(found, sheet, most=limit, progress=progress)
        _show(sheet, outcome, output)
        if dry_run:
            _refuse_bad(outcome, skip_bad=skip_bad)
            print("Nothing was imported: --dry-run.", file=sys.stderr)
            return
        if not outcome.good:
            _nothing_to_do(outcome)
            return
        if not yes and (skip_bad or not outcome.counts[Verdict.REFUSED]):
            _ask(outcome)
        with progress_bar("writing") as written:
            count = carry_out(
                found, sheet, outcome, clock.now(), name=file.name, progress=written
            )  # fmt: skip
        with found.fleet.reading() as connection:
            sight = look_over_written(connection, found.seal)
    for each in sight.fatal:
        print(f"ringback: publish will refuse: {each}", file=sys.stderr)
    said = f"Imported: {counted(count, 'device')}. ringback device import --undo takes it back."
    print(said, file=sys.stderr)


def _survey(file: Path, wishes: Wishes) -> Sheet:
    """Read how a table is written; what is wrong with it is told with the file's name."""
    try:
        return survey(lambda: _open(file), wishes)
    except MalformedError as error:
        column = f"{error.place.name}: " if error.place.name else ""
        place = Place(str(file), error.place.line)
        raise MalformedError(f"{column}{error.what}", place=place, remedy=error.remedy) from error


def _refuse_bad(outcome: Outcome, *, skip_bad: bool) -> None:
    """Fail as the import would, so that a script can ask before."""
    bad = outcome.counts[Verdict.REFUSED]
    if bad and not skip_bad:
        raise RefusedError(f"nothing would be imported: {_refused(bad)}")


def _nothing_to_do(outcome: Outcome) -> None:
    bad = outcome.counts[Verdict.REFUSED]
    if bad:
        raise RefusedError(f"nothing was imported: {_refused(bad)}, and the others change nothing")
    print("Nothing to do: the fleet is what the table says.", file=sys.stderr)


def _undo(file: Path | None, store: StoreFile) -> None:
    if file is not None:
        raise UsageError("--undo takes no file", remedy="it undoes the last import")
    with opened(store) as found:
        about = undo_import(found, clock.now())
    things = counted(about.things, "thing")
    print(f"Undone: the import of {about.what}, {utc(about.made)}; {things} put back.")


def _open(file: Path) -> BinaryIO:
    if not file.is_file():
        what = "is a folder" if file.is_dir() else "is not there, or no plain file"
        raise UsageError(f"{file} {what}", remedy="name a CSV file; it is read more than once")
    try:
        return file.open("rb")
    except OSError as error:
        raise StorageError(f"{file}: {error.strerror}", remedy="make it readable") from error


def _show(sheet: Sheet, outcome: Outcome, form: Form) -> None:
    """The summary first, then the rows; in JSON and YAML both in one."""
    summary = {
        "rows": sheet.rows,
        **{str(each): outcome.counts[each] for each in Verdict},
        "read as": str(sheet.dialect),
        "left out": list(sheet.heading.left_out),
    }
    rows = [_row(each) for verdict in _ORDER for each in outcome.shown[verdict]]
    if form is Form.JSON:
        print(json.dumps({"summary": summary, "rows": rows}, ensure_ascii=False, indent=1))
        return
    if form is Form.YAML:
        import yaml

        yaml.safe_dump(
            {"summary": summary, "rows": rows}, sys.stdout, allow_unicode=True, sort_keys=False
        )
        return
    where = sys.stdout if form is Form.TABLE else sys.stderr
    print(_said(sheet, outcome), file=where, flush=True)
    show(rows, form, empty="", names=_NAMES)
    for verdict in _ORDER:
        more = outcome.counts[verdict] - len(outcome.shown[verdict])
        if more:
            print(f"and {more} more {verdict}; --limit 0 shows all.", file=sys.stderr)


def _said(sheet: Sheet, outcome: Outcome) -> str:
    counts = ", ".join(f"{outcome.counts[each]} {each}" for each in Verdict)
    left = sheet.heading.left_out
    beside = f"\nColumns left out: {', '.join(left)}." if left else ""
    return f"{counted(sheet.rows, 'row')} ({sheet.dialect}): {counts}.{beside}"


def _refused(bad: int) -> str:
    return "1 row is refused" if bad == 1 else f"{bad} rows are refused"


def _row(finding: Finding) -> dict[str, Any]:
    return {
        "row": finding.row,
        "verdict": str(finding.verdict),
        "mac": finding.mac,
        "column": finding.column,
        "what": finding.what,
        "remedy": finding.remedy,
    }


def _ask(outcome: Outcome) -> None:
    """Ask whether to go on.

    Raises:
        RefusedError: the answer is no, or there is nobody to ask.
    """
    if not sys.stdin.isatty():
        raise RefusedError("nothing was imported: nobody to ask", remedy="--yes imports it")
    if input(f"Import {counted(outcome.good, 'device')}? [y/N] ").strip().lower() not in {
        "y",
        "yes",
    }:
        raise RefusedError("nothing was imported")
