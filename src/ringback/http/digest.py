"""Basic and Digest access authentication, both ends (RFC 7617, RFC 7616, and RFC 2069's old form).

The phone answers challenges with the rule's ``--uid`` and ``--pwd``; its own pages challenge with
MD5 and ``qop="auth"``. The sums are in ``ringback/digest.py``, which SIP shares; here is what HTTP
makes of them.
"""

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from ringback import digest
from ringback.challenge import Scheme, parse, quote
from ringback.digest import Challenge, Work, new_nonce
from ringback.errors import MessageError

NONCE_LIFETIME = 300.0
"""Seconds after which our own nonce is stale; *inferred*."""


class Verdict(Enum):
    """What verification says of credentials."""

    ADMITTED = "admitted"
    STALE = "stale"
    """Right, but the nonce has expired: challenge again with ``stale``."""
    DENIED = "denied"


def choose(headers: Iterable[str]) -> Challenge | None:
    """The strongest challenge we can answer in all ``WWW-Authenticate`` values, or None."""
    return digest.choose(headers, basic=True)


def answer(
    challenge: Challenge, *, uid: str, pwd: str, method: str, uri: str, cnonce: str, count: int = 1
) -> str:
    """The ``Authorization`` value. ``count`` is how often this nonce has been used, from 1.

    Raises:
        MessageError: when the user name cannot stand in a header.
    """
    if challenge.scheme == "basic":
        pair = f"{uid}:{pwd}".encode("utf-8", "surrogateescape")
        return "Basic " + base64.b64encode(pair).decode()
    return digest.answer(
        challenge, uid=uid, pwd=pwd, method=method, uri=uri, cnonce=cnonce, count=count
    )


# --- the other end: our own pages ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Account:
    """Who may come in, under which realm, and the secret our nonces are made with."""

    realm: str
    uid: str
    pwd: str
    secret: bytes
    algorithm: str = "MD5"
    opaque: str = ""


def challenge(account: Account, now: float, *, stale: bool = False) -> str:
    """The ``WWW-Authenticate`` value to send with a 401."""
    fields = {
        "realm": quote(digest.header(account.realm)),
        "domain": '"/"',
        "nonce": quote(new_nonce(account.secret, now)),
        "opaque": quote(account.opaque),
        "algorithm": account.algorithm,
        "qop": '"auth"',
    }
    if stale:
        fields["stale"] = "TRUE"
    shown = (f"{name}={value}" for name, value in fields.items() if value != '""')
    return "Digest " + ", ".join(shown)


def verify(
    account: Account, authorization: str, *, method: str, target: str, now: float
) -> Verdict:
    """Judge an ``Authorization`` value sent with ``method`` and request target ``target``.

    Anything that cannot be read, is repeated or is not what we asked for is denied. Comparison
    takes the same time wherever the difference is.
    """
    try:
        (given,) = parse(authorization, strict=True)
    except (MessageError, ValueError):
        return Verdict.DENIED
    if not _is_ours(account, given, target):
        return Verdict.DENIED
    nonce = given.get("nonce")
    work = Work(account.algorithm, nonce, given.get("nc"), given.get("cnonce"))
    secret = work.secret(account.uid, digest.header(account.realm), account.pwd)
    expected = work.response(secret, method, target)
    if not digest.same(expected, given.get("response").lower()):
        return Verdict.DENIED
    age = now - (digest.made(account.secret, nonce) or 0.0)
    return Verdict.ADMITTED if -1 <= age <= NONCE_LIFETIME else Verdict.STALE


def _is_ours(account: Account, given: Scheme, target: str) -> bool:
    """Whether these are credentials for our challenge, before the sum is checked."""
    return (
        given.name == "digest"
        and digest.made(account.secret, given.get("nonce")) is not None
        and digest.user(given) == account.uid
        and given.get("realm") == digest.header(account.realm)
        and given.get("uri") == target
        and (given.get("algorithm") or "MD5").lower() == account.algorithm.lower()
        and given.get("qop").lower() == "auth"
        and len(given.get("nc")) == 8
        and bool(given.get("cnonce"))
        and given.get("opaque") == account.opaque
    )


def read_basic(authorization: str) -> tuple[str, str] | None:
    """User name and password of a Basic ``Authorization`` value; None when it is no such value."""
    try:
        (given,) = parse(authorization)
        pair = base64.b64decode(given.token, validate=True).decode("utf-8")
    except (MessageError, ValueError, binascii.Error):
        return None
    uid, colon, pwd = pair.partition(":")
    return (uid, pwd) if colon and given.name == "basic" else None
