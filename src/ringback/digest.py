"""The sums of Digest access authentication (RFC 7616, RFC 2617, and RFC 2069's old form).

HTTP and SIP reckon alike (RFC 3261 section 22.4, RFC 8760), and are strangers: what both need is
here. MD5, MD5-sess, SHA-256 and SHA-256-sess are known; ``auth-int`` is not, as no phone is known
to use it. All is arithmetic: nonces are made from a secret and the time, so that nothing need be
remembered, and chance (``cnonce``) is handed in.

User names and passwords are UTF-8; a realm goes back byte for byte as it came.
"""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote

from ringback.challenge import Scheme, parse, quote
from ringback.errors import MessageError

# Weakest first. "-sess" mixes both nonces into the secret; it neither strengthens nor weakens.
_HASHES = {"md5": "md5", "md5-sess": "md5", "sha-256": "sha256", "sha-256-sess": "sha256"}
_STRENGTH = {"basic": 0, "md5": 1, "sha256": 2}


@dataclass(frozen=True, slots=True)
class Challenge:
    """A challenge we can answer. ``algorithm`` is as the server spelt it, empty if it did not."""

    scheme: str
    """``digest``; or ``basic``, which HTTP alone has."""
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


def _understand(scheme: Scheme, *, basic: bool) -> Challenge | None:
    if scheme.name == "basic" and basic:
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


def choose(headers: Iterable[str], *, basic: bool = False) -> Challenge | None:
    """The strongest challenge we can answer in all ``WWW-Authenticate`` values, or None.

    Equals are taken in the server's order. A header that cannot be read is passed over. Basic
    counts only where the protocol has it.
    """
    found = [each for header in headers for each in _challenges(header, basic=basic)]
    return max(found, key=lambda each: _STRENGTH[each.hash], default=None)


def _challenges(header: str, *, basic: bool) -> list[Challenge]:
    try:
        schemes = parse(header)
    except MessageError:
        return []
    return [challenge for each in schemes if (challenge := _understand(each, basic=basic))]


def answer(
    challenge: Challenge, *, uid: str, pwd: str, method: str, uri: str, cnonce: str, count: int = 1
) -> str:
    """The credentials to send; ``count`` is how often this nonce has been used, from 1.

    Raises:
        MessageError: when the user name cannot stand in a header.
    """
    nc = f"{count:08x}" if challenge.qop else ""
    work = Work(challenge.algorithm, challenge.nonce, nc, cnonce)
    secret = work.secret(uid, challenge.realm, pwd)
    fields = {
        "username": quote(header(uid)),
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
class Work:
    """The sums of RFC 7616 section 3.4 for one algorithm and one use of a nonce."""

    algorithm: str
    nonce: str
    nc: str
    cnonce: str

    @property
    def session(self) -> bool:
        """Whether both nonces are mixed into the secret."""
        return self.algorithm.lower().endswith("-sess")

    def secret(self, uid: str, realm: str, pwd: str) -> str:
        """H(A1)."""
        plain = self._sum(octets(uid) + b":" + wire(realm) + b":" + octets(pwd))
        return self._sum(wire(f"{plain}:{self.nonce}:{self.cnonce}")) if self.session else plain

    def response(self, secret: str, method: str, uri: str) -> str:
        """The request digest; the form of RFC 2069 when ``nc`` is empty."""
        asked = self._sum(wire(f"{method}:{uri}"))
        middle = f"{self.nonce}:{self.nc}:{self.cnonce}:auth" if self.nc else self.nonce
        return self._sum(wire(f"{secret}:{middle}:{asked}"))

    def _sum(self, data: bytes) -> str:
        name = _HASHES[self.algorithm.lower() or "md5"]
        return hashlib.new(name, data, usedforsecurity=False).hexdigest()


def octets(text: str) -> bytes:
    """A user name or password, as typed."""
    return text.encode("utf-8", "surrogateescape")


def header(text: str) -> str:
    """Text as it stands in a header: its UTF-8 bytes, each as one character."""
    return octets(text).decode("latin-1")


def wire(text: str) -> bytes:
    """Text from a header, back to the bytes it was."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return octets(text)


def same(one: str, other: str) -> bool:
    """Whether two header texts are equal; takes the same time wherever they differ."""
    return hmac.compare_digest(wire(one), wire(other))


_SEALED = 12 + 32


def new_nonce(secret: bytes, now: float, salt: str = "") -> str:
    """A nonce that says when we made it: the time and its seal, in hexadecimal, and ``salt``.

    Without a salt all nonces of one second are the same.
    """
    stamp = f"{int(now):012x}"
    return stamp + hmac.digest(secret, (stamp + salt).encode(), "sha256").hex()[:32] + salt


def made(secret: bytes, nonce: str) -> float | None:
    """When we made a nonce, in POSIX seconds; None when it is not ours."""
    stamp, salt = nonce[:12], nonce[_SEALED:]
    try:
        genuine = new_nonce(secret, int(stamp, 16), salt)
    except ValueError:
        return None
    return float(int(stamp, 16)) if same(genuine, nonce) else None


def user(given: Scheme) -> str:
    """The user name as UTF-8 text, from either form of RFC 7616 section 3.4."""
    if "username*" in given.parameters:
        charset, _, rest = given.get("username*").partition("'")
        return unquote(rest.partition("'")[2], charset if charset.lower() == "utf-8" else "latin-1")
    return wire(given.get("username")).decode("utf-8", "replace")
