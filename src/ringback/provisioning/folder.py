"""A fleet as a folder of TOML files, as a person keeps it in a repository.

::

    fleet.toml                    ready = 1, and [variables]
    layers/SCOPE/NAME.toml        [variables] and [settings]; SCOPE fleet, model, site or group
    documents.toml                [[document]] …; without it, the three of every fleet
    devices.toml, devices/*.toml  [[device]] … with [[device.line]] and [device.settings]

The folder says everything: what it does not hold is not there. A few things are the store's:
whether a device is locked, which release it is pinned to and the numbers of its keys come from what
happens; a folder only says the first two, and of a device that is new.

One table for each device and one file for each layer were chosen for what ``git diff`` shows.
Values of settings are text, whole numbers, or true and false for Yes and No; a table
``{ value, access, unchecked }`` says more. This file reads; ``inscription`` writes.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ringback.cisco.model import Generation, find_model
from ringback.cisco.parameter import fold
from ringback.errors import MalformedError, NotFoundError, Place, UsageError
from ringback.mac import Mac
from ringback.provisioning.device import Device
from ringback.provisioning.document import Document, Envelope, Level, Rules, Selection
from ringback.provisioning.facts import RESERVED
from ringback.provisioning.fleet import READY, Fleet
from ringback.provisioning.layer import Layer, Scope
from ringback.provisioning.line import Line
from ringback.provisioning.paper import read_paper
from ringback.provisioning.pattern import Pattern
from ringback.provisioning.ready import ready_layers
from ringback.provisioning.roll import read_roll
from ringback.provisioning.setting import read_settings
from ringback.provisioning.table import Source, Table

FLEET: Final = "fleet.toml"
DOCUMENTS: Final = "documents.toml"
DEVICES: Final = "devices.toml"
LEVELS: Final = {level.name.lower(): level for level in Level}
SCOPES: Final = {str(scope): scope for scope in (Scope.FLEET, Scope.MODEL, Scope.SITE, Scope.GROUP)}
_FRACTION: Final = re.compile(r"^(.*) \(at line ([0-9]+), column ([0-9]+)\)$")


@dataclass(slots=True)
class Folder:
    """What a folder says, and where it says it."""

    fleet: Fleet
    tables: dict[str, Table] = field(default_factory=dict)
    """By ``fleet``, ``layer site/berlin``, ``document device``, ``device 000e08abcdef``."""
    numbered: bool = False
    """Whether it says which ready-made layers lie below; if not, a fleet keeps its number."""

    def file(self, what: str) -> str:
        """The file that says a thing; "" when none does."""
        return self.tables[what].source.name if what in self.tables else ""

    def place(self, layer: str, name: str) -> Place:
        """Where a setting or variable of a layer stands (``variable ca``); empty when nowhere."""
        scope, _, whose = layer.partition("/")
        own = scope == str(Scope.DEVICE)
        table = self.tables.get(f"device {whose.split(' ')[0]}" if own else _table_of(layer))
        if table is None:
            return Place()
        word, _, variable = name.partition(" ")
        section = "variables" if word == "variable" else "settings"
        return table.below(section, variable or name, variable or fold(name))


def _table_of(layer: str) -> str:
    return f"layer {layer}" if "/" in layer else layer


def read(files: Mapping[str, str]) -> Folder:
    """Read a folder.

    Args:
        files: path below the folder, with ``/``, to the file's text.

    Raises:
        MalformedError: with file, line, key and remedy; the first fault found.
    """
    folder = Folder(Fleet())
    layers: list[Layer] = []
    documents: list[Document] = []
    devices: list[Device] = []
    variables: dict[str, str] = {}
    ready = READY
    for path in sorted(files):
        top = _open(path, files[path])
        if path == FLEET:
            folder.tables["fleet"], folder.numbered = top, "ready" in top.content
            ready = _ready(top)
            variables = _variables(top)
            top.end()
        elif path == DOCUMENTS:
            documents = list(_documents(top, folder.tables))
        elif path.startswith("layers/"):
            layers.append(_layer(path, top, folder.tables))
        elif path == DEVICES or path.startswith("devices/"):
            for device, layer in _devices(top, folder.tables):
                devices.append(device)
                layers += [layer] if layer else []
        else:
            raise MalformedError(
                "a fleet has no such file",
                place=Place(path),
                remedy=f"{FLEET}, {DOCUMENTS}, {DEVICES}, devices/*.toml, layers/SCOPE/NAME.toml",
            )
    folder.fleet = Fleet.of(layers, documents, devices, variables, ready=ready)
    return folder


def _ready(top: Table) -> int:
    """Which ready-made layers lie below; a number there is."""
    ready = top.number_of("ready", READY) or 0
    try:
        ready_layers(ready)
    except UsageError as error:
        raise top.error("ready", error.what, error.remedy) from error
    return ready


def _variables(table: Table) -> dict[str, str]:
    """The table ``variables`` below, none of them called like a fact."""
    if "variables" not in table.content:
        return {}
    inner = table.table("variables")
    for name in inner.content:
        if name in RESERVED:
            raise inner.error(name, "is a fact of devices, no variable", "give it another name")
    return inner.variables()


def _open(path: str, text: str) -> Table:
    source = Source(path, text.replace("\r\n", "\n"))
    if path == DEVICES or path.startswith("devices/"):
        roll = read_roll(source.text)
        if roll is not None:
            return Table(source, "", 0, roll)
    try:
        return Table(source, "", 0, tomllib.loads(source.text))
    except tomllib.TOMLDecodeError as error:
        found = _FRACTION.match(str(error))
        what, line, column = (
            (found[1], int(found[2]), int(found[3])) if found else (str(error), 0, 0)
        )
        place = Place(path, line, column)
        raise MalformedError(
            f"not TOML: {what}", place=place, remedy="see https://toml.io"
        ) from error
    except RecursionError as error:
        raise MalformedError("too deeply nested", place=Place(path)) from error


def _once(tables: dict[str, Table], what: str, table: Table, key: str) -> None:
    """Note where a thing is; refuse the second of a name, with both places."""
    if what in tables:
        first = tables[what].place(key)
        place = table.place(key)
        raise MalformedError(f"{what} is in {first} too", place=place, remedy="keep one of the two")
    tables[what] = table


# ---- layers ----------------------------------------------------------------------------------


def _layer(path: str, top: Table, tables: dict[str, Table]) -> Layer:
    parts = path.removesuffix(".toml").split("/")
    if parts[1] == str(Scope.DEVICE):
        raise MalformedError(
            "a device's own settings stand with the device",
            place=Place(path),
            remedy="put them into [device.settings] below its [[device]] in devices.toml",
        )
    if len(parts) != 3 or parts[1] not in SCOPES:
        raise MalformedError(
            "whose layer is this?",
            place=Place(path),
            remedy=f"layers/SCOPE/NAME.toml with SCOPE one of {', '.join(SCOPES)}",
        )
    scope = SCOPES[parts[1]]
    name = _layer_name(scope, top.text("name", parts[2]), top)
    variables = _variables(top)
    layer = Layer(scope, name, read_settings(top.table("settings")), variables)
    top.end()
    _once(tables, f"layer {layer}", top, "name")
    return layer


def _layer_name(scope: Scope, name: str, top: Table) -> str:
    """The name of a model's layer as the model table spells it."""
    if scope is not Scope.MODEL:
        return name
    generations = {each.value.lower(): each.value for each in Generation}
    if name.lower() in generations:
        return generations[name.lower()]
    return _model(name, top, "name")


