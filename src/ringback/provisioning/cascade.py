"""Layers to effective settings, each with its provenance.

``ground`` has laid what a model, site and group share; here a device puts on top what is its own:
its lines, turned into its model's parameters, its own layer, and whatever depends on its facts.
So a hundred thousand devices cost what is their own.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final

from ringback.cisco.catalogue import catalogue
from ringback.cisco.markup import Severity
from ringback.cisco.model import Model, find_model
from ringback.cisco.parameter import fold
from ringback.errors import UsageError
from ringback.provisioning import own
from ringback.provisioning.complaint import Complaint, MisfitError, unknown
from ringback.provisioning.device import Device
from ringback.provisioning.expression import parse
from ringback.provisioning.facts import (
    OF_DEVICE,
    OF_MODEL,
    RESERVED,
    SECRET,
    Facts,
    Function,
    Variable,
    Variables,
    of_device,
    reach,
)
from ringback.provisioning.fleet import Fleet
from ringback.provisioning.ground import (
    Ground,
    Said,
    Value,
    failure,
    is_secret,
    laid,
    lay_ground,
    read_layer,
    read_variables,
    render,
)
from ringback.provisioning.layer import Layer, Scope
from ringback.provisioning.line import Line
from ringback.provisioning.operation import ExpressionError
from ringback.provisioning.ready import ALL, ready_layers

SUGAR: Final[Mapping[str, str]] = {
    "user": "User_ID_n_",
    "password": "Password_n_",
    "display_name": "Display_Name_n_",
    "proxy": "Proxy_n_",
    "auth_id": "Auth_ID_n_",
}
"""What a line says, and the parameter it becomes."""
_USE_AUTH_ID: Final = "Use_Auth_ID_n_"
"""SPA phones heed the Auth ID only if told to; later ones have no such switch."""
_SUGAR_NAMES: Final = frozenset({*SUGAR.values(), _USE_AUTH_ID})


@dataclass(frozen=True, slots=True)
class Effective:
    """The cascade's result for one device, or for what several share."""

    values: Mapping[str, Value]
    complaints: tuple[Complaint, ...] = ()
    facts: Facts | None = field(default=None, compare=False, repr=False)
    own: tuple[str, ...] = field(default=(), compare=False, repr=False)
    """Names whose values, or their absence, are not simply the ground's."""

    def refuse(self) -> None:
        """Refuse what must not be published.

        Raises:
            MisfitError: with every fatal complaint.
        """
        fatal = [each for each in self.complaints if each.fatal]
        if fatal:
            raise MisfitError(fatal)


