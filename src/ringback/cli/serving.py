"""``ringback serve``: the server, and what a person must know when it starts."""

import socket
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from rich.markup import escape

from ringback import __version__
from ringback.cli.terminal import terminal
from ringback.serve.house import House
from ringback.serve.house import serve as run_server
from ringback.serve.secure import CA_NAME, outward_address
from ringback.serve.welcome import Welcome
from ringback.settings import Address, Listening, Serve, read_settings

DEFAULTS = {
    "tftp": (Address.parse("0.0.0.0:69"),),
    "http": (Listening.parse("0.0.0.0:80"),),
    "https": (Listening.parse("0.0.0.0:443,client=ask"),),
    "syslog": (Address.parse("0.0.0.0:514"),),
}
FOLDER = (Welcome("/$PN.cfg", "/basic.txt", ()),)
"""What a folder's files are called, as a rule."""
_PORTS = {"tftp": 69, "http": 80, "https": 443}
_SCHEMES = {"tftp": "TFTP", "http": "HTTP", "https": "HTTPS", "syslog": "syslog"}


def serve(
    *,
    root: Path | None = None,
    tftp: tuple[str, ...] = (),
    http: tuple[str, ...] = (),
    https: tuple[str, ...] = (),
    syslog: tuple[str, ...] = (),
    state: Path | None = None,
    single_port: Annotated[bool | None, Parameter(negative=())] = None,
    tls_cert: Path | None = None,
    tls_key: Path | None = None,
    client_ca: Annotated[tuple[Path, ...], Parameter(consume_multiple=True)] = (),
    cgi_bin: Path | None = None,
    reports: Path | None = None,
    report_keys: Path | None = None,
    bind_devices: Annotated[bool | None, Parameter(negative="--no-bind-devices")] = None,
    plain_devices: Annotated[bool | None, Parameter(negative=())] = None,
    digest: Annotated[bool | None, Parameter(negative=())] = None,
    log: Path | None = None,
    store: Path | None = None,
    config: Path | None = None,
) -> None:
    """Serve a folder of profiles to phones, and hear what they say.

    Args:
        root: The folder to serve.
        tftp: HOST:PORT for TFTP; repeatable. Default 0.0.0.0:69 while no transport is named.
        http: HOST:PORT[,proxy] for HTTP; repeatable. Default 0.0.0.0:80 while none is named.
        https: HOST:PORT[,client=none|ask|require][,legacy][,ca=FILE][,proxy] for HTTPS;
            repeatable. Default 0.0.0.0:443,client=ask while none is named.
        syslog: HOST:PORT for syslog (UDP and TCP). Default 0.0.0.0:514 while none is named.
        state: Where keys and state are kept, never inside the root.
        single_port: Answer TFTP from the listening port, for phones behind NAT.
        tls_cert: The server's certificate chain (PEM), instead of one made at first start.
        tls_key: Its key, when it is not in the same file.
        client_ca: Certificates of authorities whose phones are believed, besides our own.
        cgi_bin: A folder of scripts that answer under /cgi-bin/.
        reports: A folder for the reports that phones upload, never inside the root. Default: none
            is taken.
        report_keys: A file (TOML) with the keys that open encrypted reports.
        bind_devices: Give files that name a phone to that phone's certificate only. On as soon as
            a listener requires certificates, unless --no-bind-devices says no.
        plain_devices: Over TFTP and plain HTTP, give files that name a phone to anyone.
        digest: Challenge whoever asks for a file that names a phone and would be refused; a device
            answers with the user name and password in its own rule.
        log: A file for the request log instead of standard output.
        store: The fleet's database: what its release holds is served beside the folder.
        config: The settings file; ringback.toml in the working folder when there is one.
    """
    given: dict[str, Any] = {
        "root": root, "tftp": tftp, "http": http, "https": https, "syslog": syslog,
        "state": state, "single_port": single_port, "tls_cert": tls_cert, "tls_key": tls_key,
        "client_ca": client_ca, "cgi_bin": cgi_bin, "bind_devices": bind_devices,
        "reports": reports, "report_keys": report_keys,
        "plain_devices": plain_devices, "digest": digest, "log": log,
    }  # fmt: skip
    options = {name: value for name, value in given.items() if value not in (None, ())}
    fleet = {"store": {"path": store}} if store else {}
    settings = read_settings(config, {"serve": options, **fleet})
    run_server(with_default_addresses(settings.serve), settings.store.path, ready=announce)


