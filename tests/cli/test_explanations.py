"""The command itself: which release is meant."""

import pytest

from ringback import clock
from ringback.cli.explanations import _as_of
from ringback.errors import UsageError


def test_digits_are_a_release_and_anything_else_a_time():
    assert _as_of(None) == (None, None)
    assert _as_of("12") == (12, None)
    assert _as_of("1970-01-02") == (None, 86400.0)
    _, moment = _as_of("1d")
    assert moment is not None
    assert abs(clock.now() - 86400 - moment) < 60
    with pytest.raises(UsageError, match="not a time"):
        _as_of("yesterday")
