"""The one piece of work a phone has under way, and the turning to the next.

Every question of a job has a number, so that an answer to a job that is gone, or to a phone that
has restarted since, is nobody's. Only a submission, for which a person waits, cuts work off.
"""

from typing import TYPE_CHECKING, Any

from ringback.errors import Failure, RingbackError, TransferError
from ringback.phone.action import Ask, Request, Save
from ringback.phone.grant import GRANTS
from ringback.phone.job import Job
from ringback.phone.wish import Submission

if TYPE_CHECKING:
    from ringback.phone.handset import Handset


class Work:
    """The work of one phone."""

    __slots__ = ("_phone", "job", "number", "pending")

    def __init__(self, phone: "Handset") -> None:
        self._phone = phone
        self.job: Job | None = None
        self.number = 0
        """Of the last question."""
        self.pending: Request | None = None
        """The question whose answer is awaited."""

    @property
    def making_room(self) -> bool:
        """Whether what is under way must make room; never while the disk is written."""
        wanted = self.job is not None and self._phone.waiting.has(Submission)
        return wanted and not isinstance(self.pending, Save)

    def drop(self) -> None:
        """Forget the job; whatever is answered now is nobody's."""
        job, self.job, self.pending = self.job, None, None
        self.number += 1
        if job is not None:
            job.steps.close()

    def expects(self, number: int) -> bool:
        """Whether an answer of that number is awaited."""
        return number == self.number and self.pending is not None

    def begin(self, job: Job, now: float) -> None:
        """Do that; the phone must be free."""
        self.job = job
        self.advance(None, now)

    def advance(self, answer: Any, now: float) -> None:
        """Let the job go on with an answer until it asks for the next thing, or ends."""
        assert self.job is not None
        self.number += 1
        self.pending = None
        steps = self.job.steps
        go = steps.throw if isinstance(answer, RingbackError) else steps.send
        try:
            self.pending = go(answer)
        except StopIteration:
            done, self.job = self.job, None
            done.ended(now)
            self.turn(now)
            return
        if self.making_room:
            self._interrupt(now)
        else:
            self._phone.act(Ask(self.number, self.pending))

    def _interrupt(self, now: float) -> None:
        what = "the resync made room for settings submitted on the phone's page"
        self.advance(TransferError(what, failure=Failure.INTERRUPTED), now)

    def turn(self, now: float) -> None:
        """Turn to the most urgent wish that may be granted, as long as the phone is free."""
        if self.making_room:
            self._interrupt(now)
        while self._phone.is_up and self.job is None:
            wish = self._phone.waiting.take(self._phone, now)
            if wish is None:
                return
            job = GRANTS[type(wish)].begin(self._phone, wish, now)
            if job is not None:
                self.begin(job, now)
