"""What somebody may want of a phone."""

from ringback.cisco.resync import Cause
from ringback.phone.boot import Reason
from ringback.phone.grant import GRANTS
from ringback.phone.wish import Order, Restart, Submission, Wish


def test_a_submission_comes_first_and_a_restart_last():
    wishes: list[Wish] = [Restart(Reason.USER), Order(Cause.REQUEST, "/a"), Submission({})]
    ordered = sorted(wishes, key=lambda wish: GRANTS[type(wish)].urgency)
    assert [type(wish) for wish in ordered] == [Submission, Order, Restart]


def test_two_equal_submissions_are_two():
    assert Submission({"GPP_A": "1"}) != Submission({"GPP_A": "1"})
