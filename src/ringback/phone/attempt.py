"""One attempt to resync, from the first rule to the last word on syslog.

Written as a generator, so that it reads in the order things happen: it yields what the world must
do (look a name up, fetch, save) and is sent the answer, or the error in its place. It owns no
socket, no clock and no timer; the handset drives it, and a power cut is ``close()``.

The order of things matters and is kept (S2): a rule is expanded when its turn comes, with the
parameters as they are by then; what it brings is saved *before* the phone adopts it and says so;
the first rule that fails ends the sequence, and what earlier rules brought stays. A file that
cannot be fetched, opened, read or saved changes nothing at all.

*Inferred*: the request line is also said when the server's name then cannot be looked up, with
the name for ``$SERVIP``; a rule without any server to ask is only said to have failed.
"""

from collections.abc import Generator, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ringback.cisco import alias, envelope, flat_profile, worth
from ringback.cisco.alias import Alias
from ringback.cisco.condition import commented_out
from ringback.cisco.element import Element
from ringback.cisco.markup import Severity
from ringback.cisco.profile import Change, Profile
from ringback.cisco.resync import RULES, Result
from ringback.cisco.rule import Evaluation, evaluate
from ringback.cisco.url import Url
from ringback.errors import (
    EnvelopeError,
    Failure,
    ProfileError,
    RingbackError,
    RuleError,
    StorageError,
    TransferError,
)
from ringback.phone import retrieve, voice, zero_touch
from ringback.phone.action import Fetched, Outcome, Request, Save
from ringback.phone.boot import needs_reboot
from ringback.phone.fault import Bug
from ringback.phone.job import Steps
from ringback.phone.locate import locate
from ringback.phone.retrieve import in_words
from ringback.phone.secret import mask
from ringback.phone.wish import Order
from ringback.phone.zero_touch import Candidate, ZeroTouch

if TYPE_CHECKING:
    from ringback.phone.handset import Handset

UNUSED = ("delta", "status", "content", "md")
"""Options that do nothing here: two belong to reports (S6), two nobody explains (F)."""
OF_THE_WEB = ("post", "srv")
"""Options that do nothing over TFTP (S3, S10)."""


def status_text(error: RingbackError, scheme: str) -> str:
    """``$ERR``: the failure in the firmware's own words (F)."""
    match error:
        case TransferError(failure=Failure.GET):
            return f"{scheme}_get failed"
        case TransferError(failure=Failure.SCHEME):
            return f"{scheme} scheme not supported"
        case TransferError(failure=failure):
            return failure.value
        case EnvelopeError(status=status):
            return status
        case RuleError(status=status):
            return status
        case ProfileError():
            return "corrupt file"
        case StorageError():
            return "resources exhausted"
    return "Download failed"


