"""How many devices a second one core prepares: cascade, expressions, XML, gzip, seal.

Usage: python bench/prepare.py [DEVICES] [--profile]

Each device has two lines with secret passwords and expressions, a model of three, one of twenty
sites, and a layer of its own with two settings; settings are added until a file has 4 KB of XML.
"""

import cProfile
import sys
import time
from dataclasses import replace

from ringback.cisco import catalogue as catalogues
from ringback.cisco.catalogue import Kind
from ringback.cisco.gzipped import decompress as gunzip
from ringback.cisco.model import find_model
from ringback.mac import Mac
from ringback.provisioning.device import Device
from ringback.provisioning.fleet import Fleet
from ringback.provisioning.layer import Layer, Scope, Setting
from ringback.provisioning.line import Line
from ringback.provisioning.preparation import Preparation

MODELS = ("CP-8851-3PCC", "CP-7841-3PCC", "SPA504G")
WANTED = 4096


def device(number: int) -> Device:
    """One of the fleet."""
    return Device(
        Mac(f"000e08{number:06x}"),
        MODELS[number % 3],
        serial=f"FCH{number:08d}",
        site=f"site{number % 20}",
        lines=tuple(
            Line(
                line,
                user=f"{number}{line}",
                password="{{ secret('line-" + str(number % 500) + "') }}",
                display_name="{{ site }} {{ serial[-4:] }}",
                proxy="{{ proxy }}",
            )
            for line in (1, 2)
        ),
    )


def fleet(count: int) -> Fleet:
    """A fleet whose device files have about 4 KB of XML."""
    devices = [device(number) for number in range(count)]
    own = [
        Layer(
            Scope.DEVICE,
            str(each.mac),
            (Setting("GPP_B", f"desk {each.serial}"), Setting("GPP_C", "{{ mac_upper }}")),
        )
        for each in devices
    ]
    sites = [
        Layer(Scope.SITE, f"site{number}", (), {"proxy": f"sip{number}.example.com"})
        for number in range(20)
    ]
    variables = {"server": "https://prov.example.com", "syslog": "192.0.2.7"}
    common = catalogues.catalogue(find_model("CP-8851-3PCC"))
    names = [
        name
        for name in common
        if all(name in catalogues.catalogue(find_model(model)) for model in MODELS)
        and (entry := common.entry(name)) is not None
        and entry.type is Kind.STRING
        and not name.startswith("GPP")
    ]
    filler = [Setting(name, "x{{ site }}/" + "y" * 20) for name in names[:40]]
    return Fleet.of(
        [*own, *sites, Layer(Scope.FLEET, "all", tuple(filler))], (), devices, variables
    )


def main() -> None:
    """Prepare, and say how it went."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    whole = fleet(count)
    preparation = Preparation(whole, key=bytes(range(32)), secret=lambda name: f"pw-{name}")
    clear = [gunzip(preparation.of(each, 17)[0].body, limit=1 << 20) for each in whole.devices[:3]]
    xml = [len(text) for text, _ in clear]
    profile = cProfile.Profile() if "--profile" in sys.argv else None
    if profile:
        profile.enable()
    before = time.process_time()
    files = size = 0
    for each in whole.devices:
        for prepared in preparation.of(each, 17):
            files += 1
            size += len(prepared.body)
    spent = time.process_time() - before
    if profile:
        profile.disable()
        profile.print_stats("tottime")
    print(f"XML of the first three: {xml} bytes")
    print(f"{count} devices, {files} files, {size} bytes in {spent:.2f} s of one core")
    print(f"{count / spent:.0f} devices a second")
    before = time.perf_counter()
    shared = Preparation(replace(whole), key=bytes(range(32)), secret=str).shared(17)
    print(f"{len(shared)} shared files in {time.perf_counter() - before:.3f} s")


if __name__ == "__main__":
    main()
