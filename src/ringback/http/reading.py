"""Bytes of one client to requests: the sans-I/O half of a connection, on httptools (llhttp).

Feed it whatever arrives. It calls ``taken`` for each request that is complete and ``awaited``
when a head announces a body, and tells of the first thing that cannot be read; after that, and
after a request that asks to close, it is deaf.

A connection lives for one request as a rule, and the callbacks below are most of what such a
request costs. So what is the same for all stays in the class until it changes, and a header is
only appended to a list: everything is judged once, when the head is complete.

And a phone asks the same question every time, byte for byte. Heads that were judged whole, on
their own and without a body, are kept in ``memory``; when the same bytes arrive as one piece at
the start of a request they are known, and no parser is made. That is sound because the judgement
depends on those bytes alone.
"""

from typing import Any, Final, NamedTuple

import httptools

from ringback.errors import MessageError
from ringback.http.framing import METHODS, RequestError, check_head, check_trailer, gather
from ringback.http.limits import Limits
from ringback.http.request import Request, read_target

_TLS_HELLO: Final = b"\x16\x03"
_NAMES: Final = {name.encode(): name for name in METHODS}
_WITH_BODY: Final = frozenset(("POST", "PUT"))
_KNOWN_BYTES: Final = 512
_KNOWN_HEADS: Final = 16_384
"""Bounds on one head that is remembered, and on how many are: some 30 MB when strangers try."""


class Known(NamedTuple):
    """A head that was judged: everything of its request but who sent it."""

    method: str
    place: tuple[str, str, str]
    headers: dict[bytes, bytes]
    agent: str
    keep: bool


