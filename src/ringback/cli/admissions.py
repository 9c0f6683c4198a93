"""``ringback token``, ``window`` and ``decoy``: who may have a file beside the usual.

What a person decides about who may have a phone's file. All of it holds at once, without a
release, but for ``token rotate``: that changes files.
"""

import re
import sys
from base64 import urlsafe_b64encode
from typing import Annotated, Any

from cyclopts import App, Parameter
from sqlalchemy import Connection

from ringback import clock
from ringback.cli.device_words import meant
from ringback.cli.person import person
from ringback.cli.sieve import sift
from ringback.cli.stores import Form, Output, StoreFile, opened, show
from ringback.cli.when import utc
from ringback.errors import NotFoundError, RefusedError, UsageError
from ringback.mac import Mac
from ringback.operations.publish import publish
from ringback.operations.settle import settle
from ringback.provisioning.evidence import PREFIX
from ringback.provisioning.window import Breadth, Window, parse_network
from ringback.store import search
from ringback.store.devices import Devices
from ringback.store.seal import Seal
from ringback.store.strangers import Decoys
from ringback.store.tables import devices as device_table
from ringback.store.tokens import Tokens
from ringback.store.windows import Windows, used

token = App(name="token", help="Unguessable parts of a URL, each for one device.")
window = App(name="window", help="Doors opened by a person, for a while.")
decoy = App(name="decoy", help="MACs that nobody has: asking for one is an alarm.")