class Cascade:
    """The cascade of one fleet. Make it once, ask it for many devices."""

    def __init__(self, fleet: Fleet, *, key: bytes, secret: Function) -> None:
        """Take a fleet; ``key`` and ``secret`` as in ``preparation``.

        Raises:
            UsageError: a short key, or a variable that is called like a fact.
        """
        own.check_key(key)
        self.fleet = fleet
        self._key, self._secret = key, secret
        self._layers = {(layer.scope, layer.name): layer for layer in fleet.layers}
        self._fleet_layers = [layer for layer in fleet.layers if layer.scope is Scope.FLEET]
        self._ready = ready_layers(fleet.ready)
        self._grounds: dict[tuple[str, str, str], Ground] = {}
        self._own_layers: dict[str, Layer] = {}
        refuse_variables(self._places())

    def _places(self) -> Iterator[tuple[str, Mapping[str, str]]]:
        yield "the fleet", self.fleet.variables
        yield from ((f"layer {each}", each.variables) for each in self.fleet.layers)
        yield from ((f"device {each.mac}", each.variables) for each in self.fleet.devices)

    def take(self, layers: Iterable[Layer]) -> None:
        """Layers of the devices that come next; those taken before are forgotten.

        A large fleet has one for many devices: whoever reads devices piece by piece gives the
        fleet without them, and each piece with its own.

        Raises:
            UsageError: a variable that is called like a fact.
        """
        self._own_layers = {layer.name: layer for layer in layers}
        refuse_variables((f"layer {each}", each.variables) for each in self._own_layers.values())

    def layer_of(self, device: Device) -> Layer | None:
        """The device's own layer; None when it has none."""
        own_layer = self._own_layers.get(device.mac.digits)
        return own_layer or self._layers.get((Scope.DEVICE, device.mac.digits))

    def ground(self, model: Model | None, site: str = "", group: str = "") -> Ground:
        """What devices of a model, site and group share; ``None`` for all models together."""
        key = (model.name if model else "", site, group)
        found = self._grounds.get(key)
        if found is None:
            layers = self._above(model, site, group)
            found = lay_ground(layers, self.fleet.variables, model, site, group)
            self._grounds[key] = found
        return found

    def _above(self, model: Model | None, site: str, group: str) -> Iterator[Layer]:
        """The layers that apply, the weakest first; without a model, only the fleet's."""
        names = (model.generation.value, model.name) if model else ()
        yield from (self._ready[each] for each in (ALL, *names) if model and each in self._ready)
        yield from self._fleet_layers
        wanted = [(Scope.MODEL, each) for each in names]
        wanted += [(Scope.SITE, site)] * bool(site) + [(Scope.GROUP, group)] * bool(group)
        yield from (self._layers[each] for each in wanted if each in self._layers)

    def effective(self, device: Device) -> Effective:
        """What a device is given, and why; complaints of its ground are among its own.

        Raises:
            NotFoundError: its model is not known.
        """
        model = find_model(device.model)
        ground = self.ground(model, device.site, device.group)
        told, variables = list(ground.complaints), ground.variables
        if device.variables:
            variables = {**variables, **_variables_of(device, told)}
        try:
            facts = of_device(device, model, variables, self._secret, self._own(device))
        except ExpressionError as error:
            told.append(failure(error, f"device/{device.mac}", "", device))
            return Effective({}, _of(device, told))
        mine = self._mine(device, model, variables, told)
        values = {**ground.fixed}
        for name in mine:
            values.pop(name, None)
        still = [each for each in self._open(ground, device, variables) if each.name not in mine]
        for said in still:
            self._put(values, said, facts, model, device=device, told=told)
        for said in mine.values():
            lower = ground.said.get(said.name)
            said = laid(lower, said) if lower else said  # noqa: PLW2901 (its access)
            self._put(values, said, facts, model, device=device, told=told)
        return Effective(values, _of(device, told), facts, (*mine, *(each.name for each in still)))

    def _open(self, ground: Ground, device: Device, variables: Variables) -> Iterator[Said]:
        """What the device must render for itself."""
        if not device.variables:
            yield from ground.moving
            return
        changed = device.variables.keys()
        anew = any("{{" in text for text in device.variables.values())
        for said in (*ground.moving, *(each for each in ground.soft if each.reach & changed)):
            if anew and said.expression is not None and said.reach & changed:
                through = reach(said.expression, variables)
                secret = said.secret or bool(through & SECRET)
                yield replace(said, reach=through, secret=secret)
            else:
                yield said

    def _put(
        self,
        values: dict[str, Value],
        said: Said,
        facts: Facts,
        model: Model,
        *,
        device: Device,
        told: list[Complaint],
    ) -> None:
        """Render one setting into ``values``; nothing for a line that the device lacks."""
        values.pop(said.name, None)
        if said.line:
            line = facts["lines"].get(said.line)
            if line is None:
                return
            facts = Facts({**facts, "line": line}, facts.variables)
        value = render(said, facts, model, told, device)
        if value is not None:
            values[said.name] = value

    def _mine(
        self, device: Device, model: Model, variables: Variables, told: list[Complaint]
    ) -> dict[str, Said]:
        """The device's own: what its lines say, and over that its own layer."""
        mine: dict[str, Said] = {}
        for line in device.lines:
            for said in _sugared(device, line, model, variables, told):
                mine[said.name] = said
        layer = self.layer_of(device)
        for said in read_layer(layer, model, variables, told) if layer else ():
            mine[said.name] = laid(mine[said.name], said) if said.name in mine else said
        return mine

    def _own(self, device: Device) -> Function:
        return lambda name: own.password(self._key, device.mac, name, device.first_key)

    def shared(
        self, model: Model | None, site: str = "", group: str = "", *, steady: bool
    ) -> Effective:
        """What everybody who asks for a shared file is given alike.

        ``steady``: phones fetch the file at every resync, beside their own. What one of them
        might be given otherwise in its own file is then left out, for it would change twice at
        every resync and might restart the phone each time: names that a narrower layer sets for
        anybody, and values that hang on a variable, which any device may set for itself. That is
        known without a look at all devices. So is the release's number: each file's is its own.
        """
        ground = self.ground(model, site, group)
        unbound = {"site": site, "group": group, **dict.fromkeys(OF_MODEL, model)}
        differing = OF_DEVICE | SECRET | {name for name, bound in unbound.items() if not bound}
        names: frozenset[str] | set[str] = _SUGAR_NAMES
        if steady:
            narrower = self._narrower(model, site, group)
            names = names | {each.name for layer in narrower for each in layer.settings}
            differing |= ground.variables.keys() | {"release"}
        values = {
            name: value
            for name, value in ground.fixed.items()
            if not {name, fold(name)} & names and not ground.said[name].reach & differing
        }
        return Effective(values, ground.complaints)

    def _narrower(self, model: Model | None, site: str, group: str) -> list[Layer]:
        """The layers that set some of the sharers apart."""
        bound = {Scope.MODEL: model, Scope.SITE: site, Scope.GROUP: group, Scope.DEVICE: None}
        scopes = {scope for scope, known in bound.items() if not known}
        return [layer for layer in self.fleet.layers if layer.scope in scopes]


