"""A pin: what a device that stays on a release is given, whatever is published afterwards.

Shared files are today's, and rules that stand in the phone already lead to them. So a device that
stays on a release has files of its own that are the whole: prepared from the sources of that
release, with no rule to what phones share, and with what the shared files of then said besides.
What the shared files of today say and that release did not, it is told to have as from the factory:
a phone that comes by an old rule, or fresh from the factory, reads them once on its way.

Keys are those the device has today, so that a change of keys goes on. Its files lie where its
release had them, and where rules of today lead (a phone that is pinned to an older release has
such rules, and so has one that comes from today's bootstrap); there as today's document says, with
the settings of the release. Paths that no rule of ours names are not added: what lies at them was
found before us and is so still.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ringback.cisco.catalogue import catalogue
from ringback.cisco.model import Model, find_model
from ringback.provisioning.cascade import Effective
from ringback.provisioning.device import Device
from ringback.provisioning.ground import Value
from ringback.provisioning.paper import Paper
from ringback.provisioning.preparation import Preparation
from ringback.provisioning.prepared import Prepared, refuse_twice
from ringback.provisioning.ready import RULE_NAMES
from ringback.provisioning.rules import KEYS, PIN

_RULES: Final = frozenset(RULE_NAMES.values())


@dataclass(frozen=True, slots=True)
class Whole:
    """Everything that a release gives one device."""

    effective: Effective
    said: frozenset[str]
    """Names that its own files say by themselves."""
    more: Mapping[str, Value]
    """What they must say besides."""

    @property
    def values(self) -> Mapping[str, Value]:
        """All of it, by name."""
        return {**self.effective.values, **self.more}


@dataclass(frozen=True, slots=True)
class Pin:
    """Devices that stay on release ``number``."""

    number: int
    then: Preparation
    """From its sources."""
    now: Preparation
    """From those of the release to be."""

    def of(self, device: Device, today: Device) -> tuple[Prepared, ...]:
        """All files of a device.

        Args:
            device: as the release knew it, with the keys of today.
            today: as it is.

        Raises:
            MalformedError, NotFoundError, UsageError: as ``Preparation.of``.
        """
        whole = self.whole(device, today)
        whole.effective.refuse()
        files = tuple(self._files(self.then.papers, whole, device, device))
        refuse_twice(files)
        there = {each.path for each in files}
        led = [each for each in self.now.papers if each.document.slot]
        added = tuple(
            each for each in self._files(led, whole, device, today) if each.path not in there
        )
        refuse_twice(added)
        return files + added

    def whole(self, device: Device, today: Device) -> Whole:
        """What its release gives a device; arguments and errors as of ``of``."""
        effective = self.then.effective(device, alone=True)
        mine = _carrying(self.then.papers)
        said = _said(mine, effective.values)
        more = self._more(device, today, mine, said) if mine else {}
        emptied = {
            name: each
            for name in _RULES & effective.values.keys()
            if (each := effective.values[name]).layer == PIN
        }
        return Whole(effective, said, {**more, **emptied})

    def _more(
        self, device: Device, today: Device, mine: tuple[Paper, ...], said: frozenset[str]
    ) -> dict[str, Value]:
        """What a shared file told the phone, then or today, and its own do not."""
        level, model = _last(mine).document.level, find_model(device.model)
        told: dict[str, Value] = {}
        wanted: dict[str, Value] = {}
        for paper, values in self.then.led_to(model, device.site, device.group):
            if paper.document.level <= level:
                told |= values
                wanted |= values if paper.document.slot else {}
        for _, values in self.now.led_to(find_model(today.model), today.site, today.group):
            wanted = {**values, **wanted}
        found = (
            told.get(name) or _as_from_the_factory(value, model)
            for name, value in wanted.items()
            if name not in said | _RULES | KEYS
        )
        return {each.name: each for each in found if each is not None}

    def _files(
        self, papers: Sequence[Paper], whole: Whole, device: Device, where: Device
    ) -> Iterator[Prepared]:
        """The files of these documents, at the paths that they have for ``where``."""
        own = tuple(each for each in papers if each.of_device)
        carrying = _carrying(papers)
        last = _last(carrying) if carrying else None
        for paper in own:
            more = _besides(whole, carrying, paper) if paper is last else ()
            sheet = self.then.sheet(paper, device, whole.effective, more)
            yield from self.then.sealed(sheet, where, self.number)


def _carrying(papers: Iterable[Paper]) -> tuple[Paper, ...]:
    """A device's own that can say what shared files did: those that rules fetch.

    Where rules fetch shared files alone, all of its own. Where they fetch none, phones have their
    rules from elsewhere, and are given nothing but what the release gave them.
    """
    fetched = [each for each in papers if each.document.slot]
    own = tuple(each for each in fetched if each.of_device)
    return own or tuple(each for each in papers if fetched and each.of_device)


def _last(papers: Iterable[Paper]) -> Paper:
    """Of those that may hold the most, the one that is read last."""
    return max(papers, key=lambda each: (each.document.level, each.document.slot))


def _said(papers: Iterable[Paper], values: Mapping[str, Value]) -> frozenset[str]:
    return frozenset(value.name for each in papers for value in each.chosen(values.values()))


def _besides(whole: Whole, carrying: Iterable[Paper], last: Paper) -> list[Value]:
    """What the last must say besides, with these documents."""
    covered = _said(carrying, whole.effective.values)
    missing = whole.said - covered - _RULES - KEYS
    found = [*(whole.effective.values[name] for name in missing), *whole.more.values()]
    return [each for each in found if last.document.selection.secrets or not each.secret]


def _as_from_the_factory(value: Value, model: Model) -> Value | None:
    """The setting as it was before anybody set it; None when nobody knows."""
    entry = catalogue(model).entry(value.name)
    if entry is None or not entry.default_known:
        return None
    return Value(value.name, entry.default, entry.ua if value.access else None, PIN)
