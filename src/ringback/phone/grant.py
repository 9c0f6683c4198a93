"""What becomes of a wish: the table from its type to how urgent it is, when, and how it is granted.

A new kind of wish is a dataclass (in ``wish.py``, or beside what grants it) and one row here. A
wish is granted while the phone does nothing else. ``moment`` says from when on a call allows it;
``begin`` returns the job to do, or None when granting it was the whole of it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ringback.cisco.profile import Profile
from ringback.cisco.resync import Result
from ringback.errors import RingbackError
from ringback.phone import look, push
from ringback.phone.action import Save
from ringback.phone.attempt import Attempt
from ringback.phone.boot import Reason
from ringback.phone.custom_ca import CustomCa
from ringback.phone.job import Job, Steps
from ringback.phone.memory import Memory
from ringback.phone.report import Reports, Upload
from ringback.phone.upgrade import Upgrade, Upgrades
from ringback.phone.wish import Order, Reset, Restart, Submission, Update, Wish

if TYPE_CHECKING:
    from ringback.phone.handset import Handset


def at_once(phone: "Handset", wish: Any, since: float) -> float | None:
    """Calls do not matter."""
    del phone, wish
    return since


def between_calls(phone: "Handset", wish: Any, since: float) -> float | None:
    """Not while a line is active: "when it is not in use" (S2, S19, F)."""
    del wish
    return since if phone.calls.idle else None


def resync_moment(phone: "Handset", wish: Order, since: float) -> float | None:
    """As Forced_Resync_Delay says."""
    return phone.calls.resync_moment(wish, since)


@dataclass(frozen=True, slots=True)
class Grant:
    """How wishes of one type are granted."""

    urgency: int
    """Lower comes first."""
    begin: Callable[["Handset", Any, float], Job | None]
    moment: Callable[["Handset", Any, float], float | None] = at_once


# A resync


def _resync(phone: "Handset", order: Order, now: float) -> Job:
    attempt = Attempt(phone, order, now)
    return Job("resync", attempt.steps(), lambda now: _resynced(phone, attempt, now))


def _resynced(phone: "Handset", attempt: Attempt, now: float) -> None:
    """Tell how it ended; a change that needs it restarts the phone, unless a submission will."""
    outcome = attempt.outcome
    if outcome is None:
        return
    phone.conclude(attempt.order, outcome, now)
    if outcome.result is Result.OK_REBOOT and not phone.waiting.has(Submission):
        again = phone.identity.model.traits.restart_resyncs
        phone.restart(now, Reason.PROVISIONING, resync=again)


# Settings submitted on the phone's page


def _submit(phone: "Handset", submission: Submission, now: float) -> Job:
    del now
    return Job("settings", _save(phone, submission), lambda now: _submitted(phone, submission, now))


def _save(phone: "Handset", submission: Submission) -> Steps:
    try:
        profile, _ = phone.profile.set(submission.values, local=True)
        yield Save(phone.memory_with(profile))
        phone.adopt(profile, local=True)
    except RingbackError as error:
        submission.error = error
    submission.done = True


def _submitted(phone: "Handset", submission: Submission, now: float) -> None:
    """Submitting is to cause an immediate reboot and resync (S1); an open call is finished."""
    if submission.error is None:
        phone.restart(now, Reason.PROVISIONING)


# The rest


def _update(phone: "Handset", update: Update, now: float) -> Job:
    return Job("custom CA", phone.trust.install(now, update.rule, update.host))


def _upload(phone: "Handset", upload: Upload, now: float) -> Job:
    return phone.part(Reports).job(upload, now)


def _upgrade(phone: "Handset", upgrade: Upgrade, now: float) -> Job:
    return phone.part(Upgrades).job(upgrade, now)


def _restart(phone: "Handset", restart: Restart, now: float) -> None:
    phone.start(now, restart.reason, resync=restart.resync)


def _reset(phone: "Handset", reset: Reset, now: float) -> Job:
    """Every setting, the custom authority and what the parts keep is gone; the firmware stays."""
    del reset, now
    fresh = phone.memory_with(Profile.factory(phone.identity.model), CustomCa())
    fresh = replace(fresh, kept=phone.parts.kept(after_reset=True))
    done: list[bool] = []
    return Job("reset", _wipe(phone, fresh, done), lambda now: _wiped(phone, fresh, now, done))


def _wipe(phone: "Handset", fresh: Memory, done: list[bool]) -> Steps:
    try:
        yield Save(fresh)
        done.append(True)
    except RingbackError as error:
        phone.detail(1, f"the settings were not reset: {error}")


def _wiped(phone: "Handset", fresh: Memory, now: float, done: list[bool]) -> None:
    if done:
        phone.recall(fresh)
        phone.start(now, Reason.USER)


GRANTS: Mapping[type[Wish], Grant] = {
    Submission: Grant(0, _submit),
    push.Push: Grant(1, push.begin),
    Update: Grant(1, _update),
    Order: Grant(2, _resync, resync_moment),
    Upload: Grant(3, _upload),
    look.Look: Grant(3, look.begin),
    Upgrade: Grant(4, _upgrade, between_calls),
    Reset: Grant(8, _reset, between_calls),
    Restart: Grant(9, _restart, between_calls),
}
"""A person waits for a submission, a resync may need the authority, and a restart would forget
the others."""
