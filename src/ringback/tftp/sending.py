"""Sending a file, block by block: a server answering RRQ, or a client after its WRQ.

The whole of the state is how many blocks are acknowledged and how many fly. What opens the
transfer (an OACK, or the client's WRQ) counts as block 0, so that acknowledging it is no special
case; a server without options has nothing to open and starts with block 0 acknowledged.

Which acknowledgements mean what (RFC 1350 §2, RFC 1123 §4.2.3.1, RFC 7440 §4):

* inside what flies: progress; the next window follows it.
* of a block not sent yet, or of one long past: nothing. Block numbers are compared modulo 65536,
  so that files roll over to block 0 and go on.
* the same block again: nothing, in lock-step. Sending again here doubles every later packet
  (the Sorcerer's Apprentice); only the timer repeats.
* the same block again, with windows: the first block of the window was lost, or the network
  doubled an acknowledgement. It is believed once per window, and only when the window has been out
  for a round trip, by when a true acknowledgement of it would have come.

Rejected: keeping the datagrams of a window for repeating (slicing them anew is cheaper than the
list); sending fewer blocks after a loss (the receiver would wait for a full window).
"""

from ringback.errors import PacketError
from ringback.tftp.cuts import ACKNOWLEDGED, Packets
from ringback.tftp.options import PLAIN, Options, adopt
from ringback.tftp.packet import TWO_NUMBERS, Code, Data, Error, Oack, Opcode, OptionPairs
from ringback.tftp.patience import Patience
from ringback.tftp.transfer import DONE, NOTHING, Datagrams, End, Transfer, read_or_none

_DATA = int(Opcode.DATA)
_ACK = int(Opcode.ACK)
_pack = TWO_NUMBERS.pack
_unpack = TWO_NUMBERS.unpack_from


