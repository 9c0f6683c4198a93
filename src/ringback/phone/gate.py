"""The gate of a phone's pages: who knocks is challenged, judged, and not let in twice by one word.

Digest with MD5 and ``qop="auth"``, as SPA phones challenge (F), and Basic beside it where the
model takes it. Nonces carry the time they were made, under a seal, so none is remembered. What is
remembered is each use of one (nonce, count and the client's own nonce): a request that was
overheard and sent again is told that its nonce is stale. Real clients answer that by themselves;
who only repeats cannot.

The memory is short. What falls out of it takes the nonces of its age with it: they are stale from
then on, so nothing forgotten can be used again. Counting upwards was rejected: browsers ask over
several connections at once, and their counts arrive in any order.
"""

from ringback.challenge import parse, quote
from ringback.digest import new_nonce
from ringback.errors import MessageError
from ringback.http import digest
from ringback.http.digest import Verdict
from ringback.http.request import Request
from ringback.phone.account import Lock

MOST_USES = 1024
"""Uses of nonces that are remembered; *inferred*."""

_STAMP = 12
"""Hexadecimal digits of a nonce that say when it was made."""


class Gate:
    """Judges who knocks at one phone. ``secret`` is chance that nobody else knows."""

    __slots__ = ("_floor", "_secret", "_used")

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._used: dict[tuple[str, str, str], None] = {}
        self._floor = -1

    def judge(self, lock: Lock, request: Request, now: float) -> Verdict:
        """Whether this request may pass the lock."""
        if lock.open:
            return Verdict.ADMITTED
        given = request.header("authorization")
        if not given:
            return Verdict.DENIED
        basic = digest.read_basic(given) if lock.basic else None
        if basic:
            return Verdict.ADMITTED if lock.fits(*basic) else Verdict.DENIED
        return self._digest(lock, given, request, now)

    def challenges(self, lock: Lock, now: float, *, stale: bool) -> tuple[tuple[str, str], ...]:
        """The headers of a 401, the strongest scheme first."""
        asked = [digest.challenge(self._account(lock), now, stale=stale)]
        if lock.basic:
            asked.append(f"Basic realm={quote(lock.realm)}")
        return tuple(("WWW-Authenticate", each) for each in asked)

    def _account(self, lock: Lock, name: str = "", password: str = "") -> digest.Account:
        opaque = new_nonce(self._secret, 0.0)[_STAMP:]
        return digest.Account(lock.realm, name, password, self._secret, opaque=opaque)

    def _digest(self, lock: Lock, given: str, request: Request, now: float) -> Verdict:
        verdicts = [
            digest.verify(
                self._account(lock, name, password), given,
                method=request.method, target=request.target, now=now,
            )
            for name, password in lock.keys or ()
        ]  # fmt: skip
        if Verdict.ADMITTED in verdicts:
            return Verdict.ADMITTED if self._first_use(given) else Verdict.STALE
        return Verdict.STALE if Verdict.STALE in verdicts else Verdict.DENIED

    def _first_use(self, given: str) -> bool:
        """Note a use of a nonce; whether it is a new one."""
        try:
            (said,) = parse(given, strict=True)
        except (MessageError, ValueError):
            return False
        nonce = said.get("nonce")
        use = nonce, said.get("nc"), said.get("cnonce")
        if use in self._used or int(nonce[:_STAMP], 16) <= self._floor:
            return False
        self._used[use] = None
        if len(self._used) > MOST_USES:
            oldest = next(iter(self._used))
            del self._used[oldest]
            self._floor = max(self._floor, int(oldest[0][:_STAMP], 16))
        return True
