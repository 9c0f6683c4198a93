"""``ringback device``: the phones in our care, listed, looked at, added, changed and locked."""

import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Annotated, Any

from cyclopts import App, Parameter

from ringback.cisco.model import find_model
from ringback.cli.stores import Form, Output, StoreFile, note_more, opened, show, show_one
from ringback.cli.when import utc
from ringback.errors import NotFoundError, UsageError
from ringback.mac import Mac
from ringback.operations.retire import Change, change_of
from ringback.provisioning.device import Device
from ringback.provisioning.line import Line
from ringback.store import search
from ringback.store.chain import Chain, Record
from ringback.store.database import Store
from ringback.store.devices import Devices
from ringback.store.ledger import Ledger
from ringback.store.releases import Releases
from ringback.store.search import Found

app = App(name="device", help="The phones in our care.")
app.command("ringback.cli.imports:import_devices", name="import")
app.command("ringback.cli.admissions:list_pending", name="pending")
app.command("ringback.cli.admissions:approve", name="approve")
app.command("ringback.cli.admissions:reject_", name="reject")

_LINE = "NUMBER.FIELD=VALUE, such as 1.user=200; fields: user, password, name, proxy, auth"
_FIELDS = {
    "user": "user",
    "password": "password",
    "name": "display_name",
    "proxy": "proxy",
    "auth": "auth_id",
}
"""What a line's fields are called on the command line."""
LineWords = Annotated[
    tuple[str, ...], Parameter(name="--line", negative="", help=f"{_LINE}; repeatable.")
]
Tags = Annotated[tuple[str, ...], Parameter(name="--tag", negative="", help="Repeatable.")]
Pairs = Annotated[
    tuple[str, ...], Parameter(name="--var", negative="", help="NAME=VALUE; repeatable.")
]


@app.command(name="list")
def list_(
    *words: str,
    limit: int = 200,
    store: StoreFile = None,
    output: Output = Form.TABLE,
) -> None:
    """List devices: all, or those that all the words fit.

    A word is field=value (mac, model, serial, site, group, tag, user, name, proxy, locked,
    pinned) or any fragment of what is known of a device.

    Args:
        words: What they must be, such as site=hq model=8851 alice.
        limit: At most so many; 0 for all. JSON, YAML and CSV always give all.
        store: Which fleet.
        output: How they are printed.
    """
    wanted = search.condition(words)
    most = limit if output is Form.TABLE else 0
    with opened(store) as found, found.fleet.reading() as connection:
        rows, whole = search.find(connection, wanted, most=most)
    show([_row(each) for each in rows], output, empty="No device fits.")
    note_more(len(rows), whole)


def _row(each: Found) -> dict[str, Any]:
    return {
        "mac": each.mac,
        "model": each.model,
        "serial": each.serial,
        "site": each.site,
        "group": each.group,
        "tags": list(each.tags),
        "users": list(each.users),
        "locked": each.locked,
        "pinned": each.pinned,
    }


@app.command(name="show")
def show_device(mac: str, /, *, store: StoreFile = None, output: Output = Form.TABLE) -> None:
    """Show all there is to know of one device, its files and when it last got one.

    Passwords are not shown.

    Args:
        mac: Which device, in any spelling.
        store: Which fleet.
        output: How it is printed.
    """
    with opened(store) as found:
        with found.fleet.reading() as connection:
            device = _known(Devices(connection, found.seal), mac)
            releases = Releases(connection, found.seal)
            files = [each.path for each in releases.at(releases.newest, [str(device.mac)])]
        last = next(iter(_records(found, str(device.mac), 1)), None)
        changing = _changing(change_of(found, device))
    show_one(
        {**_all(device), **changing, "files": files, "last": _said(last) if last else None}, output
    )


def _changing(change: Change | None) -> dict[str, str]:
    """What is told of a change of key that is under way."""
    if change is None:
        return {}
    release, seen = change.release, change.seen
    since = f"release {release.number}, {utc(release.made)}" if release else "not published yet"
    if seen is None:
        return {"changing keys since": since, "seen with the next key": "not yet"}
    ends = "the next publish" if seen.proven else f"publish after {utc(seen.old_ends)}"
    told = f"{utc(seen.since)}; the old one ends with {ends}, if it is not used until then"
    return {"changing keys since": since, "seen with the next key": told}