class Reading:
    """Reads requests; subclasses say what becomes of them."""

    limits: Limits
    methods: frozenset[str]
    memory: dict[bytes, Known]
    parser: Any = None
    # Who sends, as the subclass finds out.
    address, port = "", 0
    scheme = "http"
    tls: object | None = None
    # The request that is being read.
    number = 0
    method = "-"
    target = b""
    fields: list[tuple[bytes, bytes]] = []  # noqa: RUF012 (replaced with each request, never filled)
    headers: dict[bytes, bytes] = {}  # noqa: RUF012 (as above)
    place = ("-", "-", "")
    body: list[bytes] | None = None
    reading = 0
    """The number of the request whose head is not complete, else 0."""
    piece = 0
    """Bytes of what is being fed."""
    unfinished = 0
    """Bytes of a head that came in earlier pieces."""
    most = 0
    """Header lines there is still room for; none once the head is complete."""
    room = 0
    """Bytes a body may have."""
    arrived = 0
    """Bytes of the body so far."""
    framed = False
    """This request has a body."""
    framing = 0
    """Bytes fed while a body was expected: the body and what marks its chunks and its end."""
    expected = False
    """A body is to come, or is coming."""
    deaf = False
    """Nothing more is read as a request."""

    def taken(self, request: Request, *, keep: bool) -> None:
        """A request is complete; ``keep`` when the client wants to send more afterwards."""
        raise NotImplementedError

    def awaited(self, *, encouraged: bool) -> None:
        """A body is announced; ``encouraged`` when it comes only after a 100 Continue."""
        raise NotImplementedError

    def feed(self, data: bytes) -> RequestError | None:
        """Read on; what is wrong with it, if anything."""
        fresh = self.parser is None
        if fresh:
            known = self.memory.get(data)
            if known is not None:
                self._take_known(known)
                return None
            self.parser = httptools.HttpRequestParser(self)
        reading, self.piece = self.reading, len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.deaf = True  # what follows is not HTTP/1.1
        except httptools.HttpParserError as error:
            if not self.deaf:
                return self._wrong(error, data)
        else:
            if reading and reading == self.reading:
                self.unfinished += len(data)
                if self.unfinished > self.limits.head:
                    return self._wrong_size()
            elif self.expected:
                self.framing += len(data)
                if self.framing > 2 * (self.arrived + self.limits.head):
                    return RequestError(400, "a body of more marks than bytes")
            elif fresh:
                self._remember(data)
        return None

    def _take_known(self, known: Known) -> None:
        self.number += 1
        keep = known.keep and self.number < self.limits.requests
        self.deaf = not keep
        path, raw_path, query = known.place
        self.taken(
            Request(
                known.method, path, raw_path, query, known.headers, b"", self.address, self.port,
                self.scheme, known.agent, self.tls,
            ),
            keep=keep,
        )  # fmt: skip

    def _remember(self, data: bytes) -> None:
        """Keep this head if it was one whole request and nothing else."""
        whole = self.number == 1 and not self.reading and not self.framed
        if not whole or len(data) > _KNOWN_BYTES or data.find(b"\r\n\r\n") != len(data) - 4:
            return
        if len(self.memory) >= _KNOWN_HEADS:
            self.memory.clear()
        agent = self.headers.get(b"user-agent", b"").strip().decode("latin-1")
        self.memory[data] = Known(self.method, self.place, self.headers, agent, not self.deaf)

    def incomplete(self) -> Request:
        """As much of the request that is being read as is known."""
        path, raw_path, query = self.place
        if self.reading and self.target:
            try:
                path, raw_path, query = read_target(self.target)
            except MessageError:
                path = raw_path = self.target.decode("latin-1")
        agent = dict(self.fields).get(b"user-agent", b"").strip().decode("latin-1")
        return Request(
            self.method, path, raw_path, query, {}, b"", self.address, self.port, self.scheme,
            agent, self.tls,
        )  # fmt: skip

    # What the parser tells us. An exception here ends the parse and comes out of feed_data.

    def on_message_begin(self) -> None:
        """A request line begins."""
        self.number += 1
        self.reading = self.number
        self.target = b""
        self.fields = []
        self.most = self.limits.fields
        if self.number > 1:
            self.unfinished = 0
            self.method, self.place, self.body = "-", ("-", "-", ""), None

    def on_url(self, url: bytes) -> None:
        """A piece of the request-target."""
        self.target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header line, or one after a chunked body."""
        fields = self.fields
        fields.append((name.lower(), value))
        if len(fields) > self.most:
            if self.reading:
                raise RequestError(431, "too many headers")
            check_trailer(name.lower(), len(fields), self.limits.fields)

    def on_headers_complete(self) -> None:
        """The head is complete: judge it before its body is read."""
        parser, limits = self.parser, self.limits
        name = parser.get_method()
        self.method = method = _NAMES.get(name) or name.decode("ascii")
        if self.unfinished + self.piece > limits.head or len(self.target) > limits.target:
            self._check_size()
        self.headers = headers = gather(self.fields)
        version = parser.get_http_version()
        wanted = method in _WITH_BODY
        self.room = limits.body if wanted else limits.idle_body
        framed = check_head(method, version, headers, allowed=self.methods, largest_body=self.room)
        try:
            self.place = read_target(self.target)
        except MessageError as error:
            raise RequestError(400, error.what) from error
        self.reading, self.most = 0, -1
        self.framed = framed
        if framed:
            self.arrived = self.framing = 0
            self.body, self.expected = ([] if wanted else None), True
            self.awaited(encouraged=b"expect" in headers and version == "1.1")

    def on_body(self, body: bytes) -> None:
        """A piece of the body, without its chunk marks."""
        self.arrived += len(body)
        if self.arrived > self.room:
            raise RequestError(413, f"a body of more than {self.room} bytes")
        if self.body is not None:
            self.body.append(body)

    def on_message_complete(self) -> None:
        """The request is complete."""
        headers = self.headers
        keep = self.parser.should_keep_alive() and self.number < self.limits.requests
        if b"upgrade" in headers and self.parser.should_upgrade():
            keep = False  # another protocol was asked for: answer in ours, once
        self.expected, self.deaf = False, not keep
        path, raw_path, query = self.place
        request = Request(
            self.method,
            path,
            raw_path,
            query,
            headers,
            b"".join(self.body) if self.body else b"",
            self.address,
            self.port,
            self.scheme,
            headers.get(b"user-agent", b"").strip().decode("latin-1"),
            self.tls,
        )
        self.taken(request, keep=keep)

    def _check_size(self) -> None:
        """The pieces of this head were larger than a head may be: was it the head itself?"""
        if len(self.target) > self.limits.target:
            raise RequestError(414, f"a request-target of {len(self.target)} bytes")
        size = len(self.target) + sum(len(name) + len(value) + 4 for name, value in self.fields)
        if size > self.limits.head:
            raise RequestError(431, f"a head of {size} bytes")

    def _wrong_size(self) -> RequestError:
        self.deaf = True
        if not self.fields and len(self.target) > self.limits.target:
            return RequestError(414, "a request-target that does not end")
        return RequestError(431, "a head that does not end")

    def _wrong(self, error: httptools.HttpParserError, data: bytes) -> RequestError:
        """Why the parser stopped: our own judgement, or its."""
        self.deaf = True
        ours = error.__context__
        if isinstance(ours, RequestError):
            return ours
        if ours is not None:  # a mistake of this house, not of theirs
            return RequestError(500, f"{type(ours).__name__}: {ours}")
        if not self.target and data.startswith(_TLS_HELLO):
            return RequestError(400, "TLS on a listener that speaks plain HTTP")
        return RequestError(400, f"not HTTP: {error}")
