"""Rehearse resyncs: the real mind of a phone, without a network, a disk or a wait.

The handset is the one that every virtual phone has; here somebody listens to what it notes in
passing, at every level of detail, and answers its questions at once. Time jumps to whatever the
phone waits for, so a resync that is due tomorrow is rehearsed now. Nothing is sent: uploads are
taken note of, and what the phone says on syslog or by SIP is not heard.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from ringback.cisco.delay import Dice
from ringback.cisco.envelope import Opened
from ringback.cisco.profile import Profile
from ringback.cisco.resync import Cause, Due, Result
from ringback.errors import RefusedError, RingbackError, TransferError
from ringback.phone import custom_ca
from ringback.phone.action import (
    Ask,
    Fetch,
    Fetched,
    Finished,
    Outcome,
    Resolve,
    Save,
    Send,
    Services,
)
from ringback.phone.handset import Handset, Phase
from ringback.phone.identity import Identity
from ringback.phone.memory import Memory
from ringback.phone.schedule import Schedule
from ringback.phone.wish import Order

_MOST_TURNS = 1000
"""Timers that may go off before a phone is up; a phone that takes more goes round in circles."""


class World(Protocol):
    """What answers a phone's questions; each may raise a TransferError in place of an answer."""

    def resolve(self, name: str) -> tuple[str, ...]:
        """The addresses of a name, in order."""

    def services(self, name: str) -> tuple[Any, ...]:
        """The ``dns.srv.Service`` records of a name, in order."""

    def fetch(self, wanted: Fetch) -> Fetched:
        """A file."""


@dataclass(slots=True)
class Asked:
    """A request for a file, and its answer: ``fetched``, or the ``error`` in its place."""

    wanted: Fetch
    purpose: str
    """The job that asked: ``resync``, ``custom CA``, ``upgrade`` …"""
    fetched: Fetched | None = None
    error: RingbackError | None = None
    opened: Opened | None = None
    """What was in it; None when it did not open, or nobody opened it."""


@dataclass(slots=True)
class Turn:
    """One rule, and all that came of it."""

    name: str
    """``Profile_Rule_B``, ``DHCP option 66``, ``one-shot rule`` …"""
    rule: str
    """As typed."""
    before: Profile
    after: Profile
    steps: list[str] = field(default_factory=list)
    """How it was evaluated, secrets masked."""
    asked: list[Asked] = field(default_factory=list)


@dataclass(slots=True)
class Rehearsed:
    """One resync from beginning to end."""

    cause: Cause
    outcome: Outcome
    before: Profile
    after: Profile
    turns: list[Turn]
    besides: list[Asked]
    """Requests that belong to no rule: the custom authority's, before the first."""
    uploads: list[str]
    """Where a report would go."""
    said: list[str]
    """What it noted on the way, up to Debug_Level 1."""
    waits: float
    """Seconds that it would have waited before."""

    @property
    def restarts(self) -> bool:
        """Whether what changed needs a restart."""
        return self.outcome.result is Result.OK_REBOOT


class Watched(Handset):
    """A handset that somebody listens to."""

    __slots__ = ("besides", "said", "turns", "uploads")

    def __init__(self, identity: Identity, dice: Dice, memory: Memory | None = None) -> None:
        super().__init__(identity, dice, memory)
        self.clear()

    def clear(self) -> None:
        """Forget what was heard."""
        self.turns: list[Turn] = []
        self.besides: list[Asked] = []
        self.uploads: list[str] = []
        self.said: list[str] = []

    def follows(self, name: str, rule: str) -> None:
        """A rule's turn begins."""
        self.turns.append(Turn(name, rule, self.profile, self.profile))

    def opens(self, opened: Opened) -> None:
        """The last file that came is open."""
        self.turns[-1].asked[-1].opened = opened

    def detail(self, level: int, text: str) -> None:
        """Every detail, however quiet the phone is set to be."""
        if level == 1:
            self.said.append(text)
        elif level == 2 and self.turns:
            turn = self.turns[-1]
            turn.steps.append(text.removeprefix(f"{turn.name}: "))
        super().detail(level, text)

    def adopt(self, profile: Profile, *, local: bool = False) -> None:
        """Settings that the current rule brought."""
        super().adopt(profile, local=local)
        if self.turns and self.resyncing:
            self.turns[-1].after = profile


