"""``ringback device pending``, ``approve`` and ``reject``: phones that asked and nobody knows."""

from collections.abc import Iterable

from ringback import clock
from ringback.cisco.agent import Agent
from ringback.cisco.model import find_model
from ringback.cli.device_words import note_return, plain
from ringback.cli.person import person
from ringback.cli.sieve import sift
from ringback.cli.stores import Force, Form, Output, StoreFile, opened, settle, show
from ringback.cli.when import utc
from ringback.errors import NotFoundError, UsageError
from ringback.mac import Mac
from ringback.operations.look_over import look_over
from ringback.provisioning.device import Device
from ringback.store.database import Store
from ringback.store.devices import Devices
from ringback.store.strangers import Stranger, admit, pending, reject

_FIELDS = (
    "mac", "model", "first seen", "last seen", "times", "address", "agent", "path", "certificate"
)  # fmt: skip


def list_pending(*words: str, store: StoreFile = None, output: Output = Form.TABLE) -> None:
    """List phones that asked and are in nobody's care, the last seen first.

    What a phone says of itself is a claim. Approve it or reject it by its MAC.

    Args:
        words: What they must be: field=value or any fragment, such as model=8851.
        store: Which fleet.
        output: How they are printed.
    """
    with opened(store) as found:
        rows = [
            {
                "mac": each.mac,
                "model": _model(each),
                "first seen": utc(each.first),
                "last seen": utc(each.last),
                "times": each.times,
                "address": each.address,
                "agent": each.agent,
                "path": each.path,
                "certificate": each.certificate,
            }
            for each in _pending(found)
        ]
    show(sift(rows, words, _FIELDS), output, empty="Nobody waits.", names=_FIELDS)


def approve(
    mac: str,
    /,
    *,
    model: str = "",
    group: str = "",
    site: str = "",
    force: Force = False,
    store: StoreFile = None,
) -> None:
    """Take a phone that asked into our care. It is served with the next publish.

    One whose settings publish would refuse is not taken, and everything wrong with them is told.

    Args:
        mac: Which phone, in any spelling.
        model: Its model, where its User-Agent does not tell.
        group: Which group it belongs to.
        site: Where it is.
        force: Take it even if it cannot be published so.
        store: Which fleet.
    """
    wanted, serial = Mac.parse(mac), ""
    with opened(store) as found:
        seen = next((each for each in _pending(found) if each.mac == str(wanted)), None)
        if seen is None:
            raise NotFoundError(f"{wanted} waits for nobody", remedy="ringback device pending")
        kind = model or _model(seen)
        if not kind:
            raise UsageError(f"{wanted} does not say what it is", remedy="name it by --model")
        said = Agent.parse(seen.agent)
        serial = said.serial if said.mac == wanted else ""
        with found.fleet.writing() as connection:
            admit(connection, wanted)
            device = Device(wanted, find_model(kind).name, serial, site, group)
            devices = Devices(connection, found.seal)
            devices.keep([plain(device)])
            kept = devices.get(wanted) or device
            settle(look_over(connection, found.seal, kept), force=force)
            note_return(kept)


def reject_(mac: str, /, *more: str, store: StoreFile = None) -> None:
    """Do not hear of these phones again; device add takes one in nevertheless.

    Args:
        mac: Which phone, in any spelling.
        more: Others.
        store: Which fleet.
    """
    with opened(store) as found, found.fleet.writing() as connection:
        reject(connection, [Mac.parse(each) for each in (mac, *more)], clock.now(), person())


def _pending(store: Store) -> Iterable[Stranger]:
    with store.ledger.reading() as ledger, store.fleet.reading() as fleet:
        return list(pending(fleet, ledger))


def _model(seen: Stranger) -> str:
    """The model that its User-Agent names, if it is one we know."""
    said = Agent.parse(seen.agent)
    if str(said.mac or seen.mac) != seen.mac:
        return ""
    try:
        return find_model(said.product).name
    except NotFoundError:
        return ""
