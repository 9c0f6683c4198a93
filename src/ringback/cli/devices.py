"""``ringback device``: the phones in our care, listed, looked at, added, changed and locked."""

import sys
from collections.abc import Iterable
from dataclasses import replace
from typing import Annotated, Any

from cyclopts import App, Parameter

from ringback import clock
from ringback.cisco.model import find_model
from ringback.cli.arguments import pair
from ringback.cli.device_words import LINE, lines_with, pinned, tags_of
from ringback.cli.histories import records, said
from ringback.cli.stores import Form, Output, StoreFile, note_more, opened, show, show_one, warn
from ringback.cli.when import utc
from ringback.errors import NotFoundError, UsageError
from ringback.mac import Mac
from ringback.operations.dismiss import dismiss
from ringback.operations.look_over import look_over
from ringback.operations.retire import Change, change_of
from ringback.provisioning.device import Device
from ringback.provisioning.line import Line
from ringback.store import search
from ringback.store.devices import Devices
from ringback.store.releases import Releases
from ringback.store.search import Found

app = App(name="device", help="The phones in our care.")
_ELSEWHERE = {
    "import": (
        "ringback.cli.imports:import_devices",
        (
            "Add or change devices by a table (CSV), after a verdict on every row.\n\n"
            "The first row names the columns, in any order: mac, model, serial, site, group, tags, "
            "and for lines line1_user, line1_password, line1_name … or, with a column line, a row "
            "for each line. Delimiter, quotes and encoding are found out. Passwords become "
            "secrets. Devices that are not in the table stay as they are. All rows are taken or "
            "none."
        ),
    ),
    "history": (
        "ringback.cli.histories:history",
        "Show what a device was given and refused, the newest first.",
    ),
    "pending": (
        "ringback.cli.strangers:list_pending",
        (
            "List phones that asked and are in nobody's care, the last seen first.\n\n"
            "What a phone says of itself is a claim. Approve it or reject it by its MAC."
        ),
    ),
    "approve": (
        "ringback.cli.strangers:approve",
        "Take a phone that asked into our care. It is served with the next publish.",
    ),
    "reject": (
        "ringback.cli.strangers:reject_",
        "Do not hear of these phones again; device add takes one in nevertheless.",
    ),
}
"""Commands that are loaded when they are typed, with their help."""

for _name, (_target, _help) in _ELSEWHERE.items():
    app.command(_target, name=_name, help=_help)

LineWords = Annotated[
    tuple[str, ...], Parameter(name="--line", negative="", help=f"{LINE}; repeatable.")
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
        last = next(iter(records(found, str(device.mac), 1)), None)
        changing = _changing(change_of(found, device))
    show_one(
        {**_all(device), **changing, "files": files, "last": said(last) if last else None}, output
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
        frozenset(tags_of(tag)),
        lines_with((), line),
        dict(map(pair, var)),
    )
    with opened(store) as found, found.fleet.writing() as connection:
        devices = Devices(connection, found.seal)
        if devices.get(device.mac) is not None:
            raise UsageError(
                f"there is a device {device.mac} already", remedy="ringback device edit changes it"
            )
        devices.keep([device])
        warn(look_over(connection, found.seal, device))


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
            changed["pinned"] = pinned(pin, Releases(connection, found.seal))
        variables = {**device.variables, **dict(map(pair, var))}
        device = replace(
            device,
            tags=(device.tags | tags_of(tag)) - tags_of(untag),
            lines=lines_with(device.lines, line),
            variables={name: value for name, value in variables.items() if value},
            **changed,
        )
        count = devices.keep([device.rotated() if rotate_key else device])
        warn(look_over(connection, found.seal, device))
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
        gone = [str(_known(devices, each).mac) for each in (mac, *more)]
        dismiss(connection, found.seal, gone, clock.now())


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


def _known(devices: Devices, mac: str) -> Device:
    parsed = Mac.parse(mac)
    device = devices.get(parsed)
    if device is None:
        raise NotFoundError(f"there is no device {parsed}", remedy="ringback device list finds it")
    return device
