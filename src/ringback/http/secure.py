"""TLS between the network and a connection: to the one a protocol, to the other a transport.

``loop.create_server(ssl=…)`` makes our connection only when the handshake is over. Until then a
client has no place in the house: it is not counted, has a timer of its own, cannot make room for
others, and when it fails nobody learns why. Here it is a guest from its first byte, with one
deadline that the listener watches with all others (docs/decisions/0005-tls-layer.md).

Nothing of OpenSSL is made before a whole first record has arrived: a client that stalls without
one costs what it has sent. A ClientHello then waits its turn (``turns``); what comes after it, and
every byte of an established connection, is dealt with at once. So a flood of hellos slows hellos.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final, Protocol

from ringback.http import server
from ringback.http.answer import head, plain
from ringback.http.engine import Failed, HandshakeError, MakeEngine, Session
from ringback.http.hello import Hello, only_handshake, whole_record
from ringback.http.saying import Saying

HANDSHAKE: Final = 64 * 1024
"""Bytes of a handshake; a chain of ten certificates has 15 000."""
_CHATTER: Final = 64 * 1024
"""Bytes the engine may say of its own accord: alerts, and answers to KeyUpdate."""
_METHODS: Final = tuple(b"GET HEAD POST PUT DELETE OPTIONS CONNECT TRACE PATCH".split())
_OLD_HELLO: Final = 0x80
"""A ClientHello in the clothes of SSL 2, as clients sent it in this century's first years."""


class House(server.House, Protocol):
    """What a client asks of the listener it came in by, before it has shaken hands."""

    def knock(self, guest: "Secured") -> None:
        """Its first record is complete: ``begin`` when it is its turn."""

    def failed(self, failed: Failed) -> None:
        """A handshake has failed, or a certificate was not believed."""