# ---- documents -------------------------------------------------------------------------------


def _documents(top: Table, tables: dict[str, Table]) -> Iterator[Document]:
    for number, table in enumerate(top.tables("document")):
        table.number = number
        name = table.needed("name")
        _once(tables, f"document {name}", table, "name")
        document = Document(
            name,
            table.texts("paths"),
            Selection(
                table.texts("include", ("*",)), table.texts("exclude"), table.flag("secrets")
            ),
            table.choice("envelope", {each.value: each for each in Envelope}, "gzip"),
            table.choice("level", LEVELS, "device"),
            table.text("slot"),
            table.choice("rules", {each.value: each for each in Rules}, "none"),
        )
        table.end()
        _possible(document, table)
        if document.slot:
            _once(tables, f"the document of rule {document.slot}", table, "slot")
        yield document
    top.end()


def _possible(document: Document, table: Table) -> None:
    """Refuse a document that cannot be served as it says."""
    key = "paths"
    try:
        for pattern in document.patterns:
            Pattern.parse(pattern)
        key = ""
        read_paper(document)
    except UsageError as error:
        raise table.error(key, error.what, error.remedy) from error


# ---- devices ---------------------------------------------------------------------------------


def _devices(top: Table, tables: dict[str, Table]) -> Iterator[tuple[Device, Layer | None]]:
    for number, table in enumerate(top.tables("device")):
        table.number = number
        mac = _mac(table)
        _once(tables, f"device {mac}", table, "mac")
        settings = read_settings(table.table("settings")) if "settings" in table.content else ()
        yield _device(mac, table), Layer(Scope.DEVICE, str(mac), settings) if settings else None
    top.end()


def _device(mac: Mac, table: Table) -> Device:
    device_of: dict[str, Any] = {
        "mac": mac,
        "model": _model(table.needed("model"), table, "model"),
        "serial": table.text("serial"),
        "site": table.text("site"),
        "group": table.text("group"),
        "tags": frozenset(table.texts("tags")),
        "variables": _variables(table),
        "locked": table.flag("locked"),
        "pinned": table.number_of("pinned", None),
        "key": table.number_of("key", 1),
        "next_key": table.number_of("next_key", None),
        "first_key": table.number_of("first_key", 1),
    }
    lines = [_line(each) for each in table.tables("line")]
    table.content.pop("settings", None)
    table.end()
    try:
        return Device(lines=tuple(sorted(lines, key=lambda each: each.number)), **device_of)
    except UsageError as error:
        raise table.error("line", error.what, error.remedy) from error


def _line(table: Table) -> Line:
    number = table.number_of("number", None)
    if number is None:
        raise table.error("number", "is missing", "write number = 1")
    try:
        line = Line(
            number,
            table.text("user"),
            table.text("password"),
            table.text("display_name"),
            table.text("proxy"),
            table.text("auth_id"),
            _variables(table),
        )
    except UsageError as error:
        raise table.error("number", error.what, error.remedy) from error
    table.end()
    return line


def _mac(table: Table) -> Mac:
    text = table.needed("mac")
    try:
        return Mac.parse(text)
    except UsageError as error:
        raise table.error("mac", error.what, error.remedy) from error


def _model(text: str, table: Table, key: str) -> str:
    try:
        return find_model(text).name
    except NotFoundError as error:
        raise table.error(key, error.what, error.remedy) from error


def known_files(paths: Iterable[str]) -> list[str]:
    """Of the files of a folder those that belong to a fleet: TOML, and nothing hidden."""
    return sorted(
        path
        for path in paths
        if path.endswith(".toml") and not any(part.startswith(".") for part in path.split("/"))
    )
