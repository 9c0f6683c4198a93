"""Reception: what is done with a request, before a transfer runs.

In the order of cost: is it a repeat of what we are doing already, is there room, can it be read,
may it be had. A refusal is one datagram and is not repeated; a client that misses it asks again.

Which request of an address is a repeat? A client has one transfer for each of its ports. The same
octets again, while the client has not said a word: our first datagram was lost, or is on its way;
it is said again if it has been out for ``REPEAT_AFTER``. The same octets in the middle of a
transfer are a late copy, unless nothing has moved for a second, when the client has started anew
(phones use the same few ports for ever). Other octets: the client wants something else now.
"""

from collections.abc import Callable
from functools import lru_cache, partial

from ringback.errors import NotFoundError, PacketError, RefusedError, SilencedError
from ringback.tftp import netascii
from ringback.tftp.cuts import Cuts
from ringback.tftp.exchange import Exchange, Keep, Talk
from ringback.tftp.options import Ceiling, agree
from ringback.tftp.packet import Ack, Code, Error, Mode, Opcode, Request, parse_request
from ringback.tftp.patience import Patience
from ringback.tftp.quota import Quota
from ringback.tftp.receiving import Receiving
from ringback.tftp.request import Outcome, ReadRequest, WriteRequest
from ringback.tftp.sending import Sending
from ringback.tftp.transfer import Datagrams
from ringback.tftp.wire import Peer

Answer = Callable[[ReadRequest], bytes]
AcceptWrite = Callable[[WriteRequest], Keep]
ErrorTable = tuple[tuple[type[Exception], Error], ...]

REPEAT_AFTER = 0.2
"""Seconds: the same request sooner than this was doubled by the network."""

STALLED_AFTER = 1.0
"""Seconds without progress after which the same request means that the client began anew."""

MOST_WRITES = 64
"""Files that may be on their way in at once; each may hold ``write_limit`` octets of memory."""

NOT_FOUND = Error(Code.NOT_FOUND, "File not found")
NO_WRITES = Error(Code.ACCESS, "This server takes no files")
TOO_LARGE = Error(Code.FULL, "File too large")
BUSY = Error(Code.UNDEFINED, "Too many files are being written; try later")
BROKEN = Error(Code.UNDEFINED, "Server error")

READ_ERRORS: ErrorTable = (
    (NotFoundError, NOT_FOUND),
    (RefusedError, NOT_FOUND),  # who may not have a file does not learn whether there is one
)
WRITE_ERRORS: ErrorTable = (
    (NotFoundError, NOT_FOUND),
    (RefusedError, Error(Code.ACCESS, "Access violation")),
    (FileExistsError, Error(Code.EXISTS, "File already exists")),
    (OSError, Error(Code.FULL, "Disk full or allocation exceeded")),
)


_WRQ = bytes([0, Opcode.WRQ])


class _RefusalError(Exception):
    """A request ends here: ``error`` is what the client hears, ``why`` what the house does."""

    def __init__(self, name: str, error: Error, why: str = "", *, silent: bool = False) -> None:
        super().__init__(error.message)
        self.silent = silent
        self.name = name
        self.error = error
        self.why = why or error.message


