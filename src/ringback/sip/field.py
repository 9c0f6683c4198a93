"""Header values taken apart: Via, addresses, CSeq, parameters (RFC 3261 sections 20 and 25).

The grammar of each is sipmessage's; what it is given is bounded (``LONGEST``), and every parse of
its that we call is tested for the time it takes. Parameters are read here, because sipmessage
undoes percent-encoding in them, which only URIs have, and prints quoted values so that nobody can
read them again. **Authentication headers never come here**: its expression for them takes
exponential time; ``ringback.challenge`` reads those.
"""

import re
import string
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

import sipmessage

from ringback.errors import MessageError

LONGEST = 2048
"""Characters of one value that is taken apart."""
MOST_VIAS = 64
KEPT = 256
"""Values that are remembered as read: one message's are looked at by several."""
MAGIC = "z9hG4bK"
"""How a branch begins that names its transaction by itself."""
_RECEIVED = re.compile(r"received *= *\[?[0-9a-f:.]{2,45}\]?", re.IGNORECASE)
_QUOTED = r'"(?:[^"\\]|\\.)*\\?(?:"|$)'
_ANGLE = re.compile(f"{_QUOTED}|<", re.DOTALL)
_OPEN = {mark: re.compile(f"{_QUOTED}|<[^>]*|{mark}", re.DOTALL) for mark in ",;"}
"""Quoted strings and brackets, to be passed over, and the mark. No part can match in two ways."""
TOKEN = frozenset(string.ascii_letters + string.digits + "-.!%*_+`'~")


@dataclass(frozen=True, slots=True)
class Via:
    """One hop, and the text it was read from."""

    transport: str
    host: str
    port: int | None
    parameters: Mapping[str, str]
    text: str

    @classmethod
    @lru_cache(maxsize=KEPT)
    def parse(cls, text: str) -> Self:
        """Read one value.

        Raises:
            MessageError: this is no Via.
        """
        # RFC 5118 4.5: an IPv6 address stands behind received= as it is; sipmessage refuses it.
        kept = [each for each in split(_bounded(text), ";") if not _RECEIVED.fullmatch(each)]
        try:
            found = sipmessage.Via.parse(";".join(kept))
        except (ValueError, TypeError) as error:
            raise MessageError(f"this is no Via: {text[:80]!r}") from error
        port = _port(found.port)
        return cls(found.transport.upper(), found.host, port, parameters(text), text)

    @property
    def branch(self) -> str:
        """The transaction's name; empty for none."""
        return self.parameters.get("branch", "")

    @property
    def sent_by(self) -> str:
        """Host and port, the usual one where none is given, to compare by."""
        return f"{self.host.lower()}:{self.port or usual_port(self.transport)}"


@dataclass(frozen=True, slots=True)
class Uri:
    """A ``sip:`` or ``sips:`` URI; ``text`` is how it was written."""

    scheme: str
    user: str
    host: str
    port: int | None
    transport: str
    """The ``transport`` parameter, in capitals; empty for none."""
    text: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a URI. Headers behind a question mark are passed over.

        Raises:
            MessageError: this is no SIP URI.
        """
        scheme, _, rest = _bounded(text).partition(":")
        at = rest.rfind("@") + 1
        plain, _, _ = rest[at:].partition("?")
        host, semicolon, behind = plain.partition(";")
        # Names with underscores are no host names, and common all the same.
        asked = f"{scheme.lower()}:{rest[:at]}{host.replace('_', '-')}{semicolon}{behind}"
        try:
            found = sipmessage.URI.parse(asked)
        except (ValueError, TypeError) as error:
            raise MessageError(f"this is no SIP URI: {text[:80]!r}") from error
        port, transport = _port(found.port), parameters(plain).get("transport", "").upper()
        host = host.rpartition(":")[0] if port else host
        return cls(found.scheme, found.user or "", host, port, transport, text)


@dataclass(frozen=True, slots=True)
class Address:
    """From, To, Contact: a URI with a display name and parameters."""

    uri: Uri
    name: str
    parameters: Mapping[str, str]

    @classmethod
    @lru_cache(maxsize=KEPT)
    def parse(cls, text: str) -> Self:
        """Read one value.

        Raises:
            MessageError: this is no address.
        """
        name, uri, rest = _name_and_uri(_bounded(text))
        return cls(Uri.parse(uri), name, parameters(rest))

    @property
    def tag(self) -> str:
        """The ``tag`` parameter; empty for none."""
        return self.parameters.get("tag", "")


@dataclass(frozen=True, slots=True)
class CSeq:
    """The number and method of a request."""

    number: int
    method: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read one value.

        Raises:
            MessageError: this is no CSeq, or its number is 2^31 or more.
        """
        try:
            found = sipmessage.CSeq.parse(_bounded(text))
        except ValueError as error:
            raise MessageError(f"this is no CSeq: {text[:80]!r}") from error
        if not text.isascii() or found.sequence >= 2**31:
            raise MessageError("the number of this CSeq is too large")
        return cls(found.sequence, found.method)

    def __str__(self) -> str:
        return f"{self.number} {self.method}"


