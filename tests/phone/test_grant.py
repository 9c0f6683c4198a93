"""What becomes of each wish; the rest of it is told by the tests of whole phones."""

from tests.phone.world import NOON

from ringback.phone.boot import Reason
from ringback.phone.grant import GRANTS, at_once, between_calls
from ringback.phone.wish import Order, Restart, Submission, Update, Wish


def kinds(wish):
    """By name, because a dataclass with slots leaves a twin behind."""
    return {each for sub in wish.__subclasses__() for each in (sub.__qualname__, *kinds(sub))}


def test_every_kind_of_wish_has_a_row():
    assert kinds(Wish) == {kind.__qualname__ for kind in GRANTS}


def test_a_submission_is_granted_first_and_a_restart_last():
    ranks = sorted(GRANTS, key=lambda kind: GRANTS[kind].urgency)
    assert (ranks[0], ranks[-1]) == (Submission, Restart)
    assert ranks.index(Update) < ranks.index(Order)


def test_a_call_keeps_a_restart_and_no_submission(world):
    world.phone.start_call(1, world.now)
    restart = Restart(Reason.USER)
    assert between_calls(world.phone, restart, NOON) is None
    assert GRANTS[Restart].moment is between_calls
    assert at_once(world.phone, Submission({}), NOON) == NOON
