"""The shapes that a phone's answers come in."""

import pytest
from tests.phone.world import text

from ringback.errors import (
    MessageError,
    NotFoundError,
    ProfileError,
    RefusedError,
    StorageError,
)
from ringback.phone import visit

NASTY = '<script>alert("1")</script>'


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (StorageError("no space left", remedy="delete something"), 507),
        (RefusedError("not now", why="the phone is busy"), 403),
        (NotFoundError("no such parameter", remedy="did you mean GPP_A?"), 400),
        (MessageError("no object"), 400),
        (ProfileError("no profile"), 400),
    ],
)
def test_every_error_is_a_page_with_what_and_the_remedy(error, status):
    done = visit.refused(error)
    assert done.status == status
    assert error.what in text(done)
    assert error.remedy in text(done)


def test_what_an_error_quotes_is_escaped():
    for error in (RefusedError(NASTY, why=NASTY), NotFoundError(NASTY), MessageError(NASTY)):
        assert b"<script" not in bytes(visit.refused(error).body)


@pytest.mark.parametrize(
    "done",
    [visit.style(), visit.xml(b"<a/>"), visit.html("t", ""), visit.notice("t", status=401)],
)
def test_every_answer_is_strict(done):
    headers = dict(done.headers)
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_a_message_that_says_no_begins_with_its_status():
    assert "401 Unauthorized: who are you" in text(visit.notice("who are you", status=401))
    assert "200" not in text(visit.notice("done"))
