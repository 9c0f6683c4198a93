"""How a phone comes to another firmware: ``Upgrade_Rule``, and ``/admin/upgrade?``.

The rule is a rule like any other, without options and with a server (S2). It is looked at when the
phone has started and after every resync (*inferred*), and only while no line is active. An
upgrade is attempted when the load that the rule names is not the one that runs; once concluded,
the same rule is not followed again until its text, or what it became, changes (S2). That is
remembered over power cuts, because the name of an image need not tell its version.

What fails is tried again after ``Upgrade_Error_Retry_Delay``, a waiting list. A load older than
``Downgrade_Rev_Limit`` is refused and that is the end of it (S2). A load that is still in the
other partition is activated without a download (S2, MPP). Everything is fetched and checked before
anything is written, and one write makes it the phone's: a power cut before it leaves the old load.

``$ERR`` of a success is the new version (S14). ``invalid file`` stands for a file for another
model, and for one below the limit (*inferred*).
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ringback.cisco import image
from ringback.cisco.condition import commented_out
from ringback.cisco.delay import DelayList
from ringback.cisco.firmware import Version
from ringback.cisco.image import Firmware
from ringback.cisco.model import ZeroRetry
from ringback.cisco.option import Options
from ringback.cisco.resync import SHORTEST_WAIT, Cause
from ringback.cisco.rule import RuleKind, evaluate
from ringback.cisco.url import Url
from ringback.errors import MalformedError, RefusedError, RingbackError, RuleError
from ringback.phone import locate, retrieve
from ringback.phone.action import Fetched, Request, Resolve, Save
from ringback.phone.attempt import status_text
from ringback.phone.boot import Reason
from ringback.phone.job import Job, Steps
from ringback.phone.load import Loads, named_load, with_file
from ringback.phone.part import Part
from ringback.phone.secret import mask
from ringback.phone.wish import Order, Wish

if TYPE_CHECKING:
    from ringback.phone.action import Outcome
    from ringback.phone.handset import Handset
    from ringback.phone.memory import Memory

RULE = "Upgrade_Rule"
REQUEST, SUCCESS, FAILURE = (
    f"Log_Upgrade_{word}_Msg" for word in ("Request", "Success", "Failure")
)


@dataclass(frozen=True, slots=True)
class Upgrade(Wish):
    """A look at the phone's own rule (None), or an upgrade by a one-shot ``rule``."""

    rule: str | None = None
    host: str = ""


@dataclass(slots=True)
class Course:
    """One upgrade on its way: what the log lines and the end of it need to know."""

    upgrade: Upgrade
    now: float
    state: dict[str, str]
    key: str = ""
    asked: bool = False
    """Whether a server was asked, or would have been."""
    restart: bool = False


