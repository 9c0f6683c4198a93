"""Where a rule's server is: which names it may have, and which addresses are asked in which order.

``Restricted_Access_Domains`` names the only servers that a phone asks, for profiles, firmware,
reports and custom authorities alike (S17). Its entries are the full names of servers, so a name
below one of them is another server, and an address in numbers is none of them (*inferred*).

``--srv`` looks up ``_ciscoprov-https._tls.<domain>`` or ``_ciscoprov-http._tcp.<domain>`` (S3), for
https and http only. Each server it names is tried in the order of RFC 2782, on its own port, as
long as nobody answers. What the certificate must name and what the request asks for stays the
domain (S3). *Inferred*: a domain without such records is an error, not a server of that name; on a
tftp URL the option does nothing.
"""

from collections.abc import Generator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ringback.cisco.url import Url
from ringback.errors import Failure, TransferError
from ringback.phone.action import Request, Resolve, Services

if TYPE_CHECKING:
    from ringback.phone.handset import Handset

Located = tuple[tuple[Url, tuple[str, ...]], ...]
"""URLs and the addresses of each, in the order to try; at least one."""

SERVICES: Mapping[str, str] = {
    "https": "_ciscoprov-https._tls",
    "http": "_ciscoprov-http._tcp",
}
"""The service that ``--srv`` looks for, by scheme (S3)."""
MOST_SERVERS = 8
"""Servers of one service that are tried; *inferred*."""


def domains(phone: "Handset") -> frozenset[str]:
    """The only servers the phone may ask, in lower case; empty for no restriction."""
    names = phone.value("Restricted_Access_Domains").split(",")
    return frozenset(_plain(each) for each in names if each.strip())


def refuse_restricted(host: str, allowed: frozenset[str]) -> None:
    """Refuse a server that the phone is not to ask.

    Raises:
        TransferError: ``Invalid or restricted server``.
    """
    if host and allowed and _plain(host) not in allowed:
        raise TransferError(
            f"{host} is none of the servers this phone may ask",
            failure=Failure.RESTRICTED,
            remedy="add it to Restricted_Access_Domains, by its full name",
        )


def _plain(name: str) -> str:
    return name.strip().lower().removesuffix(".")


def locate(url: Url, *, srv: bool = False) -> Generator[Request, Any, Located]:
    """Look up where ``url`` leads.

    Raises:
        TransferError: nobody knows.
    """
    service = SERVICES.get(url.scheme, "") if srv else ""
    if not service:
        return ((url, (yield Resolve(url.host))),)
    found: list[tuple[Url, tuple[str, ...]]] = []
    failed: TransferError | None = None
    for each in (yield Services(f"{service}.{url.host}"))[:MOST_SERVERS]:
        try:
            found.append((replace(url, port=each.port), (yield Resolve(each.target))))
        except TransferError as error:
            failed = error
    if not found:
        what = f"{service}.{url.host} names no server that can be found"
        remedy = str(failed) if failed else "give it an SRV record that names one"
        raise TransferError(what, failure=Failure.DNS, remedy=remedy) from failed
    return tuple(found)
