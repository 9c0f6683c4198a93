"""Basic and Digest access authentication, both ends (RFC 7617, RFC 7616, and RFC 2069's old form).

The phone answers challenges with the rule's ``--uid`` and ``--pwd``; its own pages challenge with
MD5 and ``qop="auth"``. MD5, MD5-sess, SHA-256 and SHA-256-sess are known here; ``auth-int`` is
not, as no phone is known to use it. All is arithmetic: nonces are made from a secret and the time,
so that nothing need be remembered, and chance (``cnonce``) is handed in.

User names and passwords are UTF-8; a realm goes back byte for byte as it came.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from urllib.parse import unquote

from ringback.errors import MessageError
from ringback.http.challenge import Scheme, parse, quote

# Weakest first. "-sess" mixes both nonces into the secret; it neither strengthens nor weakens.
_HASHES = {"md5": "md5", "md5-sess": "md5", "sha-256": "sha256", "sha-256-sess": "sha256"}
_STRENGTH = {"basic": 0, "md5": 1, "sha256": 2}
NONCE_LIFETIME = 300.0
"""Seconds after which our own nonce is stale; *inferred*."""


class Verdict(Enum):
    """What verification says of credentials."""

    ADMITTED = "admitted"
    STALE = "stale"
    """Right, but the nonce has expired: challenge again with ``stale``."""
    DENIED = "denied"


@dataclass(frozen=True, slots=True)
class Challenge:
    """A challenge we can answer. ``algorithm`` is as the server spelt it, empty if it did not."""

    scheme: str
    realm: str
    nonce: str = ""
    opaque: str | None = None
    algorithm: str = ""
    qop: bool = False
    stale: bool = False

    @property
    def hash(self) -> str:
        """The name of the hash for Digest, ``basic`` for Basic."""
        return _HASHES[self.algorithm.lower() or "md5"] if self.scheme == "digest" else "basic"


def choose(headers: Iterable[str]) -> Challenge | None:
    """The strongest challenge we can answer in all ``WWW-Authenticate`` values, or None.

    Equals are taken in the server's order. A header that cannot be read is passed over.
    """
    found = [each for header in headers for each in _challenges(header)]
    return max(found, key=lambda each: _STRENGTH[each.hash], default=None)


def _challenges(header: str) -> list[Challenge]:
    try:
        schemes = parse(header)
    except MessageError:
        return []
    return [challenge for each in schemes if (challenge := _understand(each))]


def _understand(scheme: Scheme) -> Challenge | None:
    if scheme.name == "basic":
        return Challenge("basic", scheme.get("realm"))
    offered = {each.strip().lower() for each in scheme.get("qop").split(",")} - {""}
    algorithm = scheme.get("algorithm")
    answerable = (algorithm.lower() or "md5") in _HASHES and (not offered or "auth" in offered)
    if scheme.name != "digest" or not scheme.get("nonce") or not answerable:
        return None
    return Challenge(
        "digest",
        scheme.get("realm"),
        scheme.get("nonce"),
        scheme.parameters.get("opaque"),
        algorithm,
        bool(offered),
        scheme.get("stale").lower() == "true",
    )


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
    nc = f"{count:08x}" if challenge.qop else ""
    work = _Work(challenge.algorithm, challenge.nonce, nc, cnonce)
    secret = work.secret(uid, challenge.realm, pwd)
    fields = {
        "username": quote(_header(uid)),
        "realm": quote(challenge.realm),
        "nonce": quote(challenge.nonce),
        "uri": quote(uri),
        "response": quote(work.response(secret, method, uri)),
    }
    if challenge.algorithm:
        fields["algorithm"] = challenge.algorithm
    if challenge.opaque is not None:
        fields["opaque"] = quote(challenge.opaque)
    if challenge.qop:
        fields |= {"qop": "auth", "nc": nc}
    if challenge.qop or work.session:
        fields["cnonce"] = quote(cnonce)
    return "Digest " + ", ".join(f"{name}={value}" for name, value in fields.items())


@dataclass(frozen=True, slots=True)
class _Work:
    """The sums of RFC 7616 section 3.4 for one algorithm and one use of a nonce."""

    algorithm: str
    nonce: str
    nc: str
    cnonce: str

    @property
    def session(self) -> bool:
        return self.algorithm.lower().endswith("-sess")

    def secret(self, uid: str, realm: str, pwd: str) -> str:
        """H(A1)."""
        plain = self._sum(_bytes(uid) + b":" + _wire(realm) + b":" + _bytes(pwd))
        return self._sum(_wire(f"{plain}:{self.nonce}:{self.cnonce}")) if self.session else plain

    def response(self, secret: str, method: str, uri: str) -> str:
        """The request digest; the form of RFC 2069 when ``nc`` is empty."""
        asked = self._sum(_wire(f"{method}:{uri}"))
        middle = f"{self.nonce}:{self.nc}:{self.cnonce}:auth" if self.nc else self.nonce
        return self._sum(_wire(f"{secret}:{middle}:{asked}"))

    def _sum(self, data: bytes) -> str:
        name = _HASHES[self.algorithm.lower() or "md5"]
        return hashlib.new(name, data, usedforsecurity=False).hexdigest()


def _bytes(text: str) -> bytes:
    """A user name or password, as typed."""
    return text.encode("utf-8", "surrogateescape")


def _header(text: str) -> str:
    """Text as it stands in a header: its UTF-8 bytes, each as one character."""
    return _bytes(text).decode("latin-1")


def _wire(text: str) -> bytes:
    """Text from a header, back to the bytes it was."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return _bytes(text)


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