_SPAN = re.compile(r"(\d{1,6})([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_BYTES = 24
_MOST_USES = 1000
_LONGEST = 30 * 86_400
Force = Annotated[bool, Parameter(negative="")]


def _span(text: str) -> float:
    found = _SPAN.fullmatch(text.strip().lower())
    if not found or not int(found[1]):
        raise UsageError(f"not a span of time: {text!r}", remedy="such as 90s, 15m, 8h or 30d")
    return float(int(found[1]) * _SECONDS[found[2]])


# --- tokens ---------------------------------------------------------------------------------------


@token.command(name="make")
def make_token(
    device: str,
    /,
    *,
    for_: Annotated[str, Parameter(name="--for")] = "",
    store: StoreFile = None,
) -> None:
    """Make a token and print the path it stands in; it is shown this once, and kept as a hash.

    Give the phone a rule such as https://prov.example.com/t/TOKEN/device/$(MA)-0.cfg. It ends
    when its time is over, is ended, or the phone was settled with a token of its own.

    Args:
        device: For which: its MAC in any spelling, or any fragment that fits one alone.
        for_: How long it counts, such as 30d; for ever unless said.
        store: Which fleet.
    """
    text = urlsafe_b64encode(clock.random_bytes(_BYTES)).decode().rstrip("=")
    now = clock.now()
    ends = now + _span(for_) if for_ else None
    with opened(store) as found, found.fleet.writing() as connection:
        known = meant(connection, found.seal, device, aloud=True)
        Tokens(connection).keep(known.mac, text, now, ends)
    print(f"{PREFIX}{text}/")


@token.command(name="list")
def list_tokens(*words: str, store: StoreFile = None, output: Output = Form.TABLE) -> None:
    """List the tokens that people made, by the beginning of their hash.

    Args:
        words: What they must be: field=value or any fragment, such as counts=yes, a MAC, or
            anything else that is known of the device.
        store: Which fleet.
        output: How they are printed.
    """
    now = clock.now()
    with opened(store) as found, found.fleet.reading() as connection:
        rows = [
            {
                "hash": each.digest[:16],
                "mac": each.mac,
                "made": utc(each.made),
                "ends": utc(each.ends) if each.ends is not None else None,
                "counts": each.ends is None or now < each.ends,
            }
            for each in Tokens(connection).all(None)
        ]
        words = tuple(_mac_for(connection, each, rows) for each in words)
    names = ("hash", "mac", "made", "ends", "counts")
    show(sift(rows, words, names), output, empty="None.", names=names)


def _mac_for(connection: Connection, word: str, rows: list[dict[str, Any]]) -> str:
    """A word that fits no row itself may be a device's: its MAC then."""
    if "=" in word or sift(rows, [word], ()):
        return word
    try:
        return str(search.which(connection, word))
    except (NotFoundError, RefusedError):
        return word


@token.command(name="end")
def end_token(beginning: str, /, *, store: StoreFile = None) -> None:
    """End a token at once.

    Args:
        beginning: How its hash begins, as token list shows it.
        store: Which fleet.
    """
    with opened(store) as found, found.fleet.writing() as connection:
        Tokens(connection).end(beginning, clock.now())


@token.command(name="rotate")
def rotate_tokens(
    *devices: str,
    all_: Annotated[bool, Parameter(name="--all", negative="")] = False,
    store: StoreFile = None,
) -> None:
    """Settle who was seen with the new token and key, begin the next change, and publish.

    The old ones go on working until the phone was seen with the new. Without a device, no new
    change begins: only what was seen is settled. Let a timer run it as often as tokens shall
    change.

    Args:
        devices: Those to begin a change for: MACs, or fragments that fit one alone.
        all_: All devices.
        store: Which fleet.
    """
    now = clock.now()
    with opened(store) as found:
        with found.fleet.reading() as connection:
            named = [meant(connection, found.seal, each, aloud=True).mac for each in devices]
            every = Devices(connection, found.seal).macs() if all_ else []
            chosen = [Mac(each) for each in every] or named
        done = settle(found, now, rotate=chosen)
        release = publish(found, now, note="tokens and keys")
    print(f"settled {len(done.settled)}, begun {len(done.rotated)}, ended {done.retired} made ones")
    print(f"release {release.number}" if release else "no new release", file=sys.stderr)


# --- windows --------------------------------------------------------------------------------------


@window.command(name="open")
def open_window(
    name: str = "",
    /,
    *,
    group: str = "",
    site: str = "",
    for_: Annotated[str, Parameter(name="--for")] = "15m",
    uses: int = 1,
    from_: Annotated[str, Parameter(name="--from")] = "",
    store: StoreFile = None,
) -> None:
    """Give a device its file without proof, for a while, over any transport; prints the number.

    What is given in clear may be read on its way: open it for a network you know, and briefly.

    Args:
        name: The device: its MAC, or any fragment that fits one alone. Or name a group or a site.
        group: All devices of this group.
        site: All devices at this site.
        for_: How long, such as 15m; 30d at most.
        uses: Files that each device may have through it.
        from_: Only to addresses of this network, such as 192.0.2.0/24.
        store: Which fleet.
    """
    given = [(Breadth.DEVICE, name), (Breadth.GROUP, group), (Breadth.SITE, site)]
    chosen = [(breadth, text) for breadth, text in given if text]
    if len(chosen) != 1:
        raise UsageError("a window is for one device, group or site", remedy="name just one")
    if not 1 <= uses <= _MOST_USES or _span(for_) > _LONGEST:
        raise UsageError("that window is too wide", remedy=f"30d and {_MOST_USES} uses at most")
    breadth, text = chosen[0]
    now = clock.now()
    with opened(store) as found, found.fleet.writing() as connection:
        text = _whom(connection, found.seal, breadth, text)
        made = Window(
            0, breadth, text, now, person(), now + _span(for_), uses, parse_network(from_)
        )
        print(Windows(connection).open(made))


def _whom(connection: Connection, seal: Seal, breadth: Breadth, text: str) -> str:
    """The name as devices have it; one that fits none is a slip of the keys."""
    if breadth is Breadth.DEVICE:
        return str(meant(connection, seal, text, aloud=True).mac)
    column = device_table.c[str(breadth)]
    query = device_table.select().where(column == text).limit(1)
    if connection.execute(query).first() is None:
        raise NotFoundError(f"no device has the {breadth} {text!r}", remedy="ringback device list")
    return text


@window.command(name="close")
def close_window(number: int, /, *, store: StoreFile = None) -> None:
    """Shut a window at once.

    Args:
        number: Which.
        store: Which fleet.
    """
    with opened(store) as found, found.fleet.writing() as connection:
        Windows(connection).close(number, clock.now(), person())


@window.command(name="list")
def list_windows(
    *words: str,
    all_: Annotated[bool, Parameter(name="--all", negative="")] = False,
    store: StoreFile = None,
    output: Output = Form.TABLE,
) -> None:
    """List windows that are open, by whom, and who came through.

    Args:
        words: What they must be: field=value or any fragment, such as state=open berlin.
        all_: Also those that are closed or over.
        store: Which fleet.
        output: How they are printed.
    """
    now = clock.now()
    with opened(store) as found:
        with found.ledger.reading() as ledger:
            counts = used(ledger)
        with found.fleet.reading() as connection:
            listed = list(Windows(connection).all(since=None if all_ else now))
    rows = [_shown(each, counts.get(each.number, {}), now) for each in listed]
    fields = ("number", "for", "state", "opened", "by", "ends", "uses", "from", "came")
    show(sift(rows, words, fields), output, empty="None.", names=fields)


def _shown(each: Window, came: dict[str, int], now: float) -> dict[str, Any]:
    if each.closed is not None:
        state = f"closed by {each.closed_by}"
    elif now >= each.ends:
        state = "over"
    elif each.breadth is Breadth.DEVICE and came.get(each.name, 0) >= each.uses:
        state = "used up"
    else:
        state = "open"
    return {
        "number": each.number,
        "for": f"{each.breadth} {each.name}",
        "state": state,
        "opened": utc(each.opened),
        "by": each.opened_by,
        "ends": utc(each.ends),
        "uses": each.uses,
        "from": each.network,
        "came": [f"{mac} {times}" for mac, times in sorted(came.items())],
    }


# --- decoys ---------------------------------------------------------------------------------------


@decoy.command(name="add")
def add_decoys(mac: str, /, *more: str, store: StoreFile = None) -> None:
    """Watch for MACs that no phone has; whoever asks for their file raises an alarm.

    Args:
        mac: Such as one between those of your phones.
        more: Others.
        store: Which fleet.
    """
    with opened(store) as found, found.fleet.writing() as connection:
        for each in (mac, *more):
            if Devices(connection, found.seal).get(Mac.parse(each)) is not None:
                raise RefusedError(f"{each} is a device of yours", remedy="choose a MAC nobody has")
            Decoys(connection).add(Mac.parse(each), clock.now())


@decoy.command(name="remove")
def remove_decoys(mac: str, /, *more: str, store: StoreFile = None) -> None:
    """Watch no longer.

    Args:
        mac: Which.
        more: Others.
        store: Which fleet.
    """
    with opened(store) as found, found.fleet.writing() as connection:
        for each in (mac, *more):
            if not Decoys(connection).remove(Mac.parse(each)):
                raise NotFoundError(f"{each} is no decoy", remedy="ringback decoy list")


@decoy.command(name="list")
def list_decoys(*words: str, store: StoreFile = None, output: Output = Form.TABLE) -> None:
    """List the MACs that are watched for.

    Args:
        words: What they must be: field=value or any fragment of a MAC.
        store: Which fleet.
        output: How they are printed.
    """
    with opened(store) as found, found.fleet.reading() as connection:
        rows = [{"mac": mac, "since": utc(made)} for mac, made in Decoys(connection).all()]
    names = ("mac", "since")
    show(sift(rows, words, names), output, empty="None.", names=names)
