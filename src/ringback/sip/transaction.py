"""Transactions: one request and its answers, with the repeats that UDP needs (RFC 3261 17).

Engines: messages and ``now`` in, bytes to send and the time of the next timer out. Two of the
four machines are here whole: the client's for requests other than INVITE (timers E, F, K) and the
server's (J; for an INVITE, which we only ever refuse, G, H and I). We send no INVITE.

A server's transaction begins with its final response, since every answer here is given at once;
the states Trying and Proceeding have no time to exist. What repeats is the bytes that went out.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Self

from ringback.errors import MessageError
from ringback.sip.field import MAGIC, Address, CSeq, Via, vias
from ringback.sip.message import Message, Request, Response

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Timing:
    """The timers of RFC 3261 table 4, in seconds; phones have parameters for each of these."""

    t1: float = 0.5
    t2: float = 4.0
    t4: float = 5.0
    give_up: float = 32.0
    """64 * T1: timers F and H."""
    linger: float = 32.0
    """Timer J: how long repeats of a request that is answered are recognised."""

    @classmethod
    def scaled(cls, t1: float) -> Self:
        """The proportions of the table for another T1."""
        return cls(t1, 8 * t1, 10 * t1, 64 * t1, 64 * t1)


class State(Enum):
    """What a transaction waits for."""

    TRYING = "trying"
    PROCEEDING = "proceeding"
    COMPLETED = "completed"
    CONFIRMED = "confirmed"
    ENDED = "ended"


class Asking:
    """A request of ours: repeated until an answer comes, or until it is too late."""

    __slots__ = ("_ends", "_reliable", "_timing", "_wait", "answered", "due", "sent", "state")

    def __init__(self, sent: bytes, *, reliable: bool, timing: Timing, now: float) -> None:
        self.sent = sent
        self.answered = False
        """Whether the final response has come."""
        self.state = State.TRYING
        self._reliable = reliable
        self._timing = timing
        self._wait = timing.t1
        self._ends = now + timing.give_up
        self.due = self._ends if reliable else min(now + self._wait, self._ends)

    @property
    def open(self) -> bool:
        """Whether a final response may still come."""
        return self.state in (State.TRYING, State.PROCEEDING)

    def receive(self, response: Response, now: float) -> bool:
        """Take a response; whether the one who asked should hear of it (repeats are nobody's)."""
        if not self.open:
            return False
        if not response.final:
            self.state = State.PROCEEDING
            return True
        linger = 0.0 if self._reliable else self._timing.t4
        self.answered = True
        self.state = State.COMPLETED if linger else State.ENDED
        self.due = now + linger
        return True

    def handle_timer(self, now: float) -> bytes | None:
        """What to repeat at ``due``, if anything; the state is ENDED when it is over."""
        if not self.open or now >= self._ends:
            self.state = State.ENDED
            return None
        proceeding = self.state is State.PROCEEDING
        self._wait = self._timing.t2 if proceeding else min(2 * self._wait, self._timing.t2)
        self.due = min(now + self._wait, self._ends)
        return self.sent


class Answered:
    """A request of theirs that has its final response."""

    __slots__ = ("_ends", "_reliable", "_timing", "_wait", "due", "sent", "state")

    def __init__(
        self, sent: bytes, *, reliable: bool, timing: Timing, now: float, invite: bool = False
    ) -> None:
        self.sent = sent
        self.state = State.COMPLETED
        self._reliable = reliable
        self._timing = timing
        self._wait = timing.t1 if invite and not reliable else 0.0
        linger = timing.give_up if invite else (0.0 if reliable else timing.linger)
        self._ends = now + linger
        self.due = now + min(self._wait or linger, linger)

    def repeated(self) -> bytes | None:
        """The request came again: what to send again."""
        return self.sent if self.state is State.COMPLETED else None

    def acknowledge(self, now: float) -> None:
        """The ACK for an INVITE that was refused."""
        if self.state is State.COMPLETED:
            self.state = State.CONFIRMED
            self._wait = 0.0
            self._ends = self.due = now + (0.0 if self._reliable else self._timing.t4)

    def handle_timer(self, now: float) -> bytes | None:
        """What to repeat at ``due``; the state is ENDED when it is over."""
        if now >= self._ends or not self._wait:
            self.state = State.ENDED
            return None
        self._wait = min(2 * self._wait, self._timing.t2)
        self.due = min(now + self._wait, self._ends)
        return self.sent


def server_key(request: Request) -> Key:
    """What all repeats of a request, and the ACK for it, have in common (section 17.2.3).

    Raises:
        MessageError: it has no Via, From or CSeq that can be read.
    """
    top = Via.parse(_top(request))
    method = "INVITE" if request.method == "ACK" else request.method
    if top.branch.startswith(MAGIC) and len(top.branch) > len(MAGIC):
        return top.branch, top.sent_by, method
    number = str(CSeq.parse(request.get("CSeq")).number)
    tag = Address.parse(request.get("From")).tag
    return request.uri, tag, request.get("Call-ID"), number, top.text, method


def client_key(message: Message) -> Key:
    """What a request of ours and its responses have in common (section 17.1.3).

    Raises:
        MessageError: it has no Via or CSeq that can be read.
    """
    return Via.parse(_top(message)).branch, CSeq.parse(message.get("CSeq")).method


def _top(message: Message) -> str:
    values = vias(message.all("Via")[:1])
    if not values:
        raise MessageError("there is no Via")
    return values[0]