def new_nonce(secret: bytes, now: float) -> str:
    """A nonce that says when we made it: the time and its seal, in hexadecimal."""
    stamp = f"{int(now):012x}"
    return stamp + hmac.digest(secret, stamp.encode(), "sha256").hex()[:32]


def challenge(account: Account, now: float, *, stale: bool = False) -> str:
    """The ``WWW-Authenticate`` value to send with a 401."""
    fields = {
        "realm": quote(_header(account.realm)),
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
    work = _Work(account.algorithm, nonce, given.get("nc"), given.get("cnonce"))
    secret = work.secret(account.uid, _header(account.realm), account.pwd)
    expected = work.response(secret, method, target)
    if not hmac.compare_digest(_wire(expected), _wire(given.get("response").lower())):
        return Verdict.DENIED
    age = now - int(nonce[:12], 16)
    return Verdict.ADMITTED if -1 <= age <= NONCE_LIFETIME else Verdict.STALE


def _is_ours(account: Account, given: Scheme, target: str) -> bool:
    """Whether these are credentials for our challenge, before the sum is checked."""
    nonce = given.get("nonce")
    return (
        given.name == "digest"
        and _sealed(account.secret, nonce)
        and _user(given) == account.uid
        and given.get("realm") == _header(account.realm)
        and given.get("uri") == target
        and (given.get("algorithm") or "MD5").lower() == account.algorithm.lower()
        and given.get("qop").lower() == "auth"
        and len(given.get("nc")) == 8
        and bool(given.get("cnonce"))
        and given.get("opaque") == account.opaque
    )


def _sealed(secret: bytes, nonce: str) -> bool:
    stamp = nonce[:12]
    try:
        genuine = new_nonce(secret, int(stamp, 16))
    except ValueError:
        return False
    return hmac.compare_digest(_wire(genuine), _wire(nonce))


def _user(given: Scheme) -> str:
    """The user name as UTF-8 text, from either form of RFC 7616 section 3.4."""
    if "username*" in given.parameters:
        charset, _, rest = given.get("username*").partition("'")
        return unquote(rest.partition("'")[2], charset if charset.lower() == "utf-8" else "latin-1")
    return _wire(given.get("username")).decode("utf-8", "replace")


def read_basic(authorization: str) -> tuple[str, str] | None:
    """User name and password of a Basic ``Authorization`` value; None when it is no such value."""
    try:
        (given,) = parse(authorization)
        pair = base64.b64decode(given.token, validate=True).decode("utf-8")
    except (MessageError, ValueError, binascii.Error):
        return None
    uid, colon, pwd = pair.partition(":")
    return (uid, pwd) if colon and given.name == "basic" else None
