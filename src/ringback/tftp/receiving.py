"""Receiving a file, block by block: a client after its RRQ, or a server answering WRQ.

What was said last is what is repeated: the request, the OACK, or the acknowledgement of the last
block that came in order. The engine keeps the blocks until the file is whole; ``content`` then
holds it, decoded if it travelled as netascii.

What a DATA packet means (RFC 1350 §2, RFC 7440 §4), block numbers compared modulo 65536:

* the next block: kept. A full window, or the last block, is acknowledged.
* the last block again, which we have acknowledged: that was lost, so it is said again.
* a block ahead: one between was lost; with windows that is said once, by acknowledging the last
  block in order. In lock-step no honest sender is ahead; ignored.
* any other block is late: ignored.

A server must not acknowledge the last block before the file is safe, so with ``confirm`` the
engine stops there until ``accept`` or ``abort`` is called. After the end ``receive`` goes on
acknowledging the last block, for as long as the driver keeps the engine (RFC 1350 §6 calls it
dallying); the sender may have missed it.
"""

from ringback.errors import PacketError
from ringback.tftp import netascii
from ringback.tftp.options import PLAIN, Options, adopt
from ringback.tftp.packet import Ack, Code, Error, Mode, Oack, Opcode, OptionPairs
from ringback.tftp.patience import Patience
from ringback.tftp.transfer import DONE, NOTHING, Datagrams, End, Transfer, read_or_none

_DATA = int(Opcode.DATA)
_HALF = 1 << 15


