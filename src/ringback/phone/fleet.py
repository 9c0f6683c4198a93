"""Door: thousands of phones plugged in, in one process.

Each is the same handset as on a desk, with the same flash, the same clients and the same hands.
What differs is the waiting: a desk has an alarm, a fleet has one heap of due times and one alarm
for its head, so that a phone that waits costs its mind and a line in the heap; no task, no
socket, no timer. A phone that resyncs has a socket, a lock on its flash and a task meanwhile.

How many may do so at once is bounded by file descriptors only, unless somebody says less: a real
fleet has no bound, and a queue in here would spare the server the storm. The phones that fall due
together are woken in short turns between which the network is served.
"""

import asyncio
import gc
import heapq
import resource
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from ringback import clock
from ringback.cisco.delay import Dice
from ringback.cisco.profile import Profile
from ringback.cisco.resync import Cause, Result
from ringback.dns.resolver import Resolver
from ringback.errors import RefusedError, RingbackError, StorageError
from ringback.mac import Mac
from ringback.phone.action import Outcome, Say
from ringback.phone.commons import Commons
from ringback.phone.depot import Depot, Ended
from ringback.phone.fault import NO_FAULTS, Faults
from ringback.phone.hands import Hands, Plugged
from ringback.phone.handset import Handset, Phase
from ringback.phone.identity import Identity
from ringback.phone.nvram import Nvram
from ringback.phone.pace import Pace
from ringback.phone.speaker import Speaker
from ringback.phone.tally import Tally
from ringback.phone.timetable import Timetable, Verb

TURN = 0.005
"""Seconds for which phones are woken before the network is served again."""
TICK = 0.2
"""Seconds between two batches of the log, and between two looks at memory."""
AWAY = 1.0
"""Seconds after which a phone whose flash somebody else uses is looked for again."""
OUTAGE = 1.0
"""Seconds for which a power failure on purpose lasts."""
PER_PHONE = 3
"""File descriptors of a phone at work: its socket, the lock on its flash, the file it writes."""
SPARE = 128
MOST_AT_WORK = 20_000
"""Source ports that one address has for one server, less a margin."""
UNSAID = 100_000
GARBAGE = (20_000, 20, 50)
"""Thresholds of the collector: it need not look at waiting phones again and again."""
FAREWELL = 1.0


def serial_of(mac: Mac) -> str:
    """A serial number in the maker's form, made from the MAC."""
    return f"FCH{int(mac.digits[-6:], 16):08d}"


@dataclass(frozen=True, slots=True)
class Roll:
    """Who is in a fleet: phones like ``pattern``, with MAC addresses that follow one another."""

    pattern: Identity
    profile: Profile
    """What each is set to before it first gets power."""
    count: int

    def identity(self, index: int) -> Identity:
        """The phone of that number, from 0."""
        mac = Mac(f"{(int(self.pattern.mac.digits, 16) + index) % 2**48:012x}")
        return replace(self.pattern, mac=mac, serial=serial_of(mac))


class Berth(Plugged):
    """One phone's place in a fleet."""

    __slots__ = (
        "applied",
        "began",
        "counted",
        "fleet",
        "index",
        "lost",
        "mark",
        "powered",
        "stamp",
    )

    def __init__(self, fleet: "Fleet", index: int, phone: Handset, faults: Faults) -> None:
        super().__init__(phone, faults=faults)
        self.fleet = fleet
        self.index = index
        self.stamp = 0
        """Which of its entries in the heap counts: the newest."""
        self.began = 0.0
        self.counted = False
        """Whether it is among those at work."""
        self.applied = False
        self.lost = ""
        """Why its flash cannot be used, if it cannot."""
        self.mark = (0, 0, 0)
        self.powered = False

    def finished(self, outcome: Outcome) -> None:
        """A resync has ended."""
        self.fleet.finished(self, outcome)

    def settled(self) -> None:
        """Wait for what is due next."""
        self.fleet.settled(self)

    def power_failed(self) -> None:
        """The power comes back in a moment."""
        self.fleet.power_failed(self)


