"""A whole source state: everything that ``publish`` turns into a release.

Two fleets are equal when nothing would be prepared differently; the order in which files or rows
were read does not matter, because ``Fleet.of`` puts everything in order.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Self, TypeVar

from ringback.errors import UsageError
from ringback.provisioning.device import Device
from ringback.provisioning.document import Document
from ringback.provisioning.layer import Layer

READY = 2
"""Newest version of the ready-made layers."""


@dataclass(frozen=True, slots=True)
class Fleet:
    """Layers by scope and name, documents by name, devices by MAC, each once."""

    layers: tuple[Layer, ...] = ()
    documents: tuple[Document, ...] = ()
    devices: tuple[Device, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict, hash=False)
    ready: int = READY
    """Which ready-made layers lie below; 0 for none. A fleet keeps its number, so that a newer
    program prepares the same bytes."""

    @classmethod
    def of(
        cls,
        layers: Iterable[Layer] = (),
        documents: Iterable[Document] = (),
        devices: Iterable[Device] = (),
        variables: Mapping[str, str] | None = None,
        *,
        ready: int = READY,
    ) -> Self:
        """A fleet in order.

        Raises:
            UsageError: two layers, documents or devices with one name.
        """
        return cls(
            _once("layers", layers, lambda each: (each.scope, each.name)),
            _once("documents", documents, lambda each: each.name),
            _once("devices", devices, lambda each: each.mac),
            dict(sorted((variables or {}).items())),
            ready,
        )

    def device(self, mac: object) -> Device | None:
        """The device with this MAC; None when there is none. Looks through all of them."""
        return next((each for each in self.devices if str(each.mac) == str(mac)), None)


T = TypeVar("T")


def _once(what: str, things: Iterable[T], key: Callable[[T], Any]) -> tuple[T, ...]:
    """The things by their key, each once."""
    ordered = sorted(things, key=key)
    for one, other in pairwise(ordered):
        if key(one) == key(other):
            name = key(one)[-1] if isinstance(key(one), tuple) else key(one)
            raise UsageError(f"two {what} are called {name}", remedy="keep one of them")
    return tuple(ordered)
