"""Door: thousands of phones plugged in, in one process.

Each is the same handset as on a desk, with the same flash, the same clients and the same hands.
What differs is the waiting (agenda.py): a phone that waits costs its mind and a line in a heap. A
phone that resyncs has a socket, a lock on its flash and a task meanwhile.

How many may do so at once is bounded by file descriptors only, unless somebody says less: a real
fleet has no bound, and a queue in here would spare the server the storm.
"""

import asyncio
from collections.abc import Callable, Iterable

from ringback import clock
from ringback.cisco.delay import Dice
from ringback.cisco.resync import Cause, Result
from ringback.dns.resolver import Resolver
from ringback.errors import RefusedError
from ringback.phone.action import Outcome, Say
from ringback.phone.agenda import Agenda
from ringback.phone.berth import Berth
from ringback.phone.commons import Commons
from ringback.phone.depot import Depot, Ended
from ringback.phone.fault import NO_FAULTS, Faults
from ringback.phone.flashes import Flashes, Grip
from ringback.phone.hands import Hands
from ringback.phone.handset import Handset, Phase
from ringback.phone.machine import memory, rarely_collected, room_for
from ringback.phone.pace import Pace
from ringback.phone.roll import Roll
from ringback.phone.speaker import Speaker
from ringback.phone.tally import Tally, View
from ringback.phone.timetable import Timetable, Verb

TICK = 0.2
"""Seconds between two batches of the log, and between two looks at memory."""
AWAY = 1.0
"""Seconds after which a phone whose flash somebody else uses is looked for again."""
AGAIN = -1
"""The stamp of an entry that looks for such a phone."""
OUTAGE = 1.0
"""Seconds for which a power failure on purpose lasts."""
MOST_AT_WORK = 20_000
"""Source ports that one address has for one server, less a margin."""
UNSAID = 100_000
FAREWELL = 1.0


