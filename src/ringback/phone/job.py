"""Something to be done, step by step.

A job is a generator. It yields what the world must do (``Resolve``, ``Fetch``, ``Save`` …) and is
sent the answer, or the error in its place. It owns no socket, no clock and no timer; a power cut
is its ``close()``.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

from ringback.phone.action import Request

Steps = Generator[Request, Any, None]


def _nothing(_: float) -> None:
    """Nothing follows."""


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work."""

    name: str
    """What it is, for pages and lists: ``resync``, ``custom CA``, ``settings``, ``start`` …"""
    steps: Steps
    ended: Callable[[float], None] = _nothing
    """Called with ``now`` once the steps have come to their end, and the phone is free again."""
