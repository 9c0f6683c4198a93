"""A fleet written as TOML files: the same text for the same fleet, in an order that never changes.

Written by hand and not by a library: tomlkit needs minutes for 100 000 devices, and the subset is
small. ``amend`` keeps what people have written: a file whose contents say what they should is left
as it is, to the byte; in one that does not, tomlkit changes only the tables that must.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import takewhile
from typing import Any, Final

import tomlkit

from ringback.provisioning.device import Device
from ringback.provisioning.document import Document
from ringback.provisioning.fleet import Fleet
from ringback.provisioning.folder import DEVICES, DOCUMENTS, FLEET, Folder, read
from ringback.provisioning.layer import Layer, Scope, Setting
from ringback.provisioning.line import Line

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_ESCAPES: Final = {
    '"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r", "\b": "\\b", "\f": "\\f",
}  # fmt: skip
_SPECIAL: Final = re.compile(r'["\\\x00-\x1f\x7f]')
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9 ._-]")


def write(fleet: Fleet) -> dict[str, str]:
    """The files of a fleet, from nothing: path to text.

    Devices without a site are in ``devices.toml``, others in a file for each site.
    """
    files = {FLEET: _fleet(fleet)}
    if fleet.documents:
        files[DOCUMENTS] = "\n".join(_document(each) for each in fleet.documents)
    own = {each.name: each for each in fleet.layers if each.scope is Scope.DEVICE}
    for layer in fleet.layers:
        if layer.scope is not Scope.DEVICE:
            files[_free(files, f"layers/{layer.scope}/", layer.name)] = _layer(layer)
    sites: dict[str, list[Device]] = {}
    for device in fleet.devices:
        sites.setdefault(device.site, []).append(device)
    for site, devices in sorted(sites.items()):
        path = _free(files, "devices/", site) if site else DEVICES
        files[path] = "\n".join(_device(each, own.get(each.mac.digits)) for each in devices)
    return files


def _free(files: Mapping[str, str], folder: str, name: str) -> str:
    """A path that no other name has taken, also where case does not count."""
    stem = _UNSAFE.sub("_", name).strip(". ")[:80] or "unnamed"
    taken = {path.lower() for path in files}
    path, number = f"{folder}{stem}.toml", 2
    while path.lower() in taken:
        path, number = f"{folder}{stem}-{number}.toml", number + 1
    return path


def quoted(text: str) -> str:
    """A TOML string."""
    return f'"{_SPECIAL.sub(_escape, text)}"'


def _escape(found: re.Match[str]) -> str:
    return _ESCAPES.get(found[0]) or f"\\u{ord(found[0]):04X}"


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else quoted(name)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, int):
        return str(value)
    return f"[{', '.join(map(_plain, value))}]"


def _pairs(pairs: Iterable[tuple[str, Any]]) -> list[str]:
    """``key = value`` lines of what is not empty."""
    return [
        f"{_key(name)} = {_plain(value)}" for name, value in pairs if value not in ("", (), None)
    ]


def _table(head: str, lines: list[str]) -> list[str]:
    return ["", head, *lines] if lines else []


def _texts(texts: Mapping[str, str]) -> list[str]:
    """Names and texts, empty ones too."""
    return [f"{_key(name)} = {quoted(text)}" for name, text in sorted(texts.items())]


def _fleet(fleet: Fleet) -> str:
    variables = _table("[variables]", _texts(fleet.variables))
    return "\n".join([f"ready = {fleet.ready}", *variables, ""])


def _layer(layer: Layer) -> str:
    lines = [f"name = {quoted(layer.name)}"]
    lines += _table("[variables]", _texts(layer.variables))
    lines += _table("[settings]", _settings(layer.settings))
    return "\n".join([*lines, ""])


def _settings(settings: Iterable[Setting]) -> list[str]:
    return [f"{_key(each.name)} = {_setting(each)}" for each in settings]


def _setting(setting: Setting) -> str:
    if setting.access is None and not setting.unchecked:
        return quoted(setting.value or "")
    pairs = [] if setting.value is None else [f"value = {quoted(setting.value)}"]
    pairs += _pairs([("access", setting.access.value if setting.access else "")])
    pairs += ["unchecked = true"] * setting.unchecked
    return f"{{ {', '.join(pairs)} }}"


def _document(document: Document) -> str:
    chosen = document.selection
    pairs = [
        ("name", document.name),
        ("paths", document.patterns),
        ("include", chosen.include),
        ("exclude", chosen.exclude),
        ("secrets", chosen.secrets),
        ("envelope", document.envelope.value),
        ("level", document.level.name.lower()),
        ("slot", document.slot),
        ("rules", document.rules.value),
    ]
    written = [f"{name} = {_plain(value)}" for name, value in pairs]
    return "\n".join(["[[document]]", *written, ""])


def _device(device: Device, layer: Layer | None) -> str:
    pairs: list[tuple[str, Any]] = [
        ("mac", device.mac.colons),
        ("model", device.model),
        ("serial", device.serial),
        ("site", device.site),
        ("group", device.group),
        ("tags", tuple(sorted(device.tags))),
        ("locked", device.locked or None),
        ("pinned", device.pinned),
        ("key", None if device.key == 1 else device.key),
        ("next_key", device.next_key),
        ("first_key", None if device.first_key == 1 else device.first_key),
    ]
    lines = ["[[device]]", *_pairs(pairs)]
    lines += _table("[device.variables]", _texts(device.variables))
    for line in device.lines:
        lines += _line(line)
    lines += _table("[device.settings]", _settings(layer.settings) if layer else [])
    return "\n".join([*lines, ""])


def _line(line: Line) -> list[str]:
    pairs = [
        ("number", line.number),
        ("user", line.user),
        ("password", line.password),
        ("display_name", line.display_name),
        ("proxy", line.proxy),
        ("auth_id", line.auth_id),
    ]
    lines = ["", "[[device.line]]", *_pairs(pairs)]
    return lines + _table("[device.line.variables]", _texts(line.variables))


# ---- files that people have written ----------------------------------------------------------


def amend(files: Mapping[str, str], fleet: Fleet) -> dict[str, str]:
    """The files of a folder, made to say ``fleet``: what they say already stays as it stands.

    Raises:
        MalformedError: the folder cannot be read as it is.
    """
    if not files:
        return write(fleet)
    folder, fleet = read(files), tidy(fleet)
    kept = {**files, FLEET: _amended_fleet(files.get(FLEET), fleet, folder)}
    _amend_documents(kept, folder, fleet)
    _amend_layers(kept, folder, fleet)
    _amend_devices(kept, folder, fleet)
    # Whatever a person has written that this does not foresee: right comes before pretty.
    return kept if read(kept).fleet == fleet else write(fleet)


def tidy(fleet: Fleet) -> Fleet:
    """Without layers of devices that are not there, and without empty ones: they do nothing."""
    there = {each.mac.digits for each in fleet.devices}
    kept = [
        layer
        for layer in fleet.layers
        if layer.scope is not Scope.DEVICE or (layer.name in there and layer.settings)
    ]
    return replace(fleet, layers=tuple(kept))


def _amended_fleet(text: str | None, fleet: Fleet, folder: Folder) -> str:
    """``fleet.toml``, its comments kept."""
    same = folder.fleet.ready == fleet.ready and folder.fleet.variables == fleet.variables
    if text is None:
        return _fleet(fleet)
    if same:
        return text
    document = tomlkit.parse(text)
    document["ready"] = fleet.ready
    _amend_texts(document, "variables", fleet.variables)
    return tomlkit.dumps(document)


def _amend_texts(table: Any, key: str, texts: Mapping[str, Any]) -> None:
    """Make a table below hold these and nothing else, in place."""
    if key not in table:
        if not texts:
            return
        table[key] = tomlkit.table()
    inner = table[key]
    for name in [name for name in inner if name not in texts]:
        del inner[name]
    for name, text in texts.items():
        if name not in inner or inner[name] != text:
            inner[name] = text


def _amend_documents(kept: dict[str, str], folder: Folder, fleet: Fleet) -> None:
    """Documents are few and short: one that differs writes the file anew."""
    if folder.fleet.documents == fleet.documents:
        return
    kept.pop(DOCUMENTS, None)
    if fleet.documents:
        kept[DOCUMENTS] = "\n".join(_document(each) for each in fleet.documents)


def _amend_layers(kept: dict[str, str], folder: Folder, fleet: Fleet) -> None:
    old = {str(each): each for each in folder.fleet.layers if each.scope is not Scope.DEVICE}
    new = {str(each): each for each in fleet.layers if each.scope is not Scope.DEVICE}
    for name in old.keys() - new.keys():
        del kept[folder.file(f"layer {name}")]
    for name, layer in new.items():
        if name not in old:
            kept[_free(kept, f"layers/{layer.scope}/", layer.name)] = _layer(layer)
        elif old[name] != layer:
            path = folder.file(f"layer {name}")
            kept[path] = _amended_layer(kept[path], old[name], layer)


def _amended_layer(text: str, old: Layer, new: Layer) -> str:
    """A layer's file: keys that changed are changed, everything else stays."""
    document = tomlkit.parse(text)
    _amend_texts(document, "variables", new.variables)
    before = {each.name: each for each in old.settings}
    after = {each.name: each for each in new.settings}
    if after and "settings" not in document:
        document["settings"] = tomlkit.table()
    table: Any = document.get("settings", {})
    for name in before.keys() - after.keys():
        del table[name]
    for name, setting in after.items():
        if before.get(name) != setting:
            table[name] = tomlkit.value(_setting(setting))
    return tomlkit.dumps(document)


