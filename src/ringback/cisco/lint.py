"""What an engineer should know about a profile before a phone does.

A file is read as a phone of the model reads it, so that all complaints are found and not only the
first; what strict reading would refuse is an error here. Then each name is looked for in the
model's catalogue, each value judged by its entry, each rule evaluated for that model, and the
known traps tried on the whole. A sealed file is opened first.

Catalogues are unions of many firmwares, so an unknown name is a warning; only a name that exists
in another spelling is an error, for the phone will ignore it.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from ringback.cisco import condition, envelope, flat_profile
from ringback.cisco.element import Element, Reading
from ringback.cisco.finding import Finding
from ringback.cisco.macros import phone_macros
from ringback.cisco.markup import Severity
from ringback.cisco.model import Model
from ringback.cisco.parameter import fold
from ringback.cisco.profile import Profile
from ringback.cisco.rule import RuleKind, evaluate, read_report
from ringback.cisco.trap import TRAPS, Case, some
from ringback.cisco.typography import refuse_typography
from ringback.cisco.worth import judge
from ringback.errors import EnvelopeError, Place, ProfileError, RuleError
from ringback.mac import Mac

__all__ = ["Finding", "Severity", "lint"]

_MAC = Mac("000e08abcdef")
_SERIAL = "FCH2133E8B9"
_SEALS = (b"\x1f\x8b", b"Salted__")
_REGISTER = re.compile(r"\$\(?([A-P])(?![A-Za-z])")

Check = Callable[[str, Mapping[str, str]], object]
_RULES: Mapping[str, Check] = {
    "Profile_Rule": evaluate,
    "Profile_Rule_B": evaluate,
    "Profile_Rule_C": evaluate,
    "Profile_Rule_D": evaluate,
    "Upgrade_Rule": lambda text, macros: evaluate(text, macros, kind=RuleKind.UPGRADE),
    "Report_Rule": read_report,
    "Resync_Trigger_1": condition.trigger,
    "Resync_Trigger_2": condition.trigger,
}
"""Parameters whose value has a grammar of its own, and who reads it."""


def lint(
    data: bytes,
    model: Model,
    *,
    name: str = "",
    key: str | None = None,
    ikm: bytes | None = None,
    digests: tuple[str, ...] | None = None,
) -> list[Finding]:
    """Examine a profile for one model.

    Args:
        data: the file as it would be served.
        model: the phone it is meant for.
        name: what to call the file in places.
        key: opens an encrypted file, as ``--key`` in the rule would.
        ikm: opens one served with ``Content-Encoding: aes128gcm``.
        digests: key derivations to try; the model's own when None.

    Returns:
        The findings, in the order of the file. None of severity error: a phone will take it.
    """
    try:
        clear, sealed = _opened(data, model, key, ikm, digests)
        reading = flat_profile.read(clear, name=name)
    except EnvelopeError as error:
        return [Finding(Severity.ERROR, Place(name, 1, 1), error.what, error.remedy)]
    except ProfileError as error:
        return [Finding(Severity.ERROR, error.place, error.what, error.remedy)]
    return sorted(_findings(reading, model, sealed=sealed), key=lambda each: each.order)


def _opened(
    data: bytes,
    model: Model,
    key: str | None,
    ikm: bytes | None,
    digests: tuple[str, ...] | None,
) -> tuple[bytes, bool]:
    """The profile out of its envelope, and whether it was encrypted."""
    if not data.startswith(_SEALS) and ikm is None:
        return data, False
    salted = data.startswith(_SEALS[1])
    coding = "aes128gcm" if ikm is not None and not salted else ""
    opened = envelope.unseal(
        data,
        key=key if salted else None,
        ikm=ikm,
        content_encoding=coding,
        digests=digests or model.traits.key_digests,
    )
    return opened.data, opened.layers != ("gzip",)


def _findings(reading: Reading, model: Model, *, sealed: bool) -> Iterator[Finding]:
    for each in reading.complaints:
        yield Finding(each.severity, each.place, each.text, each.remedy)
    taken, _ = Profile.factory(model).apply(reading.elements)
    case = Case(model, reading.last(), taken, sealed)
    macros = phone_macros(model, _MAC, _SERIAL, values=taken.value)
    yield from _unknown(reading.elements, taken)
    for element in reading.elements:
        yield from _judged(element, taken)
    for name, check in _RULES.items():
        if case.sets(name):
            yield from _rule(case, name, check, macros)
    for trap in TRAPS:
        yield from trap(case)


def _unknown(elements: Iterable[Element], taken: Profile) -> Iterator[Finding]:
    """Names that this model does not have: each by itself, missing lines together."""
    known, model = taken.catalogue, taken.model.name
    beyond: dict[str, list[Element]] = {}
    for element in elements:
        name = element.name
        if name in known or name.startswith("Profile_Rule_") or "{" in name:
            continue
        nearest = known.nearest(name)
        if span := known.numbers.get(fold(name)):
            beyond.setdefault(span, []).append(element)
        elif nearest.lower() == name.lower():
            text, remedy = "names are case-sensitive, this one is ignored", f"write {nearest}"
            yield Finding(Severity.ERROR, element.place, text, remedy, name)
        else:
            text, remedy = f"{model} does not know it", f"did you mean {nearest}?" * bool(nearest)
            yield Finding(Severity.WARNING, element.place, text, remedy, name)
    for span, group in beyond.items():
        ends = ", ".join(_span(each) for each in span.split(","))
        text = f"{model} numbers these {ends}: {some([each.name for each in group])}"
        remedy = "remove what is beyond, or check the model"
        yield Finding(Severity.WARNING, group[0].place, text, remedy, group[0].name)


def _span(written: str) -> str:
    first, _, last = written.partition("-")
    return f"{first} only" if first == last else f"{first} to {last}"


def _judged(element: Element, taken: Profile) -> Iterator[Finding]:
    entry = taken.catalogue.entry(element.name)
    if entry is None or not element.value:
        return
    for severity, text, remedy in judge(entry, element.value):
        yield Finding(severity, element.place, text, remedy, element.name)


def _rule(case: Case, name: str, check: Check, macros: Mapping[str, str]) -> Iterator[Finding]:
    """Evaluate a rule; one that hangs on registers this file does not set cannot be judged."""
    text = case.value(name)
    unjudged = False
    open_registers = [
        letter for letter in _REGISTER.findall(text) if not case.value(f"GPP_{letter}")
    ]
    try:
        refuse_typography(text)
        unjudged = bool(open_registers)
        check(text, macros)
    except RuleError as error:
        if unjudged:
            what = f"depends on GPP_{open_registers[0]}, which this file does not set"
            yield case.hint(name, what, "lint it together with the file that does")
            return
        column = error.place.column
        what = f"column {column} of the value: {error.what}" if column else error.what
        yield case.finding(Severity.ERROR, name, what, error.remedy)
