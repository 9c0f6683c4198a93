"""What the commands of a fleet share: the store that is meant, and how results are printed."""

import csv
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from rich.table import Table
from rich.text import Text

from ringback.cli.terminal import terminal
from ringback.cli.vaults import printable
from ringback.errors import RefusedError, UsageError
from ringback.operations.look_over import Sight
from ringback.provisioning.cell import guarded
from ringback.provisioning.gathering import listed
from ringback.settings import read_settings
from ringback.store.database import Store


class Form(StrEnum):
    """How results are printed."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"
    CSV = "csv"


StoreFile = Annotated[
    Path | None,
    Parameter(name="--store", help="The fleet's database; else [store] path of ringback.toml."),
]
Output = Annotated[Form, Parameter(name=["--output", "-o"], help="How it is printed.")]
Force = Annotated[
    bool,
    Parameter(name="--force", negative="", help="Keep it even if it cannot be published so."),
]
Row = Mapping[str, Any]
_NOTHING = "-"
"""Stands in a table for what there is not."""


@contextmanager
def opened(path: Path | None) -> Iterator[Store]:
    """The store that is meant; made at first use.

    Raises:
        UsageError: none is named.
    """
    chosen = path or read_settings().store.path
    if chosen is None:
        raise UsageError(
            "no store is named", remedy="--store FILE, or [store] path in ringback.toml"
        )
    store = Store(chosen.expanduser().absolute())
    try:
        yield store
    finally:
        store.close()


def show(
    rows: Sequence[Row], form: Form, *, empty: str = "Nothing.", names: Sequence[str] = ()
) -> None:
    """Print rows, all with the same names; ``names`` head a CSV that has none."""
    match form:
        case Form.JSON:
            json.dump(list(map(dict, rows)), sys.stdout, ensure_ascii=False, indent=1)
            print()
        case Form.YAML:
            _print_yaml(list(map(dict, rows)))
        case Form.CSV:
            _print_csv(rows, names)
        case Form.TABLE:
            _print_table(rows, empty)


def show_one(row: Row, form: Form) -> None:
    """Print one thing, a name and its value a line."""
    match form:
        case Form.JSON:
            json.dump(dict(row), sys.stdout, ensure_ascii=False, indent=1)
            print()
        case Form.YAML:
            _print_yaml(dict(row))
        case Form.CSV:
            _print_csv([row], tuple(row))
        case Form.TABLE:
            console, width = terminal(), max(map(len, row))
            for name, value in row.items():
                console.print(Text.assemble((f"{name:<{width}}  ", "dim"), _cell(value)))


def _print_yaml(value: Any) -> None:
    import yaml

    yaml.safe_dump(value, sys.stdout, allow_unicode=True, sort_keys=False)


def _print_csv(rows: Sequence[Row], names: Sequence[str]) -> None:
    heading = list(rows[0]) if rows else names
    if not heading:
        return
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(heading)
    writer.writerows([_field(value) for value in row.values()] for row in rows)


def _field(value: Any) -> str:
    """One value as a cell; empty for what there is not."""
    if value is None or value in ("", [], (), {}):
        return ""
    return guarded(_cell(value))


def _print_table(rows: Sequence[Row], empty: str) -> None:
    console = terminal()
    if not rows:
        console.print(empty)
        return
    if console.is_terminal:
        table = Table(*rows[0], box=None, pad_edge=False, header_style="bold")
        for row in rows:
            table.add_row(*(Text(_cell(value)) for value in row.values()))
        console.print(table)
        return
    cells = [list(rows[0]), *([_cell(value) for value in row.values()] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for line in cells:
        print(
            "  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)).rstrip()
        )


def _cell(value: Any) -> str:
    """One value as a person reads it."""
    if value is None:
        return _NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(_cell, value)) or _NOTHING
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={_cell(held)}" for name, held in value.items()) or _NOTHING
    return printable(str(value)) or _NOTHING


def note_more(shown: int, whole: int) -> None:
    """Say on standard error what a limit left out."""
    if whole > shown:
        print(f"{shown} of {whole}; --limit 0 shows all.", file=sys.stderr)


def settle(sight: Sight, *, force: bool) -> None:
    """Refuse a change that could not be published, unless it is forced; tell the rest.

    Within the transaction that made the change, which ends with nothing kept.

    Raises:
        RefusedError: there is something that forbids publishing.
    """
    if sight.fatal and not force:
        tried = f"; tried on {sight.tried} devices" if sight.tried else ""
        raise RefusedError(
            "nothing was kept, for publish would refuse it "
            f"(--force keeps it all the same{tried}){listed(sight.complaints)}"
        )
    for each in sight.complaints:
        kept = "kept by --force, publish refuses it: " if each.fatal else ""
        print(f"ringback: {kept}{each}", file=sys.stderr)
    if sight.missing:
        names = ", ".join(sight.missing)
        print(
            f"ringback: secrets to be set before publishing: {names}: ringback secret set NAME",
            file=sys.stderr,
        )
