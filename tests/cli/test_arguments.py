"""Arguments that commands share."""

import pytest

from ringback.cli.arguments import pair
from ringback.errors import UsageError


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("GPP_A=1", "GPP_A", "1"),
        ("GPP_A=", "GPP_A", ""),
        ("GPP_A=--x", "GPP_A", "--x"),
        ("Dial_Plan_1_=(a=b|c)", "Dial_Plan_1_", "(a=b|c)"),
        (" GPP_A = b ", "GPP_A", " b "),
    ],
)
def test_a_pair_is_split_at_its_first_equals_sign(text, name, value):
    assert pair(text) == (name, value)


@pytest.mark.parametrize("text", ["", "GPP_A", "=1", " =1"])
def test_what_is_no_pair_is_wrong_usage(text):
    with pytest.raises(UsageError, match="not NAME=VALUE"):
        pair(text)
