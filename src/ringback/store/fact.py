"""A fact of the ledger, and the line that it is written and hashed as."""

import json
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from json.encoder import encode_basestring as _quoted
from typing import NamedTuple

from ringback.errors import MalformedError


class Kind(StrEnum):
    """What a record is about."""

    ANSWER = "answer"
    """A file was sent, or not all of it."""
    REFUSAL = "refusal"
    """A file that is there was not given."""
    REPORT = "report"
    """A phone uploaded one, and it is kept."""
    OPEN = "open"
    """A server began to write here."""
    CLOSE = "close"
    """It stopped and had written everything."""
    ALARM = "alarm"
    """Somebody tries out MACs, or asked for one that nobody has."""
    GAP = "gap"
    """Something may be missing, and why."""
    CHECKPOINT = "checkpoint"
    """What stood before was removed for its age."""


class Fact(NamedTuple):
    """What happened. Times are POSIX seconds; ``content`` is a SHA-256, 64 hex digits."""

    time: float
    kind: str
    device: str = ""
    evidence: str = ""
    document: str = ""
    release: int = 0
    content: str = ""
    outcome: str = ""


def line(number: int, fact: Fact) -> bytes:
    """A record as the bytes that are kept and hashed; public, so that others can check an export.

    It is the JSON list of its fields without blanks, put together by hand: ``json.dumps`` costs
    three times as much, and this is done for every file that is served.
    """
    time, kind, device, evidence, document, release, content, outcome = fact
    return (
        f"[{number},{time!r},{_quoted(kind)},{_quoted(device)},{_quoted(evidence)},"
        f"{_quoted(document)},{release},{_quoted(content)},{_quoted(outcome)}]"
    ).encode("utf-8", "surrogatepass")


def spelt(text: str) -> bytes:
    """A text as it stands in a line."""
    return _quoted(text).encode("utf-8", "surrogatepass")


def read(octets: bytes) -> tuple[int, Fact]:
    """The number and the fact of a line.

    Raises:
        MalformedError: it is no line of a ledger.
    """
    try:
        number, *fact = json.loads(octets.decode("utf-8", "surrogatepass"))
        return number, Fact(*fact)
    except (ValueError, TypeError, RecursionError) as error:
        raise MalformedError(f"{octets[:80]!r} is no record of a ledger") from error


@lru_cache(maxsize=1024)
def digest(data: bytes) -> str:
    """SHA-256 of a file that is served again and again."""
    return sha256(data).hexdigest()
