"""The command line: one file per command group, imported when it is called for."""

import os
import sys
from collections.abc import Sequence

from cyclopts import App, CycloptsError

from ringback import __version__
from ringback.errors import RingbackError, UsageError

FAILED, WRONG_USAGE, INTERRUPTED = 1, 2, 130

app = App(
    name="ringback",
    help="Provision Cisco IP phones and prove that each took what it was given.",
    version=f"ringback {__version__}",
)

# Noun or verb -> "module:application". Cyclopts imports each one when it is needed.
_COMMANDS = {
    "rule": "ringback.cli.rules:app",
    "profile": "ringback.cli.profiles:app",
    "phone": "ringback.cli.phones:app",
    "cert": "ringback.cli.certificates:app",
    "serve": "ringback.cli.serving:serve",
    "demo": "ringback.cli.demonstration:demo",
    "try": "ringback.cli.trial:try_it",
}

for _name, _target in _COMMANDS.items():
    app.command(_target, name=_name)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command. Exits 0 for success, 1 when the thing failed, 2 for wrong usage."""
    try:
        app(arguments, exit_on_error=False, print_error=True)
    except (CycloptsError, UsageError) as error:
        if isinstance(error, UsageError):
            print(f"ringback: {error}", file=sys.stderr)
        sys.exit(WRONG_USAGE)
    except RingbackError as error:
        print(f"ringback: {error}", file=sys.stderr)
        sys.exit(FAILED)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(FAILED)