class Upgrades(Part):
    """The firmware of one phone: what runs, what lies beside it, what was tried."""

    __slots__ = ("_due", "_failed", "_failures", "attempted", "error", "loads")
    name = "upgrade"
    outlives_reset = True

    def __init__(self, phone: "Handset") -> None:
        super().__init__(phone)
        self.loads = Loads()
        self.attempted: float | None = None
        """When the last attempt ended."""
        self.error = ""
        """``$UPGERR``: how the last attempt failed; empty after a success."""
        self.forget()

    # -- as a part of the phone

    def recall(self, memory: "Memory") -> None:
        """The loads in the phone's flash."""
        self._run(Loads.from_facts(memory.kept.get(self.name, {})))

    def keep(self) -> Mapping[str, Any]:
        """The loads in the phone's flash."""
        return self.loads.facts()

    def forget(self) -> None:
        """No power: the waits begin anew."""
        self._due: float | None = None
        self._failures = 0
        self._failed = ""

    def up(self, now: float) -> None:
        """The phone has started: look at the rule."""
        del now
        self._look()

    def concluded(self, order: Order, outcome: "Outcome", now: float) -> None:
        """A resync has ended, and may have changed the rule."""
        del order, outcome, now
        self._look()

    def timer(self) -> float | None:
        """When a failed upgrade is tried again."""
        return None if self.phone.busy else self._due

    def handle_timer(self, now: float) -> None:
        """Try again."""
        del now
        self._due, self._failed = None, ""
        self._look()

    def macro(self, name: str) -> str | None:
        """``$UPGST``: 1 first attempt, 2 retry; ``$UPGERR``, ``$UPGTMR`` (S5)."""
        if name == "UPGST":
            return "2" if self._failures else "1"
        if name == "UPGERR":
            return self.error
        if name == "UPGTMR":
            since = self.attempted
            return "0" if since is None else str(max(0, int(self.phone.now - since)))
        return None

    def _look(self) -> None:
        if not commented_out(self.phone.value(RULE)) and self.phone.holds("Upgrade_Enable"):
            self.phone.remember(Upgrade())

    def _run(self, loads: Loads) -> None:
        self.loads = loads
        if loads.running:
            self.phone.identity = replace(self.phone.identity, firmware=loads.running)

    # -- what somebody asks for

    def request(self, rule: str | None, now: float, host: str = "") -> None:
        """Upgrade because somebody asks: to a one-shot ``rule``, or by the phone's own (None).

        Raises:
            RefusedError: Upgrade_Enable is No, there is no rule, the phone is not up, or too many
                are waiting.
        """
        if not self.phone.holds("Upgrade_Enable"):
            raise RefusedError("upgrades are disabled", why="Upgrade_Enable is No")
        if rule is None and commented_out(self.phone.value(RULE)):
            raise RefusedError("there is no firmware to fetch", why="name its URL after the ?")
        if rule is not None:
            rule = with_file(rule, self.phone.identity.model.traits.upgrade_file)
        self.phone.want(Upgrade(rule, host), now)

    def job(self, upgrade: Upgrade, now: float) -> Job:
        """The work, and what follows it: a restart with the new load, or a resync."""
        course = Course(upgrade, now, {})
        return Job("upgrade", self._steps(course), lambda now: self._ended(course, now))

    def _ended(self, course: Course, now: float) -> None:
        """Resync_After_Upgrade_Attempt holds for an upgrade that failed, too (S4)."""
        again = self.phone.holds("Resync_After_Upgrade_Attempt")
        if course.restart:
            self.phone.restart(now, Reason.UPGRADE, resync=again)
        elif course.asked and again and self.phone.holds("Provision_Enable"):
            self.phone.remember(Order(Cause.UPGRADE))

    # -- the upgrade itself

    def _steps(self, course: Course) -> Steps:
        phone = self.phone
        try:
            found = yield from self._target(course)
            if found is not None:
                yield from self._follow(course, found)
        except RingbackError as error:
            if phone.making_room:
                course.asked = False
                phone.detail(1, "the upgrade made room for settings submitted on the phone's page")
            else:
                yield from self._fail(course, error)

    def _target(self, course: Course) -> Generator[Request, Any, Url | None]:
        """Where the load is that the phone should run; None when there is nothing to do."""
        phone, one_shot = self.phone, course.upgrade.rule
        text = phone.value(RULE) if one_shot is None else one_shot
        course.key = text
        evaluation = evaluate(text, phone.macros(), kind=RuleKind.UPGRADE)
        for line in evaluation.trace:
            phone.detail(2, mask(f"{RULE}: {line}"))
        if evaluation.assignments:
            profile, _ = phone.profile.set(dict(evaluation.assignments))
            if profile != phone.profile:
                yield Save(phone.memory_with(profile))
                phone.adopt(profile)
        url = evaluation.url
        if url is None:
            return None
        if not url.host and course.upgrade.host:
            url = replace(url, host=course.upgrade.host)
        course.key = f"{text}\n{url.scheme}://{url.host}:{url.effective_port}{url.path}"
        done = one_shot is None and course.key in (self.loads.concluded, self._failed)
        return None if done or named_load(url) == phone.identity.load else url

    def _follow(self, course: Course, url: Url) -> Steps:
        phone = self.phone
        course.asked = True
        course.state = {"SCHEME": url.scheme, "SERV": url.host, "SERVIP": url.host,
                        "PORT": str(url.effective_port), "PATH": url.path}  # fmt: skip
        named = named_load(url)
        if named and named == self.loads.inactive:
            phone.detail(1, f"{named} is in the other partition and is activated")
            self._refuse_old(named)
            yield from self._install(course, named)
            return
        retrieve.refuse_impossible(url)
        locate.refuse_restricted(url.host, locate.domains(phone))
        try:
            addresses = yield Resolve(url.host)
        except RingbackError:
            phone.say(REQUEST, course.state)
            raise
        course.state["SERVIP"] = addresses[0]
        phone.say(REQUEST, course.state)
        firmware = yield from self._download(course, url, addresses)
        self._refuse_old(firmware.version)
        if firmware.version == phone.identity.load:
            phone.detail(1, f"{firmware.version} runs already")
            yield from self._conclude(course)
            return
        yield from self._install(course, firmware.version)

    def _download(
        self, course: Course, url: Url, addresses: tuple[str, ...]
    ) -> Generator[Request, Any, Firmware]:
        """Fetch the image, or the list and all that it names, and check every byte of it."""
        firmware = image.read((yield from self._fetch(course, url, addresses)))
        firmware.refuse_other(self.phone.identity.model)
        folder = url.path[: url.path.rfind("/") + 1]
        for part in firmware.parts:
            where = replace(url, path=folder + part.name)
            body = yield from self._fetch(course, where, addresses)
            part.check(body)
            inner = image.read(body)
            inner.refuse_other(self.phone.identity.model)
        return firmware

    def _fetch(
        self, course: Course, url: Url, addresses: tuple[str, ...]
    ) -> Generator[Request, Any, bytes]:
        request = retrieve.request(self.phone, url, addresses, Options())
        fetched: Fetched = yield replace(request, limit=image.LARGEST)
        course.state["SERVIP"] = fetched.address
        self.phone.detail(1, f"{len(fetched.body)} bytes of firmware received: {url}")
        return fetched.body

    def _refuse_old(self, version: str) -> None:
        """Refuse a load older than ``Downgrade_Rev_Limit``; what cannot be compared passes."""
        limit = Version.parse(self.phone.value("Downgrade_Rev_Limit").strip())
        found = Version.parse(version)
        if limit and found and found.comparable(limit) and found < limit:
            raise _TooOldError(f"{version} is older than Downgrade_Rev_Limit {limit}")

    def _install(self, course: Course, version: str) -> Steps:
        """Make it the running load, on the disk first, then for good."""
        phone, before = self.phone, self.loads
        old = phone.identity.load
        concluded = course.key if course.upgrade.rule is None else before.concluded
        yield from self._write(Loads(version, old, concluded))
        self._run(self.loads)
        self._settle(course)
        course.restart = True
        phone.say(SUCCESS, {**course.state, "ERR": version})
        phone.detail(1, f"upgraded from {old} to {version}")

    def _conclude(self, course: Course) -> Steps:
        """Nothing more is to be done about this rule."""
        if course.upgrade.rule is None:
            yield from self._write(replace(self.loads, concluded=course.key))
        self._settle(course)
        self.phone.say(SUCCESS, {**course.state, "ERR": self.phone.identity.load})

    def _write(self, loads: Loads) -> Steps:
        before, self.loads = self.loads, loads
        try:
            yield Save(self.phone.memory_with(self.phone.profile))
        except BaseException:
            self.loads = before
            raise

    def _settle(self, course: Course) -> None:
        self.attempted, self.error = course.now, ""
        self._failures, self._failed, self._due = 0, "", None

    # -- failures

    def _fail(self, course: Course, error: RingbackError) -> Steps:
        phone = self.phone
        text = error_text(error, course.state.get("SCHEME", ""))
        phone.say(FAILURE, {**course.state, "ERR": text})
        phone.detail(1, mask(f"upgrade failed: {retrieve.in_words(error)}"))
        self.attempted, self.error = phone.now, text
        if course.upgrade.rule is not None:
            return
        if isinstance(error, _TooOldError):
            try:
                yield from self._write(replace(self.loads, concluded=course.key))
            except RingbackError as full:
                phone.detail(1, f"that was not written down: {full}")
            return
        self._failed = course.key
        self._due = self._retry(phone.now)
        self._failures += 1

    def _retry(self, now: float) -> float | None:
        """When to try again; None for never. A wait of zero is read as for a resync."""
        try:
            waits = DelayList.parse(self.phone.value("Upgrade_Error_Retry_Delay"))
        except RuleError:
            return None
        if waits.off:
            never = self.phone.identity.model.traits.zero_retry is ZeroRetry.NEVER
            return None if never else now + SHORTEST_WAIT
        return now + max(SHORTEST_WAIT, waits.wait(self._failures, self.phone.dice))


class _TooOldError(RefusedError):
    """Downgrade_Rev_Limit forbids the load."""


def error_text(error: RingbackError, scheme: str) -> str:
    """``$ERR`` of an upgrade."""
    if isinstance(error, RefusedError):
        return "invalid file"
    known = status_text(error, scheme)
    return "corrupt file" if type(error) is MalformedError else known
