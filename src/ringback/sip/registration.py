"""A line's registration: asked for, renewed, lost, given up (RFC 3261 section 10.2).

An engine: ``take`` gives the request to send, ``receive`` its last word, ``timer`` the next thing
to do. What the vendor's guides leave open is *inferred*: a registration is renewed when nine
tenths of it are over; silence, 408 and 5xx are asked again after the short interval
(``Reg_Retry_Intvl``), a refusal after the long one (``Reg_Retry_Long_Intvl``), each spread over
its random delay; 0 stops.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote

from ringback.errors import MessageError
from ringback.sip.errand import Errand, address
from ringback.sip.field import Address, split
from ringback.sip.keyring import Keyring
from ringback.sip.message import Request, Response

RENEW = 0.9
"""The part of a registration after which it is renewed."""
SHORTEST = 1.0
_AGAIN = frozenset((408, 480, 500, 502, 503, 504))
_LONGEST = 2_000_000


@dataclass(frozen=True, slots=True)
class Account:
    """Who registers where. ``domain`` is the host (and port) after the at sign."""

    user: str
    domain: str
    auth: str = ""
    """The user name for digest; the user itself when empty."""
    pwd: str = ""
    name: str = ""
    expires: int = 3600
    retry: float = 30.0
    long_retry: float = 1200.0
    retry_spread: float = 0.0
    long_spread: float = 0.0

    @property
    def aor(self) -> str:
        """The address of record."""
        return f"sip:{escaped(self.user)}@{self.domain}"

    @property
    def keyring(self) -> Keyring:
        """A fresh one."""
        return Keyring(self.auth or self.user, self.pwd)


class State(StrEnum):
    """How a registration stands."""

    OFF = "not registered"
    TRYING = "registering"
    REGISTERED = "registered"
    FAILED = "failed"


class Registration:
    """One line's registration. ``spread`` gives a random number up to its argument."""

    __slots__ = (
        "_call_id", "_contact", "_errand", "_expires", "_keyring", "_name", "_number", "_spread",
        "_until", "account", "due", "lost", "state", "why",
    )  # fmt: skip

    def __init__(
        self,
        account: Account,
        *,
        name: Callable[[], str],
        spread: Callable[[float], float],
    ) -> None:
        self.account = account
        self.state = State.OFF
        self.why = ""
        """The last word of the registrar when it is not the wanted one."""
        self.due: float | None = None
        """When the next request is to be sent; None while one is under way, or none will be."""
        self.lost = 0.0
        """Since when, in POSIX seconds, the line is without registration; 0 while it has one."""
        self._name = name
        self._spread = spread
        self._keyring = account.keyring
        self._expires = account.expires
        self._until = 0.0
        self._contact = ""
        self._call_id = name()
        self._number = 0
        self._errand: Errand | None = None

    def start(self, contact: str, now: float) -> None:
        """Begin to register ``contact``, a SIP URI."""
        self._contact = contact
        self.lost = self.lost or now
        self.due = now

    def end(self) -> Request | None:
        """Stop; the request that takes the registration back, if there is one."""
        held = self.state is State.REGISTERED
        self.state, self.due, self._errand, self.lost = State.OFF, None, None, 0.0
        return self._errand_for(0).next() if held else None

    def registered(self, now: float) -> bool:
        """Whether the registrar knows the line at this moment."""
        return self.state is State.REGISTERED and now < self._until

    def seconds_lost(self, now: float) -> int:
        """``$REGTMRn``: whole seconds since the line lost its registration; 0 while it has one."""
        if self.state is State.REGISTERED:
            return max(0, int(now - self._until))
        return max(0, int(now - self.lost)) if self.lost else 0

    # -- asking

    def take(self, now: float) -> Request | None:
        """The request to send now; None when nothing is due."""
        if self.due is None or now < self.due:
            return None
        self.due = None
        if self.state is not State.REGISTERED:
            self.state = State.TRYING
        try:
            self._errand = self._errand or self._errand_for(self._expires)
            return self._errand.next()
        except MessageError as error:
            self._failed(str(error), now, again=False)
            return None

    def _errand_for(self, expires: int) -> Errand:
        who = address(self.account.aor, self.account.name)
        headers = (
            ("To", who),
            ("Contact", f"<{self._contact}>"),
            ("Expires", str(expires)),
        )
        return Errand(
            "REGISTER",
            f"sip:{self.account.domain}",
            headers,
            sender=who,
            name=self._name,
            keyring=self._keyring,
            call_id=self._call_id,
            number=self._number,
        )

    def receive(self, response: Response | None, now: float) -> None:
        """The final response to what ``take`` gave; None when none came."""
        errand = self._errand
        if errand is None or (response is not None and not response.final):
            return
        self._number = errand.number
        if response is not None and errand.receive(response):
            self.due = now
            return
        self._errand = None
        if response is None:
            self._failed("the registrar does not answer", now, again=True)
        elif response.code == 200:
            self._succeeded(response, now)
        elif response.code == 423 and self._lengthen(response):
            self.due = now
        else:
            self._keyring = self.account.keyring
            self._failed(str(response), now, again=response.code in _AGAIN)

    def _succeeded(self, response: Response, now: float) -> None:
        granted = _granted(response, self._contact, self._expires)
        if granted <= 0:
            self._failed("the registrar took the contact and dropped it", now, again=True)
            return
        self.state, self.why, self.lost = State.REGISTERED, "", 0.0
        self._until = now + granted
        self.due = now + max(SHORTEST, RENEW * granted)

    def _lengthen(self, response: Response) -> bool:
        """Interval Too Brief: ask for as much as the registrar wants, if it is more."""
        wanted = _number(response.get("Min-Expires"))
        if wanted is None or wanted <= self._expires:
            return False
        self._expires = wanted
        return True

    def _failed(self, why: str, now: float, *, again: bool) -> None:
        if self.state is State.REGISTERED and now < self._until:
            self.lost = 0.0  # A renewal failed; what was granted still holds.
        else:
            ended = self._until if self.state is State.REGISTERED else now
            self.lost = self.lost or ended
            self.state = State.FAILED
        self.why = why
        account = self.account
        wait = account.retry if again else account.long_retry
        spread = account.retry_spread if again else account.long_spread
        self.due = now + max(SHORTEST, wait + self._spread(spread)) if wait else None


def escaped(user: str) -> str:
    """A user name as it stands in a URI."""
    return quote(user, safe="-_.!~*'()&=+$,;?/", errors="surrogateescape")


def _granted(response: Response, contact: str, asked: int) -> int:
    """How long the registrar keeps our contact: it lists all contacts of the address."""
    general = _number(response.get("Expires"))
    general = asked if general is None else general
    for value in response.all("Contact"):
        for each in split(value):
            try:
                listed = Address.parse(each)
            except MessageError:
                continue
            if _same(listed.uri.text, contact):
                own = _number(listed.parameters.get("expires", ""))
                return general if own is None else own
    return general


def _same(one: str, other: str) -> bool:
    """Whether two contacts are one; parameters may be added on the way."""
    return one.partition(";")[0].lower() == other.partition(";")[0].lower()


def _number(text: str) -> int | None:
    return min(int(text[:10]), _LONGEST) if text.isascii() and text.isdigit() else None
