"""A profile pushed to the phone: ``POST /admin/config.xml`` (S2).

It is applied as one that was fetched is: whole or not at all, saved before it counts, unknown
names ignored, and the phone restarts when a changed setting needs it. What it sets is the
provider's word, not the user's. *Inferred*: no source tells more than the command that sends it.

A value that carries the mask is the phone's own dump come back; it is left alone, so that a
configuration that was saved from the phone and pushed again takes no password away (*inferred*).
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringback.cisco.element import Element
from ringback.cisco.profile import Change
from ringback.errors import RingbackError
from ringback.phone.action import Save
from ringback.phone.boot import Reason, needs_reboot
from ringback.phone.job import Job, Steps
from ringback.phone.secret import MASK
from ringback.phone.wish import Wish

if TYPE_CHECKING:
    from ringback.phone.handset import Handset


@dataclass(slots=True, eq=False)
class Push(Wish):
    """The elements of a profile, and what became of them."""

    elements: tuple[Element, ...]
    done: bool = False
    error: RingbackError | None = None
    changes: tuple[Change, ...] = ()


def begin(phone: "Handset", push: Push, now: float) -> Job:
    """The work: save, use, and restart when that is needed."""
    del now
    return Job("settings", _apply(phone, push), lambda now: _applied(phone, push, now))


def _apply(phone: "Handset", push: Push) -> Steps:
    try:
        meant = (each for each in push.elements if MASK not in (each.value or ""))
        profile, changes = phone.profile.apply(meant)
        yield Save(phone.memory_with(profile))
        phone.adopt(profile)
        push.changes = changes
        phone.detail(1, f"a profile was pushed, parameters changed: {len(changes)}")
    except RingbackError as error:
        push.error = error
    push.done = True


def _applied(phone: "Handset", push: Push, now: float) -> None:
    if needs_reboot(each.name for each in push.changes):
        again = phone.identity.model.traits.restart_resyncs
        phone.restart(now, Reason.PROVISIONING, resync=again)
