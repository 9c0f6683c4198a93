"""``ringback device``: the phones in our care, listed, looked at, added, changed and locked."""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Annotated, Any

from cyclopts import App, Parameter
from sqlalchemy import Connection

from ringback import clock
from ringback.cisco.model import find_model
from ringback.cli.arguments import pair
from ringback.cli.device_words import (
    LINE,
    by_mac,
    described,
    line_words,
    lines_with,
    meant,
    note_return,
    pinned,
    plain,
    tags_of,
)
from ringback.cli.folders import Yes
from ringback.cli.stores import (
    Force,
    Form,
    Output,
    StoreFile,
    note_more,
    opened,
    settle,
    show,
)
from ringback.errors import RefusedError
from ringback.mac import Mac
from ringback.operations.dismiss import dismiss
from ringback.operations.look_over import look_over
from ringback.provisioning.concealment import of_device
from ringback.provisioning.device import Device
from ringback.store import search
from ringback.store.devices import Devices
from ringback.store.releases import Releases
from ringback.store.seal import Seal
from ringback.store.search import Found
from ringback.store.secrets import Secrets

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
    "show": (
        "ringback.cli.cards:show_device",
        (
            "Show all there is to know of one device, its files and when it last got one.\n\n"
            "Passwords are not shown."
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
    show([_row(each) for each in rows], output, empty="No device fits.", names=_NAMES)
    note_more(len(rows), whole)


_NAMES = ("mac", "model", "serial", "site", "group", "tags", "users", "locked", "pinned")


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
    force: Force = False,
    store: StoreFile = None,
) -> None:
    """Take a device into our care. It is served with the next publish.

    One whose settings publish would refuse is not taken, and everything wrong with them is told.
    A line's password is kept as a secret. A device that was removed before begins anew: nothing
    that it had opens anything, and it is locked if it was.

    Args:
        mac: Its MAC, in any spelling.
        model: Such as CP-8851-3PCC or 8851.
        serial: Its serial number.
        site: Where it is.
        group: Which group it belongs to.
        tag: A word to find it by.
        line: What a line is.
        var: A variable for expressions.
        force: Take it even if it cannot be published so.
        store: Which fleet.
    """
    device = plain(Device(
        Mac.parse(mac),
        find_model(model).name,
        serial,
        site,
        group,
        frozenset(tags_of(tag)),
        lines_with((), line_words(line)),
        dict(map(pair, var)),
    ))  # fmt: skip
    with opened(store) as found, found.fleet.writing() as connection:
        devices = Devices(connection, found.seal)
        if devices.get(device.mac) is not None:
            raise RefusedError(
                f"there is a device {device.mac} already", remedy="ringback device edit changes it"
            )
        _keep(connection, found.seal, device)
        kept = devices.get(device.mac)
        assert kept is not None
        settle(look_over(connection, found.seal, kept), force=force)
        note_return(kept)


def _keep(
    connection: Connection, seal: Seal, device: Device, old: Device | None = None
) -> tuple[Device, int]:
    """Write a device, its lines' passwords as secrets; gives it, and how many things changed."""
    secrets = Secrets(connection, seal)
    concealed = of_device(device, secrets.get, old)
    changed = secrets.keep(concealed.secrets, clock.now())
    return concealed.thing, changed + Devices(connection, seal).keep([concealed.thing])


@app.command
def edit(
    device: str,
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
    force: Force = False,
    store: StoreFile = None,
) -> None:
    """Change a device; what is not named stays. Phones get it with the next publish.

    A change that publish would refuse is not kept, and everything wrong with it is told.

    Args:
        device: Its MAC in any spelling, or any fragment that fits one alone.
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
        force: Keep it even if it cannot be published so.
        store: Which fleet.
    """
    given = {"serial": serial, "site": site, "group": group}
    changed: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    if model is not None:
        changed["model"] = find_model(model).name
    said = line_words(line)  # before the store is locked: somebody may have to type
    with opened(store) as found, found.fleet.writing() as connection:
        old = meant(connection, found.seal, device, aloud=True)
        if pin is not None:
            changed["pinned"] = pinned(pin, Releases(connection, found.seal))
        variables = {**old.variables, **dict(map(pair, var))}
        new = replace(
            old,
            tags=(old.tags | tags_of(tag)) - tags_of(untag),
            lines=lines_with(old.lines, said),
            variables={name: value for name, value in variables.items() if value},
            **changed,
        )
        wanted = plain(new.rotated() if rotate_key else new)
        kept, count = _keep(connection, found.seal, wanted, old)
        settle(look_over(connection, found.seal, kept, old), force=force)
    if not count:
        print("Nothing changed.", file=sys.stderr)


@app.command
def remove(device: str, /, *more: str, yes: Yes = False, store: StoreFile = None) -> None:
    """Give devices away. Their files go with the next publish.

    Tokens and windows made for them end at once, and their own layers and the secrets of their
    lines go. Should one come again, it begins with a new key and is locked if it was.

    Args:
        device: Its MAC in any spelling, or any fragment that fits one alone; then it asks first.
        more: Others.
        yes: Do not ask.
        store: Which fleet.
    """
    with opened(store) as found:
        with found.fleet.reading() as connection:
            words = (device, *more)
            gone = {each: meant(connection, found.seal, each) for each in words}
        guessed = [described(each) for word, each in gone.items() if not by_mac(word, each)]
        if guessed and not yes:
            _ask_to_remove(guessed)
        with found.fleet.writing() as connection:
            dismiss(connection, found.seal, [str(each.mac) for each in gone.values()], clock.now())
    for each in guessed:
        print(f"ringback: removed {each}", file=sys.stderr)


def _ask_to_remove(found: Sequence[str]) -> None:
    """Ask whether those are the ones that are meant.

    Raises:
        RefusedError: the answer is no, or there is nobody to ask.
    """
    named = ", ".join(found)
    if not sys.stdin.isatty():
        what = f"nothing was removed: nobody to ask whether {named} is meant"
        raise RefusedError(what, remedy="name it by its MAC, or say --yes")
    if input(f"Remove {named}? [y/N] ").strip().lower() not in {"y", "yes"}:
        raise RefusedError("nothing was removed")


@app.command
def lock(device: str, /, *more: str, store: StoreFile = None) -> None:
    """Give these devices nothing from now on, whatever they prove. Needs no publish.

    Args:
        device: Its MAC in any spelling, or any fragment that fits one alone.
        more: Others.
        store: Which fleet.
    """
    _lock((device, *more), store, locked=True)


@app.command
def unlock(device: str, /, *more: str, store: StoreFile = None) -> None:
    """Give these devices their files again. Needs no publish.

    Args:
        device: Its MAC in any spelling, or any fragment that fits one alone.
        more: Others.
        store: Which fleet.
    """
    _lock((device, *more), store, locked=False)


def _lock(words: Iterable[str], store: StoreFile, *, locked: bool) -> None:
    with opened(store) as found, found.fleet.writing() as connection:
        for each in [meant(connection, found.seal, word, aloud=True) for word in words]:
            Devices(connection, found.seal).lock(each.mac, locked=locked)