class Rehearsal:
    """Drives one phone through resyncs; ``now`` is when it begins, POSIX seconds."""

    def __init__(self, phone: Watched, world: World, now: float) -> None:
        self.phone = phone
        self.now = now
        self._world = world
        self._outcomes: list[Outcome] = []

    def power_on(self, *, resync: bool = True) -> None:
        """Let it start; what it does as soon as it is up, its authority for one, is done then."""
        self.phone.clear()
        self.phone.start(self.now, resync=resync)
        self._come_up()

    def next(self) -> Rehearsed | None:
        """The next resync that it would do by itself; None when none comes: ``phone.due``."""
        self._come_up()
        due = self.phone.due
        if due.at is None:
            return None
        begun, at = self.now, max(self.now, due.at)
        cause = self.phone.part(Schedule).fall_due(at)
        if cause is None:
            return None
        self.now = at
        return self._ordered(Order(cause), at - begun)

    def asked_for(self, rule: str | None = None, host: str = "") -> Rehearsed:
        """A resync that somebody asks for, by a one-shot rule or by its own.

        Raises:
            RefusedError: it is set not to.
        """
        self._come_up()
        if not self.phone.holds("Provision_Enable"):
            raise RefusedError("provisioning is disabled", why="Provision_Enable is No")
        return self._ordered(Order(Cause.REQUEST, rule, host), 0.0)

    @property
    def due(self) -> Due:
        """When the next one comes, or why none does."""
        return self.phone.due

    # -- driving

    def _ordered(self, order: Order, waits: float) -> Rehearsed:
        phone, before = self.phone, self.phone.profile
        phone.remember(order)
        phone.turn(self.now)
        self._settle()
        assert self._outcomes, "a phone that is free ends its resync when all is answered"
        done = Rehearsed(
            order.cause, self._outcomes[-1], before, phone.profile, phone.turns, phone.besides,
            phone.uploads, phone.said, waits,
        )  # fmt: skip
        self._outcomes.clear()
        phone.clear()
        return done

    def _come_up(self) -> None:
        """Let it boot, and be done with what it does then; no resync comes of it yet."""
        for _ in range(_MOST_TURNS):
            self._settle()
            if self.phone.phase is Phase.UP and not self.phone.busy:
                return
            due = self.phone.timer()
            assert due is not None, "a phone that boots waits for its clock, or for an answer"
            self.now = max(self.now, due)
            self.phone.handle_timer(self.now)
        raise AssertionError("a phone that never comes up")

    def _settle(self) -> None:
        """Answer whatever it asks, until it asks for nothing more."""
        while actions := self.phone.actions():
            for action in actions:
                match action:
                    case Ask(number, request):
                        self.phone.answer(number, self._answer(request), self.now)
                    case Finished(outcome):
                        self._outcomes.append(outcome)

    def _answer(self, request: Any) -> Any:
        try:
            return _ANSWERS[type(request)](self, request)
        except RingbackError as error:
            return error

    def _resolve(self, request: Resolve) -> tuple[str, ...]:
        return self._world.resolve(request.name)

    def _services(self, request: Services) -> tuple[Any, ...]:
        return self._world.services(request.name)

    def _fetch(self, wanted: Fetch) -> Fetched:
        asked = Asked(wanted, self._purpose(wanted))
        in_turn = bool(self.phone.turns) and self.phone.resyncing
        (self.phone.turns[-1].asked if in_turn else self.phone.besides).append(asked)
        try:
            asked.fetched = self._world.fetch(wanted)
        except TransferError as error:
            asked.error = error
            raise
        return asked.fetched

    def _purpose(self, wanted: Fetch) -> str:
        """Within a resync an authority may be fetched too; nothing else is taken so small."""
        job = self.phone.work.job
        return "custom CA" if wanted.limit == custom_ca.LARGEST or job is None else job.name

    def _send(self, wanted: Send) -> Fetched:
        self.phone.uploads.append(str(wanted.url))
        return Fetched(b"", wanted.addresses[0])

    def _save(self, request: Save) -> None:
        """A rehearsal leaves nothing behind."""


_ANSWERS: Mapping[type, Callable[[Rehearsal, Any], Any]] = {
    Resolve: Rehearsal._resolve,  # noqa: SLF001 (the table of this class)
    Services: Rehearsal._services,  # noqa: SLF001
    Fetch: Rehearsal._fetch,  # noqa: SLF001
    Send: Rehearsal._send,  # noqa: SLF001
    Save: Rehearsal._save,  # noqa: SLF001
}
