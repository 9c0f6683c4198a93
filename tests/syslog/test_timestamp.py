from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.errors import MessageError
from ringback.syslog import timestamp

NEW_YEAR = datetime(2026, 1, 1, 0, 0, 30, tzinfo=UTC)


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    "spelling",
    [
        "Apr  1 18:16:44",
        "Apr 1 18:16:44",
        "Apr 01 18:16:44",
        "Apr 01 2026 18:16:44",
        "Apr  1 18:16:44 2026",
        "2026-04-01T18:16:44Z",
        "2026-04-01T20:16:44+02:00",
    ],
)
def test_every_spelling_of_one_moment_is_that_moment(spelling):
    assert timestamp.moment(spelling, at("2026-07-01")) == at("2026-04-01 18:16:44")


def test_fractions_of_a_second_are_kept():
    assert timestamp.moment("Apr 11 18:16:44.288201", at("2026-07-01")) == pytest.approx(
        at("2026-04-11 18:16:44") + 0.288201, abs=1e-6
    )


def test_a_missing_year_is_the_one_nearest_to_now():
    now = NEW_YEAR.timestamp()

    assert timestamp.moment("Dec 31 23:59:50", now) == at("2025-12-31 23:59:50")
    assert timestamp.moment("Jan  1 00:00:10", now) == at("2026-01-01 00:00:10")


def test_a_leap_day_finds_its_leap_year():
    assert timestamp.moment("Feb 29 12:00:00", at("2025-01-01")) == at("2024-02-29 12:00:00")


def test_a_timestamp_without_zone_is_in_the_zone_given():
    zone = timezone(timedelta(hours=2))

    assert timestamp.moment("Apr  1 18:16:44", at("2026-07-01"), zone) == at("2026-04-01 16:16:44")


@pytest.mark.parametrize("junk", ["", "Feb 30 12:00:00", "Xyz  1 12:00:00", "2025-02-29T00:00:00Z"])
def test_no_real_time_is_none(junk):
    assert timestamp.moment(junk, at("2025-06-01")) is None


def test_a_day_that_does_not_exist_is_refused_by_name():
    with pytest.raises(MessageError, match="2003-09-31"):
        timestamp.rfc3339("2003-09-31T22:14:15.003Z")


@given(st.integers(31_536_000, 4_102_444_799))
def test_what_we_write_is_read_back_to_the_second(seconds):
    when = datetime.fromtimestamp(seconds, UTC)

    assert timestamp.moment(timestamp.rfc3164(when), when.timestamp()) == when.timestamp()


@given(st.text(max_size=60), st.floats(0, 4e9))
def test_any_text_is_a_moment_or_none(text, now):
    assert isinstance(timestamp.moment(text, now), float | None)
