"""What a connection says through TLS: as much at a time as the network takes, and how it ends.

The half of ``secure`` that its connection sees as a transport. A file of megabytes is encrypted
piece by piece, as the client takes it: encrypted at once it would be in memory twice.

The end is a goodbye (close_notify) behind everything that was said, then the network's own end.

What is small waits for the end of the turn, so that an answer and the goodbye behind it leave as
one: a segment of their own for 31 bytes costs both sides more than to encrypt them.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final

from ringback.http.engine import Engine, HandshakeError, Session

_PIECE: Final = 256 * 1024
"""Bytes that are encrypted at once."""
_SMALL: Final = 16 * 1024
"""Bytes that may wait for what is said behind them in the same turn."""


class Saying(asyncio.Transport):
    """The way from a connection to its client."""

    transport: asyncio.Transport
    """The network below."""
    engine: Engine | None = None
    session: Session | None = None
    _full = False
    """The network takes no more."""
    _unsaid: memoryview | None = None
    """What waits for the network."""
    _kept = 0
    """Bytes that are encrypted and wait for the end of this turn."""
    _deaf = False
    """Nothing more is read."""
    _ending: Callable[[], None] | None = None
    """How to end, when everything is said."""
    _goodbye = False
    """We have said that we say no more."""

    def _break(self, error: HandshakeError) -> None:
        """TLS has failed."""
        raise NotImplementedError

    def say_on(self) -> bool:
        """The network takes more: whether everything has been said."""
        if self._unsaid is not None:
            rest, self._unsaid = self._unsaid, None
            self._say(rest)
        if self._full or self._unsaid is not None:
            return False
        if self._ending and not self._goodbye:
            self._end()
        return True

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """``session`` is ours, anything else the network's."""
        return self.session if name == "session" else self.transport.get_extra_info(name, default)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Say something."""
        if self._ending or self.engine is None or not data:
            return
        if self._unsaid is not None:
            self._unsaid = memoryview(bytes(self._unsaid) + bytes(data))
        else:
            self._say(memoryview(data))

    def _say(self, data: memoryview) -> None:
        """Encrypt as much as the network takes, piece by piece."""
        engine = self.engine
        while data and engine is not None:
            if self._full:
                self._unsaid = data
                return
            try:
                engine.write(data[:_PIECE])
            except HandshakeError as error:
                self._break(error)
                return
            self._keep(min(len(data), _PIECE))
            data = data[_PIECE:]

    def _keep(self, size: int) -> None:
        """So much has been encrypted: it goes out now, or when this turn ends."""
        if not self._kept:
            asyncio.get_running_loop().call_soon(self._let_go)
        self._kept += size
        if self._kept > _SMALL:
            self._let_go()

    def _let_go(self) -> None:
        if self._kept and self.engine is not None and not self.transport.is_closing():
            self._kept = 0
            self.transport.write(self.engine.take())

    def write_eof(self) -> None:
        """Say goodbye, and that no more will come; whatever the client says is not heard."""
        self._deaf = True
        self._end_with(self.transport.write_eof)

    def can_write_eof(self) -> bool:
        """TLS has a goodbye of its own."""
        return True

    def close(self) -> None:
        """Say goodbye and hang up, when everything has been said."""
        self._deaf = True
        self._end_with(self.transport.close)

    def _end_with(self, ending: Callable[[], None]) -> None:
        if not self.transport.is_closing():
            self._ending = ending
            if self._unsaid is None:
                self._end()

    def _end(self) -> None:
        if self.engine is not None and not self._goodbye:
            self.engine.finish()
            self._kept = 0
            self.transport.write(self.engine.take())
        self._goodbye = True
        if self._ending is not None:
            self._ending()

    def abort(self) -> None:
        """Hang up at once."""
        self._deaf = True
        self._unsaid = None
        self.transport.abort()

    def is_closing(self) -> bool:
        """Whether it is about to end."""
        return self._ending is not None or self.transport.is_closing()

    def get_write_buffer_size(self) -> int:
        """Bytes the client has not taken; those not yet encrypted are among them."""
        waiting = len(self._unsaid) if self._unsaid is not None else 0
        return waiting + self._kept + self.transport.get_write_buffer_size()
