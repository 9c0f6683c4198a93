"""``ringback serve``: the server, and what a person must know when it starts."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from rich.markup import escape

from ringback import __version__
from ringback.cli.terminal import terminal
from ringback.serve.house import House
from ringback.serve.house import serve as run_server
from ringback.settings import Address, Serve, read_settings

DEFAULTS = {"tftp": "0.0.0.0:69", "http": "0.0.0.0:80", "syslog": "0.0.0.0:514"}
_SCHEMES = {"tftp": "TFTP", "http": "HTTP", "syslog": "syslog"}


def serve(
    *,
    root: Path | None = None,
    tftp: tuple[str, ...] = (),
    http: tuple[str, ...] = (),
    syslog: tuple[str, ...] = (),
    state: Path | None = None,
    single_port: Annotated[bool | None, Parameter(negative=())] = None,
    log: Path | None = None,
    config: Path | None = None,
) -> None:
    """Serve a folder of profiles to phones, and hear what they say.

    Args:
        root: The folder to serve.
        tftp: HOST:PORT for TFTP; repeatable. Default 0.0.0.0:69 while no transport is named.
        http: HOST:PORT for HTTP; repeatable. Default 0.0.0.0:80 while no transport is named.
        syslog: HOST:PORT for syslog (UDP and TCP). Default 0.0.0.0:514 while none is named.
        state: Where keys and state are kept, never inside the root.
        single_port: Answer TFTP from the listening port, for phones behind NAT.
        log: A file for the request log instead of standard output.
        config: The settings file; ringback.toml in the working folder when there is one.
    """
    given: dict[str, Any] = {
        "root": root, "tftp": tftp, "http": http, "syslog": syslog,
        "state": state, "single_port": single_port, "log": log,
    }  # fmt: skip
    options = {name: value for name, value in given.items() if value not in (None, ())}
    settings = read_settings(config, {"serve": options}).serve
    run_server(with_default_addresses(settings), ready=announce)


def with_default_addresses(settings: Serve) -> Serve:
    """The usual ports, when no transport is named anywhere."""
    if settings.tftp or settings.http or settings.syslog:
        return settings
    usual = {name: (Address.parse(text),) for name, text in DEFAULTS.items()}
    return settings.model_copy(update=usual)


def announce(house: House) -> None:
    """Print where the server listens and what to type into a phone and a DHCP server."""
    console = terminal()
    console.print(f"[bold]Ringback {__version__}[/] serves {escape(str(house.root.folder))}")
    for kind, address in house.addresses:
        console.print(f"  {_SCHEMES[kind]:<7} {escape(str(address))}")
    for text in house.advice:
        console.print(f"  [yellow]advice[/]  {escape(text)}")
    for text in hints(house.addresses):
        console.print(f"  {escape(text)}")
    console.print("Ready. Ctrl-C stops.")


def hints(addresses: list[tuple[str, Address]]) -> Iterator[str]:
    """What to type: a rule for the phone's page, syslog, and DHCP options 66, 160 and 150."""
    first: dict[str, Address] = {}
    for kind, address in addresses:
        first.setdefault(kind, address)
    rule = first.get("tftp") or first.get("http")
    scheme = "tftp" if "tftp" in first else "http"
    if rule:
        url = f"{scheme}://{reachable(rule, default=69 if scheme == 'tftp' else 80)}"
        yield f"phone   Profile Rule: {url}/$PN.cfg   (advanced > Voice > Provisioning)"
        yield f"        or open: http://PHONE/admin/resync?{url}/basic.txt"
    if "syslog" in first:
        yield f"        Syslog Server: {reachable(first['syslog'], default=514)}"
    if rule:
        yield from _dhcp(first)


def _dhcp(first: dict[str, Address]) -> Iterator[str]:
    if "tftp" in first:
        yield f"DHCP    option 66: {reachable(first['tftp'], default=69)}"
        yield f"        option 150: {host_of(first['tftp'])}   (an address only; port 69)"
    web = first.get("http") or first["tftp"]
    scheme, default = ("http", 80) if "http" in first else ("tftp", 69)
    yield f"        option 160: {scheme}://{reachable(web, default=default)}/$PN.cfg"


def reachable(address: Address, *, default: int) -> str:
    """``host`` or ``host:port`` as a phone would have to spell it."""
    host = host_of(address)
    bracketed = f"[{host}]" if ":" in host else host
    return bracketed if address.port == default else f"{bracketed}:{address.port}"


def host_of(address: Address) -> str:
    """The address itself, or for a wildcard the address this machine uses towards others."""
    wildcard = {"0.0.0.0": socket.AF_INET, "::": socket.AF_INET6}  # noqa: S104 (compared only)
    family = wildcard.get(address.host)
    return _own_address(family) if family else address.host


def _own_address(family: socket.AddressFamily) -> str:
    """Our address on the way to the world; nothing is sent to find out."""
    far = "192.0.2.1" if family == socket.AF_INET else "2001:db8::1"
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((far, 9))
        except OSError:
            return socket.gethostname()
        name: str = probe.getsockname()[0]
        return name
