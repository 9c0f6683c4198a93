import pytest

from ringback.cli.when import age, moment, utc
from ringback.errors import UsageError


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("2m", 120), ("1h", 3600), ("3D", 259200), ("1w", 604800)]
)
def test_ages(text, seconds):
    assert age(text) == seconds
    assert moment(text, 1e6) == 1e6 - seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-02", 86400),
        ("1970-01-02T00:00:01Z", 86401),
        ("1970-01-02T01:00+01:00", 86400),
        ("1970-01-02 00:00", 86400),
    ],
)
def test_moments_are_utc_unless_they_say_otherwise(text, seconds):
    assert moment(text, 0.0) == seconds


def test_times_are_printed_as_rfc_3339():
    assert utc(86401.9) == "1970-01-02T00:00:01Z"


@pytest.mark.parametrize("text", ["", "soon", "90", "d", "1970-13-01", "-1d"])
def test_what_is_no_time_is_said(text):
    with pytest.raises(UsageError, match="not a time"):
        moment(text, 0.0)
