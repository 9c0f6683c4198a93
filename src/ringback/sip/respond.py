"""Answers to requests: what is copied, what is added, and where they go (RFC 3261 8.2.6, 18.2).

A response carries the request's Via lines, From, To, Call-ID and CSeq as they came; the topmost
Via is told where the request really came from (``received``, and ``rport`` where it was asked for,
RFC 3581). A request without From or To gets an answer without; one without a readable Via none.
"""

import hashlib
from dataclasses import replace

from ringback.errors import MessageError
from ringback.sip.field import Address, Via, split, vias
from ringback.sip.message import Header, Request, Response
from ringback.sip.peer import Peer, bracketed

_COPIED = ("From", "To", "Call-ID", "CSeq")


def respond(request: Request, code: int, *headers: Header, body: bytes = b"") -> Response:
    """A response as the server's own words; Via and tag are added on the way out."""
    copied = tuple((name, value) for name in _COPIED if (value := request.get(name)))
    return Response((*copied, *headers), body, code)


def addressed(response: Response, request: Request, peer: Peer, tag: str) -> Response:
    """The response with its Via lines and, if it has none yet, the tag of this end."""
    lines = [("Via", each) for each in _told(request, peer)]
    headers = tuple(_tagged(each, tag) for each in response.headers)
    return replace(response, headers=(*lines, *headers))


def route(request: Request, peer: Peer) -> Peer | None:
    """Where the response goes: back along a stream; else to the address it came from.

    None when the request's Via cannot be read. With ``rport`` the port is the one it came from,
    without it the one that the Via names (RFC 3261 section 18.2.2).
    """
    try:
        top = Via.parse(vias(request.all("Via"))[0])
    except (MessageError, IndexError):
        return None
    if peer.reliable or "rport" in top.parameters:
        return peer
    return peer._replace(port=top.port or 5060)


def local_tag(secret: bytes, request: Request) -> str:
    """The tag of our end: the same for every repeat of a request, and nobody's guess."""
    seen = "\n".join((request.get("Call-ID"), request.get("From"), request.get("CSeq")))
    return hashlib.blake2b(seen.encode("latin-1"), key=secret[:64], digest_size=5).hexdigest()


def _tagged(header: Header, tag: str) -> Header:
    name, value = header
    if name != "To":
        return header
    try:
        has = Address.parse(value).tag
    except MessageError:
        return header
    return header if has else (name, f"{value};tag={tag}")


def _told(request: Request, peer: Peer) -> list[str]:
    """The Via lines; the topmost value says where the request came from."""
    lines = request.all("Via")
    values = split(lines[0])
    top = Via.parse(values[0])
    pieces = split(values[0], ";")
    asked = "rport" in top.parameters
    kept = [each for each in pieces if each.partition("=")[0].strip().lower() not in _TOLD]
    if asked or top.host.strip("[]").lower() != peer.host.lower():
        kept.append(f"received={peer.host}")
    if asked:
        kept.append(f"rport={peer.port}")
    return [", ".join([";".join(kept), *values[1:]]), *lines[1:]]


_TOLD = ("received", "rport")


def contact(user: str, host: str, port: int, transport: str = "UDP") -> str:
    """A Contact or request URI for somebody at that address."""
    who = f"{user}@" if user else ""
    behind = "" if transport == "UDP" else f";transport={transport.lower()}"
    return f"sip:{who}{bracketed(host)}:{port}{behind}"