class Receiving(Transfer):
    """One file on its way in.

    Args:
        opening: the RRQ, OACK or ACK 0 to begin with.
        agreed: the options that hold, as far as they are known.
        asked: the options our RRQ asks for; None when an OACK is not ours to receive.
        mode: how the file travels.
        limit: the most octets to take, None for no limit.
        confirm: leave the last acknowledgement to ``accept``.
        patience: waits and repeats.
    """

    __slots__ = (
        "_asked",
        "_confirm",
        "_count",
        "_gap_told",
        "_limit",
        "_mode",
        "_octets",
        "_options",
        "_said",
        "_travelled",
        "_unacknowledged",
        "content",
    )

    def __init__(
        self,
        opening: bytes,
        agreed: Options = PLAIN,
        *,
        asked: OptionPairs | None = None,
        mode: Mode = Mode.OCTET,
        limit: int | None = None,
        confirm: bool = False,
        patience: Patience = Patience(),  # noqa: B008 (frozen)
    ) -> None:
        super().__init__(patience)
        self._said = opening
        self._asked = asked
        self._mode = mode
        self._limit = limit
        self._confirm = confirm
        self._travelled = bytearray()  # a list of blocks of 8 octets would take five times as much
        self._count = self._octets = self._unacknowledged = 0
        self._gap_told = False
        self.content: bytes | None = None
        self._settle(agreed)

    def _settle(self, agreed: Options) -> None:
        self._options = agreed
        self._patience = self._patience.agreed(agreed.timeout)
        self._wait = self._patience.first

    @property
    def blocks(self) -> int:
        """Blocks that came, in order."""
        return self._count

    @property
    def octets(self) -> int:
        """Octets in those blocks."""
        return self._octets

    def receive(self, datagram: bytes, now: float) -> Datagrams:
        """A block may bring an acknowledgement; the last one ends the transfer."""
        if len(datagram) < 4 or datagram[1] != _DATA or datagram[0]:
            return self._receive_other(datagram, now)
        forward = ((datagram[2] << 8 | datagram[3]) - self._count) & 0xFFFF
        if self.ended is not None or self.content is not None:
            return self._dally(forward)
        if forward == 1:
            return self._receive_next(datagram[4:], now)
        if forward == 0 and self._count and not self._unacknowledged:
            return self._say_again(now)
        if 1 < forward < _HALF and self._options.windowsize > 1 and not self._gap_told:
            self._gap_told = True
            return self._say_again(now)
        return NOTHING

    def accept(self) -> Datagrams:
        """The file is safe: acknowledge the last block (only with ``confirm``)."""
        self._end(self._verdict())
        return self._current()

    def repeat(self, now: float) -> Datagrams:
        """Say the last word again, or how far a window has come; the sender goes on from there."""
        if self._unacknowledged:
            self._unacknowledged = 0
            return self._acknowledge(now)
        return super().repeat(now)

    def _say_again(self, now: float) -> Datagrams:
        self._unacknowledged = 0
        self.retransmissions += 1
        return self._acknowledge(now)

    def _acknowledge(self, now: float) -> Datagrams:
        self._said = bytes(Ack(self._count & 0xFFFF))
        self.timer = now + self._wait
        return self._current()

    def _current(self) -> Datagrams:
        return (self._said,)

    def _receive_next(self, payload: bytes, now: float) -> Datagrams:
        if len(payload) > self._options.blksize:
            return self.abort(Error(Code.ILLEGAL, f"a block of {len(payload)} octets"))
        if self._too_large(self._octets + len(payload)):
            return self._refuse_size()
        self._travelled += payload
        self._count += 1
        self._octets += len(payload)
        self.heard = True
        self.moved = now
        self._gap_told = False
        self._repeats = 0
        self._wait = self._patience.first
        if len(payload) < self._options.blksize:
            return self._complete(now)
        self._unacknowledged += 1
        if self._unacknowledged < self._options.windowsize:
            self.timer = now + self._wait
            return NOTHING
        self._unacknowledged = 0
        return self._acknowledge(now)

    def _complete(self, now: float) -> Datagrams:
        travelled = bytes(self._travelled)
        self._travelled.clear()
        self.content = netascii.decode(travelled) if self._mode is Mode.NETASCII else travelled
        last = self._acknowledge(now)
        if self._confirm:
            self.timer = None
            return NOTHING
        self._end(self._verdict())
        return last

    def _verdict(self) -> End:
        """Whether as much came as was announced; in netascii senders count as they please."""
        announced = self._options.tsize
        if announced is None or self._mode is Mode.NETASCII or announced == self._octets:
            return DONE
        return End(ok=False, why=f"{self._octets} octets came of {announced} announced")

    def _dally(self, forward: int) -> Datagrams:
        if forward or self.ended is None or self.ended.code is not None or self.content is None:
            return NOTHING
        return self._current()

    def _receive_other(self, datagram: bytes, now: float) -> Datagrams:
        packet = read_or_none(datagram)
        if self.ended is not None or packet is None:
            return NOTHING
        if isinstance(packet, Error):
            return self._hear_error(packet)
        if isinstance(packet, Oack) and self._asked is not None and not self._count:
            return self._receive_oack(packet, self._asked, now)
        if isinstance(packet, Ack):
            return self.abort(Error(Code.ILLEGAL, "ACK, but this side receives"))
        return NOTHING

    def _receive_oack(self, oack: Oack, asked: OptionPairs, now: float) -> Datagrams:
        """The server takes some of our options: acknowledged as if it were block 0."""
        try:
            agreed = adopt(asked, oack.options)
        except PacketError as error:
            return self.abort(Error(error.code, error.what))
        if agreed.tsize is not None and self._too_large(agreed.tsize):
            return self._refuse_size()
        if not self.heard:
            self._settle(agreed)
            self._repeats = 0
        self.heard = True
        return self._acknowledge(now)

    def _too_large(self, octets: int) -> bool:
        return self._limit is not None and octets > self._limit

    def _refuse_size(self) -> Datagrams:
        text = f"larger than {self._limit} octets"
        return self.abort(Error(Code.FULL, text), f"the file is {text}")

    def _awaited(self) -> str:
        return "answer" if not self.heard else f"block {self._count + 1}"
