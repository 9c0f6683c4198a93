"""``ringback layer``: settings for all phones, a model, a site, a group or one device."""

import sys
from typing import Annotated, Any

from cyclopts import App, Parameter

from ringback import clock
from ringback.cisco.model import Generation, find_model
from ringback.cisco.parameter import Access
from ringback.cli.arguments import pair
from ringback.cli.sieve import sift
from ringback.cli.stores import Force, Form, Output, StoreFile, opened, settle, show
from ringback.cli.whisper import STDIN, whispered
from ringback.errors import NotFoundError, UsageError
from ringback.mac import Mac
from ringback.operations.look_over import known_device, look_over_layer
from ringback.provisioning.concealment import of_layer
from ringback.provisioning.ground import is_secret
from ringback.provisioning.layer import Layer, Scope, Setting
from ringback.provisioning.ready import ready_layers
from ringback.store.layers import Layers
from ringback.store.secrets import Secrets

app = App(name="layer", help="Settings for all, a model, a site, a group, a device.")

_SCOPES = {str(each): each for each in Scope if each is not Scope.READY}
Word = Annotated[str, Parameter(allow_leading_hyphen=True)]


def _named(text: str) -> tuple[Scope, str]:
    """``SCOPE/NAME``, the name as the store spells it."""
    scope, slash, name = text.partition("/")
    if not (slash and name and scope in _SCOPES):
        remedy = f"SCOPE/NAME with SCOPE one of {', '.join(_SCOPES)}, such as site/berlin"
        raise UsageError(f"not a layer: {text!r}", remedy=remedy)
    found = _SCOPES[scope]
    if found is Scope.DEVICE:
        return found, str(Mac.parse(name))
    if found is Scope.MODEL:
        generations = {each.value.lower(): each.value for each in Generation}
        return found, generations.get(name.lower()) or find_model(name).name
    return found, name


@app.command(name="list")
def list_(*words: str, store: StoreFile = None, output: Output = Form.TABLE) -> None:
    """List the layers, the weakest first; the ready-made ones below all are among them.

    Args:
        words: What they must be: field=value or any fragment, such as layer=site/* berlin.
        store: Which fleet.
        output: How they are printed.
    """
    with opened(store) as found, found.fleet.reading() as connection:
        layers = Layers(connection, found.seal)
        every = [*ready_layers(layers.ready).values(), *layers]
    rows = [
        {"layer": str(each), "settings": len(each.settings), "variables": len(each.variables)}
        for each in every
    ]
    fields = ("layer", "settings", "variables")
    show(sift(rows, words, fields), output, empty="No layers.", names=fields)


@app.command(name="show")
def show_layer(layer: str, /, *, store: StoreFile = None, output: Output = Form.TABLE) -> None:
    """Show the settings of a layer. Secrets written out in it are not shown.

    Args:
        layer: SCOPE/NAME, such as site/berlin, model/8851, device/000e08abcdef or ready/MPP.
        store: Which fleet.
        output: How they are printed.
    """
    with opened(store) as found, found.fleet.reading() as connection:
        layers = Layers(connection, found.seal)
        if layer.startswith("ready/"):
            kept = ready_layers(layers.ready).get(layer.removeprefix("ready/"))
        else:
            kept = layers.get(*_named(layer))
    if kept is None:
        raise NotFoundError(f"no layer {layer}", remedy="ringback layer list")
    rows = [
        {"kind": "variable", "name": name, "value": text, "access": "", "unchecked": False}
        for name, text in sorted(kept.variables.items())
    ]
    names = ("kind", "name", "value", "access", "unchecked")
    show([*rows, *map(_row, kept.settings)], output, empty="It is empty.", names=names)


def _row(setting: Setting) -> dict[str, Any]:
    value = setting.value
    if value and is_secret(setting.name) and "{{" not in value:
        value = "(secret)"
    return {
        "kind": "setting",
        "name": setting.name,
        "value": value,
        "access": setting.access.value if setting.access else "",
        "unchecked": setting.unchecked,
    }


