"""A layer that no device has: what is wrong with it all the same.

A slip of the pen in the layer of a site that opens next week would be found on the day it opens.
So such a layer is laid on every model that it could be for.
"""

from collections.abc import Iterable, Iterator

from ringback.cisco.model import MODELS, Model
from ringback.provisioning.cascade import Cascade
from ringback.provisioning.complaint import Complaint
from ringback.provisioning.facts import reach
from ringback.provisioning.ground import Ground
from ringback.provisioning.layer import Layer, Scope


def of_nobody(cascade: Cascade, layer: Layer, models: Iterable[Model]) -> Iterator[Complaint]:
    """What is said of a layer without devices, on these models or else on all it could be for.

    What hangs on a site or group that it does not name is left for when there is one.
    """
    site = layer.name if layer.scope is Scope.SITE else ""
    group = layer.name if layer.scope is Scope.GROUP else ""
    unbound = _unbound(site, group)
    fitting = [each for each in models if fits(layer, each)]
    for model in fitting or [each for each in MODELS if fits(layer, each)]:
        ground = cascade.ground(model, site, group)
        yield from (each for each in ground.complaints if not _hangs(each, ground) & unbound)


def _unbound(site: str, group: str) -> set[str]:
    return {name for name, known in (("site", site), ("group", group)) if not known}


def _hangs(complaint: Complaint, ground: Ground) -> frozenset[str]:
    """The names that what is complained of hangs on."""
    word, _, variable = complaint.name.partition(" ")
    if word == "variable" and variable in ground.variables:
        return reach(ground.variables[variable].expression, ground.variables)
    said = ground.said.get(complaint.name)
    return said.reach if said else frozenset()


def fits(layer: Layer, model: Model) -> bool:
    """Whether a phone of this model may have the layer."""
    return layer.scope is not Scope.MODEL or layer.name in {model.name, model.generation.value}
