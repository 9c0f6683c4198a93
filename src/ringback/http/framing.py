"""What the parser lets through and we do not: the head of a request, judged before its body.

llhttp (through httptools) already refuses a Content-Length beside a Transfer-Encoding, repeated
or malformed lengths, bare line feeds, folded lines and bad chunks. Added here, because two
readers of one message must never disagree about where it ends (RFC 9112 sections 3.2, 6.1, 11.2):

* a missing or repeated Host, and repeats of other headers that only one value makes sense of;
* any transfer coding but a single ``chunked``, and any at all from an HTTP/1.0 client;
* ``Content_Length`` and ``Transfer_Encoding``, which some other reader may have believed;
* versions other than 1.0 and 1.1, expectations other than 100-continue, bodies beyond the bound.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Final

from ringback.errors import MessageError

METHODS: Final = frozenset(
    ("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH")
)
"""Methods every server knows, so that refusing one is a 405. Anything else is a 501."""

SINGLE: Final = frozenset(
    (
        b"host",
        b"content-length",
        b"transfer-encoding",
        b"content-type",
        b"content-range",
        b"authorization",
        b"expect",
        b"range",
        b"if-range",
        b"if-modified-since",
        b"if-unmodified-since",
        b"user-agent",
    )
)
_LOOKALIKES: Final = frozenset((b"content_length", b"transfer_encoding"))
_NOT_IN_TRAILERS: Final = _LOOKALIKES | {b"content-length", b"transfer-encoding", b"host"}
_HOST = re.compile(rb"(?:\[[0-9A-Fa-f:.]{2,45}(?:%25[\w.~-]{1,32})?\]|[\w.~!$&'()*+,;=%-]{0,255})"
                   rb"(?::[0-9]{0,5})?", re.ASCII)  # fmt: skip
_BODY: Final = frozenset((b"content-length", b"transfer-encoding", b"expect", b"upgrade"))


class RequestError(MessageError):
    """This request ends here with ``status``; ``what`` is for the log, never for the client."""

    def __init__(
        self, status: int, what: str, *, headers: tuple[tuple[str, str], ...] = ()
    ) -> None:
        super().__init__(what)
        self.status = status
        self.headers = headers


def gather(fields: Sequence[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """Header lines as one mapping: repeats joined by a comma, names with ``_`` left out.

    Programs behind a server are told headers with ``-`` turned into ``_``, so a name that holds
    one already could pass for another; nginx leaves them out too.
    """
    headers = dict(fields)
    if len(headers) == len(fields) and b"_" not in b"".join(headers):
        return headers
    headers = {}
    for name, value in fields:
        if name in _LOOKALIKES:
            raise RequestError(400, f"header {name.decode()} looks like one that frames a message")
        if name in headers and name in SINGLE:
            raise RequestError(400, f"repeated header {name.decode()}")
        if b"_" not in name:
            headers[name] = headers[name] + b", " + value if name in headers else value
    return headers


def check_head(
    method: str,
    version: str,
    headers: Mapping[bytes, bytes],
    *,
    allowed: Collection[str],
    largest_body: int,
) -> bool:
    """Judge a head that the parser has accepted; whether it announces a body.

    Raises:
        RequestError: with the status to answer; the connection ends with it.
    """
    if version not in ("1.1", "1.0"):
        raise RequestError(505, f"HTTP version {version}")
    host = headers.get(b"host")
    if host is None:
        if version == "1.1":
            raise RequestError(400, "HTTP/1.1 without a Host header")
    elif not _is_host(host):
        raise RequestError(400, "not a host name in the Host header")
    if method not in allowed:
        _refuse_method(method, allowed)
    return not _BODY.isdisjoint(headers) and _check_body(version, headers, largest_body)


def check_trailer(name: bytes, count: int, most: int) -> None:
    """Trailers are read and dropped; those that would change the message are refused."""
    if count > 2 * most:
        raise RequestError(431, "too many headers after the body")
    if name in _NOT_IN_TRAILERS:
        raise RequestError(400, f"header {name.decode('latin-1')} after the body")


@lru_cache(maxsize=256)
def _is_host(value: bytes) -> bool:
    return _HOST.fullmatch(value.strip(b" \t")) is not None


def _refuse_method(method: str, allowed: Collection[str]) -> None:
    if method not in METHODS:
        raise RequestError(501, f"method {method}")
    raise RequestError(405, f"method {method}", headers=(("Allow", ", ".join(sorted(allowed))),))


def _check_body(version: str, headers: Mapping[bytes, bytes], largest: int) -> bool:
    coding = headers.get(b"transfer-encoding")
    if coding is not None:
        if version == "1.0":
            raise RequestError(400, "a transfer coding from an HTTP/1.0 client")
        if coding.strip(b" \t").lower() != b"chunked":
            raise RequestError(501, "a transfer coding other than chunked")
    length = int(headers.get(b"content-length") or 0)
    if length > largest:
        raise RequestError(413, f"a body of {length} bytes, more than the {largest} allowed")
    if headers.get(b"expect", b"100-continue").strip(b" \t").lower() != b"100-continue":
        raise RequestError(417, "an expectation other than 100-continue")
    if b"upgrade" in headers and (length or coding):
        raise RequestError(400, "a change of protocol asked for with a body")
    return length > 0 or coding is not None
