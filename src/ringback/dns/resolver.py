"""The door to DNS: a server name to its IPv4 addresses, in the order the server gave them.

Phones resolve every server name of every scheme by DNS, use only A records, and try each until
one answers (security chapter of the administration guides), so the order is kept and nothing is
cached. Names given by hand come first; then, unless a DNS server was named, the hosts file and
the servers of resolv.conf, as the machine itself would ask. dnspython does the asking, over UDP
and again over TCP when an answer was cut short.

Whatever goes wrong ends in one TransferError that says who was asked and what came back.
"""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import dns.asyncresolver
import dns.exception
import dns.rdatatype
import dns.resolver

from ringback import clock
from ringback.dns import hosts
from ringback.dns.name import LOCALHOST, check, fold, literal
from ringback.dns.srv import Dice, Service, order
from ringback.errors import Failure, TransferError, UsageError

if TYPE_CHECKING:
    from dns.rdtypes.IN.SRV import SRV

TIMEOUT = 5.0
"""Seconds one question may take, all servers and repetitions together; *inferred*."""
_ONE_TRY = 1.5
_LONGEST_CHAIN = 8
_LOOPBACK = "127.0.0.1"


class Resolver:
    """Asks the named ``server`` (address and port), or as the machine does.

    ``fixed`` names are answered without asking. ``dice`` order SRV records of equal priority.

    Raises:
        UsageError: when a fixed address or the server is not an IP address.
    """

    def __init__(
        self,
        *,
        server: tuple[str, int] | None = None,
        fixed: Mapping[str, Sequence[str]] = {},
        timeout: float = TIMEOUT,
        dice: Dice | None = None,
        hosts_file: Path = Path("/etc/hosts"),
        configuration: Path = Path("/etc/resolv.conf"),
    ) -> None:
        self._server = server and (_address(server[0], "the DNS server"), server[1])
        self._fixed = {
            fold(name): tuple(_address(each, name) for each in addresses)
            for name, addresses in fixed.items()
        }
        self._timeout = timeout
        self._dice = dice or clock.dice()
        self._hosts_file = hosts_file
        self._hosts: tuple[tuple[int, int], Mapping[str, tuple[str, ...]]] = ((0, -1), {})
        self._configuration = configuration

    async def addresses(self, name: str) -> tuple[str, ...]:
        """Every IPv4 address of ``name``, in the order of the answer, never empty.

        Raises:
            TransferError: failure DNS; NO_SERVER when the name is empty.
        """
        known = self._known(name)
        if known:
            return known
        check(name)
        answer = await self._ask(name, "A")
        return tuple(str(record) for record in answer)

    async def services(self, name: str) -> tuple[Service, ...]:
        """The SRV records of ``name`` in the order to try; empty when the service is denied (".").

        Raises:
            TransferError: failure DNS.
        """
        check(name)
        found = [_service(record) for record in await self._ask(name, "SRV")]
        return order((each for each in found if each.target), self._dice)

    def _known(self, name: str) -> tuple[str, ...]:
        """What can be said without asking anyone."""
        folded = fold(name)
        itself = literal(name)
        if itself or folded in self._fixed:
            return (itself,) if itself else self._fixed[folded]
        if folded == LOCALHOST:
            return (_LOOPBACK,)
        return () if self._server else self._from_hosts_file().get(folded, ())

    def _from_hosts_file(self) -> Mapping[str, tuple[str, ...]]:
        """The hosts file, read again only when it changed."""
        try:
            state = self._hosts_file.stat()
            stamp = (state.st_mtime_ns, state.st_size)
            if stamp != self._hosts[0]:
                text = self._hosts_file.read_text("utf-8", "replace")
                self._hosts = (stamp, hosts.parse(text))
        except OSError:  # A machine without a hosts file is no error.
            return {}
        return self._hosts[1]

    async def _ask(self, name: str, kind: str) -> dns.resolver.Answer:
        """One question, following a chain of CNAMEs that the server left unfinished."""
        asker = self._asker(name)
        wanted: dns.name.Name | str = name
        try:
            async with asyncio.timeout(self._timeout):
                for _ in range(_LONGEST_CHAIN):
                    answer = await asker.resolve(wanted, kind, raise_on_no_answer=False)
                    if answer.rrset is not None:
                        return answer
                    if answer.canonical_name == answer.qname:
                        raise _failed(f"{name} has no {kind} record", asker)
                    wanted = answer.canonical_name
        except (dns.exception.DNSException, TimeoutError, OSError, UnicodeError) as error:
            raise _failed(_explain(name, error, self._timeout), asker) from error
        raise _failed(f"{name} leads through more than {_LONGEST_CHAIN} CNAMEs", asker)

    def _asker(self, name: str) -> dns.asyncresolver.Resolver:
        try:
            asker = dns.asyncresolver.Resolver(str(self._configuration), not self._server)
        except dns.resolver.NoResolverConfiguration as error:
            raise TransferError(
                f"{name} cannot be looked up: {self._configuration} names no DNS server",
                failure=Failure.DNS,
                remedy="name a DNS server, or use an IP address",
            ) from error
        if self._server:
            asker.nameservers, asker.port = [self._server[0]], self._server[1]
        asker.use_search_by_default = not self._server
        asker.lifetime = self._timeout
        asker.timeout = min(_ONE_TRY, self._timeout)
        return asker


def _address(text: str, whose: str) -> str:
    address = literal(text)
    if address is None:
        raise UsageError(f"{text!r} (for {whose}) is not an IP address")
    return address


def _service(record: "SRV") -> Service:
    target = record.target.to_text(omit_final_dot=True)
    target = "" if target == "." else target
    return Service(record.priority, record.weight, record.port, target)


def _explain(name: str, error: Exception, timeout: float) -> str:
    match error:
        case dns.resolver.NXDOMAIN():
            return f"there is no server named {name}"
        case dns.resolver.NoNameservers():
            return f"{name} cannot be looked up: {_reasons(error)}"
        case dns.resolver.LifetimeTimeout() | TimeoutError():
            return f"{name} cannot be looked up: no DNS server answered within {timeout:g} s"
        case dns.exception.DNSException() | UnicodeError():
            return f"{name[:80]!r} is no server name"
    return f"{name} cannot be looked up: {error}"


def _reasons(error: dns.resolver.NoNameservers) -> str:
    """What each server said, without dnspython's wrapping."""
    errors = error.kwargs.get("errors", ())
    said = dict.fromkeys(str(each[3]) or type(each[3]).__name__ for each in errors)
    return "; ".join(said) or "every DNS server failed"


def _failed(what: str, asker: dns.asyncresolver.Resolver) -> TransferError:
    asked = ", ".join(f"{each}" for each in asker.nameservers)
    return TransferError(f"{what} (asked {asked})", failure=Failure.DNS)
