"""The story of a phone's next resyncs: rules, questions, answers, and what it becomes by them.

Two who know nothing of each other are heard: the phone's mind (``phone.rehearse``) tells what it
asks and what it makes of the answers, the counter tells what only a server knows. A resync that
changes the rules leads to another, so a story goes on until a resync changes nothing.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from ringback.cisco import flat_profile
from ringback.cisco.element import Element
from ringback.cisco.profile import Change, Profile
from ringback.cisco.resync import Due, Result
from ringback.errors import ProfileError
from ringback.phone.rehearse import Asked, Rehearsal, Rehearsed
from ringback.provisioning.origin import Origin
from ringback.serve.counter import Counter, Note

MOST: Final = 6
"""Resyncs in a story; a phone that is not settled by then goes round in circles."""
Explained = Callable[[str, str, str | None], Origin | None]
"""The origin of a value: document, name of the setting, value."""


@dataclass(frozen=True, slots=True)
class Question:
    """One request for a file, from both sides."""

    asked: Asked
    note: Note
    elements: Mapping[str, Element]
    """What the file says, by name; empty when it is no profile, or did not come."""

    @property
    def body(self) -> bytes | None:
        """The bytes as they came, in their envelope; None for none."""
        return self.asked.fetched.body if self.asked.fetched else None

    @property
    def content(self) -> str:
        """Their SHA-256; empty for none."""
        return sha256(self.body).hexdigest() if self.body is not None else ""

    @property
    def document(self) -> str:
        """The document it is, or the plain file; empty when nothing was found."""
        if self.note.ready is not None:
            return self.note.ready.document
        return f"file {self.note.file}" if self.note.file else ""


@dataclass(frozen=True, slots=True)
class Given:
    """A setting that our files gave, as it ended."""

    name: str
    value: str
    """What the phone holds in the end."""
    document: str
    release: int
    """The release that last changed that file; 0 for a plain file."""
    origin: Origin | None
    secret: bool


@dataclass(frozen=True, slots=True)
class Story:
    """All that would happen."""

    resyncs: tuple[Rehearsed, ...]
    questions: Mapping[int, Question]
    """By ``id`` of the request: see ``of``."""
    before: Profile
    after: Profile
    due: Due
    """What comes next, or why nothing does."""

    def of(self, asked: Asked) -> Question:
        """Both sides of a request."""
        return self.questions[id(asked)]

    @property
    def all(self) -> Iterator[Question]:
        """Every question, in order."""
        yield from self.questions.values()

    @property
    def failed(self) -> bool:
        """Whether the last resync failed."""
        return bool(self.resyncs) and self.resyncs[-1].outcome.result is Result.FAILED

    @property
    def settled(self) -> bool:
        """Whether the phone has come to rest: the last resync changed nothing."""
        last = self.resyncs[-1] if self.resyncs else None
        return last is not None and not self.failed and last.before == last.after

    @property
    def restarts(self) -> int:
        """How many of them would restart the phone."""
        return sum(each.restarts for each in self.resyncs)

    @property
    def changes(self) -> tuple[Change, ...]:
        """What is different in the end, by name."""
        return self.before.diff(self.after)

    def given(self, explained: Explained) -> list[Given]:
        """Every setting that our files gave, by name, with its origin."""
        told: dict[str, Given] = {}
        for question in self.all:
            if question.asked.purpose != "resync":
                continue
            ready, document = question.note.ready, question.document
            for name, element in question.elements.items():
                if name not in self.after:
                    continue
                origin = explained(document, name, element.value)
                secret = self.after.secret(name) or (origin is not None and origin.secret)
                release = ready.release if ready else 0
                value = self.after.value(name)
                told[name] = Given(name, value, document, release, origin, secret)
        return [told[name] for name in sorted(told)]


def tell(
    rehearsal: Rehearsal, counter: Counter, *, rule: str | None = None, fresh: bool = True
) -> Story:
    """Rehearse until the phone has settled, or cannot go on.

    Args:
        rehearsal: the phone, off.
        counter: who answers it, as the rehearsal's world.
        rule: a one-shot rule in place of the phone's own; then there is one resync.
        fresh: it is powered on; otherwise it is on already, and its next resync is looked at.

    Raises:
        RefusedError: a one-shot rule, and the phone is set not to resync.
    """
    before = rehearsal.phone.profile
    rehearsal.power_on(resync=fresh and rule is None)
    if rule is not None:
        resyncs = [rehearsal.asked_for(rule)]
    else:
        resyncs = list(_one_after_another(rehearsal, fresh=fresh))
    return Story(
        tuple(resyncs),
        dict(_questions(resyncs, counter.notes)),
        before,
        rehearsal.phone.profile,
        rehearsal.due,
    )


def _one_after_another(rehearsal: Rehearsal, *, fresh: bool) -> Iterator[Rehearsed]:
    for number in range(MOST):
        done = rehearsal.next()
        if done is None and not number and not fresh and rehearsal.phone.holds("Provision_Enable"):
            done = rehearsal.asked_for()
        if done is None:
            return
        yield done
        if done.outcome.result is Result.FAILED or done.before == done.after:
            return


def _questions(
    resyncs: Sequence[Rehearsed], notes: Sequence[Note]
) -> Iterator[tuple[int, Question]]:
    by_request = {id(each.wanted): each for each in notes}
    for resync in resyncs:
        turns = (asked for turn in resync.turns for asked in turn.asked)
        for asked in (*resync.besides, *turns):
            yield id(asked), Question(asked, by_request[id(asked.wanted)], _elements(asked))


def _elements(asked: Asked) -> Mapping[str, Element]:
    """What a file says, as far as it is a profile as it stands (``--alias`` reads others)."""
    if asked.opened is None:
        return {}
    try:
        return flat_profile.read(asked.opened.data).last()
    except ProfileError:
        return {}
