"""The client's side of digest: which challenges came, and credentials for them (RFC 3261 22).

A registrar challenges with 401, a proxy with 407; one request may have to answer both. A nonce is
used again, counted, until the other end says that it is stale; then the challenge is answered
once more. A challenge that comes again although it was answered afresh means a wrong password,
and is not answered a second time (section 22.1).

Of several challenges the strongest that we can answer is taken: SHA-256 before MD5 (RFC 8760).
"""

from dataclasses import dataclass

from ringback import digest
from ringback.digest import Challenge
from ringback.sip.message import Header, Response

_ASKED_BY = {
    401: ("WWW-Authenticate", "Authorization"),
    407: ("Proxy-Authenticate", "Proxy-Authorization"),
}


@dataclass(slots=True)
class _Known:
    """A challenge, and how often its nonce was used."""

    challenge: Challenge
    uses: int = 0


class Keyring:
    """One user's credentials, for whoever asks."""

    __slots__ = ("_known", "_pwd", "_uid")

    def __init__(self, uid: str, pwd: str) -> None:
        self._uid = uid
        self._pwd = pwd
        self._known: dict[str, _Known] = {}

    def learn(self, response: Response) -> bool:
        """Take a 401 or 407; whether asking again makes sense."""
        if response.code not in _ASKED_BY:
            return False
        asked, answered = _ASKED_BY[response.code]
        challenge = digest.choose(response.all(asked))
        before = self._known.get(answered)
        if challenge is None or not self._uid:
            return False
        if before and before.uses == 1 and not challenge.stale:
            return False  # Answered afresh, and wrong.
        uses = before.uses if before and before.challenge.nonce == challenge.nonce else 0
        self._known[answered] = _Known(challenge, uses)
        return True

    def headers(self, method: str, uri: str, cnonce: str) -> tuple[Header, ...]:
        """Credentials for every challenge so far.

        Raises:
            MessageError: the user name cannot stand in a header.
        """
        return tuple(
            (name, self._answer(known, method, uri, cnonce)) for name, known in self._known.items()
        )

    def _answer(self, known: _Known, method: str, uri: str, cnonce: str) -> str:
        known.uses += 1
        return digest.answer(
            known.challenge,
            uid=self._uid,
            pwd=self._pwd,
            method=method,
            uri=uri,
            cnonce=cnonce,
            count=known.uses,
        )
