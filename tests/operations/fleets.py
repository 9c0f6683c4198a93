"""A small fleet, put into a store, for the tests of what is done with it."""

from ringback.mac import Mac
from ringback.operations.revise import revise
from ringback.provisioning.device import Device
from ringback.provisioning.fleet import Fleet
from ringback.provisioning.layer import Layer, Scope, Setting
from ringback.provisioning.line import Line
from ringback.store.database import Store
from ringback.store.releases import Releases
from ringback.store.secrets import Secrets

MODELS = ("CP-8851-3PCC", "CP-7841-3PCC", "SPA504G")
SITES = ("hq", "lab")


def device(number: int) -> Device:
    """One of them; those with an even number use the secret ``sip``."""
    password = "{{ secret('sip') }}" if number % 2 == 0 else "open"
    line = Line(1, f"{number}", password, "{{ site }} {{ mac }}", "{{ proxy }}")
    site = SITES[number % 2]
    return Device(Mac(f"000e08{number:06x}"), MODELS[number % 3], site=site, lines=(line,))


def fleet(count: int, greeting: str = "hello") -> Fleet:
    """So many devices, a layer for all and one for a site."""
    return Fleet.of(
        [
            Layer(Scope.FLEET, "base", (Setting("GPP_A", greeting),)),
            Layer(Scope.SITE, "lab", (Setting("GPP_B", "lab"),), {"proxy": "lab.example.com"}),
        ],
        (),
        [device(number) for number in range(count)],
        {"server": "https://prov.example.com", "proxy": "sip.example.com"},
    )


def fill(store: Store, count: int = 6) -> None:
    """The fleet and its secret, which is older than any release; not published yet."""
    revise(store, fleet(count), now=1.0)
    with store.fleet.writing() as connection:
        Secrets(connection, store.seal).keep({"sip": "swordfish"}, 0.5)


def served(store: Store, number: int | None = None) -> dict[tuple[str, str], bytes]:
    """Everything a release serves: path and MAC, and the bytes."""
    with store.fleet.reading() as connection:
        releases = Releases(connection, store.seal)
        found = releases.at(number or releases.newest)
        return {each.name: releases.body(each.hash) for each in found}
