"""An explanation as facts: for programs, and with its secrets masked for whoever shows it.

Masked are the values of secret settings and of values that hold a secret, wherever they turn up as
a word (a URL may hold one), and whatever stands after ``--key`` and ``--pwd``.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from ringback.cisco.difference import Difference
from ringback.cisco.profile import Change
from ringback.cli.when import utc
from ringback.phone.rehearse import Asked, Rehearsed, Turn
from ringback.phone.retrieve import in_words
from ringback.phone.secret import MASK, mask
from ringback.serve.explain import Explanation
from ringback.serve.story import Given

_SHORTEST: Final = 4
"""Characters of a secret that is looked for inside other text."""

_MACRO: Final = re.compile(r"(--(?:key|pwd)[ \t]+\$(?:S[A-D]|[A-P])(?=[\s\]]))")
"""A key that is only referred to, which tells nobody anything."""


class Facts:
    """The facts of one explanation; ``secrets`` shows what is masked otherwise."""

    def __init__(self, told: Explanation, *, secrets: bool = False) -> None:
        self.told, self._story, self._open = told, told.story, secrets
        self._hidden = {each.name for each in told.given if each.secret}
        self._words = self._secret_words()

    # -- secrets

    def _secret_words(self) -> re.Pattern[str] | None:
        after, before = self._story.after, self._story.before
        found = {each.value for each in self.told.given if each.secret}
        for profile in (before, after):
            found |= {value for name, value in profile.values.items() if profile.secret(name)}
        found |= {each.split()[-1] for each in found if each.strip()}
        long = sorted((each for each in found if len(each) >= _SHORTEST), key=len, reverse=True)
        if self._open or not long:
            return None
        return re.compile(rf"(?<![A-Za-z0-9])(?:{'|'.join(map(re.escape, long))})(?![A-Za-z0-9])")

    def text(self, text: str) -> str:
        """Any text, without secrets."""
        if self._open:
            return text
        text = "".join(
            piece if number % 2 else mask(piece) for number, piece in enumerate(_MACRO.split(text))
        )
        return self._words.sub(MASK, text) if self._words else text

    def value(self, name: str, value: str) -> str:
        """The value of a setting, or its mask."""
        secret = name in self._hidden or self._story.after.secret(name)
        if secret and value and not self._open:
            return MASK
        return self.text(value)

    # -- facts

    def everything(self) -> dict[str, Any]:
        """As JSON has it."""
        told, story = self.told, self._story
        return {
            "device": {
                "mac": str(told.device.mac),
                "model": told.device.model,
                "serial": told.device.serial,
                "site": told.device.site,
                "group": told.device.group,
                "locked": told.device.locked,
                "pinned": told.device.pinned,
            },
            "release": {"number": told.release.number, "made": utc(told.release.made)},
            "from": "power-on" if told.fresh else "last known state",
            "proven": told.recollection.proven and bool(told.recollection.served),
            "assumed": list(told.assumed),
            "resyncs": [self._resync(each) for each in story.resyncs],
            "settled": story.settled,
            "restarts": story.restarts,
            "next": str(story.due),
            "parameters": {each.name: self._parameter(each) for each in told.given},
            "changed": self._changes(story.changes),
            "served": {
                path: {"time": utc(each.time), "release": each.release, "sha256": each.content}
                for path, each in told.served.items()
            },
            "unlike_served": {
                path: self.difference(each) for path, each in told.unlike_served.items()
            },
            "unlike_reported": (
                None if told.unlike_reported is None else self.difference(told.unlike_reported)
            ),
        }

    def _resync(self, done: Rehearsed) -> dict[str, Any]:
        outcome = done.outcome
        return {
            "cause": str(done.cause),
            "after_seconds": round(done.waits, 3),
            "besides": [self._request(each) for each in done.besides],
            "rules": [self._rule(each) for each in done.turns],
            "result": outcome.result.value,
            "error": self.text(outcome.error),
            "explanation": self.text(outcome.explanation),
            "changed": self._changes(outcome.changes),
            "restart": done.restarts,
            "uploads": [self.text(each) for each in done.uploads],
        }

    def _rule(self, turn: Turn) -> dict[str, Any]:
        return {
            "name": turn.name,
            "rule": self.text(turn.rule),
            "steps": [self.text(each) for each in turn.steps],
            "requests": [self._request(each) for each in turn.asked],
            "changed": self._changes(turn.before.diff(turn.after)),
        }

    def _request(self, asked: Asked) -> dict[str, Any]:
        question = self._story.of(asked)
        ready, note = question.note.ready, question.note
        return {
            "url": self.text(str(asked.wanted.url)),
            "purpose": asked.purpose,
            "given": question.body is not None,
            "document": question.document,
            "release": ready.release if ready else 0,
            "bytes": len(question.body) if question.body is not None else 0,
            "sha256": question.content,
            "envelope": str(asked.opened) if asked.opened else "",
            "refused": note.refused,
            "why": self.text(note.why or (in_words(asked.error) if asked.error else "")),
        }

    def _parameter(self, each: Given) -> dict[str, Any]:
        origin = each.origin
        return {
            "value": self.value(each.name, each.value),
            "document": each.document,
            "release": each.release,
            "layer": origin.layer if origin else "",
            "since": self.told.since.get(origin.layer, 0) if origin else 0,
            "template": origin.template if origin else "",
            "secret": each.secret,
        }

    def _changes(self, changes: Iterable[Change]) -> dict[str, list[str]]:
        return {
            each.name: [self.value(each.name, each.old), self.value(each.name, each.new)]
            for each in changes
        }

    def difference(self, found: Difference) -> dict[str, Any]:
        """Two files, or a report and what would be."""

        def values(pairs: Mapping[str, str]) -> dict[str, str]:
            return {name: self.value(name, value) for name, value in pairs.items()}

        return {
            "changed": {
                name: [self.value(name, old), self.value(name, new)]
                for name, (old, new) in found.changed.items()
            },
            "only_before": values(found.only_first),
            "only_now": values(found.only_second),
            "hidden": list(found.hidden),
        }