def _all(device: Device) -> dict[str, Any]:
    """Everything but secrets."""
    return {
        "mac": device.mac.colons,
        "model": device.model,
        "serial": device.serial,
        "site": device.site,
        "group": device.group,
        "tags": sorted(device.tags),
        "lines": [_line(each) for each in device.lines],
        "variables": dict(device.variables),
        "locked": device.locked,
        "pinned": device.pinned,
        "key": device.key,
        "next key": device.next_key,
    }


def _line(line: Line) -> dict[str, Any]:
    shown = {"number": line.number, "user": line.user, "name": line.display_name}
    shown |= {"proxy": line.proxy, "auth": line.auth_id}
    shown |= {"password": "(set)" if line.password else ""}
    return {name: value for name, value in shown.items() if value}


@app.command
def add(
    mac: str,
    /,
    *,
    model: str,
    serial: str = "",
    site: str = "",
    group: str = "",
    tag: Tags = (),
    line: LineWords = (),
    var: Pairs = (),
    store: StoreFile = None,
) -> None:
    """Take a device into our care. It is served with the next publish.

    Args:
        mac: Its MAC, in any spelling.
        model: Such as CP-8851-3PCC or 8851.
        serial: Its serial number.
        site: Where it is.
        group: Which group it belongs to.
        tag: A word to find it by.
        line: What a line is.
        var: A variable for expressions.
        store: Which fleet.
    """
    device = Device(
        Mac.parse(mac),
        find_model(model).name,
        serial,
        site,
        group,
        frozenset(_tags(tag)),
        _lines((), line),
        dict(map(_pair, var)),
    )
    with opened(store) as found, found.fleet.writing() as connection:
        devices = Devices(connection, found.seal)
        if devices.get(device.mac) is not None:
            raise UsageError(
                f"there is a device {device.mac} already", remedy="ringback device edit changes it"
            )
        devices.keep([device])


@app.command
def edit(
    mac: str,
    /,
    *,
    model: str | None = None,
    serial: str | None = None,
    site: str | None = None,
    group: str | None = None,
    tag: Tags = (),
    untag: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    line: LineWords = (),
    var: Pairs = (),
    pin: str | None = None,
    rotate_key: Annotated[bool, Parameter(name="--rotate-key", negative="")] = False,
    store: StoreFile = None,
) -> None:
    """Change a device; what is not named stays. Phones get it with the next publish.

    Args:
        mac: Which device, in any spelling.
        model: Another model.
        serial: Its serial number.
        site: Where it is.
        group: Which group it belongs to.
        tag: A word more.
        untag: A word less.
        line: What a line is; 2.user= (nothing) clears, and a line with nothing left goes.
        var: A variable for expressions; NAME= takes it away.
        pin: A release that it stays on, or no.
        rotate_key: Give it a new sealing key; the old one works until it was seen with the new.
        store: Which fleet.
    """
    given = {"serial": serial, "site": site, "group": group}
    changed: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    if model is not None:
        changed["model"] = find_model(model).name
    with opened(store) as found, found.fleet.writing() as connection:
        devices = Devices(connection, found.seal)
        device = _known(devices, mac)
        if pin is not None:
            changed["pinned"] = _pinned(pin, Releases(connection, found.seal))
        variables = {**device.variables, **dict(map(_pair, var))}
        device = replace(
            device,
            tags=(device.tags | _tags(tag)) - _tags(untag),
            lines=_lines(device.lines, line),
            variables={name: value for name, value in variables.items() if value},
            **changed,
        )
        count = devices.keep([device.rotated() if rotate_key else device])
    if not count:
        print("Nothing changed.", file=sys.stderr)


