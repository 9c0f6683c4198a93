"""What is wrong with a message, before anybody looks at what it asks (RFC 3261 sections 8.2, 16.3).

One table of checks, in the order in which their answers make sense: first whether the message can
be read as what it says it is, then whether it belongs to a user agent at all. RFC 4475 says what
to expect of most; where it leaves the choice, the strict one is taken, because a phone that reads
what its proxy did not read is the phone that gets attacked.
"""

from collections.abc import Callable
from dataclasses import dataclass

from ringback.errors import MessageError
from ringback.sip.field import Address, CSeq, Uri, Via, is_token, vias
from ringback.sip.message import VERSION, Header, Message, Request, Response

_ONCE = frozenset(
    ("Call-ID", "Content-Length", "CSeq", "Event", "Expires", "From", "Max-Forwards", "To")
)
_NEEDED = ("Via", "From", "To", "Call-ID", "CSeq")
_MOST_FORWARDS = 255


@dataclass(frozen=True, slots=True)
class Fault:
    """The status that answers a bad request, why, and headers the answer must carry."""

    code: int
    why: str
    headers: tuple[Header, ...] = ()


def fault_in(request: Request, *, stream: bool = False) -> Fault | None:
    """The first thing wrong with a request; None when nothing is.

    ``stream`` says that the body was cut out by its Content-Length.
    """
    checks = (*_CHECKS, *(() if stream else (_size,)), *_AFTERWARDS)
    return next((fault for check in checks if (fault := check(request))), None)


def usable(response: Response) -> bool:
    """Whether a response can be matched with its request and read."""
    fault = _lines(response) or _once(response) or _needed(response) or _addresses(response)
    return fault is None


def body_of(message: Message) -> bytes | None:
    """A datagram's body as its Content-Length has it; None when the datagram is too short."""
    declared = _length(message)
    if declared is None:
        return message.body
    return message.body[:declared] if declared <= len(message.body) else None


def declared_length(message: Message) -> int | None:
    """The Content-Length; None for none.

    Raises:
        MessageError: it is no number, or there are two that differ.
    """
    values = set(message.all("Content-Length"))
    if not values:
        return None
    value = values.pop()
    if values or not (value.isascii() and value.isdigit()) or len(value) > 9:
        raise MessageError("the Content-Length is not one number")
    return int(value)


def _length(message: Message) -> int | None:
    try:
        return declared_length(message)
    except MessageError:
        return None


def _lines(message: Message) -> Fault | None:
    for name, value in message.headers:
        if not is_token(name):
            return Fault(400, f"a header line without a name: {(name or value)[:40]}")
    return None


def _start(request: Request) -> Fault | None:
    if request.version != VERSION:
        known = request.version.startswith("SIP/") and not request.version.endswith(" ")
        why = f"the version {request.version[:20]!r}"
        return Fault(505, why) if known and " " not in request.version else Fault(400, why)
    return None if is_token(request.method) else Fault(400, "the method is no token")


def _once(message: Message) -> Fault | None:
    seen: set[str] = set()
    for name, _ in message.headers:
        if name in seen:
            return Fault(400, f"{name} stands there twice")
        if name in _ONCE:
            seen.add(name)
    return None


def _needed(message: Message) -> Fault | None:
    missing = [name for name in _NEEDED if not message.get(name)]
    return Fault(400, f"{missing[0]} is missing") if missing else None


def _addresses(message: Message) -> Fault | None:
    try:
        for each in vias(message.all("Via")):
            Via.parse(each)
        Address.parse(message.get("From"))
        Address.parse(message.get("To"))
        CSeq.parse(message.get("CSeq"))
        declared_length(message)
    except MessageError as error:
        return Fault(400, error.what)
    return None


def _method(request: Request) -> Fault | None:
    same = CSeq.parse(request.get("CSeq")).method == request.method
    return None if same else Fault(400, "CSeq names another method")


def _forwards(request: Request) -> Fault | None:
    """A request that does not say (RFC 2543 had no such header) is none the worse for it."""
    value = request.get("Max-Forwards") or "70"
    fine = value.isascii() and value.isdigit() and int(value[:9]) <= _MOST_FORWARDS
    return None if fine else Fault(400, "Max-Forwards is no number up to 255")


def _uri(request: Request) -> Fault | None:
    scheme, colon, _ = request.uri.partition(":")
    foreign = bool(colon) and scheme.replace("-", "").replace(".", "").isalnum()
    if foreign and scheme.lower() not in ("sip", "sips"):
        return Fault(416, f"the scheme {scheme[:20]}")
    try:
        Uri.parse(request.uri)
    except MessageError as error:
        return Fault(400, error.what)
    return None


def _size(request: Request) -> Fault | None:
    if body_of(request) is None:
        return Fault(400, "the message ends before its Content-Length")
    return None


def _extensions(request: Request) -> Fault | None:
    """We support none, so whatever is required is too much (section 8.2.2.3)."""
    required = ", ".join(request.all("Require"))
    if required and request.method not in ("ACK", "CANCEL"):
        return Fault(420, f"Require: {required[:80]}", (("Unsupported", required),))
    return None


def _encoding(request: Request) -> Fault | None:
    encoding = request.get("Content-Encoding")
    if encoding and encoding.lower() != "identity":
        return Fault(415, f"Content-Encoding {encoding[:20]}", (("Accept-Encoding", "identity"),))
    return None


Check = Callable[[Request], Fault | None]
_CHECKS: tuple[Check, ...] = (
    _start, _lines, _once, _needed, _addresses, _method, _uri, _forwards,
)  # fmt: skip
_AFTERWARDS: tuple[Check, ...] = (_extensions, _encoding)
