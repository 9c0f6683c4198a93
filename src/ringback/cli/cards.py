"""``ringback device show``: all there is to know of one device."""

from typing import Any

from ringback.cli.device_words import meant
from ringback.cli.histories import last
from ringback.cli.stores import Form, Output, StoreFile, opened, show_one
from ringback.cli.when import utc
from ringback.operations.retire import Change, change_of
from ringback.provisioning.device import Device
from ringback.provisioning.line import Line
from ringback.store.releases import Releases


def show_device(device: str, /, *, store: StoreFile = None, output: Output = Form.TABLE) -> None:
    """Show all there is to know of one device, its files and when it last got one.

    Passwords are not shown.

    Args:
        device: Its MAC in any spelling, or any fragment that fits one alone.
        store: Which fleet.
        output: How it is printed.
    """
    with opened(store) as found:
        with found.fleet.reading() as connection:
            known = meant(connection, found.seal, device)
            releases = Releases(connection, found.seal)
            files = [each.path for each in releases.at(releases.newest, [str(known.mac)])]
        seen = last(found, str(known.mac))
        changing = _changing(change_of(found, known))
    show_one({**_all(known), **changing, "files": files, **seen}, output)


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
