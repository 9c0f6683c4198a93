"""Door: the SIP of one phone or of many, through one endpoint.

Phones are told apart by the user in the Request-URI, which is the user of one of their lines: so
one socket serves a whole fleet, where real phones have an address each. Two phones that share a
user are told apart by nothing; the first one answers.

Names of proxies are looked up here, as a service (SRV) first where the line says so; the servers
found are asked in their order until one answers.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from ringback import clock
from ringback.dns.resolver import Resolver
from ringback.errors import RingbackError, TransferError
from ringback.phone import notify
from ringback.phone.handset import Handset
from ringback.phone.line import Dial
from ringback.phone.lines import Lines
from ringback.sip.endpoint import Endpoint
from ringback.sip.field import Uri
from ringback.sip.gate import Gate
from ringback.sip.message import Request, Response
from ringback.sip.peer import Peer, bracketed

REINDEX = 1.0
"""Seconds between two looks at which phone has which user."""
_ELSEWHERE = Peer("UDP", "192.0.2.1", 9)
"""Nobody: asked of the system's routes for our own address when bound to all."""


@dataclass(frozen=True, slots=True)
class _Seat:
    """A place with a phone in it: another one after a power failure."""

    whose: Callable[[], Handset]
    settle: Callable[[], None]

    @property
    def phone(self) -> Handset:
        """The one that is there now."""
        return self.whose()


class Switchboard:
    """Carries SIP for phones. ``now`` is the phones' clock."""

    def __init__(self, resolver: Resolver, now: Callable[[], float] = clock.now) -> None:
        self._resolver = resolver
        self._now = now
        self._endpoint = Endpoint(self._answer, now=now)
        self._gate = Gate(clock.random_bytes(32))
        self._seats: list[_Seat] = []
        self._by_user: dict[str, _Seat] = {}
        self._indexed = -REINDEX
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self, host: str, port: int) -> None:
        """Listen for SIP over UDP and TCP.

        Raises:
            UsageError: the address is not ours, or is taken.
        """
        await self._endpoint.start(host, port)

    @property
    def sockname(self) -> tuple[str, int]:
        """The address and port listened on."""
        return self._endpoint.sockname

    def seat(self, whose: Callable[[], Handset], settle: Callable[[], None]) -> None:
        """Answer for the phone that ``whose`` gives; ``settle`` has it do what it was asked."""
        self._seats.append(_Seat(whose, settle))

    def plug(self, phone: Handset) -> None:
        """Carry what this phone's lines send; before it is switched on."""
        phone.part(Lines).plug(*self._endpoint.here(_ELSEWHERE))

    def close(self) -> None:
        """Carry nothing any more."""
        for task in self._tasks:
            task.cancel()
        self._endpoint.close()

    # -- what comes

    def _answer(self, request: Request, peer: Peer, now: float) -> Response | None:
        seat = self._seat(Uri.parse(request.uri).user)
        if seat is None:
            return None
        response = notify.answer(seat.phone, request, peer, now, self._gate)
        asyncio.get_running_loop().call_soon(seat.settle)
        return response

    def _seat(self, user: str) -> _Seat | None:
        """Whose user that is; one phone alone answers for everybody, if only to say no.

        Settings change while phones run, so the index is made anew when it has no answer, or the
        wrong one; but not for each of the strangers who knock.
        """
        if len(self._seats) == 1:
            return self._seats[0]
        found = self._by_user.get(user)
        if found is not None and found.phone.part(Lines).of(user) is not None:
            return found
        now = clock.monotonic()
        if now < self._indexed + REINDEX:
            return None
        self._indexed = now
        self._by_user = {
            each: seat
            for seat in reversed(self._seats)
            for _, each in seat.phone.part(Lines).users()
        }
        return self._by_user.get(user)

    # -- what goes

    def dial(self, phone: Handset, settle: Callable[[], None], dial: Dial) -> None:
        """Send what a line has to send."""
        task = asyncio.get_running_loop().create_task(self._carry(phone, settle, dial))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry(self, phone: Handset, settle: Callable[[], None], dial: Dial) -> None:
        response: Response | None = None
        try:
            response = await self._send(dial)
        except RingbackError as error:
            phone.detail(1, f"line {dial.line.number}: {error}")
        phone.part(Lines).answered(dial, response, self._now())
        settle()

    async def _send(self, dial: Dial) -> Response:
        line, last = dial.line, TransferError("nobody to ask")
        for peer in await self._peers(line.hop, line.transport, service=line.service):
            try:
                return await self._endpoint.ask(dial.request, peer, timing=line.timing)
            except TransferError as error:
                last = error
        raise last

    async def _peers(self, hop: str, transport: str, *, service: bool) -> list[Peer]:
        return await peers(self._resolver, hop, transport, service=service)


async def peers(
    resolver: Resolver, hop: str, transport: str, *, service: bool = False
) -> list[Peer]:
    """Where ``host[:port]`` is, in the order to try (RFC 3263, without NAPTR).

    Raises:
        TransferError: the name cannot be looked up.
        MessageError: it is none.
    """
    where = Uri.parse(f"sip:{bracketed(hop) if hop.count(':') > 1 and '[' not in hop else hop}")
    host = where.host.strip("[]")
    if service and where.port is None and not _literal(host):
        name = f"_sip._{transport.lower()}.{host}"
        try:
            found = await resolver.services(name)
        except TransferError:
            found = ()
        if found:
            return [
                Peer(transport, address, each.port)
                for each in found
                for address in await resolver.addresses(each.target)
            ]
    addresses = await resolver.addresses(host)
    return [Peer(transport, each, where.port or 5060) for each in addresses]


def _literal(host: str) -> bool:
    return ":" in host or host.replace(".", "").isdigit()
