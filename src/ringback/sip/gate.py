"""The server's side of digest: challenge, check, and let nobody in twice with the same words.

Nonces are sealed with the time and remembered only once they were used well, so that a flood of
requests costs no memory. A nonce is good for ``LIFETIME`` seconds; its count must grow. Right
credentials with an old nonce or an old count are answered with a new challenge that says *stale*,
wrong ones with one that does not. Credentials without ``qop`` (RFC 2069) are taken, once a nonce.

The URI is the one in the credentials: a proxy on the way writes another Request-URI, and the
digest covers what the sender meant (RFC 3261 section 22.4).
"""

from dataclasses import dataclass
from itertools import count

from ringback import digest
from ringback.challenge import Scheme, parse, quote
from ringback.digest import Work
from ringback.errors import MessageError
from ringback.sip.message import Header, Request

LIFETIME = 60.0
"""Seconds after which a nonce of ours is stale; *inferred*."""
MOST_USED = 10_000
"""Nonces remembered; beyond it the oldest is forgotten, and stale."""


@dataclass(frozen=True, slots=True)
class Lock:
    """Who may come in."""

    realm: str
    uid: str
    pwd: str
    algorithms: tuple[str, ...] = ("MD5",)
    """Offered in this order, each with a challenge of its own (RFC 8760)."""


class Gate:
    """Checks credentials for any number of locks. ``secret`` seals the nonces."""

    __slots__ = ("_forgotten", "_secret", "_serial", "_used")

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._serial = count()
        self._used: dict[str, int] = {}
        self._forgotten = 0.0
        """When the newest nonce that was forgotten had been made."""

    def check(self, request: Request, lock: Lock, now: float) -> tuple[Header, ...]:
        """The challenges to answer a request with; none when it may come in."""
        stale = False
        for value in request.all("Authorization"):
            given = _read(value)
            if given is None or not self._right(given, lock, request.method):
                continue
            if self._fresh(given, now):
                return ()
            stale = True
        return tuple(self._challenge(lock, each, now, stale=stale) for each in lock.algorithms)

    def _challenge(self, lock: Lock, algorithm: str, now: float, *, stale: bool) -> Header:
        nonce = digest.new_nonce(self._secret, now, f"{next(self._serial):08x}")
        parts = [
            f"realm={quote(digest.header(lock.realm))}",
            f"nonce={quote(nonce)}",
            f"algorithm={algorithm}",
            'qop="auth"',
        ]
        if stale:
            parts.append("stale=TRUE")
        return "WWW-Authenticate", f"Digest {', '.join(parts)}"

    def _right(self, given: Scheme, lock: Lock, method: str) -> bool:
        """Whether these are credentials for our challenge, and the sum is right."""
        algorithm = given.get("algorithm") or "MD5"
        known = algorithm.upper() in (each.upper() for each in lock.algorithms)
        qop = given.get("qop").lower()
        if not (
            given.name == "digest"
            and known
            and digest.made(self._secret, given.get("nonce")) is not None
            and digest.user(given) == lock.uid
            and given.get("realm") == digest.header(lock.realm)
            and (qop, len(given.get("nc"))) in (("", 0), ("auth", 8))
        ):
            return False
        work = Work(algorithm, given.get("nonce"), given.get("nc"), given.get("cnonce"))
        secret = work.secret(lock.uid, digest.header(lock.realm), lock.pwd)
        expected = work.response(secret, method, given.get("uri"))
        return digest.same(expected, given.get("response").lower())

    def _fresh(self, given: Scheme, now: float) -> bool:
        """Whether nonce and count are new; they are remembered if so."""
        nonce = given.get("nonce")
        made = digest.made(self._secret, nonce) or 0.0
        number = _count(given.get("nc"))
        if not -1 <= now - made <= LIFETIME or number <= self._used.get(nonce, 0):
            return False
        if nonce not in self._used:
            if made < self._forgotten:
                return False
            self._make_room(now)
        self._used[nonce] = number
        return True

    def _make_room(self, now: float) -> None:
        """Forget nonces, oldest use first, that are stale or too many."""
        for nonce in list(self._used):
            made = digest.made(self._secret, nonce) or 0.0
            if now - made <= LIFETIME and len(self._used) < MOST_USED:
                return
            del self._used[nonce]
            self._forgotten = max(self._forgotten, made)


def _read(value: str) -> Scheme | None:
    try:
        (found,) = parse(value, strict=True)
    except (MessageError, ValueError):
        return None
    return found


def _count(text: str) -> int:
    """A nonce count; the form without one may be used once."""
    try:
        return int(text, 16) if text else 1
    except ValueError:
        return 0
