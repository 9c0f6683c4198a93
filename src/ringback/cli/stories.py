"""A story told: numbered, for people, within the width of a terminal."""

import re
from collections.abc import Iterator
from itertools import groupby
from textwrap import wrap
from typing import Final

from rich.text import Text

from ringback.cisco.difference import Difference
from ringback.cisco.resync import Result
from ringback.cli.facts import Facts
from ringback.cli.terminal import terminal
from ringback.cli.vaults import printable
from ringback.cli.when import utc
from ringback.phone.rehearse import Asked, Rehearsed, Turn
from ringback.phone.retrieve import in_words
from ringback.serve.story import Given

WIDTH: Final = 80
_ORDER: Final = ("device", "group", "site", "model", "fleet", "document", "ready", "pin", "")
"""Layers in the order in which they are told: the strongest first."""
_PURPOSE: Final = "resync"
_TOLD_ANYWAY: Final = re.compile(r"\d+ bytes received; opened: |fetch ")
"""Steps that the request and its answer say again."""
Line = tuple[int, str, str]
"""Indent, text and style."""


class Teller:
    """Tells one explanation."""

    def __init__(self, facts: Facts) -> None:
        self._facts, self._told, self._story = facts, facts.told, facts.told.story
        self._console = terminal()

    def tell(self) -> None:
        """Print it."""
        for indent, text, style in self._lines():
            for line in self._wrapped(printable(text), indent):
                self._console.print(Text(line, style=style))

    def _wrapped(self, text: str, indent: int) -> list[str]:
        width = min(self._console.width, 100) if self._console.is_terminal else WIDTH
        begin = " " * indent
        return wrap(
            text, width, initial_indent=begin, subsequent_indent=f"{begin}  ",
            break_on_hyphens=False, drop_whitespace=True,
        ) or [""]  # fmt: skip

    def _lines(self) -> Iterator[Line]:
        """The whole story."""
        yield from self._head()
        for number, each in enumerate(self._story.resyncs, 1):
            yield 0, "", ""
            yield from self._resync_lines(number, each)
        yield 0, "", ""
        yield from self._end()
        yield from self._parameter_lines()
        yield from self._against()

    def _head(self) -> Iterator[Line]:
        told, device = self._told, self._told.device
        where = ", ".join(
            each
            for each in (
                device.site and f"site {device.site}",
                device.group and f"group {device.group}",
                "locked" if device.locked else "",
                f"pinned to release {device.pinned}" if device.pinned else "",
            )
            if each
        )
        named = f"{device.model} {device.mac.colons} {device.serial}".rstrip()
        yield 0, f"{named}{f' ({where})' if where else ''}", "bold"
        past = "" if told.release.number == told.newest else f"; release {told.newest} is served"
        yield 0, f"Release {told.release.number} of {utc(told.release.made)}{past}.", ""
        yield 0, f"Told from: {self._state()}.", ""
        for each in told.assumed:
            yield 0, f"Taken for granted: {each}.", "dim"

    def _state(self) -> str:
        """From where it is told, and on whose word."""
        if self._told.fresh:
            return "fresh from the factory, powered on"
        known = self._told.recollection
        doubt = "" if known.proven or not known.served else ", of which nothing was proven"
        return f"its last known state{doubt}"

    def _resync_lines(self, number: int, done: Rehearsed) -> Iterator[Line]:
        wait = f", after {done.waits:.0f} s" if done.waits else ""
        yield 0, f"{number}. Resync: {done.cause}{wait}", "bold"
        for asked in done.besides:
            yield from self._request_lines(asked)
        for place, turn in enumerate(done.turns, 1):
            yield from self._turn_lines(f"{number}.{place}", turn)
        for each in done.uploads:
            yield 3, f"uploads a report to {self._facts.text(each)}", ""
        yield from self._outcome_lines(done)

    def _turn_lines(self, number: str, turn: Turn) -> Iterator[Line]:
        rule = self._facts.text(turn.rule).strip()
        if not rule:
            yield 3, f"{number} {turn.name} is empty", "dim"
            return
        yield 3, f"{number} {turn.name}: {rule}", ""
        for step in turn.steps:
            if not (turn.asked and _TOLD_ANYWAY.match(step)):
                yield 7, self._facts.text(step), "dim"
        for asked in turn.asked:
            yield from self._request_lines(asked)
        changed = len(turn.before.diff(turn.after))
        if changed:
            yield 7, f"{changed} settings change", ""

    def _request_lines(self, asked: Asked) -> Iterator[Line]:
        question = self._story.of(asked)
        ready, note, body = question.note.ready, question.note, question.body
        what = "" if asked.purpose == _PURPOSE else f" ({asked.purpose})"
        yield 7, f"? {self._facts.text(str(asked.wanted.url))}{what}", "cyan"
        if body is not None:
            release = f" of release {ready.release}" if ready else ""
            envelope = f", {asked.opened}" if asked.opened else ""
            name = question.document or "an answer"
            yield 7, f"= {name}{release}: {len(body)} bytes{envelope}", "green"
            yield 9, f"sha256 {question.content}", "dim"
            return
        why = self._facts.text(note.why or (in_words(asked.error) if asked.error else "no answer"))
        if note.refused:
            yield 7, f"= refused, as a file that is not there: {why}", "red"
        else:
            yield 7, f"= nothing: {why}", "red"

    def _outcome_lines(self, done: Rehearsed) -> Iterator[Line]:
        outcome = done.outcome
        if outcome.result is Result.FAILED:
            said = self._facts.text(f"{outcome.error}: {outcome.explanation}")
            yield 3, f"{outcome.result.value}: {said}", "red"
            return
        changed = len(outcome.changes)
        effect = f"{changed} settings are new" if changed else "nothing is new"
        restart = "; the phone would restart" if done.restarts else "; no restart"
        yield 3, f"{outcome.result.value}: {effect}{restart}", "green"

    def _end(self) -> Iterator[Line]:
        story = self._story
        if not story.resyncs:
            yield 0, f"It would not resync by itself: {story.due}.", "bold"
        elif story.failed:
            yield 0, f"There it stops. Next: {story.due}.", "bold"
        elif story.settled:
            yield 0, f"It has settled: the next resync changes nothing ({story.due}).", "bold"
        else:
            yield 0, f"Next: {story.due}.", "bold"
        restarts = story.restarts
        times = {0: "It would not restart", 1: "It would restart once"}
        yield 0, f"{times.get(restarts, f'It would restart {restarts} times')}.", ""

    def _parameter_lines(self) -> Iterator[Line]:
        given = sorted(self._told.given, key=_by_layer)
        if not given:
            return
        yield 0, "", ""
        yield 0, f"What it would hold: {len(given)} settings that our files gave", "bold"
        for layer, several in groupby(given, key=lambda each: each.origin and each.origin.layer):
            since = self._told.since.get(layer or "", 0)
            release = f", since release {since}" if since else ""
            yield 2, f"{layer or 'of no layer that could be told'}{release}", "cyan"
            for each in several:
                yield 4, f"{each.name} = {self._facts.value(each.name, each.value)}", ""
                if each.origin and each.origin.template:
                    yield 8, f"from {each.origin.template}", "dim"

    def _against(self) -> Iterator[Line]:
        """Differences to what it was served, and to what it reported."""
        told = self._told
        for path, found in told.unlike_served.items():
            last = told.served[path]
            yield 0, "", ""
            yield 0, f"Unlike what {path} was on {utc(last.time)} (release {last.release}):", "bold"
            yield from self._difference_lines(found)
        if told.unlike_reported is not None:
            when = utc(told.recollection.reported_at)
            yield 0, "", ""
            if told.unlike_reported:
                yield 0, f"Unlike what the phone reported on {when}:", "bold"
                yield from self._difference_lines(told.unlike_reported)
            else:
                yield 0, f"As the phone reported on {when}.", "bold"

    def _difference_lines(self, found: Difference) -> Iterator[Line]:
        facts = self._facts.difference(found)
        for name, (old, new) in facts["changed"].items():
            yield 2, f"{name}: {old!r} becomes {new!r}", ""
        for name, value in facts["only_before"].items():
            yield 2, f"{name}: {value!r} is no longer said", ""
        for name, value in facts["only_now"].items():
            yield 2, f"{name}: {value!r} is new", ""
        if not found:
            yield 2, "in its bytes alone", ""


def _by_layer(given: Given) -> tuple[int, str, str]:
    layer = given.origin.layer if given.origin else ""
    return _ORDER.index(layer.partition("/")[0]), layer, given.name
