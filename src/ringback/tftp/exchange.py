"""Exchange: all the transfers that run over one socket, keyed by the client's address.

The driver of the engines, and the busiest loop of the house: ``loop.add_reader``, up to ``DRAIN``
datagrams a wake-up, one clock reading for all of them, one lazy queue of timers. An asyncio
endpoint for each transfer was measured at three to six times the CPU.

A datagram from an address without a transfer is answered with ERROR 5 (RFC 1350 §4), unless it is
an ERROR itself, and no more than ``STRANGERS_PER_TICK`` in a tick of the timer: an answer to
everything would let two servers talk to each other for ever.
"""

import asyncio
import math
import socket
from collections.abc import Callable

from ringback.clock import monotonic
from ringback.tftp.deadlines import Deadlines
from ringback.tftp.outlet import Outlet
from ringback.tftp.packet import Code, Error, Opcode
from ringback.tftp.request import Outcome
from ringback.tftp.transfer import Datagrams, End, Transfer
from ringback.tftp.wire import Ancillary, Peer

Keep = Callable[[bytes], None]

DRAIN = 64
"""Datagrams taken from a socket before other sockets get their turn."""

TICK = 0.05
"""Seconds: timers that fall due within one tick are handled together."""

MOST_ROUNDS = 64
"""Times ``DRAIN`` that are read at most when it matters that all has been read."""

STRANGERS_PER_TICK = 20

DALLY = 10.0
"""Seconds for which the last block of a received file is acknowledged again (RFC 1350 §6)."""

_STRANGER = bytes(Error(Code.STRANGER, "unknown transfer ID"))
_UNKNOWN = End(ok=False, why="ended")


class Talk:
    """One transfer, and what its outcome will tell.

    ``request`` is the datagram it began with; ``keep`` takes the file when the client writes.
    """

    __slots__ = ("dally_until", "engine", "keep", "name", "peer", "request", "started")

    def __init__(
        self,
        peer: Peer,
        request: bytes,
        name: str,
        engine: Transfer,
        now: float,
        *,
        keep: Keep | None = None,
    ) -> None:
        self.peer = peer
        self.request = request
        self.name = name
        self.engine = engine
        self.started = now
        self.keep = keep
        self.dally_until = 0.0

    def outcome(self, now: float) -> Outcome:
        """What to tell once the engine has ended."""
        engine, (address, port, *_) = self.engine, self.peer
        end = engine.ended or _UNKNOWN
        return Outcome(
            self.name,
            address,
            port,
            engine.octets,
            engine.blocks,
            engine.retransmissions,
            now - self.started,
            end.ok,
            end.why if end.ours or end.code is None else f"the client said {end.why}",
            self.keep is not None,
        )


