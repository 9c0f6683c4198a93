"""One virtual phone on the command line: which it is, and how it is plugged in.

The same options for ``phone resync`` and ``phone run``. A phone with a state file is who that file
says; options may only repeat it, because settings of one phone in another would help nobody.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from ringback import clock
from ringback.certificate import certificate as certificates
from ringback.certificate.certificate import Certificate
from ringback.certificate.pair import Pair, assemble
from ringback.certificate.pem import read as read_pem
from ringback.certificate.vault import read_bytes
from ringback.cisco.model import Model, find_model
from ringback.cli.arguments import (
    DEFAULT_MAC,
    DEFAULT_SERIAL,
    MaybeModelName,
    Settings,
    checked,
    pair,
)
from ringback.dns.resolver import Resolver
from ringback.errors import NotFoundError, StorageError, UsageError
from ringback.mac import Mac
from ringback.phone.fault import Faults
from ringback.phone.handset import Handset
from ringback.phone.identity import Identity
from ringback.phone.lease import Lease
from ringback.phone.memory import Memory
from ringback.phone.nvram import Nvram
from ringback.settings import Address

DEFAULT_MODEL = "7832"
DNS_PORT, SYSLOG_PORT = 53, 514


def _check_resolve(_: object, texts: tuple[str, ...]) -> None:
    for text in texts:
        name, equals, addresses = text.partition("=")
        if not (name.strip() and equals and addresses.strip()):
            raise ValueError(f"not NAME=IP: {text!r}: such as prov.example.com=192.168.1.200")


def _check_faults(_: object, texts: tuple[str, ...]) -> None:
    try:
        Faults.parse(texts)
    except UsageError as error:
        raise ValueError(str(error)) from error


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Unit:
    """The options that say which phone, and what it is plugged into."""

    model: MaybeModelName = None
    "Its model, such as 8851 or SPA504G. Default: 7832."
    mac: Annotated[str | None, Parameter(name="--mac", validator=checked(Mac.parse))] = None
    "Its MAC address. Default: 000e08abcdef."
    serial: Annotated[str | None, Parameter(name="--serial")] = None
    "Its serial number. Default: FCH2133E8B9."
    set_: Settings = ()
    "A parameter, NAME=VALUE, as if typed on its page; repeatable."
    syslog: Annotated[str | None, Parameter(name="--syslog")] = None
    "HOST[:PORT] that hears what it says; sets Syslog_Server."
    state: Annotated[Path | None, Parameter(name="--state")] = None
    "A file in which it keeps its settings over power cuts. Default: it forgets."
    dns: Annotated[str | None, Parameter(name="--dns")] = None
    "HOST[:PORT] of the DNS server to ask. Default: as this machine does."
    resolve: Annotated[
        tuple[str, ...], Parameter(name="--resolve", negative="", validator=_check_resolve)
    ] = ()
    "NAME=IP (or NAME=IP,IP …), answered without asking DNS; repeatable."
    dhcp_tftp: Annotated[str | None, Parameter(name="--dhcp-tftp")] = None
    "The server that DHCP gave: short for --dhcp 66=HOST."
    dhcp: Annotated[tuple[str, ...], Parameter(name="--dhcp", negative="")] = ()
    "What DHCP says, OPTION=TEXT: 66, 150, 159, 160 the server or URL, 67 a file, 15 the domain."
    activation: Annotated[str | None, Parameter(name="--activation")] = None
    "URL of an activation server, asked when DHCP says nothing. Default: none is asked."
    strict: Annotated[Literal["md5", "sha256"] | None, Parameter(name="--strict")] = None
    "The only key derivation that opens an encrypted profile."
    cert: Annotated[Path | None, Parameter(name="--cert")] = None
    """The client certificate it shows of itself; its key and chain may be in the same file. A
    folder: the one in it that is named after the phone, such as 000e08abcdef.pem."""
    key: Annotated[Path | None, Parameter(name="--key")] = None
    "The private key of that certificate."
    ca: Annotated[tuple[Path, ...], Parameter(name="--ca", negative="")] = ()
    "Authorities in its firmware; repeatable. Default: none, so that it refuses every HTTPS server."

    fault: Annotated[
        tuple[str, ...], Parameter(name="--fault", negative="", validator=_check_faults)
    ] = ()
    "What goes wrong on purpose: loss=5%, late=0.2, slow=2400, power=1% … (docs/faults.md)"

    @property
    def faults(self) -> Faults:
        """What goes wrong with it.

        Raises:
            UsageError: a fault of power or flash, and no file that could suffer it.
        """
        faults = Faults.parse(self.fault)
        if (faults.power or faults.flash_full) and not self.state:
            raise UsageError(
                "power= and flash= are about a phone that remembers", remedy="add --state FILE"
            )
        return faults

    def resolver(self, kind: type[Resolver] = Resolver) -> Resolver:
        """Looks names up as these options say, by a resolver of that ``kind``.

        Raises:
            UsageError: something that must be an address is none.
        """
        server = Address.parse(self.dns, port=DNS_PORT) if self.dns else None
        fixed: dict[str, list[str]] = {}
        for text in self.resolve:
            name, addresses = pair(text)
            fixed.setdefault(name, []).extend(each.strip() for each in addresses.split(","))
        return kind(server=(server.host, server.port) if server else None, fixed=fixed)

    @contextmanager
    def plugged(
        self, *, rule: str | None = None, boot_seconds: float = 0.0, address: str = ""
    ) -> Iterator[tuple[Handset, Nvram | None]]:
        """The phone, off, and its flash; ``rule`` becomes its Profile_Rule.

        Raises:
            RingbackError: a wrong option, a damaged state file, another phone's state file.
        """
        faults, dice = self.faults, clock.dice()
        nvram = Nvram(self.state, step=faults.step(dice)) if self.state else None
        try:
            memory = nvram.load() if nvram else None
            identity = replace(
                self._identity(memory),
                boot_seconds=boot_seconds,
                address=address or own_address(),
                bugs=faults.bugs,
            )
            phone = Handset(identity, dice, memory)
            self._set(phone, rule)
            yield phone, nvram
        finally:
            if nvram:
                nvram.close()

    def _identity(self, memory: Memory | None) -> Identity:
        model = find_model(self.model or (memory.model if memory else DEFAULT_MODEL))
        mac = Mac.parse(self.mac or (memory.mac if memory else DEFAULT_MAC))
        serial = self.serial or (memory.serial if memory else DEFAULT_SERIAL)
        if memory and (model.name, str(mac), serial) != (memory.model, memory.mac, memory.serial):
            raise StorageError(
                f"{self.state} is the memory of {memory.model} {memory.mac} {memory.serial}",
                remedy="leave --model, --mac and --serial away, or name another --state file",
            )
        return Identity(
            model,
            mac,
            serial,
            lease=Lease.parse((*self._named(), *self.dhcp)),
            activation=self.activation or "",
            pair=self.pair_of(mac),
            roots=tuple(each for file in self.ca for each in _certificates(file)),
            pinned_digests=self._digests(model),
        )

    def _named(self) -> tuple[str, ...]:
        return (f"66={self.dhcp_tftp}",) if self.dhcp_tftp else ()

    def pair_of(self, mac: Mac) -> Pair | None:
        """The certificate that the phone of this MAC shows, and its key; None without one.

        Raises:
            RingbackError: it cannot be read, or the options do not fit together.
        """
        if self.cert is None:
            if self.key is None:
                return None
            raise UsageError("--key without --cert", remedy="name the certificate it belongs to")
        cert = self.cert / f"{mac}.pem" if self.cert.is_dir() else self.cert
        files = (cert, self.key) if self.key else (cert,)
        return assemble(
            block for file in files for block in read_pem(read_bytes(file), name=str(file))
        )

    def _digests(self, model: Model) -> tuple[str, ...]:
        if self.strict and self.strict not in model.traits.key_digests:
            known = ", ".join(model.traits.key_digests)
            raise UsageError(f"{model.name} knows no {self.strict}", remedy=f"it knows {known}")
        return (self.strict,) if self.strict else ()

    def _set(self, phone: Handset, rule: str | None) -> None:
        """Type the settings in, as a person would on the phone's page."""
        values = dict(map(pair, self.set_))
        if self.syslog:
            values["Syslog_Server"] = str(Address.parse(self.syslog, port=SYSLOG_PORT))
        if rule is not None:
            values["Profile_Rule"] = rule
        try:
            phone.profile, _ = phone.profile.set(values)
        except NotFoundError as error:
            raise UsageError(error.what, remedy=error.remedy) from error


def _certificates(file: Path) -> tuple[Certificate, ...]:
    return certificates.read(read_bytes(file), name=str(file))


def own_address() -> str:
    """The address this machine uses towards others; nothing is sent to find out."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return "127.0.0.1"
        name: str = probe.getsockname()[0]
        return name