class Attempt:
    """One resync of one phone; ``steps()`` runs it, ``outcome`` tells how it ended."""

    __slots__ = (
        "_address", "_asked", "_changes", "_empty", "_left", "_now", "_phone", "_secrets",
        "_state", "_traits", "_url", "order", "outcome",
    )  # fmt: skip

    def __init__(self, phone: "Handset", order: Order, now: float) -> None:
        self.order = order
        self.outcome: Outcome | None = None
        self._phone = phone
        self._now = now
        self._traits = phone.identity.model.traits
        self._state = {"PRVST": str(order.cause.prvst), "PRVTMR": str(phone.record.seconds(now))}
        self._url: Url | None = None
        self._asked = ""
        self._address = ""
        self._secrets: tuple[str | None, ...] = ()
        self._changes: dict[str, Change] = {}
        self._left = 0
        self._empty = False

    def steps(self) -> Steps:
        """Go through the rules; every failure ends here, as an outcome and a line on syslog."""
        self._phone.detail(1, f"resync started ({self.order.cause})")
        self._phone.trust.begin()
        try:
            for name, text in self._rules():
                yield from self._turn(name, text)
            yield from self._trust()
        except RingbackError as error:
            self._fail(error)
        else:
            self._succeed()

    def _rules(self) -> Iterable[tuple[str, str | None]]:
        if self.order.rule is not None:
            return [("one-shot rule", self.order.rule)]
        return [(name, None) for name in RULES]

    def _turn(self, name: str, text: str | None) -> Steps:
        """One rule; in place of a Profile_Rule fresh from the factory, what the network says."""
        candidates = self._phone.part(ZeroTouch).candidates() if name == zero_touch.RULE else ()
        if candidates:
            yield from self._discover(candidates)
        else:
            yield from self._run(name, self._phone.value(name) if text is None else text)

    def _discover(self, candidates: tuple[Candidate, ...]) -> Steps:
        """Try one after the other until a file is applied; the last one's failure counts."""
        zero = self._phone.part(ZeroTouch)
        for left, candidate in zip(reversed(range(len(candidates))), candidates, strict=True):
            zero.trying(candidate)
            self._left, self._empty = left, False
            try:
                yield from self._run(candidate.origin, candidate.rule)
            except RingbackError as error:
                if self._empty:
                    zero.empty(candidate)
                if not left:
                    raise
                self._say(self._traits.log_failure, self._status(error))
                more = f"{candidate.origin}: {in_words(error)}; {left} more to try"
                self._phone.detail(1, mask(more, self._secrets))
            else:
                leads_on = zero.brought(candidate)
                yield Save(self._phone.memory_with(self._phone.profile))
                if leads_on:
                    yield from self._run(zero_touch.RULE, self._phone.value(zero_touch.RULE))
                return

    def _run(self, name: str, text: str) -> Steps:
        """Evaluate one rule, then do what it says; nothing when no alternative is chosen."""
        phone = self._phone
        self._url, self._address, self._secrets = None, "", ()
        phone.follows(name, text)
        macros = {} if commented_out(text) else phone.macros(**self._state)
        evaluation = evaluate(text, macros, secret_options=self._traits.secret_options)
        self._secrets = (
            evaluation.options.key,
            evaluation.options.pwd,
            *_secret(phone, evaluation),
        )
        for line in evaluation.trace:
            phone.detail(2, mask(f"{name}: {line}", self._secrets))
        if evaluation.assignments:
            profile, changes = phone.profile.set(dict(evaluation.assignments))
            yield from self._adopt(profile, changes)
        if evaluation.url is not None:
            yield from self._follow(evaluation, evaluation.url)

    def _follow(self, evaluation: Evaluation, url: Url) -> Steps:
        """Fetch a rule's file and make it the phone's."""
        phone = self._phone
        self._url = url = retrieve.with_server(phone, url, self.order.host)
        self._asked = str(url)
        retrieve.refuse_impossible(url)
        unused = UNUSED if url.scheme != "tftp" else UNUSED + OF_THE_WEB
        for option in (each for each in unused if each in evaluation.options.given()):
            phone.detail(1, f"--{option} does nothing here")
        aliases = retrieve.aliases(phone, evaluation.options)
        try:
            fetched = yield from self._fetch(evaluation, url)
        except TransferError as error:
            fails = self._left or phone.holds("Resync_Fails_On_FNF")
            if error.failure is not Failure.NOT_FOUND or fails:
                raise
            # Resync_Fails_On_FNF No: a missing file is taken for a successful resync (S5, S14).
            self._say(self._traits.log_success, Failure.NOT_FOUND.value)
            return
        self._address = fetched.address
        yield from self._apply(evaluation, fetched, aliases)
        self._say(self._traits.log_success)

    def _fetch(self, evaluation: Evaluation, url: Url) -> Generator[Request, Any, Fetched]:
        phone, options = self._phone, evaluation.options
        if url.scheme == "https":
            yield from self._trust()
        try:
            places = yield from locate(url, srv=options.srv)
        except TransferError:
            self._say(self._traits.log_request)
            raise
        self._url, self._address = places[0][0], places[0][1][0]
        self._say(self._traits.log_request)
        body = retrieve.posted(phone, options, phone.macros(**self._state))
        for number, (place, addresses) in enumerate(places, 1):
            self._url = place
            try:
                fetched: Fetched = yield retrieve.request(phone, place, addresses, options, body)
            except TransferError as error:
                if number == len(places) or error.failure is not Failure.GET:
                    raise
            else:
                return fetched
        raise AssertionError("there is always a place to ask")

    def _trust(self) -> Steps:
        """Install the custom authority whose rule is new, before it is needed or at the end."""
        if self._phone.trust.due:
            yield from self._phone.trust.install(self._now)

    def _apply(self, evaluation: Evaluation, fetched: Fetched, aliases: tuple[Alias, ...]) -> Steps:
        phone = self._phone
        self._empty = not fetched.body
        opened = envelope.unseal(
            fetched.body,
            key=evaluation.options.key,
            ikm=retrieve.ikm(phone),
            content_encoding=fetched.content_encoding,
            digests=phone.identity.digests,
        )
        phone.opens(opened)
        phone.detail(2, f"{len(fetched.body)} bytes received; opened: {opened}")
        if aliases:
            reading = alias.read(opened.data, aliases, name=self._asked)
        else:
            reading = flat_profile.read(opened.data, name=self._asked)
        for complaint in reading.complaints:
            phone.detail(2, mask(str(complaint), self._secrets))
        if Bug.ONE_BAD_VALUE in phone.identity.bugs:
            _refuse_bad_values(phone, reading.elements)
        profile, changes = phone.profile.apply(reading.elements)
        yield from self._adopt(profile, changes)

    def _adopt(self, profile: Profile, changes: tuple[Change, ...]) -> Steps:
        """Save, then use: a phone never runs on settings that a power cut would take away."""
        if profile == self._phone.profile:
            return
        yield Save(self._phone.memory_with(profile))
        self._phone.adopt(profile)
        loud = voice.loudness(self._phone.value("Debug_Level")) >= voice.LOUDEST
        for change in changes:
            if loud:  # Composing what nobody hears is a tenth of a resync.
                self._phone.detail(voice.LOUDEST, voice.describe(profile, change))
            first = self._changes.get(change.name)
            self._changes[change.name] = replace(change, old=first.old) if first else change

    def _say(self, parameter: str, error: str = "") -> None:
        """A provisioning line, with the macros that come from the request (S5)."""
        url = self._url
        asked = {
            "SCHEME": url.scheme,
            "SERV": url.host,
            "SERVIP": self._address or url.host,
            "PORT": str(url.effective_port),
            "PATH": url.path,
        } if url else {}  # fmt: skip
        self._phone.say(parameter, {**self._state, **asked, "ERR": error})

    def _fail(self, error: RingbackError) -> None:
        text = self._status(error)
        self._say(self._traits.log_failure, text)
        self._conclude(Result.FAILED, text, in_words(error) + self._doubt(error))

    def _status(self, error: RingbackError) -> str:
        return status_text(error, self._url.scheme if self._url else "")

    def _doubt(self, error: RingbackError) -> str:
        """That the custom authority is missing, where that may be why."""
        why = self._phone.trust.custom_ca.why
        secure = self._url is not None and self._url.scheme == "https"
        if not (why and secure and isinstance(error, TransferError)):
            return ""
        return f"; the custom CA was not installed: {why}"

    def _succeed(self) -> None:
        changed = [each.name for each in self._net_changes()]
        self._conclude(Result.OK_REBOOT if needs_reboot(changed) else Result.OK)

    def _net_changes(self) -> tuple[Change, ...]:
        """What is different from before the attempt, whatever happened in between."""
        return tuple(each for each in self._changes.values() if each.old != each.new)

    def _conclude(self, result: Result, error: str = "", explanation: str = "") -> None:
        changes = self._net_changes()
        self.outcome = Outcome(self.order.cause, result, self._asked, error, explanation, changes)
        said = f", parameters changed: {len(changes)}" + (f"; {explanation}" if explanation else "")
        self._phone.detail(1, mask(f"resync ended: {result}{said}", self._secrets))


def _refuse_bad_values(phone: "Handset", elements: Iterable[Element]) -> None:
    """The bug by which one value that cannot be read spoils a whole profile."""
    for element in elements:
        entry = phone.profile.catalogue.entry(element.name)
        for severity, text, remedy in worth.judge(entry, element.value or "") if entry else ():
            if severity is Severity.ERROR:
                raise ProfileError(f"{element.name}: {text}", place=element.place, remedy=remedy)


def _secret(phone: "Handset", evaluation: Evaluation) -> Iterable[str]:
    """Values that the rule assigns to secret parameters."""
    return (value for name, value in evaluation.assignments if phone.profile.secret(name))
