"""A document, read: its patterns parsed, its selection ready to choose, and itself judged.

A document that cannot be served as it says is refused before anything is prepared: secrets for
everybody, a seal that nobody has the key of, a rule for a slot no phone has.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from fnmatch import translate
from typing import Final

from ringback.errors import UsageError
from ringback.provisioning.document import Document, Level, Rules
from ringback.provisioning.ground import Value
from ringback.provisioning.pattern import Pattern
from ringback.provisioning.ready import RULE_NAMES

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


@dataclass(frozen=True, slots=True)
class Paper:
    """A document ready for use."""

    document: Document
    patterns: tuple[Pattern, ...]
    of_device: bool
    """Whether each device has a file of its own."""
    keyed: bool
    """Whether the path tells the key."""
    tokened: bool
    """Whether a path holds a token."""
    _include: re.Pattern[str]
    _exclude: re.Pattern[str]
    _names: dict[str, bool] = field(default_factory=dict, compare=False, repr=False)

    def chosen(self, values: Iterable[Value]) -> list[Value]:
        """Those of the settings that go into this document."""
        names, secrets = self._names, self.document.selection.secrets
        return [
            each
            for each in values
            if (secrets or not each.secret)
            and (names[each.name] if each.name in names else self._learn(each.name))
        ]

    def _learn(self, name: str) -> bool:
        """Whether a name is selected; remembered, for a fleet says the same names often."""
        known = bool(self._include.fullmatch(name)) and not self._exclude.fullmatch(name)
        self._names[name] = known
        return known


def papers(documents: Iterable[Document]) -> tuple[Paper, ...]:
    """Read documents.

    Raises:
        UsageError: one that cannot be, or two for one slot.
    """
    read = tuple(map(read_paper, documents))
    slots = [each.document.slot for each in read if each.document.slot]
    for slot in slots:
        if slots.count(slot) > 1:
            raise UsageError(f"two documents for rule {slot}", remedy="a phone has A, B, C and D")
    return read


def read_paper(document: Document) -> Paper:
    """Read one document.

    Raises:
        UsageError: it cannot be.
    """
    selection = document.selection
    patterns = tuple(Pattern.parse(text) for text in document.patterns)
    paper = Paper(
        document,
        patterns,
        any(each.of_device for each in patterns),
        any("key" in each.places for each in patterns),
        any("token" in each.places for each in patterns),
        _any(selection.include),
        _any(selection.exclude),
    )
    for wrong, what, remedy in _faults(paper):
        if wrong:
            raise UsageError(f"document {document.name!r}: {what}", remedy=remedy)
    return paper


def _any(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(translate(each) for each in patterns) or r"(?!)")


def _faults(paper: Paper) -> Iterable[tuple[bool, str, str]]:
    """What may be wrong with a document: whether it is, what to say, what to do."""
    document = paper.document
    if not paper.patterns:
        return [(True, "it has no path", "give a pattern such as /{mac}.cfg")]
    places = [each.places for each in paper.patterns]
    mixed = len({each.of_device for each in paper.patterns}) > 1
    secrets = document.selection.secrets
    return [
        (not _NAME.fullmatch(document.name), "not a name", "small letters, digits, - and _"),
        (mixed, "one path is a device's own and another shared", "make it two documents"),
        (
            document.envelope.sealed and not all("key" in each for each in places),
            "a sealed file needs {key} in its path",
            "the path must tell which key opens it, such as /{mac}-{key}.cfg",
        ),
        (
            document.envelope.sealed and not paper.of_device,
            "a file that phones share cannot be sealed with a device's key",
            "add {mac} to its path, or choose another envelope",
        ),
        (
            secrets and not (paper.of_device and document.level is Level.DEVICE),
            "secrets only go into a device's own file at level device",
            "add {mac} to its path and set the level, or take the secrets out",
        ),
        (
            "token" in places[0] and not secrets and document.rules is not Rules.NONE,
            "its own path is a secret, and it may hold none",
            "let it hold secrets, or take the rules out",
        ),
        (
            document.rules is Rules.OWN and not paper.of_device,
            "rules of a device's own do not fit a file that phones share",
            "write rules = 'first'",
        ),
        (
            document.slot not in {"", *RULE_NAMES},
            f"there is no rule {document.slot!r}",
            "A, B, C or D",
        ),
    ]