@app.command
def remove(mac: str, /, *more: str, store: StoreFile = None) -> None:
    """Give devices away. Their files go with the next publish.

    Args:
        mac: Which device, in any spelling.
        more: Others.
        store: Which fleet.
    """
    with opened(store) as found, found.fleet.writing() as connection:
        devices = Devices(connection, found.seal)
        devices.remove([str(_known(devices, each).mac) for each in (mac, *more)])


@app.command
def lock(mac: str, /, *more: str, store: StoreFile = None) -> None:
    """Give these devices nothing from now on, whatever they prove. Needs no publish.

    Args:
        mac: Which device, in any spelling.
        more: Others.
        store: Which fleet.
    """
    _lock((mac, *more), store, locked=True)


@app.command
def unlock(mac: str, /, *more: str, store: StoreFile = None) -> None:
    """Give these devices their files again. Needs no publish.

    Args:
        mac: Which device, in any spelling.
        more: Others.
        store: Which fleet.
    """
    _lock((mac, *more), store, locked=False)


def _lock(macs: Iterable[str], store: StoreFile, *, locked: bool) -> None:
    with opened(store) as found, found.fleet.writing() as connection:
        devices = Devices(connection, found.seal)
        for each in [_known(devices, mac).mac for mac in macs]:
            devices.lock(each, locked=locked)


@app.command
def history(
    mac: str, /, *, limit: int = 50, store: StoreFile = None, output: Output = Form.TABLE
) -> None:
    """Show what a device was given and refused, the newest first.

    Args:
        mac: Which device, in any spelling; one that was removed too.
        limit: At most so many; 0 for all.
        store: Which fleet.
        output: How it is printed.
    """
    with opened(store) as found:
        records = _records(found, str(Mac.parse(mac)), limit)
    show([_said(each) for each in records], output, empty="Nothing yet.")


def _records(store: Store, mac: str, limit: int) -> list[Record]:
    with store.ledger.reading() as connection:
        ledger = Ledger(connection, Chain(store.seal.draw("ledger")))
        return list(ledger.records(device=mac, newest=limit or sys.maxsize))


def _said(record: Record) -> dict[str, Any]:
    fact = record.fact
    return {
        "time": utc(fact.time),
        "what": fact.kind,
        "document": fact.document,
        "release": fact.release,
        "content": fact.content[:16],
        "outcome": fact.outcome,
        "evidence": fact.evidence,
    }


def _known(devices: Devices, mac: str) -> Device:
    parsed = Mac.parse(mac)
    device = devices.get(parsed)
    if device is None:
        raise NotFoundError(f"there is no device {parsed}", remedy="ringback device list finds it")
    return device


def _pinned(text: str, releases: Releases) -> int | None:
    if text.lower() in ("no", ""):
        return None
    if not text.isdigit():
        raise UsageError(f"--pin {text}", remedy="a release's number, or no")
    return releases.get(int(text)).number


def _tags(words: Iterable[str]) -> frozenset[str]:
    tags = frozenset(words)
    wrong = [each for each in tags if not each or each.split() != [each]]
    if wrong:
        raise UsageError(f"not a tag: {wrong[0]!r}", remedy="one word, without blanks")
    return tags


def _pair(text: str) -> tuple[str, str]:
    name, given, value = text.partition("=")
    if not given or not name:
        raise UsageError(f"cannot read {text!r}", remedy="NAME=VALUE")
    return name, value


def _lines(old: Iterable[Line], words: Iterable[str]) -> tuple[Line, ...]:
    """Lines with these words said of them; those of which nothing is left go."""
    found: dict[int, Line] = {each.number: each for each in old}
    for word in words:
        where, value = _pair(word)
        number, _, field = where.partition(".")
        if field not in _FIELDS or not number.isdigit():
            raise UsageError(f"cannot read --line {word!r}", remedy=_LINE)
        line = found.get(int(number)) or Line(int(number))
        changed: Mapping[str, Any] = {_FIELDS[field]: value}
        found[line.number] = replace(line, **changed)
    kept = (each for each in found.values() if each != Line(each.number))
    return tuple(sorted(kept, key=lambda each: each.number))
