"""A device's user name and password for HTTP digest, and whether an answer to it is right. Pure.

Phones speak MD5 with ``qop="auth"`` (RFC 2617); a rule gives them ``--uid`` and ``--pwd``. The
password is derived from the fleet's key, like the sealing key and with the same number, so that
the old one works until the phone was seen with the new one. Neither it nor H(A1) lies in the
database: what is not stored cannot be stolen from there.

A nonce says when we made it, and each answer to it counts up (``nc``): the same answer twice is
a recording, and is asked to begin anew.
"""

from collections import OrderedDict
from collections.abc import Iterable
from enum import Enum
from typing import Final

from ringback import digest
from ringback.challenge import Scheme, parse, quote
from ringback.digest import Work, made, new_nonce
from ringback.errors import MessageError
from ringback.mac import Mac
from ringback.provisioning import own

REALM: Final = "ringback"
LIFETIME: Final = 300.0
"""Seconds after which a nonce is stale."""
MOST: Final = 65_536
"""Answers remembered, so that none counts twice."""
_HASH: Final = "MD5"
_COUNT_DIGITS: Final = 8


class Verdict(Enum):
    """What becomes of an answer."""

    RIGHT = "right"
    WRONG = "wrong"
    STALE = "stale"
    """The nonce is not ours, too old, or was answered so before: ask again."""


def password(key: bytes, mac: Mac, number: int) -> str:
    """The device's password of that number: 80 bits, as ``own_secret`` makes them."""
    return own.password(key, mac, f"digest {number}")


def first_half(key: bytes, mac: Mac, number: int) -> str:
    """H(A1) of the device's credentials of that number."""
    return Work(_HASH, "", "", "").secret(mac.digits, REALM, password(key, mac, number))


def challenge(secret: bytes, now: float, *, stale: bool = False) -> str:
    """The ``WWW-Authenticate`` value; nothing in it depends on who asks or for what."""
    words = [
        f"realm={quote(REALM)}", f"nonce={quote(new_nonce(secret, now))}",
        f"algorithm={_HASH}", 'qop="auth"',
    ]  # fmt: skip
    return "Digest " + ", ".join([*words, *(["stale=TRUE"] if stale else [])])


def user(authorization: str) -> str:
    """The user name that an ``Authorization`` value claims; empty when it cannot be read."""
    given = _read(authorization)
    return digest.user(given) if given is not None else ""


class Desk:
    """Judges answers to the challenges made with ``secret``, each answer once."""

    def __init__(self, secret: bytes) -> None:
        self.secret = secret
        self._seen: OrderedDict[tuple[str, str, str], int] = OrderedDict()

    def judge(
        self, authorization: str, halves: Iterable[str], *, method: str, target: str, now: float
    ) -> tuple[Verdict, int]:
        """Whether an answer is right, and by which of these H(A1), counted from 0.

        Every half is reckoned with, right or wrong, so that the time tells nothing.
        """
        given = _read(authorization)
        if given is None or not _is_ours(given, target):
            return Verdict.WRONG, -1
        nonce, count = given.get("nonce"), given.get("nc")
        work = Work(_HASH, nonce, count, given.get("cnonce"))
        sent, found = given.get("response").lower(), -1
        for number, half in enumerate(halves):
            if digest.same(work.response(half, method, target), sent):
                found = number
        if found < 0:
            return Verdict.WRONG, -1
        age = now - (made(self.secret, nonce) or float("-inf"))
        if not -1 <= age <= LIFETIME or not self._is_new(given, int(count, 16)):
            return Verdict.STALE, -1
        return Verdict.RIGHT, found

    def _is_new(self, given: Scheme, count: int) -> bool:
        name = (given.get("nonce"), given.get("username"), given.get("cnonce"))
        if count <= self._seen.get(name, 0):
            return False
        self._seen[name] = count
        if len(self._seen) > MOST:
            self._seen.popitem(last=False)
        return True


def _read(authorization: str) -> Scheme | None:
    try:
        (given,) = parse(authorization, strict=True)
    except (MessageError, ValueError):
        return None
    return given if given.name == "digest" else None


def _is_ours(given: Scheme, target: str) -> bool:
    """Whether this answers what we asked, before the sum is checked."""
    count = given.get("nc")
    return (
        given.get("realm") == REALM
        and given.get("uri") == target
        and (given.get("algorithm") or _HASH).upper() == _HASH
        and given.get("qop").lower() == "auth"
        and len(count) == _COUNT_DIGITS
        and all(each in "0123456789abcdefABCDEF" for each in count)
        and bool(given.get("cnonce"))
    )
