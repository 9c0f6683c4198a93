"""A phone's mind: events and ``now`` come in, actions and one timer go out. No socket, no clock.

Drive it like this (desk.py is the whole driver)::

    phone.start(now)                    # power on
    for action in phone.actions(): …    # do them; hand answers back by phone.answer(…)
    phone.timer()                       # when to call phone.handle_timer(now), or None

A phone is off, booting or up. While it is up it does one piece of work at a time (``work.py``):
an attempt to resync, a custom CA to install, the saving of what was submitted on its page.
Whoever wants something meanwhile waits in a short queue (``waiting.py``); only a submission, for
which a person waits, cuts other work off.

How to hang something on a phone, without a change to this file:

- *Something wanted of it*: a subclass of ``wish.Wish`` and a row in ``grant.GRANTS``: how urgent it
  is, from when on calls allow it, and the job that it becomes. Others say ``phone.want(wish, now)``
  (refused when the phone is not up or too many wait), parts say ``phone.remember(wish)``.
- *Something with a timer, a memory or macros* (lines, reports, upgrades): a ``part.Part`` in
  ``parts.PARTS``; it is reached by ``phone.part(TheClass)``. A part may work beside the one piece
  of work, for its timer runs while the phone is busy unless the part itself says otherwise.
- *Something said to the world*: a type added to ``action.Action`` and handed to ``phone.act``; the
  drivers (desk.py, the fleet, tests/phone/world.py) do it.
- *A question that wants an answer* within a job: a type added to ``action.Request``.

Idle means two things: ``phone.busy`` is about work, ``phone.calls.idle`` about lines.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Any

from ringback.cisco.delay import Dice
from ringback.cisco.macros import phone_macros
from ringback.cisco.profile import Profile
from ringback.cisco.resync import Due, Record, yes
from ringback.errors import RefusedError, RingbackError
from ringback.phone import voice
from ringback.phone.action import Action, Finished, Outcome, Save, Say
from ringback.phone.boot import Boot, History, Reason
from ringback.phone.call import Calls
from ringback.phone.custom_ca import CustomCa
from ringback.phone.front import Front
from ringback.phone.identity import Identity
from ringback.phone.job import Job, Steps
from ringback.phone.memory import Memory
from ringback.phone.parts import P, Parts
from ringback.phone.schedule import Schedule
from ringback.phone.trust import Trust
from ringback.phone.waiting import MOST_WAITING, Waiting
from ringback.phone.wish import Order, Restart, Wish
from ringback.phone.work import Work

__all__ = ["MOST_WAITING", "Handset", "Phase"]


class Phase(Enum):
    """What a phone is doing altogether."""

    OFF = "off"
    BOOTING = "booting"
    UP = "up"


class Handset(Front):
    """One phone. All times are POSIX seconds; ``dice`` decide how waits are spread."""

    __slots__ = (
        "_actions", "_booted", "dice", "history", "identity", "last", "now", "parts", "phase",
        "profile", "resyncs_on_start", "waiting", "work",
    )  # fmt: skip

    def __init__(self, identity: Identity, dice: Dice, memory: Memory | None = None) -> None:
        """A phone that is off: fresh from the factory, or with its ``memory``."""
        self.identity = identity
        self.dice = dice
        self.recall(memory)

    def recall(self, memory: Memory | None) -> None:
        """Be off and know what ``memory`` holds, nothing else: what a power cut leaves."""
        model = self.identity.model
        self.profile = memory.profile(model) if memory else Profile.factory(model)
        self.history = memory.history if memory else History()
        self.phase = Phase.OFF
        self.now = 0.0
        """The moment of the last event."""
        self.last: Outcome | None = None
        """How the last resync ended, for the page that shows it."""
        self.waiting = Waiting()
        self.work = Work(self)
        self._actions: list[Action] = []
        self._booted = 0.0
        self.resyncs_on_start = True
        """False skips Resync_On_Reset this once."""
        self.parts = Parts(self)
        if memory:
            for part in self.parts:
                part.recall(memory)

    # -- what anybody may read

    def part(self, kind: type[P]) -> P:
        """The part of that class."""
        return self.parts.one(kind)

    @property
    def calls(self) -> Calls:
        """The calls that are up."""
        return self.part(Calls)

    @property
    def trust(self) -> Trust:
        """Whom the phone trusts."""
        return self.part(Trust)

    @property
    def is_up(self) -> bool:
        """Whether it is on and has started."""
        return self.phase is Phase.UP

    @property
    def busy(self) -> bool:
        """Whether work is under way."""
        return self.work.job is not None

    @property
    def resyncing(self) -> bool:
        """Whether that work is a resync."""
        return self.work.job is not None and self.work.job.name == "resync"

    @property
    def due(self) -> Due:
        """When the next resync comes, or why none does."""
        return self.part(Schedule).next

    @property
    def record(self) -> Record:
        """What the phone remembers of its attempts since it started."""
        return self.part(Schedule).record

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

    def macros(self, **state: str) -> Mapping[str, str]:
        """Every macro of this phone, ``state`` included; each is looked up when it is used."""
        who = self.identity
        return phone_macros(
            who.model, who.mac, who.serial, values=self.value, state=state, live=self._macro
        )

    def _macro(self, name: str) -> str | None:
        told = self.identity.macro(name)
        return self.parts.macro(name) if told is None else told

    def timer(self) -> float | None:
        """When ``handle_timer`` wants to be called; None while there is nothing to wait for."""
        if self.phase is Phase.OFF:
            return None
        if self.phase is Phase.BOOTING:
            return None if self.busy else self._booted
        wish = None if self.busy else self.waiting.moment(self)
        moments = (each for each in (self.parts.timer(), wish) if each is not None)
        return min(moments, default=None)

    def act(self, action: Action) -> None:
        """Have the world do that, after what it was asked before."""
        self._actions.append(action)

    def actions(self) -> list[Action]:
        """What is to be done now, in order; each action is given out once."""
        given, self._actions = self._actions, []
        return given

    # -- power, restarts, time

    def start(self, now: float, reason: Reason = Reason.POWER, *, resync: bool = True) -> None:
        """Begin to boot; ``resync`` False skips Resync_On_Reset this once."""
        self.now = now
        self.phase = Phase.BOOTING
        self._forget()
        self._booted = now + self.identity.boot_seconds
        self.resyncs_on_start = resync
        self.history = self.history.with_boot(Boot(now, reason))
        self.work.begin(Job("start", self._write_down()), now)

    def stop(self) -> None:
        """Power cut: whatever was under way is gone, unsaid words too."""
        self.phase = Phase.OFF
        self._forget()
        self._actions = []

    def _forget(self) -> None:
        """What a phone without power does not remember."""
        self.work.drop()
        self.waiting.clear()
        for part in self.parts:
            part.forget()

    def restart(self, now: float, reason: Reason, *, resync: bool = True) -> None:
        """Restart now, or once no line is active."""
        if self.calls.idle:
            self.start(now, reason, resync=resync)
        else:
            self.remember(Restart(reason, resync))

    def handle_timer(self, now: float) -> None:
        """Do what is due by ``now``; nothing when nothing is."""
        due = self.timer()
        if due is None or now < due:
            return
        self.now = now
        if self.phase is Phase.BOOTING:
            self._up(now)
            return
        for part in self.parts:
            due = part.timer()
            if due is not None and due <= now and self.phase is Phase.UP:
                part.handle_timer(now)
        self.work.turn(now)

    def _write_down(self) -> Steps:
        """Note the start; a disk that is full is no reason not to start."""
        try:
            yield Save(self.memory_with(self.profile))
        except RingbackError as error:
            self.detail(1, f"the start was not written down: {error}")

    def _up(self, now: float) -> None:
        self.phase = Phase.UP
        for part in self.parts:
            part.up(now)
        reason = self.history.boots[0].reason
        self.detail(1, f"started ({reason}); next resync: {self.due}")
        self.work.turn(now)

    # -- wishes and work

    def want(self, wish: Wish, now: float) -> None:
        """Have the phone grant a wish: now, or as soon as it is free.

        Raises:
            RefusedError: the phone is not up, or too many are waiting.
        """
        self.now = now
        self.refuse_unless_up()
        self.waiting.add(wish, now)
        self.work.turn(now)

    def turn(self, now: float) -> None:
        """Something has changed: turn to what may be done now."""
        self.now = now
        self.work.turn(now)

    def refuse_unless_up(self) -> None:
        """Refuse what only a phone that is up can do.

        Raises:
            RefusedError: it is off, or booting.
        """
        if self.phase is not Phase.UP:
            raise RefusedError("the phone is not up", why=f"it is {self.phase.value}")

    def remember(self, wish: Wish) -> None:
        """What the phone itself wants: granted with the next turn, and never refused."""
        self.waiting.add(wish, self.now, most=None)

    @property
    def making_room(self) -> bool:
        """Whether what is under way must make room for a submission."""
        return self.work.making_room

    def answer(self, number: int, answer: Any, now: float) -> None:
        """What came back for the ``Ask`` of that number: its answer, or a RingbackError."""
        if self.work.expects(number):
            self.now = now
            self.work.advance(answer, now)

    # -- what jobs and parts use

    def conclude(self, order: Order, outcome: Outcome, now: float) -> None:
        """A resync has ended: tell everybody."""
        self.last = outcome
        self.act(Finished(outcome))
        for part in self.parts:
            part.concluded(order, outcome, now)
        self.detail(1, f"next resync: {self.due}")

    def memory_with(self, profile: Profile, custom_ca: CustomCa | None = None) -> Memory:
        """What a power cut must not take away, once the phone has ``profile``."""
        who, ca = self.identity, custom_ca or self.trust.custom_ca
        kept = self.parts.kept()
        return Memory.of(profile, who.mac, who.serial, self.history, ca, kept=kept)

    def adopt(self, profile: Profile, *, local: bool = False) -> None:
        """Use settings that are saved; ``local`` when they were typed on the phone's page."""
        before, self.profile = self.profile, profile
        for part in self.parts:
            part.adopted(before, local=local)

    def say(self, parameter: str, state: Mapping[str, str]) -> None:
        """Say the provisioning line whose format is in ``parameter``."""
        self._utter(voice.line(self, parameter, state))

    def detail(self, level: int, text: str) -> None:
        """One line for those who set Debug_Level to ``level`` or more."""
        self._utter(voice.detail(self, level, text))

    def _utter(self, said: Say | None) -> None:
        if said is not None:
            self.act(said)
