"""When a phone uploads a report about itself, and how: ``Report_Rule`` and what goes with it.

``Report_To_Server`` says when (S6, S9): *On Request* by a SIP NOTIFY with the event ``report``;
*On Local Change* besides, ``Upload_Delay_On_Local_Change`` after somebody changed a setting at the
phone; *Periodically* besides, every ``Periodic_Upload_To_Server``. Models without that parameter
report on request. Each target of the rule gets one attempt and no retry (S5, S11); one that fails
does not keep the other from its report (*inferred*). TFTP targets get a PUT, web targets what
``HTTP_Report_Method`` says.

A delta holds the settings that were changed at the phone and that the server cannot know: not yet
reported as they are, and not set by a profile since (S6: "since last report/resync"). It survives
a restart, because submitting a change on the phone's page causes one; the delay of a local change
then runs from the start (*inferred*).

A report is encrypted with the ``--key`` of its target; without one, over HTTP and where the phone
holds an ``IKM_HTTP_Encrypt_Content``, with that (S2). The salt is thrown by the door that sends it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ringback.cisco import report
from ringback.cisco.condition import commented_out
from ringback.cisco.option import Options
from ringback.cisco.report import Kind
from ringback.cisco.resync import count
from ringback.cisco.rule import ReportEntry, read_report
from ringback.cisco.url import Url
from ringback.errors import Failure, RefusedError, RingbackError, TransferError
from ringback.phone import locate, retrieve, status
from ringback.phone.action import Save, Send
from ringback.phone.job import Job, Steps
from ringback.phone.part import Part
from ringback.phone.secret import mask
from ringback.phone.wish import Wish

if TYPE_CHECKING:
    from ringback.cisco.profile import Profile
    from ringback.phone.handset import Handset
    from ringback.phone.memory import Memory

RULE = "Report_Rule"
ON_CHANGE, PERIODICALLY = "on local change", "periodically"
PERIOD, LEAST_PERIOD = 3600, 600
"""Seconds of ``Periodic_Upload_To_Server``: from the factory, and the least (S6)."""
DELAY, LEAST_DELAY, MOST_DELAY = 60, 10, 900
"""Seconds of ``Upload_Delay_On_Local_Change`` (S6)."""
CONTENT_TYPE = "text/xml"
"""*Inferred*: no source tells what a phone says of the body."""


@dataclass(frozen=True, slots=True)
class Upload(Wish):
    """A report to every target of Report_Rule; ``why`` for those who read the details."""

    why: str


@dataclass(frozen=True, slots=True)
class Sent:
    """How one upload ended, for the page that shows it."""

    at: float
    url: str
    error: str = ""
    """Empty when the server took it."""


class Reports(Part):
    """What one phone uploads about itself."""

    __slots__ = ("_due", "_told", "last")
    name = "report"

    def __init__(self, phone: "Handset") -> None:
        super().__init__(phone)
        self._due: float | None = None
        self._told: Mapping[str, str] = {}
        self.last: tuple[Sent, ...] = ()
        """The targets of the last report."""

    # -- as a part of the phone

    def recall(self, memory: "Memory") -> None:
        """Which local changes were reported, and as what."""
        told = memory.kept.get(self.name, {}).get("told", {})
        if isinstance(told, dict):
            self._told = {str(name): str(value) for name, value in told.items()}

    def keep(self) -> Mapping[str, Any]:
        """The local changes that were reported."""
        return {"told": dict(self._told)} if self._told else {}

    def forget(self) -> None:
        """No power, no timer."""
        self._due = None

    def up(self, now: float) -> None:
        """The phone has started: a period begins, and what was changed before has its delay."""
        self._plan(now)

    def adopted(self, before: "Profile", *, local: bool) -> None:
        """Settings have changed, perhaps those that say when to report."""
        asked = any(
            before.value(name) != self.phone.value(name)
            for name in (RULE, "Report_To_Server", "Periodic_Upload_To_Server")
        )
        if asked:
            self._due = None
        if asked or local:
            self._plan(self.phone.now)

    def timer(self) -> float | None:
        """When the next report is due; it waits its turn while the phone works."""
        return None if self.phone.busy else self._due

    def handle_timer(self, now: float) -> None:
        """A report is due."""
        why, self._due = self._mode, None
        if why == PERIODICALLY:
            self._plan(now)
        self.phone.remember(Upload(why))

    # -- when

    @property
    def rule(self) -> str:
        """``Report_Rule``; empty when it is commented out."""
        text = self.phone.value(RULE)
        return "" if commented_out(text) else text

    @property
    def _mode(self) -> str:
        return self.phone.value("Report_To_Server").strip().lower()

    @property
    def untold(self) -> tuple[str, ...]:
        """Settings changed at the phone that the server does not know as they are."""
        profile = self.phone.profile
        return tuple(
            name
            for name in sorted(profile.local)
            if report.told(profile, name) and self._told.get(name) != profile.value(name)
        )

    def _plan(self, now: float) -> None:
        """Set the timer, if this phone has one and it does not run."""
        value = self.phone.value
        if not self.rule:
            self._due = None
        elif self._due is None and self._mode == PERIODICALLY:
            self._due = now + max(LEAST_PERIOD, count(value("Periodic_Upload_To_Server"), PERIOD))
        elif self._due is None and self._mode == ON_CHANGE and self.untold:
            delay = count(value("Upload_Delay_On_Local_Change"), DELAY)
            self._due = now + min(max(delay, LEAST_DELAY), MOST_DELAY)

    def request(self, now: float) -> None:
        """Report because somebody asks.

        Raises:
            RefusedError: there is no Report_Rule, the phone is not up, or too many are waiting.
        """
        if not self.rule:
            raise RefusedError("there is nobody to report to", why="Report_Rule is empty")
        self.phone.want(Upload("asked for"), now)

    # -- how

    def job(self, upload: Upload, now: float) -> Job:
        """The work: one attempt for each target."""
        return Job("report", self._steps(upload, now))

    def _steps(self, upload: Upload, now: float) -> Steps:
        phone = self.phone
        self.last = ()
        try:
            entries = read_report(self.rule, phone.macros())
        except RingbackError as error:
            self._note(now, RULE, error)
            return
        profile, untold, heard = phone.profile, self.untold, False
        for entry in entries:
            kind = kind_of(entry.options)
            try:
                yield from self._send(entry, self._body(kind, untold, now))
            except RingbackError as error:
                self._note(now, str(entry.url), error)
                continue
            heard |= kind is not Kind.STATUS
            self._note(now, str(entry.url))
            phone.detail(1, f"report sent ({upload.why}): {entry.url}")
        if heard:
            yield from self._remember(profile)

    def _note(self, now: float, where: str, error: RingbackError | None = None) -> None:
        why = mask(retrieve.in_words(error)) if error else ""
        self.last = (*self.last, Sent(now, where, why))
        if error:
            self.phone.detail(1, f"report to {where} failed: {why}")

    def _send(self, entry: ReportEntry, body: bytes) -> Steps:
        """To the server of the rule; of the servers that --srv finds, to the first that answers."""
        url = retrieve.with_server(self.phone, entry.url, "")
        retrieve.refuse_impossible(url)
        places = yield from locate.locate(url, srv=entry.options.srv)
        for number, (place, addresses) in enumerate(places, 1):
            try:
                yield self._request(place, addresses, entry.options, body)
            except TransferError as error:
                if number == len(places) or error.failure is not Failure.GET:
                    raise
            else:
                return

    def _request(self, url: Url, addresses: tuple[str, ...], options: Options, body: bytes) -> Send:
        phone = self.phone
        return Send(
            url,
            addresses,
            retrieve.agent(phone),
            body,
            method="PUT" if phone.value("HTTP_Report_Method").strip() == "PUT" else "POST",
            content_type=CONTENT_TYPE,
            uid=options.uid or "",
            pwd=options.pwd or "",
            key=options.key,
            ikm=None if options.key or url.scheme == "tftp" else retrieve.ikm(phone),
            digest=phone.identity.digests[0],
            security=phone.trust.security(),
            domains=locate.domains(phone),
        )

    def _body(self, kind: Kind, untold: Iterable[str], now: float) -> bytes:
        phone = self.phone
        if kind is Kind.STATUS:
            return report.status(status.facts(phone, now))
        if kind is Kind.DELTA:
            return report.delta(phone.profile, untold, shown=mask)
        return report.full(phone.profile, shown=mask)

    def _remember(self, profile: "Profile") -> Steps:
        """The server knows the local changes of ``profile`` from now on."""
        told = {name: profile.value(name) for name in profile.local if report.told(profile, name)}
        if told == self._told:
            return
        self._told = told
        try:
            yield Save(self.phone.memory_with(self.phone.profile))
        except RingbackError as full:
            self.phone.detail(1, f"that was not written down: {full}")


def kind_of(options: Options) -> Kind:
    """What a target asks for; ``--status`` before ``--delta`` (*inferred*)."""
    if options.status:
        return Kind.STATUS
    return Kind.DELTA if options.delta else Kind.FULL
