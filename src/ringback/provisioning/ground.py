"""What all devices of one model, site and group stand on: their layers, laid, read and checked.

Done once for many devices. Names are checked against the model's catalogue, ``_n_`` becomes the
model's lines, values are read, and those that are the same for all of these devices are rendered.

Two ways to miss a name: a layer for many (the fleet, a site, a group, a generation) may hold names
that only some of its models have, and the others go without; a layer of one model or one device
has no such excuse. A name that no model has, or none of the layer's generation, is an error
everywhere, unless ``unchecked``.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import lru_cache

from ringback.cisco.catalogue import catalogue, may_be_secret
from ringback.cisco.markup import Severity
from ringback.cisco.model import Generation, Model
from ringback.cisco.parameter import Access, fold, index, places, unfold
from ringback.provisioning.complaint import (
    FLEET,
    Complaint,
    judged,
    known_anywhere,
    known_to,
    unknown,
)
from ringback.provisioning.device import Device
from ringback.provisioning.expression import Expression, parse
from ringback.provisioning.facts import (
    OF_DEVICE,
    RESERVED,
    SECRET,
    UNKNOWN,
    Facts,
    Variable,
    Variables,
    of_model,
    reach,
)
from ringback.provisioning.layer import Layer, Scope, Setting
from ringback.provisioning.operation import AbsentError, ElsewhereError, ExpressionError

_SECRET_NAME = re.compile(r"""\bsecret\(\s*(['"])([^'"]*)\1\s*\)""")


@dataclass(frozen=True, slots=True)
class Value:
    """One effective setting, and why it is so."""

    name: str
    value: str | None
    """None: the phone's own value stays, only the access is set."""
    access: Access | None
    layer: str
    """The layer that gave the value: ``site/berlin``, ``device/000e08abcdef line 1``."""
    secret: bool = False
    """Whether it is, or holds, a secret."""


@dataclass(frozen=True, slots=True)
class Said:
    """One setting of one layer, read for one model."""

    name: str
    expression: Expression | None
    """None where only the access is said."""
    access: Access | None
    layer: str
    scope: Scope
    reach: frozenset[str] = frozenset()
    """Every name it depends on, through variables too."""
    secret: bool = False
    unchecked: bool = False
    line: int = 0
    """The line it is about, when it speaks of ``line``."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What the layers up to the group's come to for one model, site and group."""

    variables: Variables
    said: Mapping[str, Said]
    fixed: Mapping[str, Value]
    """What is the same for all these devices, rendered."""
    soft: tuple[Said, ...]
    """Of those, and of the ready-made that were left out, what a device's variables may change."""
    moving: tuple[Said, ...]
    """What each device must render for itself."""
    complaints: tuple[Complaint, ...]


def lay_ground(
    layers: Iterable[Layer],
    texts: Mapping[str, str],
    model: Model | None,
    site: str = "",
    group: str = "",
) -> Ground:
    """Lay layers over one another in their order.

    Args:
        layers: all that apply, the weakest first.
        texts: the fleet's variables; the layers' are put over them.
        model: None for what is said to all models alike.
        site: "" when the devices are of none, or of several.
        group: likewise.
    """
    layers, told = list(layers), list[Complaint]()
    every = {name: (FLEET, text) for name, text in texts.items()}
    for layer in layers:
        every |= {name: (str(layer), text) for name, text in layer.variables.items()}
    variables = read_variables(every, told)
    said: dict[str, Said] = {}
    for layer in layers:
        for each in read_layer(layer, model, variables, told):
            lay(said, each, told)
    facts = Facts(of_model(model, site, group), variables)
    known, fixed = RESERVED | variables.keys(), dict[str, Value]()
    soft, moving = list[Said](), list[Said]()
    for each in said.values():
        unheard = each.scope is not Scope.READY and not each.reach <= known
        if unheard or each.reach & (OF_DEVICE | SECRET):
            moving.append(each)
            continue
        value = render(each, facts, model, told)
        if value is not None:
            fixed[each.name] = value
        if each.reach:
            soft.append(each)
    return Ground(variables, said, fixed, tuple(soft), tuple(moving), tuple(told))


def read_variables(
    texts: Mapping[str, tuple[str, str]], told: list[Complaint]
) -> dict[str, Variable]:
    """Variables, each with its layer and text, read; one that cannot be is complained of."""
    variables = {}
    for name, (layer, text) in texts.items():
        try:
            variables[name] = Variable(parse(text), layer)
        except ExpressionError as error:
            told.append(failure(error, layer, f"variable {name}"))
    return variables


def read_layer(
    layer: Layer, model: Model | None, variables: Variables, told: list[Complaint]
) -> Iterator[Said]:
    """A layer's settings as a model knows them; what it should know and does not is told."""
    whence = str(layer)
    for setting in layer.settings:
        try:
            expression = None if setting.value is None else parse(setting.value)
        except ExpressionError as error:
            told.append(failure(error, whence, setting.name))
            continue
        through = reach(expression, variables) if expression else frozenset[str]()
        for name, number in _names(setting, layer, model, told):
            yield Said(
                name,
                expression,
                setting.access,
                whence,
                layer.scope,
                through,
                secret=bool(through & SECRET) or is_secret(name),
                unchecked=setting.unchecked,
                line=number if "line" in through else 0,
            )


def _names(
    setting: Setting, layer: Layer, model: Model | None, told: list[Complaint]
) -> Iterator[tuple[str, int]]:
    """The names that a setting's name stands for on this model, each with its line."""
    name = setting.name
    if model is None:
        if fold(name) in known_anywhere() and not places(name):
            yield name, 0
        return
    known = catalogue(model)
    if places(name) == 1:
        span = known.numbers.get(name) or (f"1-{model.lines}" if setting.unchecked else "")
        if span:
            first, _, last = span.partition("-")
            for number in range(int(first), int(last) + 1):
                yield unfold(name, (number,)), number
            return
    elif name in known or setting.unchecked:
        yield name, next(iter(index(name)), 0)
        return
    lacking = _lacking(layer, name, model)
    if lacking is not None:
        told.append(lacking)


_GENERATIONS = {each.value: each for each in Generation}


def _lacking(layer: Layer, name: str, model: Model) -> Complaint | None:
    """What is to be said of a name that this model lacks; None when it may do without."""
    if layer.scope is Scope.READY:
        return None
    of_model = layer.scope is Scope.MODEL
    generation = _GENERATIONS.get(layer.name) if of_model else None
    if layer.scope is Scope.DEVICE or (of_model and generation is None):
        return unknown(model, str(layer), name)
    if fold(name) not in known_anywhere():
        return unknown(model, str(layer), name)
    if generation is None or fold(name) in known_to(generation):
        return None
    what = f"no phone of the generation {generation} has such a parameter, others have"
    remedy = unknown(model, str(layer), name).remedy
    return Complaint(Severity.ERROR, str(layer), name, what, remedy)


def lay(said: dict[str, Said], new: Said, told: list[Complaint]) -> None:
    """Lay one setting over what lies there: its value wins, and its access if it says one."""
    old = said.get(new.name)
    if old is not None:
        if old.scope is new.scope is Scope.FLEET and old.layer != new.layer:
            what = f"{old.layer} sets it too, and neither comes first"
            told.append(Complaint(Severity.ERROR, new.layer, new.name, what, "keep one of them"))
        new = laid(old, new)
    said[new.name] = new


def laid(old: Said, new: Said) -> Said:
    """One setting over another."""
    if new.expression is None:
        return replace(old, access=new.access or old.access)
    return new if new.access is not None else replace(new, access=old.access)


def render(
    said: Said,
    facts: Facts,
    model: Model | None,
    told: list[Complaint],
    device: Device | None = None,
) -> Value | None:
    """A setting's value. None when it is ready-made and lacks its variable, or fails."""
    if said.expression is None:
        return Value(said.name, None, said.access, said.layer)
    try:
        text = said.expression.render(facts)
    except AbsentError as error:
        if said.scope is not Scope.READY:
            told.append(failure(error, said.layer, said.name, device, facts))
        return None
    except ExpressionError as error:
        told.append(failure(error, said.layer, said.name, device, facts))
        return None
    if model is not None and not said.unchecked and UNKNOWN not in text:
        entry = catalogue(model).entry(said.name)
        whom = str(device.mac) if device else ""
        secret = _secrets(said, facts.variables) if said.reach & SECRET else ""
        found = judged(entry, said.layer, said.name, text, whom, secret=secret)
        if found:
            told.extend(found)
    return Value(said.name, text, said.access, said.layer, said.secret)


def _secrets(said: Said, variables: Variables) -> str:
    """The secrets that a value is made of, as far as they stand there by name."""
    sources = [said.expression.source] if said.expression else []
    sources += [variables[name].expression.source for name in said.reach if name in variables]
    names = {each[2] for source in sources for each in _SECRET_NAME.finditer(source)}
    return " and ".join(f"the secret {name!r}" for name in sorted(names)) or "a secret"


def failure(
    error: ExpressionError,
    layer: str,
    name: str,
    device: Device | None = None,
    facts: Facts | None = None,
) -> Complaint:
    """An expression that failed, with the nearest name where one is not known.

    One in a variable is told where the variable is set, and ``name`` as what needs it.
    """
    needed: tuple[str, ...] = ()
    if isinstance(error, ElsewhereError):
        needed = (f"{name} of {layer}",) if name else ()
        layer, name = error.layer, error.name
    return Complaint(
        Severity.ERROR,
        layer,
        name,
        error.what,
        error.remedy or _nearest(error.what, facts),
        (str(device.mac),) if device else (),
        error.place.line,
        error.place.column,
        needed=needed,
    )


def _nearest(what: str, facts: Facts | None) -> str:
    """The remedy for a name that is not known."""
    wanted = what.rpartition("nothing called '")[2].rstrip("'")
    if facts is None or wanted == what:
        return ""
    close = get_close_matches(wanted, [*facts, *facts.variables], n=1)
    return f"did you mean {close[0]}?" if close else "set such a variable, or | default('')"


@lru_cache(maxsize=16_384)
def is_secret(name: str) -> bool:
    """Whether a parameter of this name holds a password or key on any model."""
    return may_be_secret(name)