class Exchange:
    """The transfers that run over ``sock``.

    Args:
        loop: where to wait for datagrams and for time.
        sock: bound and non-blocking; closed by ``close`` unless it is ``shared``.
        completed: called with a talk that has received its file; returns what to answer.
        concluded: called with each talk that has ended, and the time.
        longest: the longest datagram to expect, in octets.
        ancillary: what to pass with every datagram sent (the address to send from).
        shared: somebody else reads and closes ``sock``.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        sock: socket.socket,
        *,
        completed: Callable[[Talk], Datagrams],
        concluded: Callable[[Talk, float], None],
        longest: int,
        ancillary: Ancillary | None = None,
        shared: bool = False,
    ) -> None:
        self.sock = sock
        self.talks: dict[Peer, Talk] = {}
        self.dallying: dict[Peer, Talk] = {}
        self._loop = loop
        self._completed = completed
        self._concluded = concluded
        self._longest = longest
        self._shared = shared
        self._outlet = Outlet(loop, sock, ancillary or [])
        self._deadlines: Deadlines[Talk] = Deadlines()
        self._alarm: asyncio.TimerHandle | None = None
        self._alarm_at = math.inf
        self._strangers = 0
        if not shared:
            loop.add_reader(sock, self._drain)

    def close(self) -> None:
        """End every transfer, telling both sides, and let go of the socket."""
        now = monotonic()
        for talk in list(self.talks.values()):
            self._say(talk, talk.engine.abort(Error(Code.UNDEFINED, "The server stops")), now)
        if self._alarm is not None:
            self._alarm.cancel()
        self._outlet.close()
        if not self._shared:
            self._loop.remove_reader(self.sock)
            self.sock.close()

    def begin(self, talk: Talk, now: float) -> None:
        """A new transfer: say its first words, and look after it."""
        engine, peer = talk.engine, talk.peer
        self.talks[peer] = talk
        self.dallying.pop(peer, None)
        self._outlet.send(engine.start(now), peer)
        due = engine.timer or now
        self._deadlines.add(due, talk)
        if due < self._alarm_at - TICK:
            self._arm(now)

    def repeat(self, talk: Talk, now: float) -> None:
        """The client asks again for what was already said."""
        self._say(talk, talk.engine.repeat(now), now)

    def abandon(self, talk: Talk, now: float) -> None:
        """The client has turned to something else: end it without a word."""
        talk.engine.abort(Error(Code.UNDEFINED, "the client asked for something else meanwhile"))
        self._say(talk, (), now)

    def receive(self, datagram: bytes, peer: Peer, now: float) -> None:
        """A datagram has come from ``peer``."""
        talk = self.talks.get(peer)
        if talk is None:
            self._receive_unexpected(datagram, peer, now)
            return
        answer = talk.engine.receive(datagram, now)
        if talk.engine.timer is None:
            self._pause(talk, answer, now)
        elif answer:
            self._outlet.send(answer, peer)

    def send(self, datagram: bytes, peer: Peer) -> None:
        """Send one datagram that belongs to no transfer, with the next ``flush``."""
        self._outlet.send((datagram,), peer)

    def flush(self) -> None:
        """Let leave what was said since the last flush; to be called once a wake-up."""
        self._outlet.flush()

    def catch_up(self) -> None:
        """Read what has come in the meantime, unless that is somebody else's work."""
        if not self._shared:
            all(self._drain() for _ in range(MOST_ROUNDS))

    def _drain(self) -> bool:
        """Read what has come, and say what is to be said; True when there may be more.

        ``receive`` is written out here: one call for each datagram is four hundredths of it all.
        """
        talks, take, longest, send = (
            self.talks,
            self.sock.recvfrom,
            self._longest,
            self._outlet.send,
        )
        now = monotonic()
        try:
            for _ in range(DRAIN):
                datagram, peer = take(longest)
                talk = talks.get(peer)
                if talk is None:
                    self._receive_unexpected(datagram, peer, now)
                    continue
                answer = talk.engine.receive(datagram, now)
                if talk.engine.timer is None:
                    self._pause(talk, answer, now)
                elif answer:
                    send(answer, peer)
        except OSError:
            return False  # nothing more to read (EAGAIN), or news of somebody's dead port
        finally:
            self._outlet.flush()
        return True

    def _receive_unexpected(self, datagram: bytes, peer: Peer, now: float) -> None:
        """From nobody we talk to: one whose file we have already, or a stranger."""
        done = self.dallying.get(peer)
        if done is not None:
            self._outlet.send(done.engine.receive(datagram, now), peer)
        elif datagram[1:2] != bytes([Opcode.ERROR]) and self._strangers < STRANGERS_PER_TICK:
            self._strangers += 1
            self._outlet.send((_STRANGER,), peer)
            if self._alarm is None:
                self._arm(now)

    def _pause(self, talk: Talk, answer: Datagrams, now: float) -> None:
        """The engine waits for nothing more: it has ended, or has its file and wants a verdict."""
        self._say(talk, answer if talk.engine.ended else self._completed(talk), now)

    def _say(self, talk: Talk, datagrams: Datagrams, now: float) -> None:
        """Send what a transfer has to say; if that was its last word, conclude it."""
        if datagrams:
            self._outlet.send(datagrams, talk.peer)
        if talk.engine.ended is None or self.talks.get(talk.peer) is not talk:
            return
        del self.talks[talk.peer]
        if talk.keep is not None and talk.engine.ended.ok:
            self.dallying[talk.peer] = talk
            talk.dally_until = now + DALLY
            self._deadlines.add(talk.dally_until, talk)
        self._concluded(talk, now)

    def _arm(self, now: float) -> None:
        """Wake up for the next timer, but no sooner than in a tick."""
        if self._alarm is not None:
            self._alarm.cancel()
        due = now if self._strangers else self._deadlines.next
        if due is None:
            self._alarm, self._alarm_at = None, math.inf
            return
        wait = max(due - now, TICK)
        self._alarm, self._alarm_at = self._loop.call_later(wait, self._wake), now + wait

    def _wake(self) -> None:
        self._strangers = 0
        now = monotonic()
        for talk in self._deadlines.due(now):
            self._look_at(talk, now)
        self._outlet.flush()
        self._arm(now)

    def _look_at(self, talk: Talk, now: float) -> None:
        """A talk's time has come; its engine may have got on since and want to be left alone."""
        engine = talk.engine
        if engine.ended is not None:
            if self.dallying.get(talk.peer) is talk and now >= talk.dally_until:
                del self.dallying[talk.peer]
            return
        if engine.timer is not None and engine.timer <= now:
            self._say(talk, engine.handle_timer(now), now)
        if engine.timer is not None:
            self._deadlines.add(engine.timer, talk)