def _amend_devices(kept: dict[str, str], folder: Folder, fleet: Fleet) -> None:
    """Files of devices: tables that changed are written anew, others stay."""
    old, new = _by_mac(folder.fleet), _by_mac(fleet)
    changed: dict[str, dict[str, str | None]] = {}
    fresh: list[str] = []
    for mac in sorted(old.keys() | new.keys()):
        if mac not in old:
            fresh.append(_device(*new[mac]))
        elif old[mac] != new.get(mac):
            path = folder.file(f"device {mac}")
            text = _device(*new[mac]) if mac in new else None
            changed.setdefault(path, {})[mac] = text
    for path, tables in changed.items():
        kept[path] = _amended_devices(kept[path], tables)
    if fresh:
        before = kept.get(DEVICES, "")
        kept[DEVICES] = "\n".join([before.rstrip("\n") + "\n" if before else "", *fresh]).lstrip(
            "\n"
        )


def _by_mac(fleet: Fleet) -> dict[str, tuple[Device, Layer | None]]:
    own = {each.name: each for each in fleet.layers if each.scope is Scope.DEVICE}
    return {each.mac.digits: (each, own.get(each.mac.digits)) for each in fleet.devices}


def _amended_devices(text: str, tables: Mapping[str, str | None]) -> str:
    """A file of devices with some tables replaced (text) or taken out (None).

    Cut by lines at each ``[[device]]``, so that what stands elsewhere stays to the byte. Comments
    right above a table belong to it: they stay when it is changed and go when it goes.
    """
    lines = text.split("\n")
    heads = [_first(lines, at) for at, line in enumerate(lines) if _DEVICE_HEAD.match(line)]
    pieces = [lines[: heads[0]]] if heads else [lines]
    for at, end in zip(heads, [*heads[1:], len(lines)], strict=True):
        pieces.append(lines[at:end])
    for number, piece in enumerate(pieces[1:], 1):
        found = next(filter(None, map(_MAC.match, piece)), None)
        mac = re.sub(r"[^0-9a-f]", "", found[1].lower()) if found else ""
        if mac in tables:
            written = tables[mac]
            comments = list(takewhile(lambda line: line.lstrip().startswith("#"), piece))
            pieces[number] = [] if written is None else comments + written.split("\n")
    return "\n".join(line for piece in pieces for line in piece)


def _first(lines: list[str], at: int) -> int:
    """Where the comments begin that stand right above a line."""
    while at and lines[at - 1].lstrip().startswith("#"):
        at -= 1
    return at


_DEVICE_HEAD: Final = re.compile(r"\s*\[\[\s*device\s*\]\]")
_MAC: Final = re.compile(r"""\s*["']?mac["']?\s*=\s*["']([^"']*)["']""")
