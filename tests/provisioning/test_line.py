import pytest

from ringback.errors import UsageError
from ringback.provisioning.line import Line


def test_lines_count_from_one():
    with pytest.raises(UsageError, match="no phone has a line 0"):
        Line(0)
    with pytest.raises(UsageError, match="no phone has a line 101"):
        Line(101)


def test_a_password_is_not_printed():
    assert "hush" not in repr(Line(1, "100", "hush"))
