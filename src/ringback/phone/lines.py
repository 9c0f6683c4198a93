"""The lines of one phone: each registers while the phone is up and somebody carries its SIP.

A part of the handset. A phone that is plugged into no switchboard has no lines to speak of: they
cost it nothing and ``$REGTMRn`` is 0. What is to be sent is an action, ``Dial``; what came of it is
handed to ``answered``.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from ringback.cisco.resync import yes
from ringback.phone.line import Dial, Line, sip_agent
from ringback.phone.part import Part
from ringback.sip.message import Header, Request, Response
from ringback.sip.registration import Registration, State, escaped
from ringback.sip.respond import contact

if TYPE_CHECKING:
    from ringback.cisco.profile import Profile
    from ringback.phone.handset import Handset

ALLOW = "ACK, BYE, CANCEL, INVITE, NOTIFY, OPTIONS"
_MACRO = "REGTMR"


_NONE: Mapping[int, Registration] = MappingProxyType({})


class Lines(Part):
    """All lines of one phone."""

    __slots__ = ("_at", "_held")
    name = "lines"

    def __init__(self, phone: "Handset") -> None:
        super().__init__(phone)
        self._at: tuple[str, int] | None = None
        self._held = _NONE

    # -- what anybody may read

    @property
    def _numbers(self) -> range:
        return range(1, self.phone.identity.model.lines + 1)

    @property
    def agent(self) -> str:
        """User-Agent and Server."""
        who = self.phone.identity
        return sip_agent(who.model, who.mac, who.serial, who.load)

    def line(self, number: int) -> Line:
        """One line as the settings have it now. Nothing is kept: a fleet has many lines."""
        return Line.read(self.phone.value, number)

    def users(self) -> Iterator[tuple[int, str]]:
        """The number and User_ID of each enabled line that has one."""
        for number in self._numbers:
            user = self.phone.value(f"User_ID_{number}_").strip()
            if user and yes(self.phone.value(f"Line_Enable_{number}_"), empty=True):
                yield number, user

    def of(self, user: str) -> Line | None:
        """The enabled line of that user; an address without a user means the first line."""
        if not user:
            first = self.line(1)
            return first if first.enabled else None
        return next((self.line(number) for number, each in self.users() if each == user), None)

    def registered(self, number: int, now: float) -> bool:
        """Whether the line is registered at this moment."""
        held = self._held.get(number)
        return held is not None and held.registered(now)

    def facts(self, now: float) -> Iterator[tuple[str, str]]:
        """How each line that registers stands, for the page that shows it."""
        for number, held in self._held.items():
            state: State = State.FAILED if held.state is State.REGISTERED else held.state
            state = State.REGISTERED if held.registered(now) else state
            why = f" ({held.why})" if held.why else ""
            yield f"Ext {number} Registration State", f"{state.capitalize()}{why}"
            if held.due is not None:
                yield f"Ext {number} Next Registration In", f"{max(0, int(held.due - now))} s"

    def macro(self, name: str) -> str | None:
        """``$REGTMRn``."""
        if not name.startswith(_MACRO) or not name[len(_MACRO) :].isdecimal():
            return None
        held = self._held.get(int(name[len(_MACRO) :]))
        return str(held.seconds_lost(self.phone.now)) if held else "0"

    # -- plugged in, up, changed

    def plug(self, host: str, port: int) -> None:
        """Say where this phone can be reached by SIP."""
        self._at = host, port

    def forget(self) -> None:
        """Without power nobody takes a registration back."""
        self._held = _NONE

    def up(self, now: float) -> None:
        """Register every line that is to be."""
        self._held = _NONE
        self._begin(now)

    def adopted(self, before: "Profile", *, local: bool) -> None:
        """A line whose account changed says goodbye to the old one and hello to the new."""
        del before, local
        if not self.phone.is_up or self._at is None:
            return
        kept = {}
        for number, held in self._held.items():
            line = self.line(number)
            if line.registers and line.account == held.account:
                kept[number] = held
            elif (goodbye := held.end()) is not None:
                self._dial(line, goodbye)
        self._held = kept or _NONE
        self._begin(self.phone.now)

    def _begin(self, now: float) -> None:
        if self._at is None:
            return
        fresh = {}
        for line in map(self.line, (each for each in self._numbers if each not in self._held)):
            if line.registers and line.transport:
                held = Registration(line.account, name=self._name, spread=self._spread)
                user = escaped(line.account.user)
                held.start(contact(user, *self._at, line.transport), now)
                fresh[line.number] = held
        if fresh:
            self._held = {**self._held, **fresh}

    # -- time

    def timer(self) -> float | None:
        """When the next registration is to be sent; also while the phone works."""
        moments = (held.due for held in self._held.values())
        return min((each for each in moments if each is not None), default=None)

    def handle_timer(self, now: float) -> None:
        """Send what is due."""
        for number, held in self._held.items():
            request = held.take(now)
            if request is not None:
                self._dial(self.line(number), request)

    def _dial(self, line: Line, request: Request) -> None:
        own: tuple[Header, ...] = (("User-Agent", self.agent), ("Allow", ALLOW))
        self.phone.act(Dial(line, request.having(*own)))

    def answered(self, dial: Dial, response: Response | None, now: float) -> None:
        """What came of a request of ours."""
        held = self._held.get(dial.line.number)
        if held is None or held.account != dial.line.account:
            return
        self.phone.now = now
        before = held.state
        held.receive(response, now)
        if held.state is not before and held.state in (State.REGISTERED, State.FAILED):
            told = f" ({held.why})" if held.why else ""
            self.phone.detail(1, f"line {dial.line.number} {held.state}{told}")

    def _spread(self, most: float) -> float:
        return self.phone.dice.uniform(0.0, most)

    def _name(self) -> str:
        """A name that nobody has used: for tags, calls and cnonces."""
        number = int(self.phone.dice.uniform(0.0, 2.0**52))
        return f"{number:013x}-{self.phone.identity.mac}"