class Secured(Saying, asyncio.Protocol):
    """One client behind TLS.

    Args:
        house: the listener.
        make: gives an engine.
        inside: gives the protocol that is told what the client says, once it may.
        client: address and port of the client, when a proxy speaks for it.
    """

    app: Any = None
    """The protocol above, once the handshake is over."""
    deadline = 0.0
    _heard = b""
    """The beginning of the handshake, until the engine has it."""
    _shaken = 0
    """Bytes of the handshake."""
    _whole = True
    """Each piece of the handshake ended with a record, and held nothing else."""
    _chatter = 0
    _behind = False
    """Reading was paused, and there may be more in the engine."""
    _paused = False
    _knocked = False
    _awaited = False
    """The client says no more, and waits for its answer."""

    def __init__(
        self,
        house: House,
        make: MakeEngine,
        inside: Callable[[], asyncio.Protocol],
        client: tuple[str, int] | None = None,
    ) -> None:
        super().__init__()
        self.house, self._make, self._inside = house, make, inside
        self.client = client or ("", 0)

    # What the network tells us.

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client is there."""
        self.transport = transport
        peer = transport.get_extra_info("peername")
        if peer and not self.client[0]:
            self.client = peer[0], peer[1]
        self.deadline = self.house.now() + self.house.limits.patience
        self.house.admit(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone, or we sent it away."""
        app, self.app = self.app, None
        if app is not None:
            app.connection_lost(exc)
        else:
            if self._shaken and not self._deaf:
                self._tell("the client hung up during the handshake")
            self.house.release(self)
        self._deaf, self._heard = True, b""
        self.engine = self._unsaid = self._ending = None

    def data_received(self, data: bytes) -> None:
        """It said something."""
        if self._deaf:
            return
        if self.app is not None:
            assert self.engine is not None
            self.engine.feed(data)
            self._pump()
        elif self._shaken > HANDSHAKE:
            self._fail(f"a handshake of more than {HANDSHAKE} bytes")
        else:
            self._shaken += len(data)
            if self.engine is not None:
                self._shake(data)
            else:
                self._hear(data)

    def eof_received(self) -> bool:
        """It says no more, with or without a goodbye."""
        if self.app is None or self.is_closing():
            return False
        if not self._deaf:
            self._deaf = True
            self._awaited = bool(self.app.eof_received())
        if not self._awaited:
            self.close()
        return self._awaited

    def pause_writing(self) -> None:
        """The network takes no more for now."""
        self._full = True
        if self.app is not None:
            self.app.pause_writing()

    def resume_writing(self) -> None:
        """It does again."""
        self._full = False
        if self.say_on() and self.app is not None:
            self.app.resume_writing()

    # From the first byte to the end of the handshake.

    def _hear(self, data: bytes) -> None:
        self._heard += data
        first = self._heard[0]
        if first != 0x16 and not first & _OLD_HELLO:
            self._turn_away_plain()
        elif not self._knocked and (first != 0x16 or whole_record(self._heard)):
            self._knocked = True
            self.house.knock(self)

    def begin(self) -> None:
        """It is this client's turn."""
        if not self._deaf and self.engine is None:
            self.engine = self._make()
            self._shake(self._heard)

    def _shake(self, data: bytes) -> None:
        engine = self.engine
        assert engine is not None
        try:
            session = engine.shake(data)
        except HandshakeError as error:
            self.transport.write(engine.take())
            self._fail(error.why, error)
            return
        out = engine.take()
        if out:
            self.transport.write(out)
        self._whole = self._whole and only_handshake(data)
        if session is not None:
            self._enter(session, more=not self._whole)

    def _enter(self, session: Session, *, more: bool) -> None:
        """The handshake is over: what the client says from here on reaches the house.

        ``more``: it may have said something already.
        """
        self.session = session
        if session.doubt is not None:
            self._tell(f"counts as without a certificate: {session.doubt}", session=session)
        self.house.release(self)
        app = self._inside()
        app.connection_made(self)
        self.app = app
        self._heard = b""
        if self._full:
            app.pause_writing()
        if more:
            self._pump()

    def _turn_away_plain(self) -> None:
        """Plain HTTP on a TLS port is told so, as other servers do; anything else is not."""
        if not self._heard.startswith(_METHODS):
            if len(self._heard) >= max(map(len, _METHODS)) or not any(
                each.startswith(self._heard) for each in _METHODS
            ):
                self._fail("what the client speaks is not TLS")
            return
        answer = plain(400)._replace(body=b"This port speaks HTTPS.\n")
        start = head(answer, date=self.house.date(), keep=False)
        self.transport.write(start + answer.body)
        self._fail("plain HTTP on a listener that speaks HTTPS")

    def _fail(self, why: str, error: HandshakeError | None = None) -> None:
        """Stop talking; the client is heard out a moment, or what we said would be lost."""
        self._tell(why, error=error)
        self._deaf, self.engine = True, None
        self.deadline = self.house.now() + self.house.limits.linger
        self._ending, self._goodbye = self.transport.abort, True
        if not self.transport.is_closing():
            self.transport.write_eof()

    def _tell(
        self, why: str, *, error: HandshakeError | None = None, session: Session | None = None
    ) -> None:
        hello = Hello.parse(session.hello if session else self._heard)
        version = session.version if session else (error.version if error else "")
        doubt = session.doubt if session else (error.doubt if error else None)
        self.house.failed(
            Failed(*self.client, why, version or hello.version, doubt, bool(session), hello.host)
        )

    # What the listener tells us, until the handshake is over.

    def expire(self, _now: float) -> None:
        """The deadline has passed."""
        if self._shaken and not self._deaf:
            self._tell("the handshake did not finish in time")
        self.abort()

    def finish(self) -> None:
        """The house is closing."""
        self.abort()

    def evict(self) -> None:
        """The house is full, and this client has been at it longest."""
        if self._shaken and not self._deaf:
            self._tell("the handshake was given up to make room")
        self.abort()

    # From records to what the client says.

    @property
    def _version(self) -> str:
        return self.session.version if self.session else ""

    def _pump(self) -> None:
        engine, app = self.engine, self.app
        try:
            while not self._paused and not self._deaf and engine is not None:
                data = engine.read()
                if not data:
                    break
                app.data_received(data)
        except HandshakeError as error:
            self._break(error)
            return
        self._behind = self._paused
        if engine is not None and not self.is_closing():
            self._let_go()
            self._chat(engine.take())
            if engine.over:
                self.eof_received()

    def _chat(self, out: bytes) -> None:
        """What the engine says of its own accord; who makes it talk all the time is cut off."""
        if out:
            self._chatter += len(out)
            self.transport.write(out)
            if self._chatter > _CHATTER:
                why = "the client never stops re-keying"
                self.house.failed(Failed(*self.client, why, self._version))
                self.abort()

    def _break(self, error: HandshakeError) -> None:
        """What arrived is no TLS: the connection is worth nothing any more."""
        self.house.failed(Failed(*self.client, error.why, self._version))
        if self.engine is not None and not self.is_closing():
            self.transport.write(self.engine.take())
        self._deaf = self._goodbye = True
        self._ending = self.transport.close
        self.transport.close()

    # How the connection slows its client down.

    def pause_reading(self) -> None:
        """Hear no more for now."""
        if not self._paused:
            self._paused = True
            if not self.transport.is_closing():
                self.transport.pause_reading()

    def resume_reading(self) -> None:
        """Hear again; first what has arrived already."""
        if not self._paused:
            return
        self._paused = False
        if not self.transport.is_closing():
            self.transport.resume_reading()
        if self._behind:
            asyncio.get_running_loop().call_soon(self._catch_up)

    def _catch_up(self) -> None:
        if self.app is not None and not self._paused:
            self._pump()
