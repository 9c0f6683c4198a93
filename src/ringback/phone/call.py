"""The calls a phone has up, and how they put a resync off.

No resync while a line is active; it is deferred until the phone is idle. What
``Forced_Resync_Delay`` means then is told in two ways, so it is a trait:

- *after idle* (S4, S5): a counter that runs from the moment all lines are idle; resyncs wait until
  it has run out, so that calls in succession are not interrupted. It runs only after a call:
  a phone that has just started has none to protect (*inferred*). A resync that somebody asks for
  waits for the end of the calls, not for the counter: the page says "when it is not in use" (F),
  and nobody there means four hours (*inferred*).
- *at most* (S13, S9): the longest time a resync waits for the phone to be idle; then it is done
  although a call is up.

The calls are said to be up by whoever drives the phone: there is no audio.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from ringback.cisco.model import ForcedResync
from ringback.cisco.resync import Cause, count
from ringback.errors import RefusedError
from ringback.phone.part import Part

if TYPE_CHECKING:
    from ringback.phone.handset import Handset
    from ringback.phone.wish import Order

NO_DELAY = 14400
"""``Forced_Resync_Delay`` when it is empty or cannot be read (S4, S5)."""


@dataclass(frozen=True, slots=True)
class Call:
    """Who is at the other end of a call."""

    number: str = ""
    name: str = ""


_NONE: Mapping[int, Call] = MappingProxyType({})


class Calls(Part):
    """The calls of one phone, one a line."""

    __slots__ = ("_active", "_ended")

    def __init__(self, phone: "Handset") -> None:
        super().__init__(phone)
        self._active = _NONE
        self._ended: float | None = None

    def forget(self) -> None:
        """Without power there is no call."""
        self._active = _NONE
        self._ended = None

    @property
    def active(self) -> Mapping[int, Call]:
        """Line number to call, in the order they began."""
        return self._active

    @property
    def idle(self) -> bool:
        """Whether no line is active."""
        return not self._active

    def start(self, line: int, call: Call = Call()) -> None:
        """A call begins on that line, from 1.

        Raises:
            RefusedError: the phone has no such line, or it is in use.
        """
        lines = self.phone.identity.model.lines
        if not 1 <= line <= lines:
            raise RefusedError(f"there is no line {line}", why=f"this phone has {lines}")
        if line in self._active:
            raise RefusedError(f"line {line} is in use", why="one call a line")
        self._active = {**self._active, line: call}

    def end(self, now: float, line: int | None = None) -> None:
        """The call on that line ends, or all of them (None).

        Raises:
            RefusedError: there is no call.
        """
        if not self._active or (line is not None and line not in self._active):
            raise RefusedError("there is no call", why="the line is idle")
        left = {each: call for each, call in self._active.items() if line not in (None, each)}
        self._active = MappingProxyType(left)
        self._ended = None if left else now

    def resync_moment(self, order: "Order", since: float) -> float | None:
        """From when on a resync that waits since ``since`` may be done; None: calls keep it."""
        delay = count(self.phone.value("Forced_Resync_Delay"), NO_DELAY)
        if self.phone.identity.model.traits.forced_resync is ForcedResync.AT_MOST:
            return since if self.idle else since + delay
        if not self.idle:
            return None
        if self._ended is None or order.cause is Cause.REQUEST:
            return since
        return max(since, self._ended + delay)

    def macro(self, name: str) -> str | None:
        """``$REMOTENUMBER`` and ``$INCOMINGNAME``: of the first call (S18)."""
        first = next(iter(self._active.values()), Call())
        return {"REMOTENUMBER": first.number, "INCOMINGNAME": first.name}.get(name)