@dataclass(slots=True)
class View:
    """A fleet at one moment."""

    count: int = 0
    elapsed: float = 0.0
    on: int = 0
    due: int = 0
    """Phones that have power and have not applied anything yet."""
    at_work: int = 0
    held_back: int = 0
    """Phones that wait because as many as may are at work."""
    away: int = 0
    done: int = 0
    """Phones that have applied a profile since the fleet's start."""
    lost: int = 0
    tally: Tally = field(default_factory=Tally)


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
        self.room = min(at_work or MOST_AT_WORK, MOST_AT_WORK, _descriptors(roll.count))
        self._timetable = timetable
        self._depot = depot
        self._dice = dice or clock.dice()
        self._commons = Commons()
        self._pace = Pace(clock.monotonic, clock.now() + faults.clock, speed)
        self._zero = self._pace.now()
        self._speaker = Speaker(resolver, UNSAID)
        self._hands = Hands(resolver, self._speaker, self._pace.now, hear=hear or (lambda _: None))
        self._heap: list[tuple[float, int, int, Verb | None]] = []
        self._ready: deque[int] = deque()
        self._working = 0
        self._away: set[int] = set()
        self._resumed: dict[int, float] = {}
        self._ringing = False
        self._alarm: asyncio.Handle | None = None
        self._changed = asyncio.Event()
        self._failure: RingbackError | None = None
        self._berths: list[Berth] = []

    # -- what anybody may read

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
            self.roll.count, self.elapsed, on, waiting, self._working, len(self._ready),
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
        usual = gc.get_threshold()
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GARBAGE)
        self._speaker.start()
        self._arm()
        try:
            while not self._failure and not until(self):
                await asyncio.sleep(TICK)
                self.most_memory = max(self.most_memory, memory())
                if self._depot:
                    self._depot.flush()
                tick(self)
        finally:
            await self._unplug()
            gc.unfreeze()
            gc.set_threshold(*usual)
        if self._failure:
            raise self._failure

    def nothing_left(self) -> bool:
        """Whether every phone has applied something, or never will."""
        if self._heap_has_events() or self._working or self._ready or self._away:
            return False
        return all(
            berth.applied or berth.lost or not berth.powered or berth.phone.timer() is None
            for berth in self._berths
        )

    def _heap_has_events(self) -> bool:
        return any(verb is not None for _, _, _, verb in self._heap)

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
        for index, verb in state.items():
            if verb is Verb.ON:
                self._heap.append((now, index, 0, verb))
        self._heap.extend((self._zero + at, index, 0, verb) for at, index, verb in later)
        heapq.heapify(self._heap)

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
        self._ready.clear()
        if self._alarm:
            self._alarm.cancel()
        self._ringing = True  # From here on nobody is woken any more.
        errands = [berth.errand for berth in self._berths if berth.errand]
        for berth in self._berths:
            self._cut(berth)
        await asyncio.gather(*errands, return_exceptions=True)
        await self._speaker.stop(FAREWELL)

    # -- time

    def _arm(self) -> None:
        """Set the one alarm: for the head of the heap, or at once for who waits in line."""
        self._pace.hurry(on=not self._working and not self._ready)
        if self._alarm:
            self._alarm.cancel()
            self._alarm = None
        loop = asyncio.get_running_loop()
        if self._ready and self._working < self.room:
            self._alarm = loop.call_soon(self._ring)
        elif self._heap:
            wait = self._pace.real(self._heap[0][0] - self._pace.now())
            self._alarm = loop.call_later(wait, self._ring)

    def _ring(self) -> None:
        """Wake who waits in line and who is due, for a turn."""
        self._alarm, self._ringing = None, True
        ends = clock.monotonic() + TURN
        try:
            while self._next() and clock.monotonic() < ends:
                pass
        except RingbackError as error:
            self._failure = error
        self._ringing = False
        self._arm()

    def _next(self) -> bool:
        """Wake one; False when nobody is left to wake now."""
        if self._ready and self._working < self.room:
            berth = self._berths[self._ready.popleft()]
            due = berth.phone.timer()
            if due is not None:
                self._wake(berth, due)
            return True
        if not self._heap or self._heap[0][0] > self._pace.now():
            return False
        due, index, stamp, verb = heapq.heappop(self._heap)
        berth = self._berths[index]
        if verb is None and stamp == berth.stamp:
            self._wake(berth, due)
        elif verb is not None and (stamp >= 0 or index in self._away):
            self._happen(berth, verb)
        return True

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
        if not self._take(berth):
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
        if self._working >= self.room and berth.phone.phase is Phase.UP:
            self._ready.append(berth.index)
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
            self._working += 1
            self._pace.hurry(on=False)
            self.tally.begin(now - self._zero, now - due)

    # -- what the hands tell of a phone

    def power_failed(self, berth: Berth) -> None:
        """A fault has cut the power; it comes back in a moment."""
        berth.powered = False
        heapq.heappush(self._heap, (self._pace.now() + OUTAGE, berth.index, 0, Verb.ON))

    def finished(self, berth: Berth, outcome: Outcome) -> None:
        """A resync has ended."""
        now = self._pace.now()
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
        if berth.counted:
            self._rest(berth)
        due = phone.timer()
        berth.stamp += 1
        if due is not None:
            heapq.heappush(self._heap, (due, berth.index, berth.stamp, None))
        self._give(berth)
        if self._ringing:
            return
        if self._ready or (self._heap and self._heap[0][1] == berth.index):
            self._arm()

    def _rest(self, berth: Berth) -> None:
        """A phone has ended its work; another may begin."""
        berth.counted = False
        self._working -= 1
        if not self._working and not self._ready and not self._ringing:
            self._arm()  # Time may hurry again.

    # -- flash

    def _take(self, berth: Berth) -> bool:
        """Take hold of a phone's flash before it gets power, and read it."""
        if self._depot is None:
            return True
        try:
            berth.nvram = self._flash(berth)
        except StorageError:
            self._look_again(berth)
            return False
        try:
            known = berth.nvram.load()
        except RingbackError as error:
            self._lose(berth, str(error))
            return False
        self._away.discard(berth.index)
        if known:
            identity = self.roll.identity(berth.index)
            if (known.mac, known.model) != (str(identity.mac), identity.model.name):
                self._lose(berth, "its flash holds another phone")
                return False
            berth.phone = Handset(identity, self._dice, known)
            berth.phone.profile = self._commons.same(berth.phone.profile)
        return True

    def _hold(self, berth: Berth) -> bool:
        """Take hold of the flash of a phone that is on; switch it on anew if others had it."""
        if self._depot is None or berth.nvram is not None:
            return True
        try:
            berth.nvram = self._flash(berth)
        except StorageError:
            berth.phone.stop()
            self._look_again(berth)
            return False
        if berth.nvram.mark() == berth.mark:
            return True
        berth.phone.stop()
        berth.nvram.close()
        berth.nvram = None
        self._power(berth)
        return False

    def _flash(self, berth: Berth) -> Nvram:
        assert self._depot is not None
        step = (
            self._faults.step(self._dice) if self._faults.power or self._faults.flash_full else None
        )
        return self._depot.flash(berth.phone.identity.mac, step)

    def _look_again(self, berth: Berth) -> None:
        """Somebody else has this phone in hand."""
        self._away.add(berth.index)
        when = self._pace.now() + AWAY * self._pace.rate
        berth.powered = False  # It has no power from us.
        heapq.heappush(self._heap, (when, berth.index, -1, Verb.ON))

    def _lose(self, berth: Berth, why: str) -> None:
        berth.lost = why
        self.tally.errors[f"flash: {why}"] += 1
        self._give(berth)

    def _give(self, berth: Berth) -> None:
        if berth.nvram is not None:
            berth.mark = berth.nvram.mark()
            berth.nvram.close()
            berth.nvram = None

    def _cut(self, berth: Berth) -> None:
        """Take a phone's power away."""
        if berth.errand:
            berth.errand.cancel()
            berth.errand = None
        berth.phone.stop()
        berth.stamp += 1
        self._give(berth)
        if berth.counted:
            self._rest(berth)


def _descriptors(count: int) -> int:
    """How many phones may be at work: ask for enough descriptors, and reckon with what is given."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count * PER_PHONE + SPARE
    if soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return max(1, (soft - SPARE) // PER_PHONE)


def memory() -> int:
    """Bytes of memory that this process occupies; 0 where the system does not tell."""
    try:
        text = Path("/proc/self/statm").read_text("ascii")
    except OSError:
        return 0
    return int(text.split()[1]) * resource.getpagesize()
