"""Where a value in a phone's file comes from: the layer, and how the layer says it.

The cascade names the layer of every value; here its words are found in that layer, template and
all, and a value that is in a file is compared with what the cascade gives, so that an origin is
never told of a value that came otherwise.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ringback.cisco.model import find_model
from ringback.cisco.parameter import fold
from ringback.errors import RingbackError
from ringback.provisioning.cascade import SUGAR
from ringback.provisioning.device import Device
from ringback.provisioning.document import Rules
from ringback.provisioning.facts import RELEASE
from ringback.provisioning.ground import Value
from ringback.provisioning.layer import Layer
from ringback.provisioning.paper import Paper
from ringback.provisioning.pattern import Whose
from ringback.provisioning.pin import Pin, Whole
from ringback.provisioning.preparation import Preparation
from ringback.provisioning.ready import ready_layers
from ringback.provisioning.rules import first_rules


@dataclass(frozen=True, slots=True)
class Origin:
    """Why a setting has its value."""

    layer: str
    """``site/berlin``, ``device/000e08abcdef line 1``, ``ready/MPP``, ``document/device``."""
    template: str = ""
    """What the layer says, ``{{ … }}`` and all; empty where nothing is rendered."""
    secret: bool = False
    """Whether the value is, or holds, a secret."""


@dataclass(frozen=True, slots=True)
class Staying:
    """A device stays on a release: what it is besides is ``today``."""

    pin: Pin
    today: Device

    def whole(self, device: Device) -> Whole:
        """What its release gives it."""
        return self.pin.whole(device, self.today)

    def paper(self, document: str) -> Paper | None:
        """Its own document of today by that name, of which it may have files too."""
        own = (each for each in self.pin.now.papers if each.of_device)
        return next((each for each in own if each.document.name == document), None)


class Origins:
    """Origins of the values that one device is given."""

    def __init__(
        self, preparation: Preparation, device: Device, staying: Staying | None = None
    ) -> None:
        self._preparation, self._device, self._staying = preparation, device, staying
        self._model = find_model(device.model)
        self._papers = {each.document.name: each for each in preparation.papers}
        self._layers = {str(each): each for each in _layers(preparation, device)}
        self._values: dict[str, Mapping[str, Value]] = {}

    def of(self, document: str, name: str, value: str | None) -> Origin | None:
        """The origin of what a file of that document says; None when it cannot be told."""
        found = self._of(document).get(name)
        if found is None or not _same(found.value, value):
            return None
        return Origin(found.layer, self._template(found), found.secret)

    def _of(self, document: str) -> Mapping[str, Value]:
        paper = self._papers.get(document)
        if paper is None and self._staying is not None:
            paper = self._staying.paper(document)
        if paper is None:
            return {}
        if document not in self._values:
            try:
                self._values[document] = dict(self._given(paper))
            except RingbackError:  # a secret that is gone since: nothing can be told
                self._values[document] = {}
        return self._values[document]

    def _given(self, paper: Paper) -> Mapping[str, Value]:
        device, model = self._device, self._model
        if not paper.of_device:
            whose = paper.patterns[0].bound(Whose(model, device.site, device.group))
            whose = whose or Whose(model)
            shared = self._preparation.shared_values(paper, whose.model, whose.site, whose.group)
            return shared.values
        whole = self._staying.whole(device) if self._staying else None
        effective = whole.effective if whole else self._preparation.effective(device)
        values = whole.values if whole else effective.values
        if paper.document.rules is not Rules.FIRST or effective.facts is None:
            return values
        keyless = Whose(model, device.site, device.group, device.mac, device.serial, "", 0)
        papers, alone = self._preparation.papers, whole is not None
        return {**values, **first_rules(papers, keyless, effective.facts, alone=alone)}

    def _template(self, value: Value) -> str:
        said = _said(self._layers, self._device, value)
        return said if said is not None and "{{" in said else ""


def _layers(preparation: Preparation, device: Device) -> Iterator[Layer]:
    yield from ready_layers(preparation.fleet.ready).values()
    yield from preparation.fleet.layers
    own = preparation.cascade.layer_of(device)
    if own is not None:
        yield own


def _said(layers: Mapping[str, Layer], device: Device, value: Value) -> str | None:
    """A value as it stands in its layer, or in the device's line."""
    _, line, number = value.layer.partition(" line ")
    if line:
        field = next((field for field, name in SUGAR.items() if name == fold(value.name)), "")
        of_line = next((each for each in device.lines if str(each.number) == number), None)
        return getattr(of_line, field) if field and of_line is not None else None
    layer = layers.get(value.layer)
    for setting in layer.settings if layer else ():
        if setting.name in (value.name, fold(value.name)):
            return setting.value
    return None


def _same(given: str | None, found: str | None) -> bool:
    """Whether a file says what the cascade gives; the release's number may be any."""
    if given is None or RELEASE not in given:
        return (given or "") == (found or "") or (given == "" and found == '""')
    pattern = r"\d+".join(map(re.escape, given.split(RELEASE)))
    return re.fullmatch(pattern, found or "") is not None
