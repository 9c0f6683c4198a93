"""Guard the door: what is offered as evidence is checked, strangers are noted, guessing is slowed.

Called only where it can matter: when a request brings a token or a password, or when it would be
refused. What a phone gets that asks for its own sealed file goes past all of this.

Every refusal goes the same way: the device that is named is looked up whether it is ours or not,
and so are its windows, so that the time an answer takes does not tell one refusal from another.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final

from ringback.cisco.agent import Agent
from ringback.errors import RefusedError
from ringback.provisioning.credential import Desk, Verdict, challenge, user
from ringback.provisioning.evidence import LONGEST, SHORTEST, Offer, Proof, same
from ringback.provisioning.identity import Identity, mentions
from ringback.provisioning.vigil import Notice, Vigil
from ringback.store.fact import Fact, Kind
from ringback.store.gate import Gate
from ringback.store.notebook import Notebook
from ringback.store.pantry import Ready
from ringback.store.strangers import Stranger

_QUIET: Final = 60.0
"""Seconds for which the same stranger, saying the same of itself, is not noted again."""
_MOST: Final = 4096
_LONGEST_WORDS: Final = 256
_MOST_NAMED: Final = 4
"""Phones looked at that one request names."""


@dataclass(frozen=True, slots=True)
class Proven:
    """What an offer came to."""

    proofs: tuple[Proof, ...] = ()
    number: int = 0
    """Of the token or password; 0 for a token that a person made."""


NOTHING: Final = Proven()


@dataclass(frozen=True, slots=True)
class Guard:
    """Checks evidence. ``note`` is the ledger, ``warn`` the log; ``digest``: 401 is our refusal."""

    gate: Gate
    notebook: Notebook
    warn: Callable[[str], None]
    note: Callable[[Callable[[], Fact]], None]
    now: Callable[[], float]
    digest: bool = False
    vigil: Vigil = field(default_factory=Vigil)
    desk: Desk = field(init=False)
    _noted: dict[tuple[str, str], float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "desk", Desk(self.gate.secret))

    # -- evidence

    def examine(self, mac: str, offer: Offer) -> Proven:
        """What an offer proves of the device ``mac`` (empty: of any device of ours).

        Raises:
            RefusedError: a token or a password that is wrong.
            StaleError: a right password under a nonce that no longer counts.
        """
        proofs, number = [], 0
        if offer.token:
            number = self._token(mac, offer.token)
            proofs.append(Proof.TOKEN)
        if offer.authorization and self.digest:
            number = max(number, self._password(mac, offer))
            proofs.append(Proof.DIGEST)
        return Proven(tuple(proofs), number)

    def _token(self, mac: str, token: str) -> int:
        """The number of a token; 0 when a person made it."""
        place, number = self.gate.place(mac) if mac else None, 0
        for each in place.numbers if place else ():
            if same(self.gate.token(mac, each), token):
                number = each
        if number:
            return number
        made_for = self.gate.made_for(token, self.now())
        fits = SHORTEST <= len(token) <= LONGEST and made_for == (mac or made_for)
        if not fits or self.gate.place(made_for) is None:
            raise RefusedError("wrong token", why="the token is not this device's")
        return 0

    def _password(self, mac: str, offer: Offer) -> int:
        name = mac or user(offer.authorization)
        halves, place = self.gate.halves(name), self.gate.place(name)
        verdict, found = self.desk.judge(
            offer.authorization, halves or ("",), method=offer.method, target=offer.target,
            now=self.now(),
        )  # fmt: skip
        if verdict is Verdict.STALE:
            raise StaleError("stale nonce", why="the challenge is too old, or was answered before")
        if verdict is Verdict.WRONG or place is None or user(offer.authorization) != name:
            raise RefusedError("wrong password", why="user name or password are not this device's")
        return place.numbers[found]

    def through_window(self, found: Ready, identity: Identity) -> bool:
        """Whether a window lets this device have this file; counts the use if so."""
        now = self.now()
        windows, place = self.gate.windows(now), self.gate.place(found.mac)
        if place is None or not found.mac:
            return False
        where = (found.mac, place.site, place.group, identity.address)
        for window in windows:
            if not window.admits(*where, now):
                continue
            if self.notebook.let_pass(window.number, found.mac, window.uses, now):
                what = f"{found.mac} came through window {window.number} of {window.opened_by}"
                self.warn(f"window {what}: {identity}")
                return True
        return False

    def proved(self, found: Ready, identity: Identity, number: int) -> None:
        """A device proved itself: its older keys may end, and its source begins anew."""
        self.vigil.proven(identity.address)
        if found.mac and number:
            self.notebook.sighted(found.mac, number, self.now())

    # -- refusals

    def refused(self, asked: str, identity: Identity) -> None:
        """Somebody was not given what was asked for, whether it is there or not."""
        now = self.now()
        named = [each.digits for each in mentions(asked)]
        macs = list(dict.fromkeys(digits[-12:] for digits in named))[:_MOST_NAMED]
        notices: list[Notice] = []
        for mac in macs:
            place = self.gate.place(mac)
            self.gate.windows(now)
            if self.gate.is_decoy(mac):
                notices += self.vigil.decoyed(identity.address, mac, now)
            elif mac != str(identity.mac or ""):
                notices += self.vigil.refused(identity.address, mac, now)
            if place is None:
                self._note_stranger(mac, asked, identity, now)
        if not macs:
            self.met(asked, identity)
        for each in notices:
            self._tell(each, identity, now)

    def met(self, asked: str, identity: Identity) -> None:
        """Somebody asked for a file that phones share, there or not: is it a phone that we know?"""
        claimed = _claims(_short(identity.agent))
        if claimed and self.gate.place(claimed) is None and not self.gate.is_decoy(claimed):
            self._note_stranger(claimed, asked, identity, self.now())

    def pause(self, asked: str, identity: Identity) -> float:
        """Seconds that this refusal waits; 0 for almost everybody."""
        named = mentions(asked)
        mac = named[0].digits[-12:] if named else ""
        return self.vigil.pause(identity.address, mac, self.now())

    def challenge(self, asked: str, offer: Offer, *, stale: bool = False) -> str:
        """The challenge that is our refusal here; empty when it is the plain one.

        It depends on what was sent alone: whatever names a phone is challenged, once.
        """
        if not self.digest or (offer.authorization and not stale) or not mentions(asked):
            return ""
        return challenge(self.desk.secret, self.now(), stale=stale)

    def _note_stranger(self, mac: str, asked: str, identity: Identity, now: float) -> None:
        said = mac, identity.agent
        if now - self._noted.get(said, 0.0) < _QUIET or self.pause(asked, identity):
            return
        if len(self._noted) >= _MOST:
            self._noted.clear()
        self._noted[said] = now
        self.notebook.stranger(
            Stranger(
                mac, now, now, 1, identity.address[:64], _short(identity.agent),
                _short(asked), _short(identity.certificate),
            )
        )  # fmt: skip

    def _tell(self, notice: Notice, identity: Identity, now: float) -> None:
        word = "alarm" if notice.alarm else "warning"
        self.warn(f"{word} {notice.what}: {identity}")
        evidence, device = str(identity), ""
        self.note(
            lambda: Fact(now, Kind.ALARM, device, evidence, notice.source, outcome=notice.what)
        )


class StaleError(RefusedError):
    """The password is right and the challenge no longer counts: ask again."""


def with_proofs(identity: Identity, proven: Proven) -> Identity:
    """Who asks, as the ledger tells it: with what was proven besides the certificate."""
    number = f":{proven.number}" if proven.number else ""
    return replace(identity, proof=",".join(f"{each}{number}" for each in proven.proofs))


@lru_cache(maxsize=16_384)
def _claims(agent: str) -> str:
    """The MAC in a User-Agent line."""
    return str(Agent.parse(agent).mac or "")


def _short(text: str) -> str:
    return text[:_LONGEST_WORDS].encode("utf-8", "replace").decode()
