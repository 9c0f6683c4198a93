"""Where a story is set: what was asked, the phone it is told of, and what is assumed of both."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from ringback import clock
from ringback.certificate.certificate import Certificate
from ringback.cisco.model import find_model
from ringback.operations.recollect import Recollection
from ringback.phone.boot import History
from ringback.phone.custom_ca import CustomCa
from ringback.phone.identity import Identity
from ringback.phone.lease import Lease
from ringback.phone.memory import Memory
from ringback.phone.rehearse import Watched
from ringback.provisioning.device import Device
from ringback.provisioning.layer import Scope
from ringback.serve.badge import badge
from ringback.serve.counter import Caller, Counter, Stock
from ringback.settings import Serve
from ringback.store.archive import Archive

NO_DHCP: Final = "no"
"""What is said for a network whose DHCP names no server."""
_SERIAL: Final = "FCH00000000"
_ADDRESS: Final = "192.0.2.1"


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What is to be explained."""

    device: str
    """A MAC, or any fragment of what is known of one device."""
    release: int | None = None
    moment: float | None = None
    """Either picks a release of the past: by number, or the one live at a time."""
    rule: str | None = None
    """A one-shot rule instead of the phone's own."""
    fresh: bool | None = None
    """From the factory's settings; None: only when nothing is known of the phone."""
    certificate: bool = True
    """Whether it shows the certificate that names it."""
    dhcp: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    """Hosts that are somebody else's."""
    reports: Path | None = None
    """The folder of ``serve --reports``."""
    roots: tuple[Certificate, ...] = ()
    """Authorities in its firmware."""


@dataclass(frozen=True, slots=True)
class Setting:
    """Where a story is set: the phone, its network, and what is assumed of both."""

    inquiry: Inquiry
    device: Device
    archive: Archive
    known: Recollection
    now: float

    @property
    def fresh(self) -> bool:
        """From the factory's settings."""
        wanted = self.inquiry.fresh
        return not self.known.known if wanted is None else wanted

    @property
    def serial(self) -> str:
        """As noted, as the phone said, or one that stands for it."""
        return self.device.serial or self.known.serial or _SERIAL

    @property
    def lease(self) -> Lease:
        """As told; else one that names our server, as the fleet's variables know it."""
        if self.inquiry.dhcp:
            return Lease.parse(() if self.inquiry.dhcp == (NO_DHCP,) else self.inquiry.dhcp)
        return Lease.naming(self._server)

    @property
    def _server(self) -> str:
        text = self.archive.fact("variables").get("server", "") or self._server_of_a_layer
        return "" if "{{" in text else urlsplit(text).hostname or ""

    @property
    def _server_of_a_layer(self) -> str:
        """Fleets that were typed, not written into a folder, say it in a layer of all phones."""
        layers = self.archive.layers(str(self.device.mac))
        said = (each.variables for each in layers if each.scope is Scope.FLEET)
        return next((each["server"] for each in said if "server" in each), "")

    @property
    def past(self) -> bool:
        """Whether it is told from a release that was picked."""
        return self.inquiry.release is not None or self.inquiry.moment is not None

    @property
    def _unknown(self) -> str:
        """The device came after the release."""
        number = self.archive.number
        if self.past:
            return f"release {number} did not know this device: it is told as it is now"
        return f"release {number} does not know this device yet: ringback publish"

    def phone(self) -> Watched:
        """The phone, off."""
        model = find_model(self.device.model)
        identity = Identity(
            model,
            self.device.mac,
            self.serial,
            firmware=self.known.firmware,
            lease=self.lease,
            address=self.known.address or _ADDRESS,
            roots=self.inquiry.roots,
            boot_seconds=0.0,
        )
        dice = clock.dice(int(self.device.mac.digits, 16))
        return Watched(identity, dice, None if self.fresh else self._memory())

    def _memory(self) -> Memory:
        mac, profile = self.device.mac, self.known.profile
        return Memory.of(profile, mac, self.serial, History(), CustomCa())

    def counter(self, stock: Stock, settings: Serve) -> Counter:
        """Who answers the phone."""
        model, mac = find_model(self.device.model), self.device.mac
        shown = badge(model, mac, self.serial, self.now) if self.inquiry.certificate else None
        asker = Caller(self.known.address or _ADDRESS, shown)
        return Counter(stock, settings, asker, foreign=self.inquiry.foreign, now=self.now)

    def assumed(self, stock: Stock, settings: Serve, *, pending: bool) -> Iterator[str]:
        """What a reader should know was taken for granted."""
        who = "its own certificate" if self.inquiry.certificate else "no certificate"
        yield f"over HTTPS the phone shows {who}, where a listener asks for one"
        if settings.https and not stock.chain:
            yield "it trusts the certificate of our HTTPS (--state or --tls-cert: that is judged)"
        if self.fresh and not self.inquiry.dhcp and self._server:
            yield f"DHCP names our server: option 66={self._server} (--dhcp says otherwise)"
        if not self.inquiry.foreign:
            yield "every server that is asked is ours (--foreign HOST says otherwise)"
        if not self.fresh:
            yield from self.known.granted
        if not self.fresh and self.known.reported and not stock.admission.bind_devices:
            yield "its reports are its own: anybody may upload one here (no --bind-devices)"
        if self.serial == _SERIAL:
            yield f"its serial number is not noted: {_SERIAL} stands for it"
        if self.archive.device(str(self.device.mac)) is None:
            yield self._unknown
        if self.past and self.device.locked:
            yield "it is locked now and gets nothing: locks are left out of what was"
        if pending:
            yield "what was changed since the last publish is not in it"
