"""What must not be seen: a secret, read from standard input and never from an argument.

Arguments are seen by everybody on the machine, and stay in the shell's history.
"""

import sys

from ringback.errors import UsageError

STDIN = "-"
"""Stands on the command line for a line of standard input."""
_LONGEST = 4096


def whispered(name: str) -> str:
    """The next line of standard input; a terminal is asked without an echo.

    Raises:
        UsageError: there is none, or it is too long.
    """
    if sys.stdin.isatty():
        from getpass import getpass

        value = getpass(f"{name}: ")
    else:
        value = sys.stdin.readline(_LONGEST + 2).rstrip("\r\n")
    if not value or len(value) > _LONGEST:
        raise UsageError("no secret on standard input", remedy=f"one line, at most {_LONGEST} long")
    return value
