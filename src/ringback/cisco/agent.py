"""The User-Agent line: who a device says it is, and what a phone of ours says.

Shapes seen on the wire (S3, S10, C1, C2, F), over HTTP and, without the parentheses, over SIP::

    Cisco/SPA504G-7.6.2f (000E08ABCDEF)(CBT141100HR)   vendor/product-load (MAC)(serial)
    Cisco/SPA525G-7.4.7 (CBT141900G7)                   some models send the serial alone
    Linksys/SPA-942-6.1.5(a) (88019FA42805)
    Cisco-CP-8841-3PCC/11.0 (00562b043615)              vendor-product/version (mac)
    Cisco-CP-8865-3PCC/12.0.3_dcf719f39350              SIP: the MAC behind the version

Whatever a stranger sends is data: reading never fails, takes time in proportion to the text, and
looks at the first ``LONGEST`` characters only. None of it proves anything: a MAC is an
identifier, never a credential.
"""

import re
from dataclasses import dataclass
from typing import Final, Self

from ringback.cisco.macro import expand
from ringback.cisco.model import AgentStyle, Model
from ringback.errors import UsageError
from ringback.mac import Mac

LONGEST: Final = 256
MPP_TEMPLATE: Final = "$VERSION ($MA)"
"""``HTTP_User_Agent_Name`` of a factory-fresh MPP phone: C2."""

VENDORS: Final = ("Cisco", "Linksys", "Sipura")
DASHED_VENDORS: Final = frozenset(("Linksys",))
"""Vendors whose ``SPA942`` calls itself ``SPA-942`` over HTTP: C1, S10."""
SERIAL_ALONE: Final = frozenset(("SPA525G", "SPA525G2", "SPA921"))
"""Models that send no MAC: C1 for the 525G and the 921; *inferred* for the 525G2."""

_PRODUCT_LOAD = re.compile(r"([A-Za-z0-9_-]*?)-([0-9]+\.[0-9].*|[0-9]+-[0-9]+-[0-9].*)")
_IN_PARENTHESES = re.compile(r"\(([^()]{1,40})\)")
_MAC = re.compile(r"[0-9A-Fa-f]{12}|(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}")
_SERIAL = re.compile(r"[A-Z0-9]{8,16}")
_SHORT = re.compile(r"(?:^|\.)(\d{1,4})[-.](\d{1,4})(?:[-.](\d{1,4}))?")


@dataclass(frozen=True, slots=True)
class Agent:
    """Who a device says it is; what it does not say is empty, or None for the MAC."""

    manufacturer: str = ""
    product: str = ""
    firmware: str = ""
    mac: Mac | None = None
    serial: str = ""

    @classmethod
    def parse(cls, line: str) -> Self:
        """Read any User-Agent line, of a phone or of anybody else. Never raises."""
        name, _, rest = line[:LONGEST].strip().partition(" ")
        manufacturer, product, firmware = _read_name(name)
        mac, serial = _read_marks(_IN_PARENTHESES.findall(rest))
        if mac is None:
            mac, firmware = _mac_behind(firmware)
        return cls(manufacturer, product, firmware, mac, serial)


def parse(line: str) -> Agent:
    """Read a User-Agent line: ``Agent.parse``."""
    return Agent.parse(line)


def agent_line(model: Model, mac: Mac, serial: str, load: str, template: str = "") -> str:
    """What a phone of this model says of itself over HTTP.

    ``load`` is its ``$SWVER``, ``template`` its ``HTTP_User_Agent_Name``, which older generations
    do not have. Control characters that a template may hold are left out.
    """
    line = _STYLES[model.traits.agent_style](model, mac, serial, load, template)
    return "".join(letter for letter in line if letter.isprintable())


def short_version(load: str) -> str:
    """The numbers of a load as the agent line has them: ``sip88xx.11-3-2MPP0001-598``, 11.3.2."""
    found = _SHORT.search(load)
    return ".".join(number for number in found.groups() if number) if found else load


def _slashed(model: Model, mac: Mac, serial: str, load: str, template: str) -> str:
    del template  # these phones have no such parameter
    name = model.name
    if model.vendor in DASHED_VENDORS and name == f"SPA{model.series}":
        name = f"SPA-{model.series}"
    marks = ("" if model.name in SERIAL_ALONE else f"({mac.upper})") + (
        f"({serial})" if serial else ""
    )
    return f"{model.vendor}/{name}-{load} {marks}".rstrip()


def _templated(model: Model, mac: Mac, serial: str, load: str, template: str) -> str:
    macros = {
        "VERSION": f"{model.vendor}-{model.name}/{short_version(load)}",
        "MA": str(mac),
        "MAU": mac.upper,
        "MAC": mac.colons,
        "SN": serial,
        "PN": model.name,
        "PSN": model.series,
        "SWVER": load,
    }
    return expand(template or MPP_TEMPLATE, macros).text


_STYLES = {AgentStyle.SLASH: _slashed, AgentStyle.VERSION: _templated}


def _read_name(name: str) -> tuple[str, str, str]:
    """Manufacturer, product and firmware of the part before the first blank."""
    left, slash, right = name.partition("/")
    vendor, dash, product = left.partition("-")
    if dash and vendor in VENDORS:  # Cisco-CP-8841-3PCC/11.0
        return vendor, product, right
    found = _PRODUCT_LOAD.fullmatch(right)
    if found and left in VENDORS:  # Linksys/SPA-942-6.1.5(a)
        return left, found[1], found[2]
    if left in VENDORS:  # Cisco/SPA504G
        return left, right, ""
    return "", left, right if slash else ""  # CP-7832-3PCC/12.0, curl/8.5.0


def _read_marks(marks: list[str]) -> tuple[Mac | None, str]:
    """MAC and serial among what stands in parentheses; each the first of its shape."""
    mac, serial = None, ""
    for mark in marks:
        if mac is None and _MAC.fullmatch(mark):
            mac = Mac.parse(mark)
        elif not serial and _SERIAL.fullmatch(mark):
            serial = mark
    return mac, serial


def _mac_behind(firmware: str) -> tuple[Mac | None, str]:
    """A MAC that follows the version after an underscore, and the version without the rest."""
    version, _, tail = firmware.partition("_")
    try:
        return Mac.parse(tail.partition("_")[0]), version
    except UsageError:
        return None, firmware
