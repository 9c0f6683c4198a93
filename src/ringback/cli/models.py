"""``ringback phone models``: which phones there are, and where their generations differ.

The switches are printed as the table has them (``cisco/switches.py``, ``cisco/handshake.py``), each
value with its source, so that an engineer can look up why a virtual phone does what it does.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from ringback.cisco import handshake
from ringback.cisco.generation import Generation, Switch
from ringback.cisco.model import MODELS, SWITCHES, Model, find_model
from ringback.cli.arguments import Json
from ringback.cli.terminal import terminal

TABLES: Mapping[str, tuple[Switch, ...]] = {
    "Behaviour": SWITCHES,
    "TLS": handshake.SWITCHES,
}


def models(*names: str, as_json: Json = False) -> None:
    """Print the models, and every switch where generations differ, with its sources.

    The keys of sources are explained in docs/sources.md; inferred means that none says so.

    Args:
        names: Only these models, such as 8851 or SPA504G. Default: all.
        as_json: One JSON object instead.
    """
    chosen = tuple(map(find_model, names)) or MODELS
    generations = [each for each in Generation if each in {model.generation for model in chosen}]
    if as_json:
        print(json.dumps(_as_dict(chosen, generations), ensure_ascii=False))
        return
    console = terminal()
    console.print(_products(chosen))
    for title, switches in TABLES.items():
        console.print(_switches(title, switches, generations))


def _products(chosen: Iterable[Model]) -> Table:
    table = _table("Models", "model", "$PSN", "generation", "lines", "load")
    for each in chosen:
        table.add_row(each.name, each.series, each.generation, str(each.lines), each.load)
    return table


def _switches(title: str, switches: Iterable[Switch], generations: list[Generation]) -> Table:
    one = len(generations) == 1
    columns = ("switch", "value", "source") if one else ("switch", "who", "value", "source")
    table = _table(title, *columns)
    for switch in switches:
        for first, (who, value, source) in _enumerated(_alike(switch, generations)):
            name = switch.trait if first else ""
            cells = (name, value, source) if one else (name, ", ".join(who), value, source)
            table.add_row(*map(Text, cells))
    return table


def _enumerated(rows: Iterable[Any]) -> Iterator[tuple[bool, Any]]:
    return ((index == 0, row) for index, row in enumerate(rows))


def _alike(
    switch: Switch, generations: Iterable[Generation]
) -> list[tuple[list[Generation], str, str]]:
    """Generations that have the same value from the same source, together."""
    groups: dict[tuple[str, str], list[Generation]] = {}
    for each in generations:
        value, source = switch.row(each)
        groups.setdefault((shown(value), source), []).append(each)
    return [(who, value, source) for (value, source), who in groups.items()]


def shown(value: Any) -> str:
    """A value of a switch, for people."""
    match value:
        case bool():
            return "yes" if value else "no"
        case Enum():
            return str(value.value)
        case tuple():
            return ", ".join(map(shown, value))
        case "":
            return "(none)"
    return str(value)


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for each in columns:
        table.add_column(each, overflow="fold", no_wrap=each == columns[0])
    return table


def _as_dict(chosen: Iterable[Model], generations: list[Generation]) -> dict[str, Any]:
    return {
        "models": [
            {
                "name": each.name,
                "series": each.series,
                "generation": each.generation,
                "lines": each.lines,
                "load": each.load,
                "catalogue": each.catalogue,
                "vendor": each.vendor,
            }
            for each in chosen
        ],
        "switches": {
            title: {switch.trait: _values(switch, generations) for switch in switches}
            for title, switches in TABLES.items()
        },
    }


def _values(switch: Switch, generations: list[Generation]) -> dict[str, dict[str, Any]]:
    rows = {each: switch.row(each) for each in generations}
    return {each: {"value": value, "source": source} for each, (value, source) in rows.items()}