class Reception:
    """Turns request datagrams into transfers; see ``Server`` for what the arguments mean."""

    def __init__(
        self,
        answer: Answer,
        finished: Callable[[Outcome], None],
        *,
        accept_write: AcceptWrite | None,
        write_limit: int,
        ceiling: Ceiling,
        patience: Patience,
        quota: Quota,
    ) -> None:
        self._answer = answer
        self._finished = finished
        self._accept_write = accept_write
        self._write_limit = write_limit
        self._agree = lru_cache(maxsize=256)(partial(agree, ceiling=ceiling))
        self._patience = patience
        self._quota = quota
        self._writes = 0
        self._cuts = Cuts()

    def receive(self, datagram: bytes, peer: Peer, exchange: Exchange, now: float) -> None:
        """A request has come from ``peer``; its transfer is to run over ``exchange``."""
        if self._is_repeat(datagram, peer, exchange, now) or not self._quota.enter(peer[0]):
            return
        try:
            talk = self._take(datagram, peer, now)
        except _RefusalError as refusal:
            self._quota.leave(peer[0])
            if not refusal.silent:
                exchange.send(bytes(refusal.error), peer)
            writing = datagram[:2] == _WRQ
            self._finished(Outcome(refusal.name, *peer[:2], why=refusal.why, writing=writing))
            return
        exchange.begin(talk, now)

    def complete(self, talk: Talk) -> Datagrams:
        """A written file is whole: have it kept, then acknowledge it, or say why not."""
        engine, keep = talk.engine, talk.keep
        assert isinstance(engine, Receiving)
        assert keep is not None
        try:
            keep(engine.content or b"")
        except Exception as error:  # noqa: BLE001 (the server outlives whatever it is given)
            refusal = _refusal(talk.name, error, WRITE_ERRORS)
            return engine.abort(refusal.error, refusal.why)
        return engine.accept()

    def conclude(self, talk: Talk, now: float) -> None:
        """A transfer has ended."""
        self._quota.leave(talk.peer[0])
        if talk.keep is not None:
            self._writes -= 1
        self._finished(talk.outcome(now))

    def _is_repeat(self, datagram: bytes, peer: Peer, exchange: Exchange, now: float) -> bool:
        """Whether we are at it already; what is left to do for it is done here."""
        if peer in exchange.talks:
            exchange.catch_up()  # its last acknowledgement may have come, to the other socket
        talk = exchange.talks.get(peer)
        if talk is None:
            done = exchange.dallying.get(peer)
            return done is not None and done.request == datagram
        quiet = now - talk.engine.moved
        if datagram != talk.request or (talk.engine.heard and quiet >= STALLED_AFTER):
            exchange.abandon(talk, now)
            return False
        if not talk.engine.heard and quiet >= REPEAT_AFTER:
            exchange.repeat(talk, now)
        return True

    def _take(self, datagram: bytes, peer: Peer, now: float) -> Talk:
        try:
            request = parse_request(datagram)
        except PacketError as error:
            refusal = Error(error.code, error.what)
            raise _RefusalError("", refusal, f"malformed: {error.what}") from error
        if request.opcode == Opcode.RRQ:
            return Talk(peer, datagram, request.name, self._read(request, peer), now)
        return self._write(request, datagram, peer, now)

    def _read(self, request: Request, peer: Peer) -> Sending:
        asked = ReadRequest(request.name, peer[0], peer[1], request.mode, request.options)
        try:
            content = self._answer(asked)
        except Exception as error:  # (as above)
            raise _refusal(request.name, error, READ_ERRORS) from error
        agreement = self._agree(request.options)
        options, packets = agreement.options, None
        if request.mode is Mode.NETASCII:
            content = netascii.encode(content)
        elif options.windowsize == 1:
            packets = self._cuts.of(content, options.blksize)
        opening = agreement.oack(len(content))
        patience = self._patience
        return Sending(content, options, opening=opening, patience=patience, packets=packets)

    def _write(self, request: Request, datagram: bytes, peer: Peer, now: float) -> Talk:
        name = request.name
        agreement = self._agree(request.options)
        agreed = agreement.options
        if self._accept_write is None:
            raise _RefusalError(name, NO_WRITES)
        if (agreed.tsize or 0) > self._write_limit:
            raise _RefusalError(name, TOO_LARGE, f"{agreed.tsize} octets announced")
        if self._writes >= MOST_WRITES:
            raise _RefusalError(name, BUSY)
        asked = WriteRequest(name, peer[0], peer[1], request.mode, request.options, agreed.tsize)
        try:
            keep = self._accept_write(asked)
        except Exception as error:  # (as above)
            raise _refusal(name, error, WRITE_ERRORS) from error
        self._writes += 1
        engine = Receiving(
            agreement.oack(agreed.tsize) or bytes(Ack(0)),
            agreed,
            mode=request.mode,
            limit=self._write_limit,
            confirm=True,
            patience=self._patience,
        )
        return Talk(peer, datagram, name, engine, now, keep=keep)


def _refusal(name: str, error: Exception, table: ErrorTable) -> _RefusalError:
    for kind, answer in table:
        if isinstance(error, kind):
            silent = isinstance(error, SilencedError)
            return _RefusalError(name, answer, f"{answer.message}: {error}", silent=silent)
    return _RefusalError(name, BROKEN, f"{type(error).__name__}: {error}")