class Sending(Transfer):
    """One file on its way out.

    Args:
        content: the file as it travels (netascii already applied).
        agreed: the options that hold.
        opening: the OACK or WRQ to begin with; empty to begin with block 1.
        asked: the options our WRQ asks for; None when an OACK is not ours to receive.
        patience: waits and repeats.
        packets: the whole file in blocks of the agreed size, when it was cut before.
    """

    __slots__ = (
        "_acked",
        "_asked",
        "_believe",
        "_blksize",
        "_content",
        "_expected",
        "_final",
        "_flying",
        "_opening",
        "_packets",
        "_round_trip",
        "_windowsize",
    )

    def __init__(
        self,
        content: bytes,
        agreed: Options = PLAIN,
        *,
        opening: bytes = b"",
        asked: OptionPairs | None = None,
        patience: Patience = Patience(),  # noqa: B008 (frozen)
        packets: Packets | None = None,
    ) -> None:
        super().__init__(patience)
        self._packets = packets
        self._content = memoryview(content)  # a slice of it is no copy
        self._opening = opening
        self._asked = asked
        self._acked = -1 if opening else 0
        self._flying = 1
        self._believe = True
        self._expected: bytes | None = None
        self._round_trip: float | None = None
        self._settle(agreed)
        if not opening:
            self._expect()

    def _settle(self, agreed: Options) -> None:
        self._blksize = agreed.blksize
        self._windowsize = agreed.windowsize
        self._final = len(self._content) // agreed.blksize + 1
        if agreed.timeout is not None:
            self._patience = self._patience.agreed(agreed.timeout)
            self._wait = self._patience.first

    @property
    def blocks(self) -> int:
        """Blocks acknowledged."""
        return max(self._acked, 0)

    @property
    def octets(self) -> int:
        """Octets acknowledged."""
        octets, size = self._acked * self._blksize, len(self._content)
        return size if octets > size else max(octets, 0)

    def receive(self, datagram: bytes, now: float) -> Datagrams:
        """An acknowledgement brings the next window; the last one ends the transfer.

        In lock-step, with nothing out of the ordinary, the acknowledgement is known beforehand to
        the octet: comparing it is all there is to do, and saves 4 % of what a block costs.
        """
        if datagram != self._expected:
            return self._receive_unexpected(datagram, now)
        self._acked = acked = self._acked + 1
        if acked == self._final:
            self._end(DONE)
            return NOTHING
        if not self.heard:
            self._hear(now)
        self.moved = now
        self.timer = now + self._wait
        packets = self._packets
        if packets is not None:
            self._expected = ACKNOWLEDGED[acked + 1]
            return packets[acked]
        number = (acked + 1) & 0xFFFF
        self._expected = _pack(_ACK, number)
        start = acked * self._blksize
        return (_pack(_DATA, number) + self._content[start : start + self._blksize],)

    def _receive_unexpected(self, datagram: bytes, now: float) -> Datagrams:
        if len(datagram) < 4:
            return NOTHING
        opcode, block = _unpack(datagram)
        if opcode != _ACK:
            return self._receive_other(datagram, now)
        forward = (block - self._acked) & 0xFFFF
        if not 0 < forward <= self._flying:
            return NOTHING if forward else self._receive_again(now)
        self._acked += forward
        if self._acked == self._final:
            self._end(DONE)
            return NOTHING
        self._steady(forward, now)
        self.moved = now
        self.timer = now + self._wait
        return self._current()

    def repeat(self, now: float) -> Datagrams:
        """Send the window again."""
        self._believe = False
        self._expected = None
        return super().repeat(now)

    def _current(self) -> Datagrams:
        """The window that follows the last acknowledged block, or the opening packet."""
        acked, size, content = self._acked, self._blksize, self._content
        if acked < 0:
            return (self._opening,)
        start = acked * size
        if self._windowsize == 1:
            packets = self._packets
            if packets is not None:
                return packets[acked]
            return (_pack(_DATA, (acked + 1) & 0xFFFF) + content[start : start + size],)
        self._flying = min(self._windowsize, self._final - acked)
        return [
            _pack(_DATA, (acked + 1 + ahead) & 0xFFFF)
            + content[start + ahead * size : start + (ahead + 1) * size]
            for ahead in range(self._flying)
        ]

    def _steady(self, forward: int, now: float) -> None:
        """Progress for the first time, after a repeat, or of a window: what is there to learn?

        The peer's round trip, but never from an answer to something repeated (Karn). In lock-step
        it is learned once, since it is of use only after a loss.
        """
        self.retransmissions += self._flying - forward
        self._hear(now)
        self._expect()

    def _hear(self, now: float) -> None:
        self.heard = self._believe = True
        if not self._repeats:
            seconds = now - self.moved
            known = seconds if self._round_trip is None else self._round_trip
            self._round_trip = known + (seconds - known) / 8
        self._repeats = 0
        if self._round_trip is None:
            self._wait = self._patience.first
        else:
            self._wait = self._patience.for_round_trip(self._round_trip)

    def _expect(self) -> None:
        """In lock-step the next acknowledgement is known."""
        if self._windowsize == 1:
            self._expected = _pack(_ACK, (self._acked + 1) & 0xFFFF)

    def _receive_again(self, now: float) -> Datagrams:
        """The last acknowledgement once more: see the top of this file."""
        if self._windowsize == 1 or not self._believe or self._acked < 0:
            return NOTHING
        if now - self.moved < (self._round_trip or 0.0):
            return NOTHING
        return self.repeat(now)

    def _end(self, end: End) -> None:
        self._flying = 0  # whatever is acknowledged from now on is no progress
        self._expected = None
        self._believe = False
        super()._end(end)

    def _receive_other(self, datagram: bytes, now: float) -> Datagrams:
        packet = read_or_none(datagram)
        if self.ended is not None:
            return NOTHING
        if isinstance(packet, Error):
            return self._hear_error(packet)
        if isinstance(packet, Oack) and self._asked is not None and self._acked < 0:
            return self._receive_oack(packet, self._asked, now)
        if isinstance(packet, Data):
            return self.abort(Error(Code.ILLEGAL, "DATA, but this side sends"))
        return NOTHING

    def _receive_oack(self, oack: Oack, asked: OptionPairs, now: float) -> Datagrams:
        """The server takes our file and some of our options: that acknowledges block 0."""
        try:
            agreed = adopt(asked, oack.options)
        except PacketError as error:
            return self.abort(Error(error.code, error.what))
        self._settle(agreed)
        return self.receive(_pack(_ACK, 0), now)

    def _awaited(self) -> str:
        if not self.heard:
            return "answer"
        if self._acked + self._windowsize >= self._final:
            return "acknowledgement of the last block (the file may have arrived)"
        return f"acknowledgement of block {self._acked + 1}"
