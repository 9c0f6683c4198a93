"""What a phone that knows nothing yet may ask a fleet for: the paths of its bootstrap documents.

They are what a person types into a phone's page or a DHCP server. Only those are told that the
release has: advice that ends in a 404 is worse than none.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection

from ringback.cisco.model import find_model
from ringback.errors import NotFoundError, UsageError
from ringback.mac import Mac
from ringback.provisioning.document import Level
from ringback.provisioning.pattern import Pattern, Whose
from ringback.provisioning.ready import DOCUMENTS
from ringback.store.archive import Archive
from ringback.store.database import Store
from ringback.store.kinds import Kinds
from ringback.store.releases import Releases

_FACTORY = "{factory}"


@dataclass(frozen=True, slots=True)
class Welcome:
    """One way in: a path as a rule has it, and as one phone of the fleet asks for it."""

    rule: str
    """With the phone's macros: ``/$PSN.xml``."""
    path: str
    """Of a phone of the first model that it is for: ``/8851-3PCC.xml``."""
    models: tuple[str, ...]
    """Those models of the fleet that find something there."""


def welcomes(store: Store) -> tuple[Welcome, ...]:
    """The ways in that the release has, for the most models first; none before there is one."""
    with store.fleet.reading() as connection:
        number = Releases(connection, store.seal).newest
        found: dict[str, Welcome] = {}
        for model, rule, path in _ways(connection, Archive(connection, store.seal, number)):
            before = found.get(rule, Welcome(rule, path, ()))
            found[rule] = Welcome(rule, before.path, (*before.models, model))
    return tuple(sorted(found.values(), key=lambda each: (-len(each.models), each.rule)))


def _ways(connection: Connection, archive: Archive) -> Iterator[tuple[str, str, str]]:
    """By model: a rule and its path, of which the release has a file."""
    documents = list(archive.documents()) or DOCUMENTS
    bootstraps = [each for each in documents if each.level is Level.BOOTSTRAP]
    shared = set(archive.paths(""))
    for name, mac in Kinds(connection).examples():
        try:
            model = find_model(name)
        except NotFoundError:
            continue
        served = shared | set(archive.paths(mac))
        for pattern in (Pattern.parse(text) for each in bootstraps for text in each.patterns):
            try:
                path = pattern.path(Whose(model, mac=Mac(mac)))
                own = pattern.text == _FACTORY
                rule = model.traits.default_rule if own else pattern.rule(Whose())
            except UsageError:
                continue
            if path in served:
                yield name, rule, path
