"""A transfer from outside: what ``Sending`` and ``Receiving`` have in common.

No sockets, no clock. Four calls and three attributes, the same for both directions and both roles:

    start(now), receive(datagram, now), handle_timer(now)   each returns the datagrams to send now
    abort(error)                                            ends it and returns the word to say
    timer                                                   when to call handle_timer, or None
    heard, moved                                            has the peer spoken; when it last got on
    ended                                                   None, or how it ended

The caller reads ``timer`` when it likes: it may move with every datagram, so a driver with many
transfers should look at it only when the time it last saw has come (see ``deadlines``).

``now`` is any number of seconds that does not go back.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ringback.errors import PacketError
from ringback.tftp.packet import Code, Error, Packet, parse
from ringback.tftp.patience import Patience

Datagrams = Sequence[bytes]
NOTHING: Datagrams = ()


@dataclass(frozen=True, slots=True)
class End:
    """How a transfer ended. ``code`` is the TFTP error, sent by us (``ours``) or heard."""

    ok: bool
    why: str = ""
    code: int | None = None
    ours: bool = False


DONE = End(ok=True)


class Transfer:
    """The part of a transfer that does not depend on its direction: waiting, repeating, ending."""

    __slots__ = (
        "_patience",
        "_repeats",
        "_wait",
        "ended",
        "heard",
        "moved",
        "retransmissions",
        "timer",
    )

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._wait = patience.first
        self._repeats = 0
        self.timer: float | None = None
        self.heard = False
        self.moved = 0.0
        self.ended: End | None = None
        self.retransmissions = 0

    @property
    def blocks(self) -> int:
        """How many blocks have arrived at the receiving side, as far as this side knows."""
        raise NotImplementedError

    @property
    def octets(self) -> int:
        """How many octets of the file those blocks hold."""
        raise NotImplementedError

    def start(self, now: float) -> Datagrams:
        """The first datagrams."""
        self.moved = now
        self.timer = now + self._wait
        return self._current()

    def receive(self, datagram: bytes, now: float) -> Datagrams:
        """A datagram from the peer has come."""
        raise NotImplementedError

    def handle_timer(self, now: float) -> Datagrams:
        """Time has passed: repeat what was not answered, or give up."""
        if self.timer is None or now < self.timer:
            return NOTHING
        allowed = self._patience.heard if self.heard else self._patience.unheard
        if self._repeats >= allowed:
            return self._give_up()
        self._repeats += 1
        self._wait = self._patience.after(self._wait)
        return self.repeat(now)

    def repeat(self, now: float) -> Datagrams:
        """Say again what was said last, and wait again."""
        self.timer = now + self._wait
        again = self._current()
        self.retransmissions += len(again)
        return again

    def abort(self, error: Error, why: str = "") -> Datagrams:
        """End it and tell the peer."""
        self._end(End(ok=False, why=why or error.message, code=error.code, ours=True))
        return (bytes(error),)

    def _current(self) -> Datagrams:
        """What the peer is to answer next."""
        raise NotImplementedError

    def _awaited(self) -> str:
        """In words, what the peer has not sent."""
        raise NotImplementedError

    def _give_up(self) -> Datagrams:
        times = "time" if self._repeats == 1 else "times"
        why = f"no {self._awaited()}, asked again {self._repeats} {times}"
        if not self.heard:
            self._end(End(ok=False, why=why))
            return NOTHING  # not even an ERROR: perhaps nobody there ever asked
        return self.abort(Error(Code.UNDEFINED, "timed out"), why)

    def _end(self, end: End) -> None:
        self.ended = end
        self.timer = None

    def _hear_error(self, error: Error) -> Datagrams:
        self._end(End(ok=False, why=str(error), code=error.code))
        return NOTHING


def read_or_none(datagram: bytes) -> Packet | None:
    """The packet, or None for noise: inside a transfer noise is no more than a lost packet."""
    try:
        return parse(datagram)
    except PacketError:
        return None
