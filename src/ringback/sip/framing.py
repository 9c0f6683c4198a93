"""Messages in a stream: TCP has no message ends, so Content-Length says them (RFC 3261 18.3).

Blank lines between messages are keep-alives and passed over (section 7.5; RFC 5626: two are a
ping, answered with one). A stream whose next message cannot be delimited, or is beyond the limits,
is beyond repair: what could be read of it is handed out with the error, and the connection ends.
"""

from dataclasses import dataclass

from ringback.errors import MessageError
from ringback.sip.message import LONGEST_BODY, LONGEST_HEAD, Request, Response, assemble
from ringback.sip.validity import declared_length

PING, PONG = b"\r\n\r\n", b"\r\n"
_END = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Broken:
    """Where a stream stopped making sense: the ``code`` to answer, and the request, if readable."""

    code: int
    why: str
    request: Request | None = None


class Framing:
    """Cuts one connection's bytes into messages. Holds one message's bytes at the most."""

    __slots__ = ("_bytes", "_looked", "_open", "pinged")

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._looked = 0
        self._open: tuple[bytes, int] | None = None
        self.pinged = False
        """Whether a ping has come since this was last set False."""

    def receive(self, data: bytes) -> list[Request | Response | Broken]:
        """What these bytes complete. After a ``Broken`` nothing more comes."""
        self._bytes += data
        found: list[Request | Response | Broken] = []
        while (message := self._next()) is not None:
            found.append(message)
            if isinstance(message, Broken):
                self._bytes.clear()
                break
        return found

    def _next(self) -> Request | Response | Broken | None:
        if self._open is None:
            self._skip()
            end = self._bytes.find(_END, self._looked, LONGEST_HEAD + len(_END))
            if end < 0:
                self._looked = max(0, len(self._bytes) - len(_END))
                long = len(self._bytes) > LONGEST_HEAD
                return Broken(513, "the header does not end") if long else None
            head = bytes(self._bytes[:end])
            del self._bytes[: end + len(_END)]
            self._looked = 0
            return self._begin(head)
        head, length = self._open
        if len(self._bytes) < length:
            return None
        body = bytes(self._bytes[:length])
        del self._bytes[:length]
        self._open = None
        return self._whole(head, body)

    def _skip(self) -> None:
        blank = len(self._bytes) - len(self._bytes.lstrip(b"\r\n"))
        if blank >= len(PING):
            self.pinged = True
        if blank:
            del self._bytes[:blank]
            self._looked = 0

    def _begin(self, head: bytes) -> Request | Response | Broken | None:
        try:
            message = assemble(head, b"")
            length = declared_length(message) or 0
        except MessageError as error:
            return Broken(400, error.what)
        if length > LONGEST_BODY:
            request = message if isinstance(message, Request) else None
            return Broken(513, f"a body of {length} bytes", request)
        self._open = head, length
        return self._next()

    @staticmethod
    def _whole(head: bytes, body: bytes) -> Request | Response | Broken:
        try:
            return assemble(head, body)
        except MessageError as error:
            return Broken(400, error.what)