@app.command(name="set")
def set_(
    layer: str,
    /,
    *settings: Word,
    access: Access | None = None,
    unchecked: Annotated[bool, Parameter(negative="")] = False,
    var: Annotated[tuple[str, ...], Parameter(name="--var", negative="")] = (),
    force: Force = False,
    store: StoreFile = None,
) -> None:
    """Give settings in a layer a value; the layer is made when it is not there.

    What publish would refuse is not kept: a name or value that a model it reaches does not take,
    an expression that has no result, and faults that it makes in other layers. A password is kept
    as a secret, named by layer and setting; NAME=- reads it from standard input.

    Args:
        layer: SCOPE/NAME, such as site/berlin.
        settings: NAME=VALUE …; the value may hold {{ … }}.
        access: What the user at the phone may do with them: na, ro or rw.
        unchecked: Send these settings although the catalogue does not know them.
        var: A variable for expressions, NAME=VALUE; repeatable.
        force: Keep them even if they cannot be published so.
        store: Which fleet.
    """
    scope, name = _named(layer)
    typed = map(_typed, settings)
    given = {each: Setting(each, value, access, unchecked) for each, value in typed}
    variables = dict(map(pair, var))
    if not given and not variables:
        raise UsageError("nothing to set", remedy="NAME=VALUE, such as Time_Zone=GMT+01:00")
    with opened(store) as found, found.fleet.writing() as connection:
        if scope is Scope.DEVICE:
            known_device(connection, Mac(name))
        layers = Layers(connection, found.seal)
        before = layers.get(scope, name)
        old = before or Layer(scope, name)
        kept = {each.name: each for each in old.settings} | given
        ordered = tuple(kept[each] for each in sorted(kept))
        secrets = Secrets(connection, found.seal)
        typed_in = Layer(scope, name, ordered, {**old.variables, **variables})
        concealed = of_layer(typed_in, secrets.get, before)
        new = concealed.thing
        secrets.keep(concealed.secrets, clock.now())
        layers.keep([new])
        settle(look_over_layer(connection, found.seal, new, before), force=force)
        for each in concealed.secrets:
            print(f"ringback: kept as the secret {each!r}", file=sys.stderr)


def _typed(text: str) -> tuple[str, str]:
    """NAME=VALUE; a password may be read from standard input."""
    name, value = pair(text)
    return (name, whispered(name)) if value == STDIN and is_secret(name) else (name, value)


@app.command
def unset(layer: str, /, *names: str, force: Force = False, store: StoreFile = None) -> None:
    """Take settings or variables out of a layer. Phones keep the values they have.

    A variable that other settings need is not taken away.

    Args:
        layer: SCOPE/NAME, such as site/berlin.
        names: Which.
        force: Take them out even if the fleet cannot be published so.
        store: Which fleet.
    """
    scope, name = _named(layer)
    with opened(store) as found, found.fleet.writing() as connection:
        layers = Layers(connection, found.seal)
        old = layers.get(scope, name)
        if old is None:
            raise NotFoundError(f"no layer {layer}", remedy="ringback layer list")
        known = {each.name for each in old.settings} | set(old.variables)
        for each in names:
            if each not in known:
                raise NotFoundError(f"{layer} sets no {each}", remedy="ringback layer show")
        kept = tuple(each for each in old.settings if each.name not in names)
        variables = {each: text for each, text in old.variables.items() if each not in names}
        new = Layer(scope, name, kept, variables)
        layers.keep([new])
        settle(look_over_layer(connection, found.seal, new, old), force=force)


@app.command
def remove(layer: str, /, *, force: Force = False, store: StoreFile = None) -> None:
    """Take a whole layer away. Phones keep the values they have.

    One whose variables other settings need is not taken away.

    Args:
        layer: SCOPE/NAME, such as site/berlin.
        force: Take it away even if the fleet cannot be published so.
        store: Which fleet.
    """
    with opened(store) as found, found.fleet.writing() as connection:
        layers = Layers(connection, found.seal)
        old = layers.get(*_named(layer))
        if old is None:
            raise NotFoundError(f"no layer {layer}", remedy="ringback layer list")
        layers.remove(old.scope, old.name)
        settle(look_over_layer(connection, found.seal, None, old), force=force)