def _of(device: Device, told: Iterable[Complaint]) -> tuple[Complaint, ...]:
    """Complaints as this device's: those of its ground name nobody."""
    return tuple(each.of(str(device.mac)) for each in told)


def _variables_of(device: Device, told: list[Complaint]) -> dict[str, Variable]:
    """A device's own variables, read."""
    layer = f"device/{device.mac}"
    return read_variables({name: (layer, text) for name, text in device.variables.items()}, told)


def refuse_variables(places: Iterable[tuple[str, Mapping[str, str]]]) -> None:
    """Refuse a variable that is called like a fact; each place in words, with its variables.

    Raises:
        UsageError: the first there is.
    """
    for where, variables in places:
        for name in sorted(RESERVED & variables.keys()):
            what = f"{where} sets a variable {name!r}, which is a fact of devices"
            raise UsageError(what, remedy="give it another name")


@lru_cache(maxsize=4096)
def _sugar(model: str, number: int) -> tuple[tuple[str, str, bool, bool], ...]:
    """Each text of a line: its parameter, whether the model has it, and whether it is a secret."""
    named = [(each, name.replace("_n_", f"_{number}_")) for each, name in SUGAR.items()]
    known = catalogue(find_model(model))
    return tuple((each, name, name in known, is_secret(name)) for each, name in named)


def _sugared(
    device: Device, line: Line, model: Model, variables: Variables, told: list[Complaint]
) -> Iterator[Said]:
    """What a line says, as parameters of the model."""
    layer = f"device/{device.mac} line {line.number}"
    if line.number > model.lines:
        what = f"{model.name} has {model.lines} lines"
        remedy = "remove the line, or check the model"
        told.append(Complaint(Severity.ERROR, layer, "lines", what, remedy, (str(device.mac),)))
        return
    for text_of, name, known, private in _sugar(model.name, line.number):
        text = getattr(line, text_of)
        if not text:
            continue
        if not known:
            told.append(replace(unknown(model, layer, name, (str(device.mac),)), newer=False))
            continue
        try:
            expression = parse(text)
        except ExpressionError as error:
            told.append(failure(error, layer, text_of, device))
            continue
        through = reach(expression, variables) if expression.names else frozenset[str]()
        secret = private or bool(through & SECRET)
        about = line.number if "line" in through else 0
        yield Said(name, expression, None, layer, Scope.DEVICE, through, secret, line=about)
        if text_of == "auth_id":
            switch = _USE_AUTH_ID.replace("_n_", f"_{line.number}_")
            if switch in catalogue(model):
                yield Said(switch, parse("Yes"), None, layer, Scope.DEVICE)
