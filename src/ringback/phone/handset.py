"""A phone's mind: events and ``now`` come in, actions and one timer go out. No socket, no clock.

Drive it like this (desk.py is the whole driver)::

    phone.start(now)                    # power on
    for action in phone.actions(): …    # do them; hand answers back by phone.answer(…)
    phone.timer()                       # when to call phone.handle_timer(now), or None

A phone is off, booting or up. While it is up it does one piece of work at a time: an attempt to
resync, a custom CA to install, or the saving of what was submitted on its page. Whoever wants
something meanwhile waits in a short queue; only a submission, for which a person waits, cuts
other work off. Answers carry the number of their question, so that an answer to a phone that has
restarted since is nobody's.

Calls, accounts, SIP and upgrades come later: as another phase, wish or piece of work.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Any

from ringback.cisco.delay import Dice
from ringback.cisco.macro import phone_macros
from ringback.cisco.profile import Profile
from ringback.cisco.resync import Cause, Due, Record, Result, yes
from ringback.errors import Failure, RefusedError, RingbackError, TransferError
from ringback.phone import voice
from ringback.phone.action import Action, Ask, Finished, Outcome, Request, Save, Say
from ringback.phone.attempt import Attempt, Steps
from ringback.phone.boot import Boot, History, Reason
from ringback.phone.custom_ca import CustomCa
from ringback.phone.identity import Identity
from ringback.phone.memory import Memory
from ringback.phone.schedule import Schedule
from ringback.phone.security import certificate_status
from ringback.phone.trust import Trust
from ringback.phone.wish import URGENCY, Order, Restart, Submission, Update, Wish

MOST_WAITING = 4
"""Wishes that may wait while the phone works; *inferred*."""


class Phase(Enum):
    """What a phone is doing altogether."""

    OFF = "off"
    BOOTING = "booting"
    UP = "up"


class Handset:
    """One phone. All times are POSIX seconds; ``dice`` decide how waits are spread."""

    __slots__ = (
        "_actions", "_attempt", "_booted", "_number", "_pending", "_resync", "_schedule", "_steps",
        "_submission", "_waiting", "history", "identity", "last", "phase", "profile", "trust",
    )  # fmt: skip

    def __init__(self, identity: Identity, dice: Dice, memory: Memory | None = None) -> None:
        """A phone that is off: fresh from the factory, or with its ``memory``."""
        model = identity.model
        self.identity = identity
        self.profile = memory.profile(model) if memory else Profile.factory(model)
        self.history = memory.history if memory else History()
        self.phase = Phase.OFF
        self.last: Outcome | None = None
        """How the last resync ended, for the page that shows it."""
        self.trust = Trust(self, memory.custom_ca if memory else CustomCa())
        self._schedule = Schedule(self, dice)
        self._actions: list[Action] = []
        self._number = 0
        self._steps: Steps | None = None
        self._forget()

    def _forget(self) -> None:
        """What a phone without power does not remember."""
        if self._steps is not None:
            self._steps.close()
        self._number += 1
        self._steps = None
        self._attempt: Attempt | None = None
        self._submission: Submission | None = None
        self._pending: Request | None = None
        self._waiting: tuple[Wish, ...] = ()
        self._booted = 0.0
        self._resync = True
        self._schedule.forget("the phone is off")
        self.trust.forget()

    # -- what anybody may read

    @property
    def busy(self) -> bool:
        """Whether work is under way."""
        return self._steps is not None

    @property
    def resyncing(self) -> bool:
        """Whether that work is a resync."""
        return self._attempt is not None

    @property
    def due(self) -> Due:
        """When the next resync comes, or why none does."""
        return self._schedule.due

    @property
    def record(self) -> Record:
        """What the phone remembers of its attempts since it started."""
        return self._schedule.record

    @property
    def has_pages(self) -> bool:
        """Whether the phone serves its pages now."""
        return self.phase is Phase.UP and self.holds("Enable_Web_Server")

    def holds(self, name: str) -> bool:
        """Whether a Bool is on whose default is Yes; models without it behave as if it were."""
        return yes(self.value(name), empty=True)

    def value(self, name: str) -> str:
        """One parameter; empty when the phone has none of that name."""
        return self.profile.value(name)

    def macros(self, **state: str) -> dict[str, str]:
        """Every macro of this phone, ``state`` included."""
        who = self.identity
        own = certificate_status(who.pair)
        state = {"SWVER": who.load, "IP": who.address, "CCERT": own, **state}
        return phone_macros(who.model, who.mac, who.serial, values=self.value, state=state)

    def timer(self) -> float | None:
        """When ``handle_timer`` wants to be called; None while there is nothing to wait for."""
        if self.phase is Phase.OFF or self.busy:
            return None
        return self._booted if self.phase is Phase.BOOTING else self._schedule.timer()

    def actions(self) -> list[Action]:
        """What is to be done now, in order; each action is given out once."""
        given, self._actions = self._actions, []
        return given

    # -- power, restarts, time

    def start(self, now: float, reason: Reason = Reason.POWER, *, resync: bool = True) -> None:
        """Begin to boot; ``resync`` False skips Resync_On_Reset this once."""
        self._forget()
        self.phase = Phase.BOOTING
        self._schedule.forget("the phone is booting")
        self._booted = now + self.identity.boot_seconds
        self._resync = resync
        self.history = self.history.with_boot(Boot(now, reason))
        self._work(self._write_down(), now)

    def stop(self) -> None:
        """Power cut: whatever was under way is gone, unsaid words too."""
        self._forget()
        self._actions = []
        self.phase = Phase.OFF

    def handle_timer(self, now: float) -> None:
        """Do what is due by ``now``; nothing when nothing is."""
        due = self.timer()
        if due is None or now < due:
            return
        if self.phase is Phase.BOOTING:
            self._up(now)
        elif cause := self._schedule.fall_due(now):
            self._begin(Order(cause), now)

    def _write_down(self) -> Steps:
        """Note the start; a disk that is full is no reason not to start."""
        try:
            yield Save(self.memory_with(self.profile))
        except RingbackError as error:
            self.detail(1, f"the start was not written down: {error}")

    def _up(self, now: float) -> None:
        """Only a power-on is spread: submitting is to cause "an immediate … resync" (S1)."""
        self.phase = Phase.UP
        reason = self.history.boots[0].reason
        self._schedule.start(now, resync=self._resync, spread=reason is Reason.POWER)
        self.detail(1, f"started ({reason}); next resync: {self.due}")
        if self.trust.due:
            self._work(self.trust.install(now), now)

    # -- wishes

    def request(self, rule: str | None, now: float, *, host: str = "") -> None:
        """Resync because somebody asks: to a one-shot ``rule``, or to the phone's own (None).

        Raises:
            RefusedError: Provision_Enable is No, the phone is not up, or too many are waiting.
        """
        if not self.holds("Provision_Enable"):
            raise RefusedError("provisioning is disabled", why="Provision_Enable is No")
        self._wish(Order(Cause.REQUEST, rule, host), now)

    def submit(self, values: Mapping[str, str], now: float) -> Submission:
        """Save settings, then restart and resync: *Submit All Changes*.

        The answer says what became of it, as soon as the disk has spoken.

        Raises:
            RingbackError: a name the phone does not have; or RefusedError, as for ``request``.
        """
        self.profile.set(values)  # Refuses unknown names now, while somebody listens.
        submission = Submission(values)
        self._wish(submission, now)
        return submission

    def update_ca(self, rule: str | None, now: float, *, host: str = "") -> None:
        """Install a custom authority, by a one-shot ``rule`` or the phone's own (None).

        Raises:
            RefusedError: there is no rule, the phone is not up, or too many are waiting.
        """
        if rule is None and not self.trust.rule.strip():
            raise RefusedError("there is no custom CA to fetch", why="name its URL after the ?")
        self._wish(Update(rule, host), now)

    def reboot(self, now: float, reason: Reason = Reason.USER) -> None:
        """Restart, once the phone is idle.

        Raises:
            RefusedError: the phone is not up, or too many are waiting.
        """
        self._wish(Restart(reason), now)

    def _wish(self, wish: Wish, now: float) -> None:
        if self.phase is not Phase.UP:
            raise RefusedError("the phone is not up", why=f"it is {self.phase.value}")
        if len(self._waiting) >= MOST_WAITING:
            raise RefusedError("the phone is busy", why=f"{MOST_WAITING} requests are waiting")
        if wish not in self._waiting:
            self._waiting = (*self._waiting, wish)
        if not self.busy:
            self._grant(now)
        elif self.making_room:
            self._interrupt(now)

    @property
    def making_room(self) -> bool:
        """Whether what is under way must make room; never while the disk is written."""
        wanted = any(isinstance(wish, Submission) for wish in self._waiting)
        return wanted and not isinstance(self._pending, Save)

    def _grant(self, now: float) -> None:
        """Turn to the most urgent wish, if there is one."""
        if not self._waiting:
            return
        wish = min(self._waiting, key=lambda each: URGENCY[type(each)])
        self._waiting = tuple(each for each in self._waiting if each is not wish)
        match wish:
            case Submission():
                self._submission = wish
                self._work(self._take(wish), now)
            case Order():
                self._begin(wish, now)
            case Update(rule, host):
                self._work(self.trust.install(now, rule, host), now)
            case Restart(reason):
                self.start(now, reason)

    def _take(self, submission: Submission) -> Steps:
        try:
            profile, _ = self.profile.set(submission.values, local=True)
            yield Save(self.memory_with(profile))
            self.profile = profile
        except RingbackError as error:
            submission.error = error
        submission.done = True

    # -- work

    def answer(self, number: int, answer: Any, now: float) -> None:
        """What came back for the ``Ask`` of that number: its answer, or a RingbackError."""
        if number == self._number and self._pending is not None:
            self._advance(answer, now)

    def _begin(self, order: Order, now: float) -> None:
        self._attempt = Attempt(self, order, now)
        self._work(self._attempt.steps(), now)

    def _work(self, steps: Steps, now: float) -> None:
        self._steps = steps
        self._advance(None, now)

    def _interrupt(self, now: float) -> None:
        what = "the resync made room for settings submitted on the phone's page"
        self._advance(TransferError(what, failure=Failure.INTERRUPTED), now)

    def _advance(self, answer: Any, now: float) -> None:
        """Let the work go on with an answer until it asks for the next thing, or ends."""
        assert self._steps is not None
        self._number += 1
        self._pending = None
        go = self._steps.throw if isinstance(answer, RingbackError) else self._steps.send
        try:
            self._pending = go(answer)
        except StopIteration:
            self._ended(now)
            return
        if self.making_room:
            self._interrupt(now)
        else:
            self._actions.append(Ask(self._number, self._pending))

    def _ended(self, now: float) -> None:
        attempt, submission = self._attempt, self._submission
        self._steps = self._attempt = self._submission = None
        if attempt is not None and attempt.outcome is not None:
            self._conclude(attempt.order, attempt.outcome, now)
        if submission is not None and submission.error is None:
            self.start(now, Reason.PROVISIONING)
        elif not self.busy and self.phase is Phase.UP:
            self._grant(now)

    def _conclude(self, order: Order, outcome: Outcome, now: float) -> None:
        """Tell how a resync ended, and wait for the next one or restart."""
        self.last = outcome
        self._actions.append(Finished(outcome))
        if order.rule is None or outcome.result is not Result.FAILED:
            self._schedule.conclude(outcome.result, now)
        self.detail(1, f"next resync: {self.due}")
        waits = any(isinstance(wish, Submission) for wish in self._waiting)
        if outcome.result is Result.OK_REBOOT and not waits:
            again = self.identity.model.traits.restart_resyncs
            self.start(now, Reason.PROVISIONING, resync=again)

    # -- what an attempt uses

    def memory_with(self, profile: Profile, custom_ca: CustomCa | None = None) -> Memory:
        """What a power cut must not take away, once the phone has ``profile``."""
        ca = custom_ca or self.trust.custom_ca
        return Memory.of(profile, self.identity.mac, self.identity.serial, self.history, ca)

    def adopt(self, profile: Profile) -> None:
        """Use settings that are saved."""
        self.profile = profile

    def say(self, parameter: str, state: Mapping[str, str]) -> None:
        """Say the provisioning line whose format is in ``parameter``."""
        self._utter(voice.line(self, parameter, state))

    def detail(self, level: int, text: str) -> None:
        """One line for those who set Debug_Level to ``level`` or more."""
        self._utter(voice.detail(self, level, text))

    def _utter(self, said: Say | None) -> None:
        if said is not None:
            self._actions.append(said)
