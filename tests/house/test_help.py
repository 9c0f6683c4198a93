"""What somebody sees who asks the program itself."""

import pytest
from tests.house.started import ringback

COMMANDS = ("cert", "demo", "notify", "phone", "plan-capacity", "profile", "rule", "serve", "try")
PHONE = ("call", "factory-reset", "first-requests", "fleet", "models", "resync", "run")
GROUPS = {"phone": PHONE, "profile": ("diff", "lint", "open", "seal", "show")}


def test_every_command_is_listed_with_a_sentence():
    lines = ringback("--help").stdout.splitlines()

    for name in COMMANDS:
        (line,) = [each for each in lines if each.startswith(f"│ {name} ")]
        assert len(line.strip("│ ").split()) > 4, line


@pytest.mark.parametrize("group", GROUPS)
def test_every_command_of_a_group_is_listed_with_a_sentence(group):
    lines = ringback(group, "--help").stdout.splitlines()

    for name in GROUPS[group]:
        (line,) = [each for each in lines if each.startswith(f"│ {name} ")]
        assert len(line.strip("│ ").split()) > 4, line


@pytest.mark.parametrize(
    "command", [("serve",), ("notify",), ("phone", "run"), ("profile", "diff"), ("demo",)]
)
def test_help_shows_no_default_that_says_nothing(command):
    shown = ringback(*command, "--help").stdout.replace("--no-bind-devices", "")  # It says much.

    assert shown
    for noise in ("[default: ()]", "[default: False]", '[default: ""]', "--empty-", "--no-"):
        assert noise not in shown
