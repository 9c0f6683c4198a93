"""All the transactions of one end: what is new, what is a repeat, what is an answer to whom.

Pure: datagrams, messages and ``now`` in; bytes for peers out, and the time of the next timer. The
door (``endpoint``) only carries. One exchange may serve thousands of phones: what costs memory is
what is under way, and that is bounded.

Requests that are wrong are answered here, as ``validity`` says; CANCEL and ACK belong to
transactions and are answered here, too. Everything else is asked of ``answer``.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from itertools import count

from ringback.errors import MessageError
from ringback.sip.framing import Broken
from ringback.sip.message import PHRASES, Request, Response, parse
from ringback.sip.peer import Peer, bracketed
from ringback.sip.respond import addressed, local_tag, respond, route
from ringback.sip.transaction import (
    Answered,
    Asking,
    Key,
    State,
    Timing,
    client_key,
    server_key,
)
from ringback.sip.validity import Fault, body_of, fault_in, usable

MOST_ANSWERED = 20_000
"""Answers kept for repeats; beyond it a repeat is answered afresh."""
SHORTEST = 20
"""Bytes; less is a keep-alive, or nothing."""

Answer = Callable[[Request, Peer, float], Response | None]
"""Answers a request that is in order; None keeps silent, as one who is not there."""
Done = Callable[[Response | None, float], None]
"""Told of each response to a request of ours; None says that none came."""


@dataclass(slots=True)
class _Asked:
    """A request of ours: its machine, whom it went to, and who waits."""

    machine: Asking
    peer: Peer
    done: Done
    key: Key


@dataclass(slots=True)
class _Kept:
    """A request of theirs: its machine, and where its answer went."""

    machine: Answered
    peer: Peer
    key: Key


class Exchange:
    """The transaction layer of one endpoint.

    Args:
        answer: gives the response to each new request.
        name: makes a branch that was never used before, without the magic cookie.
        secret: what our tags are made with.
        timing: the timers for answers; each question brings its own.
    """

    def __init__(
        self,
        answer: Answer,
        *,
        name: Callable[[], str],
        secret: bytes,
        timing: Timing = Timing(),  # noqa: B008 (frozen)
    ) -> None:
        self._answer = answer
        self._name = name
        self._secret = secret
        self._timing = timing
        self._asked: dict[Key, _Asked] = {}
        self._kept: dict[Key, _Kept] = {}
        self._timers: list[tuple[float, int, _Asked | _Kept]] = []
        self._serial = count()
        self._outbox: list[tuple[bytes, Peer]] = []

    def __len__(self) -> int:
        """Transactions that are remembered."""
        return len(self._asked) + len(self._kept)

    # -- in

    def receive(self, datagram: bytes, peer: Peer, now: float) -> None:
        """One datagram; what is no SIP message is nobody's."""
        if len(datagram) < SHORTEST:
            return
        try:
            message = parse(datagram)
        except MessageError:
            return
        self.deliver(message, peer, now)

    def deliver(self, message: Request | Response, peer: Peer, now: float) -> None:
        """One message, from a datagram or cut out of a stream."""
        if isinstance(message, Response):
            self._heard(message, now)
        else:
            self._requested(message, peer, now)

    def broken(self, broken: Broken, peer: Peer, now: float) -> None:
        """A stream that ends here; whoever can be told is told why."""
        del now
        if broken.request is not None and broken.request.method != "ACK":
            self._send_out(broken.request, respond(broken.request, broken.code), peer)

    # -- out

    def ask(
        self,
        request: Request,
        peer: Peer,
        here: tuple[str, int],
        now: float,
        done: Done,
        *,
        timing: Timing | None = None,
    ) -> None:
        """Send a request from ``here`` (our host and port, as the other end may reach it)."""
        host, port = here
        branch = f"z9hG4bK{self._name()}"
        via = f"SIP/2.0/{peer.transport} {bracketed(host)}:{port};branch={branch};rport"
        sent = Request((("Via", via), *request.headers), request.body, request.method, request.uri)
        data = bytes(sent)
        machine = Asking(data, reliable=peer.reliable, timing=timing or self._timing, now=now)
        asked = _Asked(machine, peer, done, client_key(sent))
        self._asked[asked.key] = asked
        self._set(asked)
        self._outbox.append((data, peer))

    def lost(self, peer: Peer, now: float) -> None:
        """The connection to a peer failed: nobody will answer."""
        for asked in [each for each in self._asked.values() if each.peer == peer]:
            if asked.machine.open:
                self._end(asked, now)

    def take(self) -> list[tuple[bytes, Peer]]:
        """What is to be sent; each message is given out once."""
        given, self._outbox = self._outbox, []
        return given

    # -- time

    def timer(self) -> float | None:
        """When ``handle_timer`` wants to be called; None while nothing is waited for."""
        return self._timers[0][0] if self._timers else None

    def handle_timer(self, now: float) -> None:
        """Repeat, forget and give up what is due by ``now``."""
        for one in self._due(now):
            repeat = one.machine.handle_timer(now)
            if repeat is not None:
                self._outbox.append((repeat, one.peer))
            if one.machine.state is not State.ENDED:
                self._set(one)
            elif isinstance(one, _Kept):
                self._kept.pop(one.key, None)
            else:
                self._end(one, now)

    def _due(self, now: float) -> Iterator[_Asked | _Kept]:
        """What is due; a timer that was set anew since is passed over."""
        while self._timers and self._timers[0][0] <= now:
            at, _, one = heappop(self._timers)
            if at == one.machine.due and self._lives(one):
                yield one

    def _lives(self, one: _Asked | _Kept) -> bool:
        table = self._asked if isinstance(one, _Asked) else self._kept
        return table.get(one.key) is one

    def _set(self, one: _Asked | _Kept) -> None:
        heappush(self._timers, (one.machine.due, next(self._serial), one))

    def _end(self, asked: _Asked, now: float) -> None:
        """Forget a question; who still waits hears that nothing came."""
        waiting = self._asked.pop(asked.key, None)
        if waiting is not None and not asked.machine.answered:
            asked.done(None, now)

    # -- responses

    def _heard(self, response: Response, now: float) -> None:
        if not usable(response) or len(response.all("Via")) != 1:
            return  # Not for us: we were its only hop.
        try:
            asked = self._asked.get(client_key(response))
        except MessageError:
            return
        if asked is None or not asked.machine.receive(response, now):
            return
        if asked.machine.state is State.ENDED:
            self._asked.pop(asked.key, None)
        elif response.final:
            self._set(asked)
        asked.done(response, now)

    # -- requests

    def _requested(self, request: Request, peer: Peer, now: float) -> None:
        back = route(request, peer)
        if back is None:
            return
        fault = fault_in(request, stream=peer.reliable)
        if fault is not None:
            if request.method != "ACK":
                self._send_out(request, _refusal(request, fault), peer, back)
            return
        key = server_key(request)
        kept = self._kept.get(key)
        if request.method == "ACK":
            if kept is not None:
                kept.machine.acknowledge(now)
                self._set(kept)
            return
        if kept is not None:
            if (again := kept.machine.repeated()) is not None:
                self._outbox.append((again, back))
            return
        self._new(request, key, peer, back, now)

    def _new(self, request: Request, key: Key, peer: Peer, back: Peer, now: float) -> None:
        body = body_of(request)
        if body is not None and body != request.body:
            request = replace(request, body=body)
        if request.method == "CANCEL":
            known = (*key[:-1], "INVITE") in self._kept
            response = respond(request, 200 if known else 481)
        else:
            given = self._answer(request, peer, now)
            if given is None:
                return
            response = given
        data = self._send_out(request, response, peer, back)
        invite = request.method == "INVITE"
        if (peer.reliable and not invite) or len(self._kept) >= MOST_ANSWERED:
            return
        machine = Answered(
            data, reliable=peer.reliable, timing=self._timing, now=now, invite=invite
        )
        kept = self._kept[key] = _Kept(machine, back, key)
        self._set(kept)

    def _send_out(
        self, request: Request, response: Response, peer: Peer, back: Peer | None = None
    ) -> bytes:
        back = back or route(request, peer)
        if back is None:
            return b""
        data = bytes(addressed(response, request, peer, local_tag(self._secret, request)))
        self._outbox.append((data, back))
        return data


def _refusal(request: Request, fault: Fault) -> Response:
    """The response to a faulty request; its phrase says what is wrong, in ASCII."""
    plain = ascii(fault.why)[1:-1].replace("\\\\", "\\")
    phrase = f"{PHRASES[fault.code]} ({plain[:120]})"
    return replace(respond(request, fault.code, *fault.headers), phrase=phrase)