class Fleet:
    """Drives many phones.

    Args:
        roll: who they are.
        timetable: when they get power.
        resolver: looks names up.
        depot: where they keep their settings; None for phones that forget.
        speed: how many seconds pass in one while all of them only wait.
        at_work: how many may resync at once; None for as many as this machine has descriptors.
        dice: spreads what phones spread.
        faults: what goes wrong with each phone on purpose.
        hear: is told of every line any phone says.
    """

    def __init__(
        self,
        roll: Roll,
        timetable: Timetable,
        resolver: Resolver,
        *,
        depot: Depot | None = None,
        speed: float = 1.0,
        at_work: int | None = None,
        dice: Dice | None = None,
        faults: Faults = NO_FAULTS,
        hear: Callable[[Say], None] | None = None,
    ) -> None:
        self.roll = roll
        self._faults = faults
        self.tally = Tally()
        self.done = 0
        self.before = memory()
        """Bytes this process had before it had phones."""
        self.most_memory = self.before
        self._timetable = timetable
        self._depot = depot
        self._dice = dice or clock.dice()
        self._commons = Commons()
        self._pace = Pace(clock.monotonic, clock.now() + faults.clock, speed)
        self._zero = self._pace.now()
        self._speaker = Speaker(resolver, UNSAID)
        self._hands = Hands(resolver, self._speaker, self._pace.now, hear=hear or (lambda _: None))
        room = min(at_work or MOST_AT_WORK, MOST_AT_WORK, room_for(roll.count))
        self._agenda = Agenda(self._pace, room, self._due, self._admitted)
        self._flashes = Flashes(depot, roll, self._dice, faults)
        self._away: set[int] = set()
        self._resumed: dict[int, float] = {}
        self._berths: list[Berth] = []

    # -- what anybody may read

    @property
    def room(self) -> int:
        """How many may be at work at once."""
        return self._agenda.room

    @property
    def elapsed(self) -> float:
        """Seconds since the fleet's start, those of earlier runs included."""
        return self._pace.now() - self._zero

    def view(self) -> View:
        """How things stand."""
        on = sum(berth.powered for berth in self._berths)
        waiting = sum(berth.powered and not berth.applied for berth in self._berths)
        lost = sum(bool(berth.lost) for berth in self._berths)
        return View(
            self.roll.count, self.elapsed, on, waiting, self._agenda.working, self._agenda.in_line,
            len(self._away), self.done, lost, self.tally,
        )  # fmt: skip

    def phone(self, index: int) -> Handset:
        """One of the phones."""
        return self._berths[index].phone

    def berths(self) -> Iterable[Berth]:
        """All of them."""
        return self._berths

    # -- the run

    async def run(
        self, until: Callable[["Fleet"], bool], tick: Callable[["Fleet"], None] = lambda _: None
    ) -> None:
        """Run until ``until`` says so, which is asked every fifth of a second, as is ``tick``.

        Raises:
            StorageError: the log cannot be written.
        """
        self._build()
        with rarely_collected():
            self._speaker.start()
            self._agenda.arm()
            try:
                while not self._agenda.failure and not until(self):
                    await asyncio.sleep(TICK)
                    self.most_memory = max(self.most_memory, memory())
                    if self._depot:
                        self._depot.flush()
                    tick(self)
            finally:
                await self._unplug()
        if self._agenda.failure:
            raise self._agenda.failure

    def nothing_left(self) -> bool:
        """Whether every phone has applied something, or never will."""
        if self._agenda.holds_events() or self._agenda.working or self._agenda.in_line:
            return False
        return all(
            berth.applied or berth.lost or not berth.powered or berth.phone.timer() is None
            for berth in self._berths
        )

    def _build(self) -> None:
        """Plug everybody in; phones that have applied already need not do so again."""
        self._resumed = applied = self._recall()
        state, later = self._timetable.split(self.elapsed)
        for index in range(self.roll.count):
            berth = Berth(self, index, self._handset(index), self._faults)
            berth.applied = index in applied
            self._berths.append(berth)
        self.done = len(applied)
        now = self._pace.now()
        at_once = [(now, index, 0, verb) for index, verb in state.items() if verb is Verb.ON]
        self._agenda.fill(
            [*at_once, *((self._zero + at, index, 0, verb) for at, index, verb in later)]
        )

    def _recall(self) -> dict[int, float]:
        """Go on where the log ends; which phones have applied, and when they last did."""
        known = list(self._depot.ended()) if self._depot else []
        if not known:
            return {}
        self._zero -= max(each.at for each in known)
        self.tally.recall((each.at, each.took, each.error, each.ok, each.retry) for each in known)
        return {each.index: each.at for each in known if each.ok}

    def _handset(self, index: int) -> Handset:
        phone = Handset(self.roll.identity(index), self._dice)
        phone.profile = self.roll.profile
        return phone

    async def _unplug(self) -> None:
        """Pull every plug; what was said is still sent, for a moment."""
        self._agenda.stop()
        errands = [berth.errand for berth in self._berths if berth.errand]
        for berth in self._berths:
            self._cut(berth)
        await asyncio.gather(*errands, return_exceptions=True)
        await self._speaker.stop(FAREWELL)

    # -- what the agenda asks for

    def _due(self, due: float, index: int, stamp: int, verb: Verb | None) -> None:
        berth = self._berths[index]
        if verb is None and stamp == berth.stamp:
            self._wake(berth, due)
        elif verb is not None and (stamp != AGAIN or index in self._away):
            self._happen(berth, verb)

    def _admitted(self, index: int) -> None:
        """A phone that waited in line may begin, if it still wants to."""
        due = self._berths[index].phone.timer()
        if due is not None:
            self._wake(self._berths[index], due)

    def _happen(self, berth: Berth, verb: Verb) -> None:
        """What the timetable says."""
        if verb is Verb.OFF:
            berth.powered = False
            self._away.discard(berth.index)
            self._cut(berth)
        elif verb is Verb.ON and not berth.powered:
            berth.powered = True
            self._power(berth)
        elif verb is Verb.RESYNC and berth.powered and self._hold(berth):
            self._ask(berth)

    def _ask(self, berth: Berth) -> None:
        """Somebody opens a phone's /admin/resync."""
        now = self._pace.now()
        try:
            berth.phone.request(None, now)
        except RefusedError as error:
            self.tally.errors[f"refused: {error.why}"] += 1
        self._begun(berth, now)
        self._hands.settle(berth)

    def _power(self, berth: Berth) -> None:
        """Switch a phone on with what it remembers.

        One that applied a profile in an earlier run of this fleet goes on as if time had stood
        still since.
        """
        if not self._taken(berth):
            return
        then = self._resumed.pop(berth.index, None)
        if then is None:
            berth.phone.start(self._pace.now())
        else:
            berth.phone.start(self._zero + then, resync=False)
            self._hands.settle(berth)
            self._hold(berth)
            berth.phone.handle_timer(self._zero + then + self.roll.pattern.boot_seconds)
        self._hands.settle(berth)

    def _wake(self, berth: Berth, due: float) -> None:
        """A phone's time has come; it waits in line when as many as may are at work."""
        if self._agenda.full and berth.phone.phase is Phase.UP:
            self._agenda.line_up(berth.index)
            return
        if not self._hold(berth):
            return
        berth.phone.handle_timer(self._pace.now())
        self._begun(berth, due)
        self._hands.settle(berth)

    def _begun(self, berth: Berth, due: float) -> None:
        """Count an attempt that has just begun."""
        if berth.phone.resyncing and not berth.counted:
            now = self._pace.now()
            berth.counted = True
            berth.began = now
            self._agenda.begin()
            self.tally.begin(now - self._zero, now - due)

    # -- what the hands tell of a phone

    def power_failed(self, berth: Berth) -> None:
        """A fault has cut the power; it comes back in a moment."""
        berth.powered = False
        self._agenda.add(self._pace.now() + OUTAGE, berth.index, 0, Verb.ON)

    def finished(self, berth: Berth, outcome: Outcome) -> None:
        """A resync has ended."""
        now = self._pace.now()
        if not berth.counted:  # It ended as it began, before anybody was asked.
            berth.began = now
            self.tally.begin(now - self._zero, 0.0)
        took = now - berth.began
        self.tally.end(outcome, now - self._zero, took)
        ok = outcome.result is not Result.FAILED
        if ok:
            berth.phone.profile = self._commons.same(berth.phone.profile)
            self.done += not berth.applied
            berth.applied = True
        if self._depot:
            retry = outcome.cause is Cause.RETRY
            at = now - self._zero
            self._depot.note(Ended(berth.index, at, took, ok, retry, outcome.error))

    def settled(self, berth: Berth) -> None:
        """Put a phone that waits into the heap; give its flash back."""
        phone = berth.phone
        if phone.busy:
            return
        self._rest(berth)
        self._flashes.give(berth)
        berth.stamp += 1
        due = phone.timer()
        if due is not None:
            self._agenda.add(due, berth.index, berth.stamp)

    def _rest(self, berth: Berth) -> None:
        """A phone has ended its work; another may begin."""
        if berth.counted:
            berth.counted = False
            self._agenda.end()

    # -- flash

    def _taken(self, berth: Berth) -> bool:
        """Whether a phone that gets power has its flash."""
        match self._flashes.take(berth):
            case Grip.AWAY:
                self._look_again(berth)
                return False
            case Grip.LOST:
                self.tally.errors[f"flash: {berth.lost}"] += 1
                self._away.discard(berth.index)
                self._flashes.give(berth)
                return False
        self._away.discard(berth.index)
        berth.phone.profile = self._commons.same(berth.phone.profile)
        return True

    def _hold(self, berth: Berth) -> bool:
        """Whether a phone that is on has its flash; it is switched on anew if others had it."""
        grip = self._flashes.hold(berth)
        if grip is Grip.MINE:
            return True
        berth.phone.stop()
        if grip is Grip.AWAY:
            self._look_again(berth)
        else:
            self._power(berth)
        return False

    def _look_again(self, berth: Berth) -> None:
        """Somebody else has this phone in hand: it has no power from us."""
        self._away.add(berth.index)
        berth.powered = False
        self._agenda.add(self._pace.now() + AWAY * self._pace.rate, berth.index, AGAIN, Verb.ON)

    def _cut(self, berth: Berth) -> None:
        """Take a phone's power away."""
        if berth.errand:
            berth.errand.cancel()
            berth.errand = None
        berth.phone.stop()
        berth.stamp += 1
        self._flashes.give(berth)
        self._rest(berth)