def usual_port(transport: str) -> int:
    """Where that transport listens unless somebody says otherwise."""
    return 5061 if transport.upper() == "TLS" else 5060


def split(text: str, mark: str = ",") -> list[str]:
    """The pieces between marks that stand outside quotes and angle brackets, blanks off."""
    if '"' not in text and "<" not in text:
        return [piece.strip(" \t") for piece in text.split(mark)]
    pieces, start = [], 0
    for found in _OPEN[mark].finditer(text):
        if found[0] == mark:
            pieces.append(text[start : found.start()].strip(" \t"))
            start = found.end()
    return [*pieces, text[start:].strip(" \t")]


def parameters(text: str) -> dict[str, str]:
    """What follows the first semicolon: names in lower case, the first of equal ones; unquoted."""
    found: dict[str, str] = {}
    for piece in split(text, ";")[1:]:
        name, _, value = piece.partition("=")
        found.setdefault(name.strip(" \t").lower(), unquote(value.strip(" \t")))
    return found


def unquote(text: str) -> str:
    """A token as it is, a quoted string without its quotes."""
    if len(text) < 2 or text[0] != '"' or text[-1] != '"':
        return text
    inner, plain, escaped = text[1:-1], [], False
    for character in inner:
        if character == "\\" and not escaped:
            escaped = True
            continue
        plain.append(character)
        escaped = False
    return "".join(plain)


def is_token(text: str) -> bool:
    """Whether this may be a method, a header's name, an event."""
    return bool(text) and TOKEN.issuperset(text)


def vias(values: list[str]) -> list[str]:
    """Each Via of all Via lines, topmost first, as text.

    Raises:
        MessageError: there are more than any loop needs.
    """
    found = [each for value in values for each in split(_bounded(value, 4 * LONGEST))]
    if len(found) > MOST_VIAS:
        raise MessageError(f"{len(found)} Via values are too many")
    return found


def _name_and_uri(text: str) -> tuple[str, str, str]:
    """Display name, URI, and what follows the URI.

    sipmessage judges what stands around the URI; the pieces are found here, since it refuses
    URIs with headers, which Contacts have.
    """
    opened = next((each.start() for each in _ANGLE.finditer(text) if each[0] == "<"), -1)
    if opened < 0:
        uri, semicolon, rest = text.partition(";")
        uri = uri.strip(" \t")
        if any(each in uri for each in ' \t",?'):
            raise MessageError(f"this is no address: {text[:80]!r}")
        return "", uri, semicolon + rest
    closed = text.find(">", opened)
    if closed < 0:
        raise MessageError(f"this is no address: {text[:80]!r}")
    name, rest = text[:opened].strip(" \t"), text[closed + 1 :].strip(" \t")
    try:
        sipmessage.Address.parse(f"{name} <sip:a@b>{rest}")
    except (ValueError, TypeError) as error:
        raise MessageError(f"this is no address: {text[:80]!r}") from error
    return unquote(name), text[opened + 1 : closed], rest


def _bounded(text: str, longest: int = LONGEST) -> str:
    if len(text) > longest:
        raise MessageError(f"a header value of {len(text)} characters is too long")
    return text


def _port(port: int | None) -> int | None:
    if port is not None and not 0 < port < 65536:
        raise MessageError(f"{port} is no port")
    return port
