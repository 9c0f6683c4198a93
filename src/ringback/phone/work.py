"""The one piece of work a phone has under way: its questions, and the answers to them.

A job is a generator. It yields what the world must do (``Resolve``, ``Fetch``, ``Save`` …) and is
sent the answer, or the error in its place. Every question has a number, so that an answer to a
job that is gone, or to a phone that has restarted since, is nobody's.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

from ringback.errors import RingbackError
from ringback.phone.action import Ask, Request, Save

Steps = Generator[Request, Any, None]


def _nothing(_: float) -> None:
    """Nothing follows."""


@dataclass(frozen=True, slots=True)
class Job:
    """Something to be done, step by step."""

    name: str
    """What it is, for pages and lists: ``resync``, ``custom CA``, ``settings``, ``start`` …"""
    steps: Steps
    ended: Callable[[float], None] = _nothing
    """Called with ``now`` once the steps have come to their end, and the phone is free again."""


class Work:
    """The job under way, if there is one."""

    __slots__ = ("job", "number", "pending")

    def __init__(self) -> None:
        self.job: Job | None = None
        self.number = 0
        """Of the last question."""
        self.pending: Request | None = None
        """The question whose answer is awaited."""

    @property
    def saving(self) -> bool:
        """Whether the disk is being written."""
        return isinstance(self.pending, Save)

    def drop(self) -> None:
        """Forget the job; whatever is answered now is nobody's."""
        job, self.job, self.pending = self.job, None, None
        self.number += 1
        if job is not None:
            job.steps.close()

    def expects(self, number: int) -> bool:
        """Whether an answer of that number is awaited."""
        return number == self.number and self.pending is not None

    def advance(self, answer: Any) -> Job | None:
        """Let the job go on with an answer, until it asks again; or return it, at its end."""
        assert self.job is not None
        self.number += 1
        self.pending = None
        steps = self.job.steps
        go = steps.throw if isinstance(answer, RingbackError) else steps.send
        try:
            self.pending = go(answer)
        except StopIteration:
            done, self.job = self.job, None
            return done
        return None

    def question(self) -> Ask:
        """What is asked now."""
        assert self.pending is not None
        return Ask(self.number, self.pending)