def with_default_addresses(settings: Serve) -> Serve:
    """The usual ports, when no transport is named anywhere."""
    if any(getattr(settings, name) for name in DEFAULTS):
        return settings
    return settings.model_copy(update=DEFAULTS)


def announce(house: House) -> None:
    """Print where the server listens and what to type into a phone and a DHCP server."""
    console = terminal()
    console.print(f"[bold]Ringback {__version__}[/] serves {escape(str(house.root.folder))}")
    if house.larder:
        console.print(f"  store   {escape(house.larder.summary())}")
    for kind, address, how in house.addresses:
        console.print(f"  {_SCHEMES[kind]:<7} {escape(f'{address} {how}'.rstrip())}")
    for text in house.security.notes if house.security else ():
        console.print(f"  [yellow]note[/]    {escape(text)}")
    for text in house.advice:
        console.print(f"  [yellow]advice[/]  {escape(text)}")
    if house.settings.reports:
        console.print(f"  reports kept in {escape(str(house.settings.reports))}")
    console.print(f"  access  {house.responding.answering.admission}")
    for text in hints(house.addresses, house.larder.welcomes() if house.larder else FOLDER):
        console.print(f"  {escape(text)}")
    console.print("Ready. Ctrl-C stops.")


def hints(
    addresses: Sequence[tuple[str, Address, str]], ways: Sequence[Welcome] = FOLDER
) -> Iterator[str]:
    """What to type: a rule for the phone's page, syslog, and DHCP options 66, 160 and 150.

    ``ways`` are what phones may ask for: what a folder's files are called most often, or the
    documents that a fleet has for those who know nothing yet.
    """
    first: dict[str, Address] = {}
    for kind, address, _ in addresses:
        first.setdefault(kind, address)
    scheme = next((each for each in _PORTS if each in first), "")
    if scheme and ways:
        yield from _rules(_url(first, scheme), ways)
    if "https" in first:
        ca = _url(first, next(each for each in ("http", "tftp", "https") if each in first))
        yield f"        Custom CA Rule: {ca}/{CA_NAME}   (so that the phone trusts our HTTPS)"
    if "syslog" in first:
        yield f"        Syslog Server: {reachable(first['syslog'], default=514)}"
    if scheme:
        yield from _dhcp(first, ways)


def _rules(url: str, ways: Sequence[Welcome]) -> Iterator[str]:
    """A rule for each way in, and a link that makes a phone take the first."""
    for number, way in enumerate(ways):
        begin = "" if number else "phone"
        where = "advanced > Voice > Provisioning"
        note = ", ".join(way.models) if len(ways) > 1 else where
        yield f"{begin:<8}Profile Rule: {url}{way.rule}   ({note})"
    yield f"        or open: http://PHONE/admin/resync?{url}{ways[0].path}{_meant(ways)}"


def _meant(ways: Sequence[Welcome]) -> str:
    """Whose path it is, where there are others."""
    models = ways[0].models
    return f"   ({models[0]})" if len(models) > 1 or len(ways) > 1 else ""


def _url(first: dict[str, Address], scheme: str) -> str:
    return f"{scheme}://{reachable(first[scheme], default=_PORTS[scheme])}"


def _dhcp(first: dict[str, Address], ways: Sequence[Welcome]) -> Iterator[str]:
    if "tftp" in first:
        yield f"DHCP    option 66: {reachable(first['tftp'], default=69)}"
        yield f"        option 150: {host_of(first['tftp'])}   (an address only; port 69)"
    web = next(each for each in ("http", "https", "tftp") if each in first)
    begin = "" if "tftp" in first else "DHCP"
    if ways:
        yield f"{begin:<8}option 160: {_url(first, web)}{ways[0].rule}"


def reachable(address: Address, *, default: int) -> str:
    """``host`` or ``host:port`` as a phone would have to spell it."""
    host = host_of(address)
    bracketed = f"[{host}]" if ":" in host else host
    return bracketed if address.port == default else f"{bracketed}:{address.port}"


def host_of(address: Address) -> str:
    """The address itself, or for a wildcard the address this machine uses towards others."""
    wildcard = {"0.0.0.0": socket.AF_INET, "::": socket.AF_INET6}  # noqa: S104 (compared only)
    family = wildcard.get(address.host)
    return outward_address(family) if family else address.host
